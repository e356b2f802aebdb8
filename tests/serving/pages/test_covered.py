"""Where the service masks, or keeps a watch list, the page shows no more than the API answers."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from model.export import Export
from tests.serving.conftest import SCHOOL
from tests.serving.pages.test_tagging import answer_of, send, table_of
from tests.serving.test_protection import LETTER, NAME, NUMBER

FILE = ("来信.csv", f"编号,内容,来电人,联系电话\nA1,{LETTER},{NAME},{NUMBER}\nA2,{SCHOOL},匿名,\n".encode())


@pytest.mark.parametrize("how", ["output", "input"])
@pytest.mark.parametrize("fields", [{}, {"lines": "on", "all": "on"}])
def test_what_was_pasted_comes_back_covered(export: Export, how: str, fields: dict[str, str]) -> None:
    page = send(export, {"text": f"{LETTER}\n{LETTER}", **fields}, mask=how)

    assert page.status_code == 200 and "【姓名】" in page.text and "【手机号】" in page.text
    tables = table_of(page, "csv").decode() + str(cells(table_of(page, "xlsx")))
    for words in (page.text, tables):
        assert NAME not in words and NUMBER not in words and "赵大海" in words
    # The mark takes in the whole cover, and the words behind it are those of the report.
    assert "电话【手机号】推诿没人处理</mark>" in page.text


@pytest.mark.parametrize("how", ["output", "input"])
def test_every_column_of_a_file_comes_back_covered(export: Export, how: str) -> None:
    page = send(export, {}, FILE, mask=how)

    assert page.status_code == 200 and page.text.count("data-marks") == 2
    for words in (page.text, table_of(page, "csv").decode(), str(cells(table_of(page, "xlsx")))):
        assert NAME not in words and NUMBER not in words and SCHOOL[:9] in words
    assert "【姓名】" in table_of(page, "csv").decode()


def test_the_json_to_copy_points_into_the_report_as_received(export: Export) -> None:
    evidence = answer_of(send(export, {"text": LETTER}, mask="output"))["predictions"][0]["tags"]
    first = evidence["misconduct"][0]["evidence"][0]

    assert LETTER[first["start"] : first["end"]] == f"电话{NUMBER}推诿没人处理"
    assert first["text"] == "电话【手机号】推诿没人处理"


def test_a_refusal_gives_nothing_back_that_would_be_covered(export: Export) -> None:
    page = send(export, {"text": LETTER * 9}, mask="output", max_chars=100)

    assert page.status_code == 422 and NUMBER not in page.text and "打标后不再显示" in page.text


def test_a_report_on_the_watch_list_is_not_shown(export: Export, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")
    page = send(export, {}, FILE, watch_list=names)

    tables = table_of(page, "csv").decode() + str(cells(table_of(page, "xlsx")))
    for words in (page.text, tables):
        assert "赵大海" not in words and NAME not in words and "请人工办理" in words and "A1" in words
        assert SCHOOL[:9] in words
    assert "赵大海" not in send(export, {"text": LETTER}, watch_list=names).text


def test_without_masking_the_words_are_the_reporters_own(export: Export) -> None:
    page = send(export, {"text": LETTER})

    assert page.text.count(NUMBER) >= 2 and "打标后不再显示" not in page.text


def cells(book: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(book)).active.values)  # type: ignore[union-attr]
