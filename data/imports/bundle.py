"""Bundle: a zip with one file of labels per annotator, read without unpacking anything to disk."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from data.archive import MAX_BYTES, MAX_RATIO, SMALL
from data.errors import BrokenFile, EmptyFile, SuspiciousFile
from data.imports.source import Source

MAX_MEMBERS = 1_000
MEMBERS = (".jsonl", ".json", ".csv", ".txt")
_ALL = "all"  # doccano's name for the one file of a project that several people label together


def open_bundle(path: Path) -> Iterator[Source]:
    """Give the files of a zip in the order of their names.

    Nothing is written anywhere; names that would lead out of the folder of a careless unpacker are refused
    all the same, for such a file comes from no labelling tool.

    Raises:
        BrokenFile: no whole zip, or locked with a password.
        EmptyFile: it holds no file of labels.
        SuspiciousFile: too large when unpacked, too many members, or a name that leads outside.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            chosen = _members(archive, path)
            if not chosen:
                raise EmptyFile(f"{path}: holds no {' '.join(MEMBERS)} file; export the labels again")
            for member in chosen:
                with archive.open(member) as file:
                    # One byte more than stated would show that the stated sizes, checked above, are false.
                    content = file.read(member.file_size + 1)
                if len(content) > member.file_size:
                    raise SuspiciousFile(f"{path}: a member is larger than it says; export the labels again")
                if content.strip():
                    yield Source(f"{path.name}/{_shown(member.filename)}", content=content)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise BrokenFile(
            f"{path}: not a whole zip ({type(error).__name__}), or locked; export the labels again"
        ) from None


def annotator_of(source: Source) -> str:
    """Who gave the labels of a member: doccano names the file after them."""
    return "" if source.path is not None or source.stem == _ALL else source.stem


def _members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise SuspiciousFile(f"{path}: holds {len(members)} files, more than {MAX_MEMBERS}; check its origin")
    total, packed = sum(member.file_size for member in members), max(1, path.stat().st_size)
    if total > MAX_BYTES or (total > SMALL and total / packed > MAX_RATIO):
        raise SuspiciousFile(
            f"{path}: would unpack from {packed} to {total} bytes; check where the file comes from, "
            f"and if it is genuine unpack it and import the files in it"
        )
    for member in members:
        parts = re.split(r"[/\\]", member.filename)
        if member.filename[:1] in ("/", "\\") or ".." in parts or ":" in parts[0]:
            raise SuspiciousFile(f"{path}: a member's name leads out of the zip; check where it comes from")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SuspiciousFile(f"{path}: a member is a link; check where the file comes from")
    labels = [member for member in members if PurePosixPath(member.filename).suffix.lower() in MEMBERS]
    # Resource forks that macOS puts beside each file.
    labels = [member for member in labels if not member.filename.startswith("__MACOSX/")]
    return sorted(labels, key=lambda member: member.filename)


def _shown(filename: str) -> str:
    return PurePosixPath(filename).name
