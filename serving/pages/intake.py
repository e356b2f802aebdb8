"""Intake of the page: pasted words or an uploaded file to reports."""

from __future__ import annotations

import io
import itertools
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from data import errors
from data.readers import SUPPORTED, read_reports, sheets_left
from data.report import BadRow, Report
from serving.pages.form import Upload

NAME_CHARS = 80
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_SAID: dict[type[errors.DataError], str] = {
    errors.UnsupportedFile: f"不支持这种文件，请用 {' '.join(suffix[1:] for suffix in SUPPORTED)}。",
    errors.EmptyFile: "文件里没有内容。",
    errors.BrokenFile: "文件已损坏、加了密码，或不是后缀所说的格式；请用表格软件打开后另存一份。",
    errors.SuspiciousFile: "文件解压后大得不正常，没有读取。",
    errors.UnknownEncoding: "认不出文件的编码，请用表格软件打开后另存为 XLSX。",
    errors.UnknownColumns: "找不到正文一栏，请把它的表头写成“内容”或“正文”。",
}


class Unusable(Exception):
    """Nothing can be tagged; the message (Chinese) says what to do."""


@dataclass(frozen=True)
class Batch:
    """What was handed in.

    Attributes:
        reports: in order.
        bad: messages about rows that could not be read.
        source: the file's name, or "".
        left: a workbook's sheets that hold reports too and were not read.
    """

    reports: list[Report]
    bad: list[str] = field(default_factory=list)
    source: str = ""
    left: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        """A name for the table of results, without suffix."""
        return f"{Path(self.source).stem}-打标" if self.source else "打标结果"


def pasted(text: str, by_line: bool, most: int) -> Batch:
    """One report, or one for each line that is not blank.

    Raises:
        Unusable: there is nothing but blanks, or more than `most` reports.
    """
    # Line by line: millions of short ones would not fit into memory together.
    lines = (line.removesuffix("\n") for line in io.StringIO(text)) if by_line else iter([text])
    texts = list(itertools.islice((line for line in lines if line.strip()), most + 1))
    if not texts:
        raise Unusable("请先粘贴一件来信，或选择一个文件。")
    if len(texts) > most:
        raise Unusable(f"粘贴的文字超过 {most} 件，网页上一次打不了；请分几次，或用 petition tag 命令处理。")
    return Batch([Report(str(number) if by_line else "", text) for number, text in enumerate(texts, 1)])


def uploaded(upload: Upload, max_chars: int, most: int) -> Batch:
    """The reports of a file, which is never on a disk.

    Raises:
        Unusable: it cannot be read, or holds more than `most` reports.
    """
    path = Path(_NOT_IN_A_NAME.sub(" ", upload.name.replace("\\", "/").rpartition("/")[2]).strip())
    name = f"{path.stem[:NAME_CHARS].lstrip('.') or '上传'}{path.suffix.lower()[:20]}"
    reports, bad = [], []
    try:
        with _in_memory(upload.content, path.suffix.lower()) as file:
            for row in itertools.islice(read_reports(file, max_chars=max_chars, name=name), 2 * most):
                if isinstance(row, BadRow):
                    bad.append(row.message)
                else:
                    reports.append(row)
            left = sheets_left(file)
    except errors.DataError as error:
        raise Unusable(_said(error)) from None
    if len(reports) > most:
        raise Unusable(
            f"这个文件超过 {most} 件，网页上一次打不了；请分成几个文件，或用 petition tag 命令处理。"
        )
    if not reports and not bad:
        raise Unusable(_SAID[errors.EmptyFile])
    return Batch(reports, bad, name, left)


@contextmanager
def _in_memory(content: bytes, suffix: str) -> Iterator[Path]:
    """A path under which the readers find bytes that lie in memory alone: a link to them.

    Its name is none that anybody chose, for it may stay where the process is killed: of the file's own it has
    the suffix, where that is one of ours.
    """
    with (
        tempfile.TemporaryDirectory(prefix="petition-") as folder,
        os.fdopen(os.memfd_create("upload"), "wb", buffering=0) as held,
    ):
        held.write(content)
        file = Path(folder) / f"upload{suffix if suffix in SUPPORTED else ''}"
        file.symlink_to(f"/proc/self/fd/{held.fileno()}")
        yield file


def _said(error: errors.DataError) -> str:
    return next((said for kind, said in _SAID.items() if isinstance(error, kind)), "这个文件不能读。")
