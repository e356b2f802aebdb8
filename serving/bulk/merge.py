"""Merge: the parts of a job, in order, to its output, its rejects and what stays beside them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.taxonomy import Taxonomy
from model.guard import BY_HAND
from serving.bulk.faults import LostRows
from serving.bulk.figures import Figures
from serving.bulk.known import KnownWriter
from serving.bulk.layout import Layout
from serving.bulk.manifest import Manifest
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.progress import Watch
from serving.bulk.record import FAILED
from serving.bulk.settings import Settings
from serving.bulk.writers import count_files, open_writer
from serving.rejects import reject_line
from serving.whole_file import PRIVATE, open_text
from serving.wording import handled_by_hand

BARE = (".txt", "stdin")  # inputs of lines without headings


@dataclass(frozen=True)
class Merged:
    """Files that lie ready, whole, in the folder of parts.

    Attributes:
        outputs: in the order of their rows; rows that could not be tagged are in none.
        rejects: None where every row could be read.
        tags: for --only-changed; None where none may be kept.
        figures: of the page.
        failed: rows of each file that were read and could not be tagged.
        remarks: for the user (Chinese).
    """

    outputs: list[Path]
    rejects: Path | None
    tags: Path | None
    figures: Mapping[str, Any]
    failed: Counter[str]
    remarks: list[str]


def merge(
    parts: Parts, manifest: Manifest, told: Settings, taxonomy: Taxonomy, places: Places, watch: Watch
) -> Merged:
    """Read every part once and write what the job leaves.

    Raises:
        LostRows: a part is missing or damaged, or rows in are not rows out and rejects.
        OSError: the disk is full; the parts stay.
    """
    folder = places.folder / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    reports = manifest.rows - manifest.rejects
    paths = [folder / f"{n}{places.target.suffix}" for n in range(count_files(told.form, reports))]
    names = [file.name for file in manifest.inputs]
    coined = ["text"] if all(name.lower().endswith(BARE) for name in names) else []
    coined = ["id"] if told.protection.sealed else coined
    layout = Layout(taxonomy, manifest.headings, told.names, coined, told.matters)
    figures = Figures(taxonomy)
    rejects, tags = folder / "rejects.jsonl", folder / "tags.gz"
    rejects.touch(PRIVATE)
    written = rejected = taken = left = 0
    failed: Counter[str] = Counter()
    known = KnownWriter(tags, manifest) if told.keeps_tags else None
    writer = open_writer(told.form, paths, layout, taxonomy, told.names)
    try:
        with open_text(rejects) as bad, watch.phase("write", manifest.rows):
            for number in range(manifest.chunks):
                before = written, rejected
                for record in parts.read(number):
                    if "reject" in record:
                        bad.write(reject_line(record["reject"]))
                        figures.reject(record["reject"])
                        rejected += 1
                        failed[record["reject"]["file"]] += record["reject"]["reason"] == FAILED
                        continue
                    if written == reports:
                        raise _lost(manifest, written + 1, rejected)
                    writer.add(record)
                    if known is not None:
                        known.add(record)
                    figures.add(record)
                    written += 1
                    taken += "kept" in record
                    left += record["review_reasons"] == [BY_HAND]
                watch.rows(written + rejected - sum(before), rejected - before[1])
            remarks = writer.close()
            if known is not None:
                known.close()
    except BaseException:
        writer.abandon()
        if known is not None:
            known.abandon()
        raise
    if (written + failed.total(), rejected - failed.total()) != (reports, manifest.rejects):
        raise _lost(manifest, written, rejected)
    if told.only_changed is not None:
        remarks.append(f"{taken} 件的文字没有变，沿用了原结果的标签；重新打标 {written - taken - left} 件。")
    if left:
        remarks.append(handled_by_hand(left))
    kept = tags if known is not None else None
    return Merged(writer.paths, rejects if rejected else None, kept, figures.to_dict(), failed, remarks)


def _lost(manifest: Manifest, written: int, rejected: int) -> LostRows:
    return LostRows(
        f"行数对不上：读入 {manifest.rows} 行（其中读不了 {manifest.rejects} 行），"
        f"写出 {written} 行，读不了 {rejected} 行；没有写出结果，请把这一行告诉维护人员"
    )
