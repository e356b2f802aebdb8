"""CSV as offices really write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import EmptyFile, UnknownColumns
from data.readers import read_reports
from data.report import BadRow, Report


def read(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "a.csv") -> list[Report | BadRow]:
    """Write a file and read it."""
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return list(read_reports(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_end_do_not_matter(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    """All combinations give the same reports."""
    rows = [("编号", "标题", "内容"), ("1", "路灯", "坏了，没人修"), ("2", "", "井盖丢了")]
    text = end.join(delimiter.join(row) for row in rows)
    assert read(tmp_path, text, encoding) == [
        Report("1", "坏了，没人修", title="路灯"),
        Report("2", "井盖丢了"),
    ]


def test_a_quoted_cell_may_hold_lines_delimiters_and_quotes(tmp_path: Path) -> None:
    """One record is one row, as a spreadsheet shows it."""
    made = read(tmp_path, '内容,编号\n"第一行\n第二行, ""好""",7\n\n井盖,\n')
    assert made == [Report("7", '第一行\n第二行, "好"'), Report("a.csv:4", "井盖")]


def test_a_row_with_too_many_cells_is_bad_and_says_where(tmp_path: Path) -> None:
    """The spreadsheet's row and the text line are both named."""
    made = read(tmp_path, '编号,内容\n1,"两\n行"\n2,路灯,坏了\n3,井盖,,\n')
    bad = made[1]
    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (3, "wrong_width")
    assert "第 3 行（文本第 4 行起）" in bad.message and "路灯" not in bad.message
    assert bad.raw == {"编号": "2", "内容": "路灯", "column 3": "坏了"}
    assert made[2] == Report("3", "井盖")


def test_a_row_with_too_few_cells_is_padded_where_it_has_text(tmp_path: Path) -> None:
    """Without text it is bad."""
    made = read(tmp_path, "编号,内容,区域\n1,路灯\n2\n")
    assert made[0] == Report("1", "路灯")
    assert isinstance(made[1], BadRow) and made[1].reason == "wrong_width"


def test_only_rows_with_every_cell_blank_are_skipped(tmp_path: Path) -> None:
    """A row with an id and no words is reported."""
    made = read(tmp_path, "编号,内容\n,\n  ,　\n5,\n")
    assert [(bad.row, bad.reason) for bad in made if isinstance(bad, BadRow)] == [(4, "no_text")]
    assert len(made) == 1


def test_an_open_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    """The lines that it swallowed are read again."""
    made = read(tmp_path, '编号,内容\n1,"路灯\n2,井盖\n3,"噪声",\n4,扬尘\n')
    assert isinstance(made[0], BadRow) and (made[0].row, made[0].reason) == (2, "open_quote")
    assert [item.id for item in made[1:] if isinstance(item, Report)] == ["2", "3", "4"]


def test_an_open_quote_in_a_huge_file_does_not_swallow_it(tmp_path: Path) -> None:
    """The cap on a cell ends the search for the closing quote."""
    path = tmp_path / "a.csv"
    body = "".join(f"{n},井盖丢了没有人管\n" for n in range(1000))
    path.write_text('编号,内容\nx,"路灯\n' + body, encoding="utf-8")
    bad, *rest = read_reports(path, max_chars=100_000)
    assert isinstance(bad, BadRow) and bad.reason == "open_quote"
    assert len(rest) == 1000 and all(isinstance(item, Report) for item in rest)


def test_a_cell_far_beyond_the_cap_is_too_long(tmp_path: Path) -> None:
    """And the next row is read. The csv limit belongs to the process, so the cell is longer than any."""
    path = tmp_path / "a.csv"
    path.write_text("编号,内容\n1," + "a" * 4_100_000 + "\n2,井盖\n", encoding="utf-8")
    bad, good = read_reports(path)
    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (2, "too_long")
    assert len(bad.raw["line"]) == 4_100_002
    assert isinstance(good, Report) and good.id == "2"


def test_a_nul_byte_breaks_nothing(tmp_path: Path) -> None:
    """It stays in the text, which cleaning takes it out of."""
    assert read(tmp_path, "编号,内容\n1,路\0灯\n") == [Report("1", "路\0灯")]


def test_one_column_needs_no_quotes(tmp_path: Path) -> None:
    """Commas in the only column are commas."""
    made = read(tmp_path, '留言内容\n路灯坏了,三天了;没人修\n"井盖\n丢了"\n')
    assert made == [Report("a.csv:2", "路灯坏了,三天了;没人修"), Report("a.csv:3", "井盖\n丢了")]


def test_one_column_without_a_heading_loses_no_report(tmp_path: Path) -> None:
    """A first row that reads like a sentence is a report."""
    made = read(tmp_path, "路灯坏了，没有人修。\n井盖丢了。\n")
    assert [item.text for item in made if isinstance(item, Report)] == ["路灯坏了，没有人修。", "井盖丢了。"]


def test_a_banner_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    """With or without its delimiters."""
    for banner in ("二〇二六年来信汇总", "二〇二六年来信汇总,,"):
        made = read(tmp_path, f"{banner}\n编号,诉求内容,区域\n1,路灯,东区\n")
        assert made == [Report("1", "路灯", region="东区")]


def test_a_delimiter_inside_the_headings_does_not_mislead(tmp_path: Path) -> None:
    """A quoted heading and one with a bar."""
    made = read(tmp_path, '编号,"内容(必填;不超过|两千字)",区域\n1,路灯,东区\n')
    assert isinstance(made[0], Report) and made[0].text == "路灯"


def test_unknown_headings_are_not_taken_for_one_column(tmp_path: Path) -> None:
    """The error lists them one by one."""
    for banner in ("", "汇总表\n"):
        with pytest.raises(UnknownColumns) as caught:
            read(tmp_path, f"{banner}甲,乙\n1,2\n3,4\n")
        assert caught.value.headings == ("甲", "乙")


def test_repeated_and_blank_headings_keep_their_cells(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (made,) = read(tmp_path, "内容,备注,备注,,甲\n路灯,1,2,3,4\n")
    assert isinstance(made, Report)
    assert made.extra == {"备注": "1", "备注 (2)": "2", "column 4": "3", "甲": "4"}


def test_equal_ids_are_kept(tmp_path: Path) -> None:
    """An id is the sender's, not ours to change."""
    made = read(tmp_path, "编号,内容\n1,路灯\n1,井盖\n")
    assert [item.id for item in made if isinstance(item, Report)] == ["1", "1"]


def test_a_file_of_blank_lines_is_empty(tmp_path: Path) -> None:
    """As is one of delimiters only."""
    for text in ("\n\n", ",,\n,,\n"):
        with pytest.raises(EmptyFile):
            read(tmp_path, text)


def test_headings_alone_are_no_error(tmp_path: Path) -> None:
    """A month without reports."""
    assert read(tmp_path, "编号,内容\n") == []
