"""Small files that would become large ones are refused; those that people make are not."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from data import archive
from data.archive import check_archive
from data.errors import BrokenFile, SuspiciousFile
from data.readers import read_reports

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
Ods = Callable[[str], Path]


def packed(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def shared(path: Path, cells: int, sheet: str = "xl/worksheets/sheet1.xml", shape: str = "") -> Path:
    """A workbook in which so many cells share one string of 30,000 characters."""
    shape = shape or '<c r="A{n}" t="s"><v>1</v></c>'
    rows = "".join(f'<row r="{n}">{shape.replace("{n}", str(n))}</row>' for n in range(1, cells + 1))
    strings = f'<sst xmlns="{SPREADSHEET}"><si><t>内容</t></si><si><t>{"x" * 30_000}</t></si></sst>'
    return packed(path, **{
        "xl/sharedStrings.xml": strings,
        sheet: f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>',
    })  # fmt: skip


@pytest.fixture
def ods(tmp_path: Path) -> Ods:
    def make(rows: str, before: str = "") -> Path:
        content = (
            f'{before}<document xmlns:table="{TABLE}" xmlns:text="t" xmlns:office="o">'
            f"<table:table>{rows}</table:table></document>"
        )
        return packed(tmp_path / "a.ods", **{"content.xml": content})

    return make


def test_a_long_string_that_many_cells_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFile, match="bytes of words, most of them repeated"):
        check_archive(shared(tmp_path / "a.xlsx", 70_000))


@pytest.mark.parametrize(
    "shape",
    [
        '<c t="s" r="A{n}"><v>1</v></c>',
        "<c r='A{n}' t='s'><v> 1 </v></c>",
        '<c r="A{n}" t="s"><!-- --><v>1</v></c>',
    ],
)
def test_however_it_is_spelled(tmp_path: Path, shape: str) -> None:
    with pytest.raises(SuspiciousFile, match="repeated"):
        check_archive(shared(tmp_path / "a.xlsx", 70_000, shape=shape))


def test_a_sheet_under_another_name_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(SuspiciousFile, match="repeated"):
        check_archive(shared(tmp_path / "a.xlsx", 70_000, "xl/media/image1.png"))


def test_many_cells_may_share_a_short_string(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 cells one holds the long string; counted as if all did, they would be too many."""
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000_000)
    path = shared(tmp_path / "a.xlsx", 20_000, shape='<c r="A{n}" t="s"><v>0</v></c>')

    check_archive(path)


def test_a_tag_cannot_hide_behind_a_bracket_in_an_attribute(tmp_path: Path) -> None:
    cells = '<row r="1"><c x=">" r="A1"/></row><row x=">" r="1048576"><c x=">" r="XFD1048576"/></row>'
    path = packed(tmp_path / "a.xlsx", **{"xl/worksheets/sheet1.xml": f"<sheetData>{cells}</sheetData>"})

    with pytest.raises(SuspiciousFile, match="row 1048576 and column 16384"):
        check_archive(path)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)

    with pytest.raises(SuspiciousFile, match="in 3 files"):
        check_archive(packed(tmp_path / "a.xlsx", a="", b="", c=""))


def test_a_binary_workbook_under_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="binary workbook"):
        check_archive(packed(tmp_path / "a.xlsx", **{"xl/workbook.bin": ""}))


def cell(times: str = "", words: str = "路灯") -> str:
    repeated = f' table:number-columns-repeated="{times}"' if times else ""
    text = f"<text:p>{words}</text:p>"
    return f'<table:table-cell x=">" office:value-type="string"{repeated}>{text}</table:table-cell>'


def row(cells: str, times: str = "1") -> str:
    return f'<table:table-row x=">" table:number-rows-repeated="{times}">{cells}</table:table-row>'


@pytest.mark.parametrize(
    "rows",
    [
        row(cell("100"), "1000000"),
        row("", "1000000") + row('<table:table-cell table:number-columns-repeated="100"/>' + cell()),
        row(cell("60000000")),
    ],
    ids=["rows and cells", "an empty corner", "one cell"],
)
def test_repeated_cells_of_an_open_document_are_refused(ods: Ods, rows: str) -> None:
    with pytest.raises(SuspiciousFile, match="repeats its rows or cells"):
        check_archive(ods(rows))


def test_a_long_text_that_is_repeated_is_refused(ods: Ods) -> None:
    with pytest.raises(SuspiciousFile, match="bytes of words"):
        check_archive(ods(row(cell(words="x" * 30_000), "100000")))


def test_empty_cells_to_the_end_of_the_sheet_are_what_offices_save(ods: Ods) -> None:
    rest = '<table:table-cell table:number-columns-repeated="16382"/>'
    check_archive(ods(row(cell() + rest) + row(rest, "1048574")))


def test_a_document_with_entities_of_its_own_is_refused(tmp_path: Path) -> None:
    content = '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><d>&b;</d>'

    with pytest.raises(BrokenFile):
        check_archive(packed(tmp_path / "a.ods", **{"content.xml": content}))


def test_a_workbook_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (("编号", "内容"), *((str(n), "路灯坏了" * 50) for n in range(2000))):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")

    assert len(list(read_reports(tmp_path / "a.xlsx"))) == 2000
