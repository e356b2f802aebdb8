"""Encoding: how the characters of a text file are written, decided strictly over the whole file."""

from __future__ import annotations

import codecs
from pathlib import Path

from data.errors import UnknownEncoding

_CHUNK = 1 << 20
# So many letters outside ASCII in a row that read as UTF-8 are no accident in a GB18030 file.
_SURELY_UTF8 = 16


def find_encoding(path: Path) -> str:
    """Name the encoding of a text file, for `open`.

    A byte order mark decides; else UTF-8 if the whole file is; else UTF-16 if the file has the NUL bytes
    of one; else GB18030 (which holds GBK and GB2312) if the whole file is.

    Returns:
        "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-8" or "gb18030".

    Raises:
        UnknownEncoding: none of them, or UTF-8 with a damaged place; with the byte offset.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    else:
        name = "utf-8"
    offset, letters = _first_error(path, name)
    if offset is None:
        # A UTF-16 file of Latin letters reads as UTF-8 with NULs in every other place.
        return (_wide(path, head) if name == "utf-8" else None) or name
    if name == "utf-8":
        wide = _wide(path, head)
        if wide:
            return wide
        if letters < _SURELY_UTF8:
            further = _first_error(path, "gb18030")[0]
            if further is None:
                return "gb18030"
            # What reads further is what the file was written in: its first bad byte is where it is damaged.
            offset, name = max((offset, name), (further, "gb18030"))
    told = {"gb18030": "GB18030", "utf-16": "UTF-16"}.get(name, "UTF-8")
    raise UnknownEncoding(
        f"{path}: byte {offset} is neither UTF-8 nor GB18030 text"
        f"{f' (the file is {told} up to there, so it is damaged)' if offset else ''}; "
        f"open it in a spreadsheet or editor and save it as UTF-8",
        offset,
    )


def decode_line(raw: bytes) -> str | None:
    """Decode one line of a stream, which cannot be read ahead to its end.

    Returns:
        None where it is neither UTF-8 nor GB18030.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _wide(path: Path, head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < max(2, len(head) // 50) or min(even, odd) * 10 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if _first_error(path, name)[0] is None else None


def _first_error(path: Path, encoding: str) -> tuple[int | None, int]:
    """Give the byte offset of the first error, or None, and the letters outside ASCII read before it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = letters = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(encoding, "ignore")
                return done - pending + error.start, letters + _foreign(good)
            if letters < _SURELY_UTF8:
                letters += _foreign(text)
            done += len(chunk)
            if not chunk:
                return None, letters


def _foreign(text: str) -> int:
    return sum(not letter.isascii() for letter in text) if not text.isascii() else 0
