"""Every kind of file gives the same reports."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]
import pytest

from data.columns import Columns
from data.errors import EmptyFile, MissingFile, UnsupportedFile
from data.readers import BINARY, SUPPORTED, read_reports
from data.report import BadRow, Report


def reports(path: Path | str, **options: object) -> list[Report]:
    """Read a file that has no bad rows."""
    made = list(read_reports(path, **options))  # type: ignore[arg-type]
    assert all(isinstance(item, Report) for item in made), made
    return made  # type: ignore[return-value]


def feed(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_plain_lines_are_one_report_each(tmp_path: Path) -> None:
    """Commas split nothing, blank lines are skipped, the line is the row."""
    path = tmp_path / "lines.txt"
    path.write_bytes("路灯坏了,没人修\r\n\r\n{井盖丢了}\r\n".encode("gb18030"))
    assert reports(path) == [Report("lines.txt:1", "路灯坏了,没人修"), Report("lines.txt:3", "{井盖丢了}")]


def test_standard_input_mixes_json_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that begins with a brace is JSON; a broken one is a bad row, in place."""
    feed(monkeypatch, '路灯坏了\n{"id": 7, "content": "井盖丢了"}\n\n{"id": \n'.encode())
    first, second, third = read_reports("-")
    assert first == Report("stdin:1", "路灯坏了")
    assert second == Report("7", "井盖丢了")
    assert isinstance(third, BadRow) and (third.row, third.reason) == (4, "broken_json")


def test_each_line_of_standard_input_is_decoded_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """UTF-8, GB18030, or a bad row."""
    feed(monkeypatch, "\ufeff路灯\n".encode() + "井盖\n".encode("gb18030") + b"\xff\xff\n")
    first, second, third = read_reports(Path("-"))
    assert isinstance(first, Report) and first.text == "路灯"
    assert isinstance(second, Report) and second.text == "井盖"
    assert isinstance(third, BadRow) and third.reason == "bad_encoding"


def test_a_line_that_cannot_be_decoded_is_kept_as_far_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, "路灯".encode() + b"\xff\n" + "井盖".encode("gb18030") + b"\xff\r\n")
    made = [row for row in read_reports(Path("-")) if isinstance(row, BadRow)]
    assert [dict(row.raw) for row in made] == [{"line": "路灯\ufffd"}, {"line": "井盖\ufffd"}]


@pytest.mark.parametrize(
    "line", ["工单编号,承办单位,诉求内容,受理时间", "\ufeff编号\t内容（必填）", '"市民说的话";"受理时间"']
)
def test_a_table_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Its cells may hold line breaks, and its headings are no report."""
    columns = Columns(text="市民说的话") if "市民" in line else None
    feed(monkeypatch, f"{line}\n1,路灯坏了\n".encode())
    with pytest.raises(UnsupportedFile, match=r"save it as a \.csv file"):
        list(read_reports("-", columns))


@pytest.mark.parametrize("beginning", BINARY)
def test_a_workbook_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch, beginning: bytes) -> None:
    """It would be a thousand reports of noise."""
    feed(monkeypatch, beginning + "\x00路灯\n井盖坏了\n".encode())
    with pytest.raises(UnsupportedFile, match=rf"begins as a \{BINARY[beginning]} file .* by its name"):
        list(read_reports("-"))


@pytest.mark.parametrize(
    "line", ["内容,我家门口的路灯坏了", "投诉内容：物业，乱收费", "内容", "时间,地点", "a\rb"]
)
def test_a_first_line_that_is_no_heading_row_is_a_report(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """One usual word does not make it headings."""
    feed(monkeypatch, line.encode())
    (report,) = read_reports("-")
    assert isinstance(report, Report) and report.text == line


def test_parquet_is_read_in_batches_with_typed_cells(tmp_path: Path) -> None:
    """Ids lose ".0", nulls are blank, blank records are skipped, rows count from 1."""
    path = tmp_path / "a.parquet"
    count = 2500
    table = {
        "编号": [float(n) for n in range(count)],
        "内容": ["路灯坏了"] * (count - 2) + [None, None],
        "标题": ["t"] * (count - 2) + ["只有标题", None],
        "标签": [["a", "乙"]] * count,
    }
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    made = list(read_reports(path))
    assert made[1] == Report("1", "路灯坏了", title="t", extra={"标签": '["a", "乙"]'})
    assert made[-2] == Report("2498", "只有标题", extra={"标签": '["a", "乙"]'})
    last = made[-1]
    assert isinstance(last, BadRow) and (last.row, last.reason) == (count, "no_text")


def test_a_title_alone_becomes_the_text(tmp_path: Path) -> None:
    """Nothing is lost where a reporter wrote all into the title."""
    path = tmp_path / "a.csv"
    path.write_text("标题,内容\n路灯坏了,\n", encoding="utf-8")
    assert reports(path) == [Report("a.csv:2", "路灯坏了")]


def test_other_columns_are_kept_in_order(tmp_path: Path) -> None:
    """Extra holds them by their headings."""
    path = tmp_path / "a.csv"
    path.write_text("乙,内容,甲,来源,时间,区域\n1,路灯,2,热线,2026-01-02,东区\n", encoding="utf-8")
    (report,) = reports(path)
    assert (report.channel, report.time, report.region) == ("热线", "2026-01-02", "东区")
    assert list(report.extra.items()) == [("乙", "1"), ("甲", "2")]


def test_text_comes_exactly_as_received(tmp_path: Path) -> None:
    """Offsets count from it, so not even a space is trimmed."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "  ＡＢ\u200b<br>\n"}), encoding="utf-8")
    assert reports(path)[0].text == "  ＡＢ\u200b<br>\n"


