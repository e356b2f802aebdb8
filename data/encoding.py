"""Encoding: how the characters of a text file are written, decided strictly over the whole file."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from data.errors import UnknownEncoding

BAD = re.compile("[\udc80-\udcff]+")
"""Bytes that could not be read, as Python's `surrogateescape` shows them; no valid text holds these."""
_CHUNK = 1 << 20
_ASIDE = 1 << 10
_FEW = (
    10  # letters that can be read for each place that cannot, at least: a title of ten characters, cut once
)
_ASCII = 50  # characters of ASCII say as much of an encoding as one letter outside it
_COMMON = 0.9  # of the letters outside ASCII, in text that is Chinese and not something else that reads as it
_HOPELESS = 1000  # bad places after which it is seen whether they are few
# So many letters outside ASCII in a row that read as UTF-8 are no accident in a GB18030 file.
_SURELY_UTF8 = 16


@dataclass(frozen=True)
class Encoding:
    """How a file is written.

    Attributes:
        name: for `open`.
        fault: None, or why it cannot be read throughout; a few places of it are damaged.
    """

    name: str
    fault: UnknownEncoding | None = None


def main_encoding(path: Path) -> Encoding:
    """As `find_encoding`, but take a file with a few damaged places for what it plainly is.

    Software that cuts a field at so many bytes leaves half a character: that is to cost its row alone.

    Raises:
        UnknownEncoding: the places are not few, or the rest is not plainly one encoding.
    """
    try:
        return Encoding(find_encoding(path))
    except UnknownEncoding as error:
        name = _mostly(path)
        if name is None:
            raise
        return Encoding(name, error)


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
            if further is None and not _is_cut_utf8(_around(path, offset)):
                return "gb18030"
            # What reads further is what the file was written in: its first bad byte is where it is damaged.
            if further is not None:
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
            if _is_cut_utf8(raw):
                return None
    return None


def decode_roughly(raw: bytes) -> str:
    """Decode a line that `decode_line` cannot, with U+FFFD where it cannot be read."""
    if _is_cut_utf8(raw):
        return raw.decode("utf-8", "replace")
    return min(
        (raw.decode(name, "replace") for name in ("utf-8", "gb18030")), key=lambda t: t.count("\ufffd")
    )


def _is_cut_utf8(raw: bytes) -> bool:
    """Whether bytes that are no UTF-8 were UTF-8 before a character of it was cut.

    Half of such texts read as GB18030, but for rare characters: nothing there would be masked.
    """
    text = raw.decode("utf-8", "surrogateescape")
    bad = sum(map(len, BAD.findall(text)))
    if not 0 < bad < sum(letter >= "\u0800" for letter in text) - bad:
        return False
    other = [letter for letter in raw.decode("gb18030", "replace") if not letter.isascii()]
    return len("".join(other).encode("gb2312", "ignore")) < 2 * _COMMON * len(other)


def _around(path: Path, offset: int) -> bytes:
    """Some bytes of a file on either side of an offset, from the first of a character of UTF-8 on."""
    start = max(0, offset - _ASIDE)
    with path.open("rb") as file:
        file.seek(start)
        found = file.read(_ASIDE * 64)
    return found.lstrip(bytes(range(0x80, 0xC0))) if start else found


def _mostly(path: Path) -> str | None:
    """The one encoding in which a file has but a few bad places."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) > len(head) // 50:
        return None
    utf8 = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    one, other = _reading(path, utf8), None
    # Nothing else reads as UTF-8 for long.
    if one is not None and one.letters >= max(_SURELY_UTF8, _FEW * one.places):
        return utf8
    if utf8 == "utf-8":
        other = _reading(path, "gb18030")
        if other is not None and other.common < _COMMON * other.letters:
            other = None
    found = [(each.places, name) for each, name in ((one, utf8), (other, "gb18030")) if each is not None]
    return min(found, key=lambda pair: pair[0])[1] if found else None


@dataclass(frozen=True)
class _Reading:
    """A file read in one encoding: places that cannot be, letters outside ASCII, those of them in GB 2312."""

    places: int
    letters: int
    common: int


def _reading(path: Path, encoding: str) -> _Reading | None:
    """Read a whole file in one encoding; None where not few places are bad."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    places = letters = common = plain = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            text, bad = BAD.subn("", decoder.decode(chunk, final=not chunk))
            ascii_only = len(text.encode("ascii", "ignore"))
            places, plain = places + bad, plain + ascii_only
            letters += len(text) - ascii_only
            common += (len(text.encode("gb2312", "ignore")) - ascii_only) // 2
            few = places * _FEW <= letters + plain // _ASCII
            if not few and (places > _HOPELESS or not chunk):
                return None
            if not chunk:
                return _Reading(places, letters, common)


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
