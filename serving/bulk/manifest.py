"""Manifest: what a job is made of, so that no part of another one is ever mixed in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from model.tagger import Tagger
from serving.bulk.faults import OtherJob
from serving.whole_file import commit

FORMAT = 1
# Of an Export: told by another digest here, or of no weight for tags. What is not named here counts.
_APART = frozenset({
    "folder", "name", "version", "encoder", "taxonomy", "decisions", "data_hash", "dev_metrics", "files",
    "promises",
})  # fmt: skip


@dataclass(frozen=True)
class InputFile:
    """A source as a job found it.

    Attributes:
        sha256: `Source.digest`.
        rows: reports and rejects; blank rows are neither.
        sheets_left: of a workbook: sheets that hold reports too and are not read.
    """

    name: str
    bytes: int
    sha256: str
    rows: int = 0
    rejects: int = 0
    sheets_left: Sequence[str] = ()


@dataclass(frozen=True)
class Model:
    """What makes the tags.

    Attributes:
        name: name@version.
        files: digest of the Export's files.
        decisions: digest of calibration, thresholds and review rules.
        engine: that runs the graph, and its version; another one rounds scores differently.
        reading: digest of how reports are read: window, overlap, blind or not, and whatever else an Export
            comes to say; "" where an earlier version wrote none down.
    """

    name: str
    files: str
    decisions: str
    engine: str = ""
    reading: str = ""

    @classmethod
    def of(cls, tagger: Tagger) -> Model:
        """Name an Export by its contents, and the engine that runs it."""
        export = tagger.export
        decisions = {axis.id: export.decisions[axis.id].to_dict(axis) for axis in export.taxonomy.axes}
        reading = {
            each.name: getattr(export, each.name) for each in fields(export) if each.name not in _APART
        }
        files = _digest(dict(export.files))
        return cls(export.model, files, _digest(decisions), tagger.engine.name, _digest(reading))


@dataclass(frozen=True)
class Output:
    """A file that a finished job has written."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A job.

    Attributes:
        inputs: in the order of their rows.
        model: what makes the tags.
        settings: `Settings.identity`, and the digest of the earlier tags that are kept, or "".
        program: version of this program.
        started: when it began, ISO 8601; the time in its rows.
        headings: columns of all inputs, in the order of their first row.
        chunks: how many parts it has.
        form: of the output; filled when it is done, as are the next two.
        outputs: files written.
        figures: what the page of figures shows.
    """

    inputs: tuple[InputFile, ...]
    model: Model
    settings: Mapping[str, Any]
    program: str
    started: str
    headings: tuple[str, ...] = ()
    chunks: int = 0
    form: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Reports and rejects of all inputs."""
        return sum(file.rows for file in self.inputs)

    @property
    def rejects(self) -> int:
        """Rejects of all inputs."""
        return sum(file.rejects for file in self.inputs)

    @property
    def job(self) -> str:
        """Digest of all that decides the parts; equal digests, equal parts."""
        files = [(file.name, file.sha256) for file in self.inputs]
        return _digest([files, asdict(self.model), dict(self.settings), self.program])

    def begin(
        self,
        started: str,
        rows: Sequence[tuple[int, int]],
        headings: Sequence[str],
        chunks: int,
        sheets_left: Sequence[Sequence[str]],
    ) -> Manifest:
        """Fill in what the first look at the inputs found; of each its rows and rejects, and sheets left."""
        counted = zip(self.inputs, rows, sheets_left, strict=True)
        files = tuple(
            replace(file, rows=all, rejects=bad, sheets_left=left) for file, (all, bad), left in counted
        )
        return replace(self, inputs=files, started=started, headings=tuple(headings), chunks=chunks)

    def differences(self, other: Manifest) -> list[str]:
        """Say (Chinese) in what another job differs from this one."""
        found = []
        before = {file.name: file.sha256 for file in other.inputs}
        now = {file.name: file.sha256 for file in self.inputs}
        changed = [name for name in now if name in before and before[name] != now[name]]
        for word, names in (
            ("内容变了", changed), ("新增", [n for n in now if n not in before]),
            ("少了", [n for n in before if n not in now]),
        ):  # fmt: skip
            if names:
                found.append(f"输入{word}：{_some(names)}")
        if not found and list(before) != list(now):
            found.append("输入文件的次序变了")
        if self.model.name != other.model.name:
            found.append(f"模型变了：原为 {other.model.name}，现为 {self.model.name}")
        elif self.model.decisions != other.model.decisions:
            found.append("模型的阈值或校准变了")
        elif self.model.files != other.model.files:
            found.append("模型文件变了，版本号没变")
        elif self.model.reading != other.model.reading:
            found.append(f"模型的读法（窗口、重叠、盲读）{'变了' if other.model.reading else '原来没有记录'}")
        elif self.model.engine != other.model.engine:
            found.append(f"推理引擎变了：原为 {other.model.engine or '未记录'}，现为 {self.model.engine}")
        keys = [key for key in self.settings if self.settings[key] != other.settings.get(key)]
        if keys:
            found.append(f"设置变了：{_some(['--' + key.replace('_', '-') for key in keys])}")
        if self.program != other.program:
            found.append(f"程序版本变了：原为 {other.program}，现为 {self.program}")
        return found

    def save(self, path: Path) -> None:
        """Write it, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        part = path.with_name(f"{path.name}.new")
        shape = {
            "format": FORMAT,
            "job": self.job,
            "rows": self.rows,
            "rejects": self.rejects,
            **asdict(self),
        }
        try:
            part.write_text(json.dumps(shape, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            commit(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> Manifest | None:
        """Read it; None where there is none.

        Raises:
            OtherJob: it is none of this version's.
        """
        try:
            shape = json.loads(path.read_text(encoding="utf-8"))
            if shape.pop("format") != FORMAT:
                raise ValueError
            for derived in ("job", "rows", "rejects"):
                del shape[derived]
            return cls(
                tuple(InputFile(**file) for file in shape.pop("inputs")), Model(**shape.pop("model")),
                headings=tuple(shape.pop("headings")),
                outputs=tuple(Output(**file) for file in shape.pop("outputs")), **shape,
            )  # fmt: skip
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OtherJob(
                f"{path} 已损坏或是别的版本写的；换一个结果文件名，或加 --overwrite 重新开始"
            ) from None


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:5]) + (f" 等 {len(names)} 个" if len(names) > 5 else "")