def test_a_text_beyond_the_cap_is_a_bad_row_and_never_cut(tmp_path: Path) -> None:
    """The message names the cap, the column and the row, not the words."""
    path = tmp_path / "a.csv"
    path.write_text("编号,内容\n1," + "灯" * 11 + "\n2," + "灯" * 10 + "\n", encoding="utf-8")
    bad, good = read_reports(path, max_chars=10)
    assert isinstance(bad, BadRow) and (bad.row, bad.reason) == (2, "too_long")
    assert "10" in bad.message and "内容" in bad.message and "a.csv" in bad.message
    assert "灯" not in bad.message and bad.raw["内容"] == "灯" * 11
    assert isinstance(good, Report) and good.id == "2"


def test_named_columns_reach_every_reader(tmp_path: Path) -> None:
    """One choice, all kinds of file."""
    columns = Columns(text="甲", id="乙")
    csv, jsonl, parquet = tmp_path / "a.csv", tmp_path / "a.jsonl", tmp_path / "a.parquet"
    csv.write_text("甲,乙\n路灯,7\n", encoding="utf-8")
    jsonl.write_text('{"甲": "路灯", "乙": 7}\n', encoding="utf-8")
    pyarrow.parquet.write_table(pyarrow.table({"甲": ["路灯"], "乙": [7]}), parquet)
    for path in (csv, jsonl, parquet):
        assert reports(path, columns=columns) == [Report("7", "路灯")]


def test_a_report_keeps_every_column_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("承办单位,内容,编号\n街道, 路灯坏了 ,7\n", encoding="utf-8")
    (report,) = reports(path)

    assert list(report.cells.items()) == [("承办单位", "街道"), ("内容", " 路灯坏了 "), ("编号", "7")]


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".jsonl"])
def test_a_file_may_be_called_something_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"in{suffix}"
    path.write_text('{"内容": "路灯坏了"}\n' if suffix == ".jsonl" else "内容\n路灯坏了\n", encoding="utf-8")

    assert reports(path, name="03/in")[-1].id.startswith("03/in:")


def test_paths_that_cannot_be_read_fail_at_once(tmp_path: Path) -> None:
    """Before the first report is asked for."""
    with pytest.raises(MissingFile, match="no such file"):
        read_reports(tmp_path / "none.csv")
    with pytest.raises(MissingFile, match="folder"):
        read_reports(tmp_path)
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(UnsupportedFile, match=r"\.pdf.*\.csv .*\.parquet"):
        read_reports(tmp_path / "a.pdf")
    (tmp_path / "a.csv").touch()
    with pytest.raises(EmptyFile, match="empty"):
        read_reports(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="max_chars"):
        read_reports("-", max_chars=0)


@pytest.mark.parametrize("suffix", [s for s in SUPPORTED if s not in (".txt",)])
def test_noise_under_any_name_is_a_named_error(tmp_path: Path, suffix: str) -> None:
    """No reader lets a foreign exception out."""
    from data.errors import DataError

    path = tmp_path / f"a{suffix}"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(DataError, match="a" + suffix.replace(".", r"\.")):
        list(read_reports(path))


def test_importing_the_readers_loads_nothing_heavy() -> None:
    """pyarrow comes only with a Parquet file, torch never."""
    code = (
        "import sys, data.readers, data.labelled, data.clean; print({'pyarrow', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
