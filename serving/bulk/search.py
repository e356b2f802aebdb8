"""Search: the files that names, folders and globs lead to, each once."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import MissingFile, UnsupportedFile
from data.parquet import partition_folders
from data.readers import SUPPORTED
from serving.bulk.inputs import Source
from serving.bulk.places import Places
from serving.faults import WrongUse

STDIN = "-"
_MOST_NAMES = 5  # in one remark
_HIDDEN = (".", "~$")  # how names of hidden files and of lock files of office programs begin
_SCRATCH = ("_temporary", "_delta_log", "_spark_metadata")
"""Folders in which Spark and Delta keep rows of jobs that have not ended, and their own records."""


@dataclass
class Search:
    """What was found, and what was passed over.

    Attributes:
        unreadable: suffixes of files in folders and globs that no reader reads.
        ours: names of files in folders and globs that this command wrote in an earlier job.
        again: names of files that had been found before, under this name or another one.
        folders: that were not looked into: links in folders, and those that a glob leads to.
        scratch: folders of other programs' unfinished rows and records, which were not looked into either.
        dead: names of links to files that are not there.
    """

    unreadable: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    scratch: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
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
            yield f"有 {len(self.unreadable)} 个文件不是可读的种类，没有读：{kinds}"
        if self.ours:
            yield f"有 {len(self.ours)} 个文件是 petition bulk 以前写的结果，没有读：{some(self.ours)}"
        if self.again:
            yield f"有 {len(self.again)} 处指向已经找到的文件，每个文件只读一次：{some(self.again)}"
        if self.folders:
            why = f"有 {len(self.folders)} 个文件夹是链接，或只是与通配符相符"
            yield f"{why}，里面的文件没有读：{some(self.folders)}；要读就写出文件夹的名字"
        if self.scratch:
            why = f"有 {len(self.scratch)} 个文件夹是 Spark 等程序的暂存或记录"
            yield f"{why}，里面的文件没有读：{some(self.scratch)}"
        if self.dead:
            yield f"有 {len(self.dead)} 个链接指向的文件不在，没有读：{some(self.dead)}"

    def take(self, path: Path, name: str) -> None:
        """Take a file, unless a link or another spelling of its path led to it before."""
        real = os.path.realpath(path)
        if real in self._real:
            self.again.append(name)
            return
        self._real.add(real)
        self._names[path] = _with_partitions(path, name)

    def pass_over(self, path: Path, name: str, places: Places) -> bool:
        """Tell whether a file that nobody named is an output of this command; note one of another job."""
        real = path.resolve()
        if places.is_ours(real):
            return True
        if Places.output_of(real) is None:
            return False
        self.ours.append(name)
        return True


def find_sources(given: Sequence[str], places: Places) -> tuple[list[Source], list[str]]:
    """Find the files that the user named: files as given, folders and globs in the order of their names.

    In folders hidden files, lock files of office programs, links to folders and outputs of this program are
    passed over.

    Returns:
        The sources, and remarks for the user (Chinese).

    Raises:
        MissingFile: nothing is there.
        UnsupportedFile: a named file is of a kind that no reader reads.
        OSError: a folder cannot be listed.
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


def _with_partitions(path: Path, name: str) -> str:
    """A file's name with the folders that are columns of it: where they differ, the file is another one."""
    if path.suffix.lower() != ".parquet":
        return name
    return max(name, "/".join([*partition_folders(path), path.name]), key=len)


def _take_file(path: Path, search: Search) -> None:
    if not path.is_file():
        raise MissingFile(f"{path}：没有这个文件；请核对路径")
    if path.suffix.lower() not in SUPPORTED:
        kind = f"后缀是 {path.suffix}" if path.suffix else "没有后缀"
        raise UnsupportedFile(f"{path}：{kind}；可读的有 {' '.join(SUPPORTED)}")
    search.take(path, path.name)


def _take_matches(pattern: str, places: Places, search: Search) -> None:
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))
    _check_folders(pattern)
    if not matches:
        raise MissingFile(f"{pattern}：没有文件与它相符；请核对路径，通配符要加引号")
    entered = {folder for match in matches for folder in match.parents}
    for match in matches:
        if match.is_dir():
            if match not in entered and not pattern.endswith("**"):
                search.folders.append(match.as_posix())
        elif not match.name.startswith("~$"):
            _take_found(match, match.name, places, search)


def _check_folders(pattern: str) -> None:
    """Look into every folder that a pattern leads through: glob passes over one that it may not list.

    Raises:
        OSError: one cannot be listed.
    """
    parts = Path(pattern).parts
    first = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    for place in range(first, len(parts)):
        for folder in glob.iglob(str(Path(*parts[:place])), recursive=True):
            if os.path.isdir(folder):
                os.scandir(folder).close()


def _take_folder(folder: Path, places: Places, search: Search) -> None:
    for path in sorted(_below(folder, search), key=lambda path: path.relative_to(folder).parts):
        _take_found(path, path.relative_to(folder).as_posix(), places, search)


def _below(folder: Path, search: Search) -> Iterator[Path]:
    """All that is no folder below one, but hidden files and lock files; links to folders are not followed.

    Raises:
        OSError: a folder cannot be listed; what lies in it would be missing without a word.
    """
    for here, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        search.folders += [os.path.join(here, name) for name in links]
        search.scratch += [os.path.join(here, name) for name in folders if name in _SCRATCH]
        folders[:] = [name for name in folders if name not in _SCRATCH]
        yield from (Path(here, name) for name in files if not name.startswith(_HIDDEN))


def _raise(error: OSError) -> None:
    raise error


def _take_found(path: Path, name: str, places: Places, search: Search) -> None:
    """Take what lay in a folder or met a pattern, or note why not."""
    if not path.exists():
        search.dead.append(name)
    elif not path.is_file():
        search.unreadable.append(path.name)
    elif search.pass_over(path, name, places):
        return
    elif path.suffix.lower() in SUPPORTED:
        search.take(path, name)
    else:
        search.unreadable.append(path.suffix.lower() or path.name)
