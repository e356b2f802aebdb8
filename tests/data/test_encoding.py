"""The encoding of a file is decided by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.encoding import find_encoding
from data.errors import UnknownEncoding

TEXT = "编号,内容\n1,小区门口的路灯坏了很久\n"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_each_usual_encoding_is_found(tmp_path: Path, written: str, found: str) -> None:
    """With and without byte order mark."""
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(written))
    assert find_encoding(path) == found
    assert path.read_text(encoding=found).startswith("编号")


def test_a_gb18030_file_that_starts_with_ascii_only_is_read_to_its_end(tmp_path: Path) -> None:
    """The check covers the whole file, beyond the first chunk."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * (1 << 20) + "内容".encode("gb18030"))
    assert find_encoding(path) == "gb18030"


def test_a_character_cut_by_a_chunk_is_whole(tmp_path: Path) -> None:
    """A UTF-8 character may lie across two chunks."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * ((1 << 20) - 1) + "内容".encode())
    assert find_encoding(path) == "utf-8"


def test_a_damaged_utf8_file_is_named_with_the_byte(tmp_path: Path) -> None:
    """Never read as GB18030, which would turn every character into another one."""
    path = tmp_path / "a.csv"
    good = (TEXT * 20).encode()
    path.write_bytes(b" " * (1 << 20) + good + b"\xff" + good)
    with pytest.raises(UnknownEncoding, match="damaged") as caught:
        find_encoding(path)
    assert caught.value.offset == (1 << 20) + len(good)
    assert "a.csv" in str(caught.value)


def test_a_damaged_gb18030_file_is_named_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "damaged.csv"
    good = "路灯坏了没有人修".encode("gb18030") * 9
    path.write_bytes(good + b"\xff\xff" + good)

    with pytest.raises(UnknownEncoding, match=rf"byte {len(good)} .*GB18030 up to there") as caught:
        find_encoding(path)
    assert caught.value.offset == len(good)


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    """A picture is no text."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"\x89\xff\xff\xff")
    with pytest.raises(UnknownEncoding):
        find_encoding(path)
