"""Bytes that cannot be read cost their own row, where they are few."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from data.columns import Columns
from data.encoding import main_encoding
from data.errors import UnknownEncoding
from data.lines import DamagedLine, lines_of
from data.readers import read_reports
from data.report import BadRow, Report

TEXT = "小区门口的路灯坏了三个月，打了几次热线都没有人来修，晚上走路很不方便"
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")


def cut(words: str, encoding: str, size: int) -> bytes:
    """Words as software leaves them that cuts a field at so many bytes."""
    return words.encode(encoding.removesuffix("-sig"))[:size]


def write(path: Path, lines: list[bytes], encoding: str) -> Path:
    path.write_bytes((b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b"") + b"".join(lines))
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_cut_field_costs_its_row_and_names_the_byte(tmp_path: Path, encoding: str, end: bytes) -> None:
    name = encoding.removesuffix("-sig")
    whole = [f'{n},{TEXT},"东区\n第{n}组"'.encode(name) for n in range(60)]
    lines = ["编号,内容,地址".encode(name), *whole[:30], b"x," + cut(TEXT, name, 31) + b",west", *whole[30:]]
    path = write(tmp_path / "a.csv", [line + end for line in lines], encoding)
    made = list(read_reports(path))
    bad = made[30]

    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (32, "bad_encoding")
    start = path.read_bytes().index(b"x,") + 2
    offset = start + 30  # ten characters of UTF-8, or fifteen of GB18030, are whole
    assert f"文件第 {offset + 1} 个字节处不是 {name.upper()} 编码" in bad.message
    assert "第 32 行（文本第 62 行起）" in bad.message and "路灯" not in bad.message
    assert bad.raw["编号"] == "x" and bad.raw["地址"] == "west" and bad.raw["内容"].endswith("\ufffd")
    assert [row.id for row in made if isinstance(row, Report)] == [str(n) for n in range(60)]
    assert all(row.text == TEXT for row in made if isinstance(row, Report))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".txt"])
def test_a_damaged_line_costs_itself(tmp_path: Path, encoding: str, suffix: str) -> None:
    name = encoding.removesuffix("-sig")
    line = TEXT if suffix == ".txt" else json.dumps({"id": 1, "text": TEXT}, ensure_ascii=False)
    lines = [f"{line}\r\n".encode(name)] * 20
    lines[7] = lines[7].replace("灯".encode(name), b"\xff\xff")
    path = write(tmp_path / f"a{suffix}", lines, encoding)
    made = list(read_reports(path))

    assert len(made) == 20 and sum(isinstance(row, Report) and row.text == TEXT for row in made) == 19
    bad = made[7]
    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (8, "bad_encoding")
    offset = path.read_bytes().index(b"\xff\xff")
    assert f"第 {offset + 1} 个字节" in bad.message
    assert "路\ufffd坏了" in "".join(bad.raw.values())


def test_a_damaged_list_is_no_list(tmp_path: Path) -> None:
    """What a byte of it broke nobody knows."""
    text = json.dumps([{"text": TEXT}] * 9, ensure_ascii=False, indent=1).encode()
    path = write(tmp_path / "a.json", [text.replace("灯".encode(), b"\xff", 1)], "utf-8")

    with pytest.raises(UnknownEncoding) as caught:
        list(read_reports(path))
    assert caught.value.offset == path.read_bytes().index(b"\xff")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_half_of_the_rows_cut_and_the_others_whole(tmp_path: Path, encoding: str) -> None:
    """A title of at most twenty bytes, in an export where most are longer."""
    draw, name = random.Random(7), encoding.removesuffix("-sig")
    lines, good = ["标题,内容\n".encode(name)], []
    for n in range(400):
        title = "".join(draw.choices("路灯井盖噪音学校医院拆迁补贴", k=draw.randrange(5, 15)))
        if len(title.encode(name)) <= 20:
            good.append(n)
        lines.append(cut(title, name, 20) + f",{TEXT}{n}\n".encode(name))
        if len(title.encode(name)) > 20 and name == "gb18030":
            good.append(n)  # ten characters of two bytes are whole
    made = list(read_reports(write(tmp_path / "a.csv", lines, encoding)))

    assert [int(row.text[len(TEXT) :]) for row in made if isinstance(row, Report)] == good
    assert len(made) == 400


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_headings_that_cannot_be_read_are_an_error(tmp_path: Path, encoding: str) -> None:
    """They say what is read, and what is masked."""
    name = encoding.removesuffix("-sig")
    rows = [f"王小明,{TEXT}\n".encode(name)] * 20
    for first in ("来电人".encode(name)[:-1] + b",", b"\xff,"):
        lines = [first + "内容\n".encode(name), *rows]
        with pytest.raises(UnknownEncoding, match="heading row"):
            list(read_reports(write(tmp_path / "a.csv", lines, encoding)))
    unknown = ["来电人,".encode(name) + "内容".encode(name)[:-1] + b"\n", *rows]
    with pytest.raises(UnknownEncoding, match="heading row"):
        list(read_reports(write(tmp_path / "a.csv", unknown, encoding)))


def test_an_open_quote_and_a_damaged_line_cost_themselves(tmp_path: Path) -> None:
    rows = [f"{n},{TEXT}\n".encode("gb18030") for n in range(20)]
    rows[4] = b'4,"' + rows[4][2:]
    rows[6] = rows[6][:-2] + b"\n"
    rows[9] = rows[9][:-2] + b"\n"
    path = write(tmp_path / "a.csv", ["编号,内容\n".encode("gb18030"), *rows], "gb18030")
    made = list(read_reports(path))

    assert [(row.row, row.reason) for row in made if isinstance(row, BadRow)] == [
        (6, "open_quote"), (8, "bad_encoding"), (11, "bad_encoding"),
    ]  # fmt: skip
    assert all(isinstance(row, Report) for place, row in enumerate(made) if place not in (4, 6, 9))
    assert not any("\udc80" <= letter <= "\udcff" for row in made if isinstance(row, BadRow)
                   for cell in row.raw.values() for letter in cell)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_offsets_hold_wherever_the_bytes_stand(tmp_path: Path, encoding: str) -> None:
    draw, name = random.Random(7), encoding.removesuffix("-sig")
    for _ in range(30):
        lines = [f"{TEXT}𠮷é{n}".encode(name) + draw.choice([b"\n", b"\r\n", b"\r"]) for n in range(50)]
        place = draw.randrange(50)
        at = draw.choice([0, len("小区门口的".encode(name)), len(lines[place].rstrip())])
        lines[place] = lines[place][:at] + b"\xff" + lines[place][at:]
        path = write(tmp_path / "a.txt", lines, encoding)
        found = [line for line in lines_of(path, main_encoding(path)) if isinstance(line, DamagedLine)]

        assert [line.offset for line in found] == [path.read_bytes().index(b"\xff")]


def test_columns_given_by_name_are_read_of_a_damaged_file_too(tmp_path: Path) -> None:
    rows = [f"{n};{TEXT}\n".encode() for n in range(20)]
    rows[3] = b"3;" + cut(TEXT, "utf-8", 20) + b"\n"
    path = write(tmp_path / "a.csv", ["号;市民说的话\n".encode(), *rows], "utf-8")

    assert sum(isinstance(row, Report) for row in read_reports(path, Columns(text="市民说的话"))) == 19
