"""The encoding of a file is decided by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.encoding import decode_line, decode_roughly, find_encoding, main_encoding
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


CUT = [
    "我叫王小明".encode()[:-1], "路灯坏了，".encode()[:-2] + "没有人来修".encode(),
    "编号,内容\n1,路灯坏了没".encode()[:-1] + b",\n",
]  # fmt: skip


@pytest.mark.parametrize("raw", CUT)
def test_a_cut_character_turns_no_short_text_into_another(tmp_path: Path, raw: bytes) -> None:
    """Each reads as GB18030 too, with not one character of what was written."""
    raw.decode("gb18030")
    (tmp_path / "a.txt").write_bytes(raw)

    assert decode_line(raw) is None and "路灯" in decode_roughly(CUT[1])
    with pytest.raises(UnknownEncoding, match="UTF-8"):
        find_encoding(tmp_path / "a.txt")


@pytest.mark.parametrize("words", ["路灯坏了", "要求尽快处", "联通", "昝立平", "职责、监督"])
def test_a_short_text_of_gb18030_is_read(tmp_path: Path, words: str) -> None:
    raw = words.encode("gb18030")
    (tmp_path / "a.txt").write_bytes(raw + b"\n" + raw * 3)

    assert decode_line(raw) == words or words == "联通"  # which is UTF-8 too, of other characters
    assert find_encoding(tmp_path / "a.txt") == "gb18030" or words == "联通"


LETTERS = "小区门口的路灯坏了很久，打了几次热线都没有人来修。" * 20


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (LETTERS.encode() + b"\xff" + LETTERS.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + LETTERS.encode() + b"\xff", "utf-8-sig"),
        (LETTERS.encode("gb18030") + b"\xc4," + LETTERS.encode("gb18030"), "gb18030"),
        (b"\xff" + LETTERS.encode("gb18030") + b"\xc4", "gb18030"),
        # Half a page of figures around each letter: their number says nothing of the encoding.
        (b"0123456789" * 5_000 + LETTERS.encode("gb18030") + b"\xc4,", "gb18030"),
        (b"0123456789" * 5_000 + LETTERS.encode() + b"\xe4,", "utf-8"),
        (b'{"text": "\\u8def\\u706f"}\n' * 100 + b"\xff\n", "utf-8"),
    ],
)
def test_a_file_with_few_damaged_places_is_what_it_plainly_is(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    found = main_encoding(tmp_path / "a.csv")
    assert found.name == name and found.fault is not None
    with pytest.raises(UnknownEncoding) as caught:
        find_encoding(tmp_path / "a.csv")
    assert found.fault.offset == caught.value.offset


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_whole_file_has_no_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_bytes(LETTERS.encode(name))
    assert main_encoding(tmp_path / "a.csv").name == name
    assert main_encoding(tmp_path / "a.csv").fault is None


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        bytes(n * n % 251 for n in range(10_000)),
        "".join(f"路{n}".encode().decode("latin-1") + "\xff" for n in range(500)).encode("latin-1"),
        LETTERS.encode("utf-16")[:-1],
        LETTERS.encode("utf-16-le")[:-1],
        ("小區門口的路燈壞了很久，沒有人來修" * 20).encode("big5") + b"\xff,",
        ("ロシアの道路が壊れて困っています" * 20).encode("shift-jis") + b"\xff,",
        ("Le café est fermé à l'été " * 20).encode("latin-1"),
        b"\xff",
        b"1,2\n\xff\xfe",
    ],
)
def test_what_is_not_plainly_one_encoding_is_refused(tmp_path: Path, content: bytes) -> None:
    """A picture, too many damaged places, half a UTF-16 file, other writings."""
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UnknownEncoding):
        main_encoding(tmp_path / "a.csv")
