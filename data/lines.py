"""Lines: those of a text file, each marked that holds bytes which are none of its encoding."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from data.encoding import BAD, Encoding

BAD_ENCODING = "bad_encoding"  # reason of a row with such a line
_BOM_BYTES = 3


class DamagedLine(str):
    """A line with U+FFFD in the place of each run of bytes that cannot be read; to be rejected, not used.

    Attributes:
        offset: 0-based position in the file of the first of these bytes.
        fault: what is wrong (Chinese, without full stop).
    """

    offset: int
    fault: str

    @property
    def advice(self) -> str:
        """What is wrong, and what to do."""
        return f"{self.fault}，请改正或重新导出这一行"


def lines_of(path: Path, encoding: Encoding) -> Generator[str]:
    """Stream the lines of a file with their line ends as they are; a damaged one comes as a DamagedLine."""
    errors = "surrogateescape" if encoding.fault else "strict"
    with path.open(encoding=encoding.name, errors=errors, newline="") as file:
        yield from _marked(file, encoding.name) if encoding.fault else file


def damage_in(lines: Iterable[str]) -> DamagedLine | None:
    """The first of these lines that is damaged."""
    for line in lines:
        if isinstance(line, DamagedLine):
            return line
    return None


def _marked(lines: Iterable[str], encoding: str) -> Iterator[str]:
    name = encoding.removesuffix("-sig")
    offset = 0 if name == encoding else _BOM_BYTES
    for line in lines:
        found = BAD.search(line)
        if found is None:
            yield line
        else:
            damaged = DamagedLine(BAD.sub("\ufffd", line))
            damaged.offset = offset + len(line[: found.start()].encode(name))
            place = f"文件第 {damaged.offset + 1} 个字节处"
            damaged.fault = f"{place}不是 {name.upper()} 编码的文字，可能是导出时截断了一个字"
            yield damaged
        offset += len(line.encode(name, "surrogateescape"))
