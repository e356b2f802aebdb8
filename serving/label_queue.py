"""Label queue: files of unlabelled reports in, the ones to label next out, identifiers covered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from rich.console import Console

from data.audit import Action
from data.blind import words_read
from data.columns import Columns
from data.labelled import read_labelled
from data.privacy.masked_report import Masking
from data.readers import read_reports, sheets_left
from data.report import BadRow, Report
from model.guard import Case, Guard
from model.queue import label_next, once_each
from model.tagger import Tagger
from model.uncertainty import Uncertainty, uncertainty
from serving.chosen import Chosen, reason
from serving.doccano import doccano_labels, doccano_line
from serving.label_studio import labelling_config, task
from serving.no_rows import no_rows
from serving.protection import Protection
from serving.queue_sheet import write_queue
from serving.rejects import Rejects, rejects_path
from serving.terminal import message_console, say, spinner
from serving.unread import unread
from serving.whole_file import open_text, whole_file

MOST_REJECTS = 20  # shown on standard error; the file holds them all


class QueueFormat(StrEnum):
    """What the reports are written for."""

    label_studio = "label-studio"
    doccano = "doccano"
    xlsx = "xlsx"


SUFFIXES = {
    ".json": QueueFormat.label_studio, ".jsonl": QueueFormat.doccano, ".xlsx": QueueFormat.xlsx,
}  # fmt: skip


@dataclass(frozen=True)
class LabelQueue:
    """A job.

    Attributes:
        files: of reports.
        target: the file to write.
        format: of it.
        count: reports at most.
        labelled: files of labelled reports; these, and reports alike to them, are not chosen.
        columns: headings named by the user.
        sheet: of a workbook; None is the first that can be read.
        protection: how much is masked, whose reports are left to a person, the audit log.
        quiet: no closing line; rows that cannot be read are named all the same.
    """

    files: Sequence[Path]
    target: Path
    format: QueueFormat
    count: int
    labelled: Sequence[Path] = ()
    columns: Columns | None = None
    sheet: str | None = None
    protection: Protection = field(default_factory=Protection)
    quiet: bool = False
    messages: Console = field(default_factory=message_console)

    def run(self, tagger: Tagger) -> int:
        """Choose and write; return the number of rows that could not be read.

        Raises:
            DataError: a file cannot be read. Nothing is written.
            OSError: the output cannot be written. Nothing of it is left.
        """
        taxonomy = tagger.export.taxonomy
        guard = self.protection.guard(stored=True)
        with ExitStack() as stack:
            rejects = Rejects(rejects_path(self.target), stack, raw=guard.idle)
            known = [one.report for file in self.labelled for one in read_labelled(file, taxonomy)]
            pool, by_hand = self._pool(rejects, known, guard)
            with spinner(self.messages, f"{len(pool)} 件未标注，{len(known)} 件已标注，正在打分和挑选"):
                queue = self._choose(pool, known, tagger, guard)
            remarks = self._write(queue, tagger, stack)
        rejects.forget_earlier()
        if rejects.count and rejects.path is not None:
            remarks.append(f"读不了的行在 {rejects.path}")
        if by_hand:
            remarks.append(f"涉及名单的 {by_hand} 件没有打分，也没有写入，请由人办理。")
        for remark in remarks:
            say(self.messages, remark)
        if not self.quiet:
            bad = f"，读不了 {rejects.count} 行" if rejects.count else ""
            bare = "，没有遮盖" if guard.masking is Masking.none else ""
            line = f"完成：{len(pool)} 件里选出 {len(queue)} 件{bare}{bad}，结果在 {self.target}"
            say(self.messages, line)
        return rejects.count

    def overwrites_input(self) -> bool:
        """Tell whether something to be written is a file to be read."""
        written = [self.target, config_path(self.target, self.format), rejects_path(self.target)]
        return any(
            path is not None and path.is_file() and file.is_file() and path.samefile(file)
            for path in written
            for file in (*self.files, *self.labelled)
        )

    def _pool(self, rejects: Rejects, known: Sequence[Report], guard: Guard) -> tuple[list[Case], int]:
        """Read what is not labelled yet; count apart what only a person may read."""
        by_id: dict[str, list[Report]] = {}
        for report in known:
            by_id.setdefault(report.id, []).append(report)
        pool, by_hand = [], 0
        for file in self.files:
            bare = True
            for row in read_reports(file, self.columns, sheet=self.sheet):
                bare = False
                if isinstance(row, BadRow):
                    rejects.add(row)
                    if rejects.path is None or rejects.count <= MOST_REJECTS:
                        say(self.messages, row.message)
                elif not _one_of(row, by_id.get(row.id, ())):
                    case = guard.admit(row)
                    by_hand += case.report is None
                    pool += [case] if case.report is not None else []
            if bare:
                say(self.messages, no_rows([file.name]))
            for line in unread({file.name: sheets_left(file, self.columns, self.sheet)}, "挑选"):
                say(self.messages, line)
        return pool, by_hand

    def _choose(
        self, pool: Sequence[Case], known: Sequence[Report], tagger: Tagger, guard: Guard
    ) -> list[Chosen]:
        reports = [case.report for case in pool if case.report is not None]
        if not reports:
            return []
        scores, points = tagger.scores_and_values(reports)
        taxonomy = tagger.export.taxonomy
        unsure = uncertainty(scores, tagger.export.decisions, taxonomy)
        alike = once_each([_words(one) for one in reports], [_words(one) for one in known])
        seen = tagger.scores_and_values(known)[1] if known else None
        chosen = label_next(points, unsure.total, self.count, seen, alike)
        queue = []
        for place, prediction in zip(chosen, tagger.tag([reports[place] for place in chosen]), strict=True):
            shown = guard.show(pool[place], prediction, as_shown=True)
            why, certainty = self._why(unsure, place, scores, tagger), 1 - float(unsure.total[place])
            queue.append(Chosen(shown.report, shown.prediction, why, certainty))
        return queue

    @staticmethod
    def _why(unsure: Uncertainty, place: int, scores: np.ndarray, tagger: Tagger) -> str:
        by_axis = {axis.id: scores[place, c].tolist() for axis, c in tagger.export.taxonomy.columns()}
        return reason(unsure, place, by_axis, tagger.export.taxonomy)

    def _write(self, queue: Sequence[Chosen], tagger: Tagger, stack: ExitStack) -> list[str]:
        taxonomy = tagger.export.taxonomy
        part = stack.enter_context(whole_file(self.target))
        beside = config_path(self.target, self.format)
        config = None if beside is None else stack.enter_context(whole_file(beside))
        tally = stack.enter_context(self.protection.recorded(Action.export, model=tagger.export.model))
        tally.count = len(queue)
        if config is None:
            return write_queue(part, queue, taxonomy)
        with open_text(part) as out, open_text(config) as settings:
            if self.format is QueueFormat.label_studio:
                json.dump([task(one, taxonomy) for one in queue], out, ensure_ascii=False, indent=1)
                settings.write(labelling_config(taxonomy))
                return [f"标注界面的设置在 {beside}，粘贴到 Label Studio 项目的 Labeling Interface → Code"]
            for one in queue:
                out.write(json.dumps(doccano_line(one, taxonomy), ensure_ascii=False) + "\n")
            json.dump(doccano_labels(taxonomy), settings, ensure_ascii=False, indent=1)
        return [f"标签在 {beside}，在 doccano 项目的“标签”里导入"]


def config_path(target: Path, format: QueueFormat) -> Path | None:
    """Where the settings of the labelling tool go, beside the reports; None where it needs none."""
    if format is QueueFormat.xlsx:
        return None
    return target.with_suffix(".xml" if format is QueueFormat.label_studio else ".labels.json")


def _one_of(report: Report, labelled: Sequence[Report]) -> bool:
    """Whether it is one of these of its id: the same words, identifiers in them covered or not.

    The id alone says nothing: offices count from 1 every year, and a row without one is called after its
    file and line.
    """
    return bool(labelled) and words_read(report) in map(words_read, labelled)


def _words(report: Report) -> str:
    return f"{report.title}\n{report.text}"
