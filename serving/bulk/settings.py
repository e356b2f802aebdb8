"""Settings of a job: which of them make its tags, which only its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data.columns import Columns
from data.readers import MAX_CHARS
from model.tagger import EvidenceFor
from serving.bulk.choices import Form, Names
from serving.help import Wanted
from serving.protection import Protection


@dataclass(frozen=True)
class Settings:
    """What a job is told.

    Attributes:
        inputs: files, folders, globs, or "-".
        target: the output.
        form: of the output; may change while a job is unfinished, as may the next.
        names: language of our columns.
        model: the Export's folder; None is the one that ships.
        evidence: on which axes.
        columns: headings named by the user.
        sheet: of workbooks; None is the first that can be read.
        max_chars: longest text.
        only_changed: an earlier output whose tags are kept where text and model are the same.
        max_rejects: rows that may be unreadable; None is any number.
        time: written in every row; "" is when the job began.
        chunk_rows: rows of one part at most.
        threads: of the engine; 0 is what the processes leave, on Ray at most four.
        processes: that share this machine's cores; 0 is as many as suit it, or one where `threads` are told.
        engine: that is asked for; None is what the environment says.
        overwrite: give up what another job has left at the output.
        summary: write the page of figures.
        protection: masking, sealed mode, watch list and audit log.
        ray: address of a Ray cluster, or "local" for one of this machine's cores; None works in this process.
        matters: what each sentence speaks of is told too.
    """

    inputs: tuple[str, ...]
    target: Path
    form: Form
    names: Names = Names.zh
    model: Path | None = None
    evidence: EvidenceFor = "misconduct"
    columns: Columns = field(default_factory=Columns)
    sheet: str | None = None
    max_chars: int = MAX_CHARS
    only_changed: Path | None = None
    max_rejects: int | None = None
    time: str = ""
    chunk_rows: int = 500
    threads: int = 0
    processes: int = 0
    engine: Wanted | None = None
    overwrite: bool = False
    summary: bool = False
    protection: Protection = field(default_factory=Protection)
    ray: str | None = None
    matters: bool = False

    @property
    def written(self) -> dict[str, str]:
        """How the output is written; JSON values."""
        return {"form": self.form.value, "names": self.names.value}

    @property
    def table(self) -> bool:
        """Whether the output has one set of columns, those of all inputs."""
        return self.form is not Form.jsonl and not self.protection.sealed

    @property
    def keeps_tags(self) -> bool:
        """Whether tags are kept for --only-changed. The hash of a text that is covered would tell a guess of
        what is under the cover from the truth: with all else known, a telephone number is soon tried out.
        """
        return not self.protection.covers

    def identity(self) -> Mapping[str, Any]:
        """What decides the tags and how rows are dealt to parts, beside inputs and model; JSON values."""
        protection = self.protection
        columns = {name: value for name, value in asdict(self.columns).items() if value and name != "without"}
        return {
            "evidence": self.evidence, "matters": self.matters, "columns": columns, "sheet": self.sheet or "",
            "max_chars": self.max_chars, "time": self.time, "chunk_rows": self.chunk_rows,
            "mask": protection.masking.value, "officials": protection.officials.value,
            "sealed": protection.sealed,
        }  # fmt: skip
