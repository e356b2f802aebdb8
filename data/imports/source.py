"""Source: a file of labels, or one member of a zip, as text; or a review log."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from data.encoding import find_encoding
from data.errors import BrokenFile, EmptyFile, MissingFile
from data.reviews.place import SUFFIXES, is_sqlite, is_url, shown


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import.

    Attributes:
        name: for messages; a member of a zip is "labels.zip/anna.jsonl".
        path: the file; None for a member of a zip.
        content: the member's bytes; b"" for a file.
        place: of a review log, its file or URL; else "".
    """

    name: str
    path: Path | None = None
    content: bytes = field(default=b"", repr=False)
    place: str = field(default="", repr=False)

    @staticmethod
    def at(path: Path | str) -> Source:
        """Take a file, or the URL of a review log.

        Raises:
            MissingFile: no such file, or a folder.
            EmptyFile: no bytes in it.
        """
        if isinstance(path, str) and is_url(path):
            return Source(shown(path), place=path)
        path = Path(path)
        if path.is_dir():
            raise MissingFile(f"{path}: this is a folder; name the files in it")
        if not path.is_file():
            raise MissingFile(f"{path}: no such file; check the path")
        if path.stat().st_size == 0:
            raise EmptyFile(f"{path}: the file is empty (0 bytes); give a file with labels")
        log = path.suffix.lower() in SUFFIXES or is_sqlite(path)
        return Source(path.name, path, place=str(path) if log else "")

    @property
    def suffix(self) -> str:
        """Lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """The member's or file's name without its suffix."""
        return PurePosixPath(self.name).stem

    def text(self) -> str:
        """Read all of it, line ends as they are.

        Raises:
            UnknownEncoding: not text, or damaged.
            BrokenFile: a member of a zip that is neither UTF-8 nor GB18030.
        """
        if self.path is not None:
            with self.path.open(encoding=find_encoding(self.path), newline="") as file:
                return file.read().lstrip("\ufeff")
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return self.content.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise BrokenFile(f"{self.name}: neither UTF-8 nor GB18030 text; export it again")
