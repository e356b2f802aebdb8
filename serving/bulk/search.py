"""Search: the files that names, folders and globs lead to, each once."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import MissingFile, UnsupportedFile
from data.readers import SUPPORTED
from serving.bulk.inputs import Source
from serving.bulk.places import Places
from serving.faults import WrongUse

STDIN = "-"
_MOST_NAMES = 5  # in one remark


@dataclass
class Search:
    """What was found, and what was passed over.

    Attributes:
        unreadable: suffixes of files in folders that no reader reads.
        ours: names of files in folders and globs that this command wrote in an earlier job.
        again: names of files that had been found before, under this name or another one.
    """

    unreadable: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    _names: dict[Path, str] = field(default_factory=dict, init=False)
    _real: set[str] = field(default_factory=set, init=False)

    @property
    def sources(self) -> list[Source]:
        """The files; where two have one name, both are called by their whole paths."""
        uses = Counter(self._names.values())
        return [
            Source(path, name if uses[name] == 1 else path.as_posix()) for path, name in self._names.items()
        ]

    @property
    def remarks(self) -> Iterator[str]:
        """What the user should know of files that were passed over (Chinese)."""
        if self.unreadable:
            kinds = " ".join(sorted(set(self.unreadable)))
            yield f"文件夹里有 {len(self.unreadable)} 个文件不是可读的种类，没有读：{kinds}"
        if self.ours:
            yield f"有 {len(self.ours)} 个文件是 petition bulk 以前写的结果，没有读：{some(self.ours)}"
        if self.again:
            yield f"有 {len(self.again)} 处指向已经找到的文件，每个文件只读一次：{some(self.again)}"

    def take(self, path: Path, name: str) -> None:
        """Take a file, unless a link or another spelling of its path led to it before."""
        real = os.path.realpath(path)
        if real in self._real:
            self.again.append(name)
            return
        self._real.add(real)
        self._names[path] = name

    def pass_over(self, path: Path, name: str, places: Places) -> bool:
        """Tell whether a file that nobody named is an output of this command; note one of another job."""
        real = path.resolve()
        if places.is_ours(real):
            return True
        if earlier := Places.is_output(real):
            self.ours.append(name)
        return earlier


def find_sources(given: Sequence[str], places: Places) -> tuple[list[Source], list[str]]:
    """Find the files that the user named: files as given, folders and globs in the order of their names.

    In folders hidden files, lock files of office programs and outputs of this program are passed over.

    Returns:
        The sources, and remarks for the user (Chinese).

    Raises:
        MissingFile: nothing is there.
        UnsupportedFile: a named file is of a kind that no reader reads.
        WrongUse: "-" is not alone.
    """
    if STDIN in given:
        if len(given) > 1:
            raise WrongUse("- 是标准输入，不能与文件一起给；分两次打标")
        return [Source(places.folder / "stdin", "stdin", stream=True)], []
    search = Search()
    for name in given:
        path = Path(name)
        if path.is_dir():
            _take_folder(path, places, search)
        elif path.exists() or not glob.has_magic(name):
            _take_file(path, search)
        else:
            _take_matches(name, places, search)
    if not search.sources:
        raise MissingFile(f"{' '.join(given)}：里面没有可读的文件；可读的有 {' '.join(SUPPORTED)}")
    return search.sources, list(search.remarks)


def some(names: Sequence[str]) -> str:
    """The first names of many, in one line."""
    return "、".join(names[:_MOST_NAMES]) + (f" 等 {len(names)} 个" if len(names) > _MOST_NAMES else "")


def _take_file(path: Path, search: Search) -> None:
    if not path.is_file():
        raise MissingFile(f"{path}：没有这个文件；请核对路径")
    if path.suffix.lower() not in SUPPORTED:
        kind = f"后缀是 {path.suffix}" if path.suffix else "没有后缀"
        raise UnsupportedFile(f"{path}：{kind}；可读的有 {' '.join(SUPPORTED)}")
    search.take(path, path.name)


def _take_matches(pattern: str, places: Places, search: Search) -> None:
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))
    if not matches:
        raise MissingFile(f"{pattern}：没有文件与它相符；请核对路径，通配符要加引号")
    for match in matches:
        readable = match.suffix.lower() in SUPPORTED and match.is_file()
        if readable and not match.name.startswith("~$") and not search.pass_over(match, match.name, places):
            search.take(match, match.name)


def _take_folder(folder: Path, places: Places, search: Search) -> None:
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "~$")) for part in inside.parts)
        if hidden or not path.is_file() or search.pass_over(path, inside.as_posix(), places):
            continue
        if path.suffix.lower() in SUPPORTED:
            search.take(path, inside.as_posix())
        else:
            search.unreadable.append(path.suffix.lower() or path.name)
