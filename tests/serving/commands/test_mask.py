"""`petition mask` covers identifiers in a whole file; columns stay, and no message has a report's words."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook, load_workbook

from tests.serving.conftest import PLANTED, Ended, Petition, write_csv

TEXT = f"{PLANTED}，我叫王小明，电话13800138000，村支书赵大海不管。"
MASKED = f"{PLANTED}，我叫【姓名】，电话【手机号】，村支书赵大海不管。"
HEADING = ("工单编号", "来电人", "诉求内容", "金额", "联系电话")
ROW = ("13800138000", "王小明", TEXT, "-5", "无")


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def quiet(ended: Ended) -> Ended:
    """Hold that nothing of the reports was said."""
    assert not any(words in ended.err for words in (PLANTED, "王小明", "13800138000", "赵大海"))
    return ended


def test_headings_without_rows_are_told(petition: Petition, tmp_path: Path) -> None:
    ended = petition("mask", write_csv(tmp_path / "in.csv", [], HEADING), tmp_path / "out.csv")

    assert ended.code == 0 and "in.csv：只有表头，没有数据行" in ended.err
    assert read(tmp_path / "out.csv") == [list(HEADING)]


def test_a_csv_file_keeps_its_columns(petition: Petition, tmp_path: Path) -> None:
    source, target = write_csv(tmp_path / "in.csv", [ROW], HEADING), tmp_path / "out.csv"
    ended = quiet(petition("mask", source, target))

    assert ended.code == 0 and ended.out == ""
    assert read(target) == [list(HEADING), ["13800138000", "【姓名】", MASKED, "-5", "无"]]
    assert (
        "完成：1 行" in ended.err
        and "遮盖 3 处" in ended.err
        and "姓名 2" in ended.err
        and "手机号 1" in ended.err
    )


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["2026 年来信,,", "编号,姓名,内容", f"1,王小明,{TEXT}", f"2,王小明,{TEXT}"], 2),
        ([TEXT, TEXT, TEXT], 3),
        (["编号,姓名,内容"], 0),
    ],
)
def test_headings_and_what_stands_above_them_are_no_rows(
    petition: Petition, tmp_path: Path, lines: list[str], rows: int
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ended = quiet(petition("mask", source, tmp_path / "out.csv"))

    assert ended.code == 0 and f"完成：{rows} 行" in ended.err
    assert len(read(tmp_path / "out.csv")) == len(lines)


def test_a_table_without_headings_is_told(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("昝立平,6554321,路灯\n", encoding="utf-8")
    ended = quiet(petition("mask", tmp_path / "in.csv", tmp_path / "out.csv"))

    assert ended.code == 0 and "没有认出表头" in ended.err and "昝立平" not in ended.err


def test_gb18030_and_semicolons_are_read(petition: Petition, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(f"编号;内容\n1;{TEXT}\n".encode("gb18030"))
    quiet(petition("mask", source, tmp_path / "out.csv"))

    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()[1] == f"1;{MASKED}"


def test_a_workbook_keeps_sheets_and_types(petition: Petition, tmp_path: Path) -> None:
    book = Workbook()
    first, second = book.active, book.create_sheet("说明")
    assert first is not None
    day = datetime.datetime(2025, 3, 1)
    for row in (("序号", "姓名", "内容", "手机", "日期"), (1, "王小明", TEXT, 13800138000, day)):
        first.append(row)
    first.append((2, "", "=1+1的内容", None, day))
    second.append(("没有要遮盖的内容",))
    book.save(tmp_path / "in.xlsx")
    quiet(petition("mask", tmp_path / "in.xlsx", tmp_path / "out.xlsx"))
    made = load_workbook(tmp_path / "out.xlsx")
    rows = [list(row) for row in made.worksheets[0].iter_rows(values_only=True)]

    assert rows[1] == [1, "【姓名】", MASKED, "【手机号】", day]
    assert rows[2][0] == 2 and rows[2][2] in ("=1+1的内容", None)
    assert made.sheetnames[1] == "说明"
    assert made.worksheets[1]["A1"].value == "没有要遮盖的内容"


def test_json_lines_keep_their_shape(petition: Petition, tmp_path: Path) -> None:
    value = {
        "id": 7,
        "text": TEXT,
        "phone": 13800138000,
        "ok": True,
        "none": None,
        "more": {"姓名": ["王小明"]},
    }
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(value, ensure_ascii=True) + "\n\n", encoding="utf-8")
    quiet(petition("mask", source, tmp_path / "out.jsonl"))

    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == {
        **value,
        "text": MASKED,
        "phone": "【手机号】",
        "more": {"姓名": ["【姓名】"]},
    }


def test_a_json_list_stays_a_list(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps([{"text": TEXT}] * 2), encoding="utf-8")
    petition("mask", tmp_path / "in.json", tmp_path / "out.json")
    petition("mask", tmp_path / "in.json", tmp_path / "out.jsonl")

    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == [{"text": MASKED}] * 2
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_rows_of_a_whole_file_do_not_know_each_others_names(petition: Petition, tmp_path: Path) -> None:
    text = "昝立平和王小明家的路灯坏了"
    rows = [{"text": text, "contacts": [{"姓名": "昝立平"}]}, {"text": text, "user": {"name": "王小明"}}]
    (tmp_path / "in.json").write_text(json.dumps({"data": rows}), encoding="utf-8")
    quiet(petition("mask", tmp_path / "in.json", tmp_path / "out.json"))
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["data"]

    assert [row["text"] for row in found] == [
        text.replace("昝立平", "【姓名】"),
        text.replace("王小明", "【姓名】"),
    ]


def test_a_line_that_is_no_json_is_left_out_and_named(petition: Petition, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(f'{{"text": "{TEXT}\n{{"text": "路灯坏了"}}\n', encoding="utf-8")
    ended = quiet(petition("mask", source, tmp_path / "out.jsonl"))

    assert ended.code == 1 and "第 1 行" in ended.err
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == {"text": "路灯坏了"}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_damaged_row_is_left_out_and_named(
    petition: Petition, tmp_path: Path, suffix: str, encoding: str
) -> None:
    """Half a character: what it was nobody knows, and so what to cover."""
    object_line = json.dumps({"姓名": "王小明", "内容": TEXT}, ensure_ascii=False)
    line = {".txt": TEXT, ".jsonl": object_line}.get(suffix, f"王小明,{TEXT}")
    head = ["姓名,内容"] if suffix in (".csv", ".tsv") else []
    lines = [words.encode(encoding) for words in [*head, *[line] * 20]]
    lines[12] = lines[12].replace("王小明".encode(encoding), "王小明".encode(encoding)[:-1])
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    source.write_bytes(b"\n".join(lines))
    ended = quiet(petition("mask", source, target))
    written = target.read_text(encoding="utf-8-sig")

    assert ended.code == 1 and "第 13 行" in ended.err and f"不是 {encoding.upper()} 编码" in ended.err
    assert written.count(PLANTED) == 19 and "王小" not in written and "13800138000" not in written


@pytest.mark.parametrize("name", ["in.csv", "in.json"])
def test_damaged_headings_or_lists_are_not_masked(petition: Petition, tmp_path: Path, name: str) -> None:
    """A column whose heading is not known is not covered."""
    rows = [f"王小明,{TEXT}"] * 20
    text = json.dumps(rows, ensure_ascii=False) if name == "in.json" else "\n".join(["姓名,内容", *rows])
    damaged = "王小" if name == "in.json" else "姓名"
    whole = damaged.encode()
    (tmp_path / name).write_bytes(text.encode().replace(whole, whole[:-1], 1))
    ended = quiet(petition("mask", tmp_path / name, tmp_path / f"out.{name}"))

    assert ended.code == 4 and not (tmp_path / f"out.{name}").exists()


def test_lines_go_through_standard_streams(petition: Petition) -> None:
    given = f"{TEXT}\n" + json.dumps({"姓名": "王小明"}) + "\n"
    ended = quiet(petition("mask", "-", "-", stdin=given.encode()))

    assert ended.out.splitlines() == [MASKED, '{"姓名": "【姓名】"}']


def test_a_workbook_through_a_pipe_is_refused(petition: Petition) -> None:
    """Its bytes, uncovered, would have come out as lines."""
    ended = quiet(petition("mask", "-", "-", stdin=b"PK\x03\x04 a\n" + TEXT.encode()))

    assert ended.code == 4 and not ended.out and ".xlsx" in ended.err


def test_lines_of_a_stream_may_differ_in_encoding(petition: Petition) -> None:
    ended = quiet(
        petition("mask", "-", "-", stdin=TEXT.encode("gb18030") + b"\n\xff\xff\xff\n" + TEXT.encode())
    )

    assert ended.code == 1 and "第 2 行" in ended.err and ended.out.splitlines() == [MASKED] * 2


def test_styles(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(f"{TEXT}\n{TEXT}\n", encoding="utf-8")
    petition("mask", tmp_path / "in.txt", tmp_path / "stars.txt", "--style", "stars")
    petition("mask", tmp_path / "in.txt", tmp_path / "names.txt", "--style", "pseudonym")
    stars = (tmp_path / "stars.txt").read_text(encoding="utf-8").splitlines()
    names = (tmp_path / "names.txt").read_text(encoding="utf-8").splitlines()

    assert len(stars[0]) == len(TEXT) and "我叫***，" in stars[0]
    assert names[0] == names[1] and "【手机号·" in names[0] and "13800138000" not in names[0]


def test_a_key_makes_pseudonyms_last(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "key").write_text("0123456789abcdef", encoding="utf-8")
    outs = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for out in outs:
        petition("mask", tmp_path / "in.txt", out, "--style", "pseudonym", "--key", tmp_path / "key")

    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_officials_and_kept_classes(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    petition("mask", source, target, "--officials", "all", "--keep", "mobile, person")

    assert "我叫王小明，电话13800138000，【职务】【被反映人】不管" in target.read_text(encoding="utf-8")
    petition("mask", source, target, "--officials", "names")
    assert "村支书【被反映人】不管" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("out.csv", "--keep", "phone"), "resident_id"),
        (("out.csv", "--key", "key"), "--key 只用于"),
        (("out.csv", "--style", "pseudonym", "--key", "key"), "密钥太短"),
        (("out.xlsx",), "不能写成 out.xlsx"),
        (("in.csv",), "换一个名字"),
        ((), "缺少 OUT"),
    ],
)
def test_wrong_use_ends_with_two(
    petition: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "in.csv", [ROW], HEADING)
    (tmp_path / "key").write_text("short", encoding="utf-8")
    before = (tmp_path / "in.csv").read_bytes()
    ended = quiet(petition("mask", "in.csv", *more))

    assert ended.code == 2 and said in ended.err
    assert (tmp_path / "in.csv").read_bytes() == before and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(("name", "content"), [("gone.csv", None), ("in.pdf", b"%PDF"), ("in.csv", b"")])
def test_a_file_that_cannot_be_read_ends_with_four(
    petition: Petition, tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    assert petition("mask", tmp_path / name, tmp_path / "out.csv").code == 4


def test_a_failed_run_leaves_the_earlier_output(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "out.xlsx").write_bytes(b"earlier")

    assert petition("mask", tmp_path / "in.xlsx", tmp_path / "out.xlsx").code == 4
    assert (tmp_path / "out.xlsx").read_bytes() == b"earlier"
    assert list(tmp_path.glob(".*")) == []


def test_a_formula_is_disarmed(petition: Petition, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", "=cmd()", "路灯")])
    petition("mask", source, tmp_path / "out.csv")

    assert read(tmp_path / "out.csv")[1] == ["1", "'=cmd()", "路灯"]


def test_standard_output_takes_csv(petition: Petition, tmp_path: Path) -> None:
    ended = petition("mask", write_csv(tmp_path / "in.csv", [ROW], HEADING), "-", "--quiet")

    assert list(csv.reader(io.StringIO(ended.out.lstrip("\ufeff"))))[1][2] == MASKED and ended.err == ""


def test_a_name_in_a_column_of_its_own_is_covered_in_its_row_alone(
    petition: Petition, tmp_path: Path
) -> None:
    heading, text = ("来电人", "诉求内容"), "岭上村王小明家低保被取消"
    source = write_csv(tmp_path / "in.csv", [("王小明", text), ("李四", text)], heading)
    quiet(petition("mask", source, tmp_path / "out.csv"))
    lines = tmp_path / "in.jsonl"
    rows = [
        {"来电人": "王小明", "more": {"诉求": text}},
        {"contact": {"name": "王小明"}, "诉求": text},
        {"诉求": text},
    ]
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    quiet(petition("mask", lines, tmp_path / "out.jsonl"))
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]

    covered = text.replace("王小明", "【姓名】")
    assert read(tmp_path / "out.csv")[1:] == [["【姓名】", covered], ["【姓名】", text]]
    assert [row.get("诉求", row.get("more", {}).get("诉求")) for row in found] == [covered, covered, text]


LISTED = f"{PLANTED}，岭上市长钱多多不管。"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl", "json", "txt", "parquet", "object"])
@pytest.mark.parametrize("way", ["flag", "environment"])
def test_rows_that_name_someone_on_the_watch_list_are_left_out(
    petition: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, way: str
) -> None:
    (tmp_path / "names.txt").write_text("钱多多\n", encoding="utf-8")
    if way == "environment":
        monkeypatch.setenv("PETITION_WATCH_LIST", str(tmp_path / "names.txt"))
    source, target = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    rows = [("1", "路灯坏了", "钱多多"), ("2", LISTED, ""), ("3", "路灯坏了", "无")]
    heading = ("编号", "内容", "被反映人")
    objects = [dict(zip(heading, row, strict=True)) for row in rows]
    left = 2
    if kind == "xlsx":
        book = Workbook()
        for row in (heading, *rows):
            book.active.append(row)  # type: ignore[union-attr]
        book.save(source)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(objects), source)
    elif kind == "object":
        source, target, left = tmp_path / "in.json", tmp_path / "out.json", 1
        source.write_text(json.dumps({"text": "路灯坏了", "more": [{"by": LISTED}]}), encoding="utf-8")
    elif kind == "csv":
        write_csv(source, rows, heading)
    elif kind == "json":
        source.write_text(json.dumps(objects), encoding="utf-8")
    else:
        lines = [json.dumps(one) if kind == "jsonl" else "；".join(one.values()) for one in objects]
        source.write_text("\n".join(lines), encoding="utf-8")
    flags = ("--watch-list", tmp_path / "names.txt") if way == "flag" else ()
    ended = quiet(petition("mask", source, target, *flags))
    written = b"\n".join(
        content if kind != "xlsx" else zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")
        for content in [target.read_bytes()]
    ).decode("utf-8", "ignore")

    assert ended.code == 0 and f"涉及名单的 {left} 行没有写入" in ended.err
    assert f"完成：{0 if kind == 'object' else 1} 行" in ended.err
    assert "钱多多" not in written and PLANTED not in written
    assert kind == "object" or "路灯坏了" in written


LISTS: dict[str, Callable[[list[dict[str, object]]], object]] = {
    "beside a count": lambda rows: {"total": 3, "data": rows},
    "deeper": lambda rows: {"code": 0, "message": "ok", "result": {"page": 1, "records": rows}},
}


@pytest.mark.parametrize("shell", LISTS.values(), ids=LISTS)
def test_of_reports_in_an_object_only_those_of_the_watch_list_are_left_out(
    petition: Petition, tmp_path: Path, shell: Callable[[list[dict[str, object]]], object]
) -> None:
    (tmp_path / "names.txt").write_text("钱多多\n岭上市纪委\n13912345678", encoding="utf-8")
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    rows: list[dict[str, object]] = [
        {"编号": 1, "内容": "路灯坏了"},
        {"编号": 2, "内容": LISTED},
        {"编号": 3, "内容": "水管坏了", "经过": {"钱多多": "知道"}},
        {"编号": 4, "内容": "水管坏了", "对方": 13912345678},
    ]
    source.write_text(json.dumps(shell(rows)), encoding="utf-8")
    ended = petition("mask", source, target, "--watch-list", tmp_path / "names.txt")

    assert "涉及名单的 3 行没有写入" in ended.err and "完成：1 行" in ended.err
    assert json.loads(target.read_text(encoding="utf-8")) == shell(rows[:1])


@pytest.mark.parametrize(
    "whole",
    [
        {"单位": "岭上市纪委", "data": [{"内容": "路灯坏了"}, {"内容": "水管坏了"}]},
        {"诉求描述详情": "路灯坏了", "涉及人员": [{"姓名": "钱多多", "情况说明": "村干部"}, {"姓名": "无"}]},
        {"说明": "路灯坏了", "涉及人员": [{"姓名": "钱多多"}, {"姓名": "无"}]},
    ],
    ids=["around the reports", "in a report", "in something else"],
)
def test_what_a_name_stands_around_is_left_out_as_a_whole(
    petition: Petition, tmp_path: Path, whole: object
) -> None:
    (tmp_path / "names.txt").write_text("钱多多\n岭上市纪委", encoding="utf-8")
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(whole), encoding="utf-8")
    ended = petition("mask", source, target, "--watch-list", tmp_path / "names.txt")

    assert ended.code == 0 and "完成：0 行" in ended.err
    assert target.read_text(encoding="utf-8") == "null\n"


def test_a_line_of_json_hides_nothing_in_escapes(petition: Petition, tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    lines = [json.dumps([TEXT]), "\t" + json.dumps({"联系人": "王小明"})]
    source.write_text("\n".join(lines), encoding="utf-8")
    quiet(petition("mask", source, target))

    found = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert found == [[MASKED], {"联系人": "【姓名】"}]


def test_a_sheet_that_is_called_after_someone_on_the_watch_list_is_left_out(
    petition: Petition, tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("钱多多", encoding="utf-8")
    book, source = Workbook(), tmp_path / "in.xlsx"
    assert book.active is not None
    book.active.title = "钱多多案"
    for sheet in (book.active, book.create_sheet("其他")):
        for row in (["登记表"], ["编号", "内容"], ["1", "路灯坏了"], ["2", "水管坏了"], ["", ""]):
            sheet.append(row)
    book.save(source)
    ended = petition("mask", source, tmp_path / "out.xlsx", "--watch-list", tmp_path / "names.txt")
    made = load_workbook(tmp_path / "out.xlsx")

    assert "涉及名单的 2 行没有写入" in ended.err and made.sheetnames == ["表1", "其他"]
    assert [row[0] for row in made["表1"].iter_rows(values_only=True)] == ["登记表", "编号"]
    assert made["其他"].max_row >= 4


def test_json_that_is_nested_too_deeply_is_a_named_error(petition: Petition, tmp_path: Path) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text('{"a":' + "[" * 900 + "1" + "]" * 900 + "}", encoding="utf-8")

    assert petition("mask", source, target).code == 4
    assert not target.exists()


def test_a_watch_list_that_cannot_be_used_ends_with_four(petition: Petition, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [ROW], HEADING)

    assert petition("mask", source, tmp_path / "out.csv", "--watch-list", tmp_path / "gone").code == 4
    assert not (tmp_path / "out.csv").exists()
