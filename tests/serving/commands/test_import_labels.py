"""`petition import` as the shell sees it: other tools' files and our own corrected outputs."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from data.imports import tagged
from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.export import Export
from serving import cell as book_cell
from serving import spreadsheet
from serving.bulk import layout
from serving.commands.import_labels import BLANKS, FORMATS, TIES
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Ended, Petition, write_csv

Import = Callable[..., Ended]
HEADING = ("编号", "内容", "领域", "作风与违纪问题")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "labels.jsonl"


@pytest.fixture
def bring(petition: Petition, out: Path) -> Import:
    """Run `petition import ... --to labels.jsonl`, and hold that no message has a report's words."""

    def run(*arguments: object) -> Ended:
        ended = petition("import", *arguments, "--to", out)
        assert PLANTED not in ended.err + ended.out
        return ended

    return run


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def table(tmp_path: Path, *rows: tuple[str, ...]) -> Path:
    return write_csv(tmp_path / "热线.csv", rows, HEADING)


def test_a_hotlines_table_becomes_labelled_reports(bring: Import, tmp_path: Path, out: Path) -> None:
    rows = [("1", SCHOOL, "教育", "推诿；拖延"), ("2", HOSPITAL, "卫生计生", "无"), ("3", QUIET, "", "")]
    path = table(tmp_path, *rows)
    ended = bring(path)

    assert ended.code == 0
    assert "热线.csv：识别为带标签栏的表格（table），读出 3 份标注" in ended.err
    assert "完成：写入 2 件，没有标注的 1 份没有写入" in ended.err
    assert lines(out) == [
        {"id": "1", "text": SCHOOL, "source": "热线.csv", "domain": ["education"],
         "misconduct": ["inaction", "evasion"]},
        {"id": "2", "text": HOSPITAL, "source": "热线.csv", "domain": ["medical"], "misconduct": []},
    ]  # fmt: skip
    labelled = list(read_labelled(out, Taxonomy.default()))
    assert labelled[0].labels["misconduct"] == {"inaction", "evasion"}


def test_a_file_with_headings_and_no_rows_is_told(bring: Import, tmp_path: Path, out: Path) -> None:
    bare = write_csv(tmp_path / "空表.csv", [], HEADING)
    ended = bring(bare, table(tmp_path, ("1", SCHOOL, "教育", "")))

    assert ended.code == 0 and len(lines(out)) == 1
    assert ended.err.count("只有表头，没有数据行") == 1 and "空表.csv：只有表头，没有数据行" in ended.err
    out.unlink()
    alone = bring(bare, "--quiet")

    assert alone.code == 4 and not out.exists()
    assert "空表.csv：只有表头，没有数据行" in alone.err and "no row of data to import" in alone.err


def test_unknown_labels_end_with_four_and_leave_nothing(bring: Import, tmp_path: Path, out: Path) -> None:
    path = table(tmp_path, ("1", SCHOOL, "文教", ""), ("2", QUIET, "路灯类", ""), ("3", QUIET, "路灯类", ""))
    ended = bring(path)

    assert ended.code == 4 and not out.exists()
    assert "'路灯类' x 2" in ended.err and "'文教' x 1, nearest is domain:education" in ended.err


def test_unknown_labels_are_mapped_or_dropped(bring: Import, tmp_path: Path, out: Path) -> None:
    path = table(
        tmp_path, ("1", SCHOOL, "文教", ""), ("2", QUIET, "路灯类", ""), ("3", QUIET, "其他", "推诿")
    )
    ended = bring(
        path, "--map", "文教=教育", "--map", "路灯类=domain:housing", "--drop", "其他", "--drop", "杂项"
    )

    assert ended.code == 0
    assert [line["domain"] for line in lines(out)] == [["education"], ["housing"], None]
    assert "1 个名称没有出现：杂项" in ended.err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--map", "文教"),
        ("--map", "文教=火星"),
        ("--map", "=教育"),
        ("--label-column", "火星=领域"),
        ("--format", "xml"),
        ("--blank", "maybe"),
        ("--tie", "maybe"),
    ],
)
def test_wrong_options_say_what_is_right(bring: Import, tmp_path: Path, wrong: tuple[str, str]) -> None:
    ended = bring(table(tmp_path, ("1", SCHOOL, "教育", "")), *wrong)

    assert ended.code == 2 and wrong[0] in ended.err


def test_bad_rows_are_kept_and_the_others_go_on(bring: Import, tmp_path: Path, out: Path) -> None:
    ended = bring(table(tmp_path, ("1", "", "教育", ""), ("2", SCHOOL, "教育", "")))
    (bad,) = lines(out.with_name("labels.jsonl.rejects.jsonl"))

    assert ended.code == 1 and len(lines(out)) == 1
    assert "文件 热线.csv 第 2 行" in ended.err
    assert (bad["file"], bad["row"], bad["reason"]) == ("热线.csv", 2, "no_text")


def test_annotators_of_a_zip_vote_and_ties_are_listed(bring: Import, tmp_path: Path, out: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for who, given in (("anna", ["教育"]), ("bo", ["教育", "推诿"])):
            archive.writestr(f"{who}.jsonl", json.dumps({"id": 1, "text": SCHOOL, "label": given}))
    ended = bring(tmp_path / "export.zip")

    assert ended.code == 0
    assert "识别为doccano 导出（doccano），读出 2 份标注，标注人 2 位" in ended.err
    assert "意见相持 1 处" in ended.err and "（1 件有多人标注）" in ended.err
    (line,) = lines(out)
    assert (line["domain"], line["misconduct"]) == (["education"], None)
    assert line["readings"]["bo"] == {"domain": ["education"], "misconduct": ["evasion"]}
    ties = out.with_name("labels.jsonl.ties.jsonl")
    assert lines(ties) == [
        {"id": "1", "file": "export.zip/anna.jsonl", "row": 1, "axis": "misconduct", "label": "evasion",
         "given_by": ["bo"], "not_given_by": ["anna"]}
    ]  # fmt: skip
    assert bring(tmp_path / "export.zip", "--tie", "yes").code == 0 and lines(out)[0]["misconduct"] == [
        "evasion"
    ]
    bring(table(tmp_path, ("1", SCHOOL, "教育", "")))
    assert not ties.exists()


def test_files_of_several_kinds_come_together(bring: Import, tmp_path: Path, out: Path) -> None:
    ticked = {"from_name": "domain", "value": {"choices": ["住建"]}}
    project = [{"id": 9, "data": {"text": QUIET}, "annotations": [{"completed_by": 1, "result": [ticked]}]}]
    (tmp_path / "project.json").write_text(json.dumps(project), encoding="utf-8")
    ended = bring(table(tmp_path, ("1", SCHOOL, "教育", "")), tmp_path / "project.json")

    assert ended.code == 0 and [line["source"] for line in lines(out)] == ["热线.csv", "project.json"]


def test_a_correction_of_one_axis_loses_no_label_of_the_other(
    bring: Import, tmp_path: Path, out: Path
) -> None:
    first = table(tmp_path, ("1", SCHOOL, "教育", "推诿"))
    first.rename(tmp_path / "旧.csv")
    ended = bring(tmp_path / "旧.csv", table(tmp_path, ("1", SCHOOL, "养老", "")))
    (line,) = lines(out)

    assert (line["domain"], line["misconduct"]) == (["pension"], ["evasion"])
    assert "同一维度标注了不止一次的有 1 份，以后一份为准" in ended.err
    bring(tmp_path / "旧.csv", table(tmp_path, ("1", SCHOOL, "", "不作为")))
    assert (lines(out)[0]["domain"], lines(out)[0]["misconduct"]) == (["education"], ["inaction"])


def test_a_given_format_overrides(bring: Import, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": SCHOOL, "label": "教育"}), encoding="utf-8")

    assert "识别为doccano" in bring(path).err
    assert "按指定作为带标签栏的表格（table）" in bring(path, "--format", "table").err


def test_readings_that_may_be_drafts_are_told(bring: Import, tmp_path: Path) -> None:
    path = tmp_path / "records.json"

    def put(**more: str) -> Path:
        answer = {"value": ["教育"], "user_id": "u1", **more}
        path.write_text(json.dumps([{"fields": {"text": SCHOOL}, "responses": {"domain": [answer]}}]))
        return path

    assert "records.json：有 1 份标注没有写明是否已提交" in bring(put()).err
    assert "是否已提交" not in bring(put(status="submitted")).err


def test_columns_named_for_a_file_that_has_none_are_told(bring: Import, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "自己的.jsonl"
    path.write_text(json.dumps({"text": SCHOOL, "domain": ["教育"]}), encoding="utf-8")
    mixed = bring(path, table(tmp_path, ("1", QUIET, "住建", "")), "--label-column", "domain=领域")

    assert mixed.code == 0 and len(lines(out)) == 2
    assert "自己的.jsonl：--label-column 没有用上，本程序的标注数据不按栏目读" in mixed.err
    assert mixed.err.count("没有用上") == 1
    named = bring(path, "--label-column", "domain=领域", "--annotator-column", "谁", "--format", "doccano")
    assert "--label-column、--annotator-column 没有用上" in named.err


def test_a_file_without_a_label_ends_with_four(bring: Import, tmp_path: Path, out: Path) -> None:
    ended = bring(table(tmp_path, ("1", SCHOOL, "", "")))

    assert ended.code == 4 and not out.exists()


def test_the_output_is_never_an_input(petition: Petition, tmp_path: Path) -> None:
    path = table(tmp_path, ("1", SCHOOL, "教育", ""))

    assert petition("import", path, "--to", path).code == 2
    assert path.read_text(encoding="utf-8").startswith("编号")


def test_quiet_leaves_only_bad_rows(bring: Import, tmp_path: Path) -> None:
    assert bring(table(tmp_path, ("1", SCHOOL, "教育", "")), "--quiet").err == ""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The default labels under the axis names of the tiny Export."""
    path = tmp_path / "tiny.yaml"
    path.write_text(Taxonomy.default().to_yaml().replace("作风与违纪问题", "问题"), encoding="utf-8")
    return path


def corrected(path: Path, **columns: list[str]) -> None:
    """Put columns behind those of a tagged CSV file, as an officer does in a spreadsheet."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for heading, cells in columns.items():
        for row, cell in zip(rows, [heading, *cells], strict=True):
            row.append(cell)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_tagged_table_comes_back_with_corrections(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path, tiny: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(reports, "-o", path)
    corrected(
        path,
        **{
            "领域（更正）": ["", "养老", ""],
            "问题更正": ["推诿扯皮", "", ""],
            "复核人": ["甲"] * 3,
        },
    )
    ended = bring(path, "--taxonomy", tiny)

    assert ended.code == 0, ended.err
    assert "识别为petition tag 的结果（带更正栏）（tagged），读出 3 份标注，标注人 1 位" in ended.err
    first, second = lines(out)
    assert (first["id"], first["text"]) == ("1", SCHOOL)
    assert (first["domain"], first["misconduct"]) == (None, ["evasion"])
    assert first["before"] == {"domain": ["education"], "misconduct": ["inaction"]}
    assert (second["title"], second["domain"], second["misconduct"]) == ("名单", ["pension"], None)


def test_columns_may_be_taken_out_of_a_tagged_table(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path, tiny: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(reports, "-o", path)
    corrected(path, **{"领域（更正）": ["养老", "", ""]})
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [name for name in rows[0] if name not in ("标题", "时间", "区域", "渠道", "证据")]
    write_csv(path, [[row[name] for name in kept] for row in rows], kept)
    ended = bring(path, "--taxonomy", tiny)

    assert ended.code == 0 and "（tagged）" in ended.err, ended.err
    assert [(line["id"], line["text"], line["domain"]) for line in lines(out)] == [("1", SCHOOL, ["pension"])]


def test_tags_stand_where_somebody_said_so(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path, tiny: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(reports, "-o", path)
    corrected(path, **{"领域（更正）": ["养老", "", ""], "已复核": ["是", "√", ""]})

    bring(path, "--taxonomy", tiny)
    assert [(line["domain"], line["misconduct"]) for line in lines(out)] == [
        (["pension"], ["inaction"]),
        (["medical"], ["falsification"]),
    ]
    bring(path, "--taxonomy", tiny, "--blank", "before")
    assert [line["domain"] for line in lines(out)] == [["pension"], ["medical"], []]


def test_a_tagged_workbook_comes_back(tag: Petition, bring: Import, tmp_path: Path, out: Path) -> None:
    path, armed = tmp_path / "tagged.xlsx", f"={PLANTED}"
    tag(write_csv(tmp_path / "in.csv", [("1", "", armed), ("2", "", SCHOOL)]), "-o", path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.insert_cols(2)
    for row, cell in enumerate(["正确领域", "住建；交通", ""], 1):
        sheet.cell(row, 2).value = cell
    book.save(path)

    assert bring(path).code == 0
    (line,) = lines(out)
    assert (line["domain"], line["text"]) == (["housing", "transport"], armed)


def test_the_apostrophe_of_a_csv_file_goes_again(
    tag: Petition, bring: Import, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(write_csv(tmp_path / "in.csv", [("1", "", f"-{PLANTED}")]), "-o", path)
    corrected(path, **{"领域（更正）": ["住建"]})
    bring(path)

    assert lines(out)[0]["text"] == f"-{PLANTED}"


def test_predictions_find_their_texts_by_id(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "tagged.jsonl"
    tag(reports, "-o", path)
    rows = lines(path)
    rows[0] |= {"corrected": {"领域": ["养老"]}, "annotator": "甲"}
    rows[1] |= {"corrected": {"domain": ["housing"]}, "reviewed": True}
    rows.append({**rows[0], "id": "9"})
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    ended = bring(path, "--reports", reports)

    assert ended.code == 1 and "第 4 行" in ended.err
    first, second = lines(out)
    assert (first["text"], first["domain"], first["misconduct"]) == (SCHOOL, ["pension"], None)
    assert (second["title"], second["domain"], second["misconduct"]) == (
        "名单",
        ["housing"],
        ["falsification"],
    )
    assert bring(path).code == 4  # without the reports there is no text at all


@pytest.mark.parametrize("names", ["zh", "en"])
def test_a_bulk_output_keeps_its_inputs_headings_and_comes_back(
    petition: Petition, bring: Import, export: Export, tmp_path: Path, out: Path, tiny: Path, names: str
) -> None:
    """`petition bulk` writes the input's columns as they were; the model's tags are still no labels."""
    rows = [("1", SCHOOL), ("2", HOSPITAL), ("3", QUIET)]
    source, path = write_csv(tmp_path / "in.csv", rows, ("工单编号", "诉求内容")), tmp_path / "tagged.csv"
    petition("bulk", source, path, "--names", names, "--model", export.folder, "--threads", 1)
    assert bring(path, "--taxonomy", tiny).code == 4 and not out.exists()
    heading = "领域（更正）" if names == "zh" else "domain_corrected"
    corrected(path, **{heading: ["", "养老", ""], "已复核": ["是", "", ""]})
    ended = bring(path, "--taxonomy", tiny)

    assert ended.code == 0 and "（tagged）" in ended.err, ended.err
    assert [(line["id"], line["text"], line["domain"], line["misconduct"]) for line in lines(out)] == [
        ("1", SCHOOL, ["education"], ["inaction"]), ("2", HOSPITAL, ["pension"], None),
    ]  # fmt: skip
    assert all("time" not in line for line in lines(out))  # when it was tagged is not when it came
    assert lines(out)[0]["before"] == {"domain": ["education"], "misconduct": ["inaction"]}


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_bulk_outputs_of_other_forms_are_known_for_what_they_are(
    petition: Petition, bring: Import, export: Export, tmp_path: Path, out: Path, tiny: Path, suffix: str
) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", SCHOOL)], ("工单编号", "诉求内容"))
    path = tmp_path / f"tagged{suffix}"
    petition("bulk", source, path, "--model", export.folder, "--threads", 1)
    ended = bring(path, "--taxonomy", tiny)

    assert ended.code == 4 and "without a column of corrections" in ended.err
    assert bring(path, "--taxonomy", tiny, "--label-column", "domain=领域").code == 0
    assert (lines(out)[0]["id"], lines(out)[0]["text"]) == ("1", SCHOOL)


def test_json_lines_of_bulk_bring_their_texts(
    petition: Petition, bring: Import, export: Export, tmp_path: Path, out: Path
) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", SCHOOL), ("2", QUIET)], ("工单编号", "诉求内容"))
    path = tmp_path / "tagged.jsonl"
    petition("bulk", source, path, "--model", export.folder, "--threads", 1)
    rows = lines(path)
    rows[0]["corrected"] = {"领域": ["养老"]}
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")

    assert bring(path).code == 0
    (line,) = lines(out)
    assert (line["id"], line["text"], line["domain"]) == ("1", SCHOOL, ["pension"])


def test_a_text_that_a_workbook_cut_is_taken_from_the_reports(
    tag: Petition, bring: Import, tmp_path: Path, out: Path
) -> None:
    text = f"{PLANTED}学校" * 5000
    source, path = write_csv(tmp_path / "in.csv", [("1", "", text)]), tmp_path / "tagged.xlsx"
    tag(source, "-o", path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.cell(1, sheet.max_column + 1).value = "领域（更正）"
    sheet.cell(2, sheet.max_column).value = "教育"
    book.save(path)

    assert bring(path).code == 4
    assert bring(path, "--reports", source).code == 0 and lines(out)[0]["text"] == text


def test_without_a_column_of_corrections_the_tags_are_not_labels(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(reports, "-o", path)
    ended = bring(path)

    assert ended.code == 4 and "领域（更正）" in ended.err and "--format table" in ended.err
    assert bring(path, "--format", "table").code == 0 and lines(out)[0]["domain"] == ["education"]


def test_our_own_headings_are_those_that_tagging_writes() -> None:
    assert tagged.HEADINGS == spreadsheet.INPUT
    assert tagged.CUT_MARK == book_cell.CUT_MARK and tagged.MODEL in spreadsheet.STATE
    assert tagged.MODEL_EN in layout.STATE and {*layout.JSON_OURS} <= tagged.JSON_OURS
    for name, ours in (("text_hash", tagged.HASHES), ("tagged_at", tagged.TAGGED_AT)):
        assert ours == (layout.PROVENANCE[name], name)


def test_the_choices_of_the_help_are_those_of_the_program() -> None:
    from data.imports.formats import Format
    from data.imports.merge import Tie
    from data.imports.plan import Blank

    assert ([*FORMATS], [*BLANKS], [*TIES]) == ([*Format], [*Blank], [*Tie])


def test_another_taxonomy_can_be_given(bring: Import, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "taxonomy.yaml"
    path.write_text(
        'version: "1"\naxes:\n'
        "- {id: kind, name: 类别, kind: one, labels: [{id: a, name: 甲}, {id: b, name: 乙}]}\n",
        encoding="utf-8",
    )
    file = write_csv(tmp_path / "a.csv", [(SCHOOL, "甲"), (QUIET, "甲、乙")], ("内容", "类别"))
    ended = bring(file, "--taxonomy", path)

    assert ended.code == 1 and "“类别”只能有一个标签" in ended.err
    assert [line["kind"] for line in lines(out)] == [["a"]]


def test_a_column_that_looks_like_labels_of_an_axis_without_any_is_named(
    bring: Import, tmp_path: Path, out: Path
) -> None:
    rows = [("1", SCHOOL, "教育", "推诿；拖延", "教育"), ("2", HOSPITAL, "医疗", "无", "市直")]
    file = write_csv(tmp_path / "热线.csv", rows, ("编号", "内容", "领域", "作风问题", "行业"))
    ended = bring(file)

    assert ended.code == 0 and ended.err.count("没有导入") == 1
    assert "“作风问题”一栏像是“作风与违纪问题”的标签" in ended.err
    assert "--label-column misconduct=作风问题" in ended.err and lines(out)[0]["misconduct"] is None
    told = bring(file, "--label-column", "misconduct=作风问题", "--label-column", "domain=领域")
    assert "没有导入" not in told.err and sorted(lines(out)[0]["misconduct"]) == ["evasion", "inaction"]


def test_a_sheet_of_a_workbook_can_be_named(bring: Import, tmp_path: Path, out: Path) -> None:
    book = Workbook()
    book.active.append(["内容", "领域"])
    book.active.append([QUIET, "交通"])
    sheet = book.create_sheet("二月")
    sheet.append(["内容", "领域"])
    sheet.append([SCHOOL, "教育"])
    book.save(tmp_path / "a.xlsx")

    named = bring(tmp_path / "a.xlsx", "--sheet", "二月")
    assert named.code == 0 and "没有读" not in named.err
    assert lines(out)[0]["domain"] == ["education"]

    first = bring(tmp_path / "a.xlsx")
    assert first.code == 0 and "没有读：“二月”" in first.err and "一张一张地导入" in first.err
    assert lines(out)[0]["domain"] == ["transport"]


def test_reports_that_name_someone_on_the_watch_list_are_not_imported(
    bring: Import, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("钱多多\n医院名单\n", encoding="utf-8")
    heading = (*HEADING, "被反映人")
    rows = [
        ("1", SCHOOL, "教育", "", ""),
        ("2", HOSPITAL, "医疗", "", ""),
        ("3", QUIET, "教育", "", "钱多多"),
        ("4", "", "教育", "", "钱多多"),
    ]
    source = write_csv(tmp_path / "热线.csv", rows, heading)
    ended = bring(source, "--watch-list", names)
    rejects = lines(out.with_name("labels.jsonl.rejects.jsonl"))

    assert ended.code == 1 and "涉及名单的 2 份标注没有导入" in ended.err
    assert [line["id"] for line in lines(out)] == ["1"] and "raw" not in rejects[0]
    out.unlink()
    monkeypatch.setenv("PETITION_WATCH_LIST", str(names))
    assert bring(source).code == 1 and [line["id"] for line in lines(out)] == ["1"]
    only = write_csv(tmp_path / "one.csv", rows[1:2], heading)
    refused = bring(only)
    assert refused.code == 4 and "涉及名单的 1 份标注没有导入" in refused.err


@pytest.mark.parametrize("tool", ["doccano", "label studio"])
def test_the_watch_list_looks_at_what_tools_keep_beside_the_text(
    bring: Import, tmp_path: Path, out: Path, tool: str
) -> None:
    names, source = tmp_path / "names.txt", tmp_path / "in.json"
    names.write_text("钱多多\n", encoding="utf-8")
    metas = [(1, SCHOOL, "无"), (2, QUIET, "钱多多")]
    if tool == "doccano":
        tasks = [
            {"id": n, "text": text, "label": ["教育"], "meta": {"被反映人": who}} for n, text, who in metas
        ]
    else:
        choice = {"type": "choices", "from_name": "domain", "to_name": "text", "value": {"choices": ["教育"]}}
        tasks = [
            {"id": n, "data": {"text": text}, "meta": {"by": who}, "annotations": [{"result": [choice]}]}
            for n, text, who in metas
        ]
    source.write_text(json.dumps(tasks), encoding="utf-8")
    ended = bring(source, "--watch-list", names)

    assert ended.code == 0 and "涉及名单的 1 份标注没有导入" in ended.err
    assert [line["text"] for line in lines(out)] == [SCHOOL]


def test_an_import_is_in_the_audit_log_and_fails_closed(
    bring: Import, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))
    source = table(tmp_path, ("1", SCHOOL, "教育", ""), ("2", QUIET, "医疗", ""), ("3", "", "医疗", ""))
    assert bring(source).code == 1
    (deed,) = lines(audit)

    assert (deed["action"], deed["count"]) == ("import", 2) and PLANTED not in audit.read_text("utf-8")
    for path in tmp_path.glob("labels.jsonl*"):
        path.unlink()
    audit.write_text("nonsense\n", encoding="utf-8")
    assert bring(source).code == 4 and not [*tmp_path.glob("labels.jsonl*")]


def test_a_line_that_corrects_an_axis_that_there_is_not_is_rejected(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "tagged.jsonl"
    tag(reports, "-o", path)
    rows = lines(path)
    rows[0] |= {"corrected": {"领域类": ["养老"]}, "reviewed": True}
    rows[1] |= {"corrected": {"domain": [{"label": "housing"}], "misconduct": ""}, "reviewed": "是"}
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    ended = bring(path, "--reports", reports)

    assert ended.code == 1 and "文件 tagged.jsonl 第 1 行" in ended.err and "domain、misconduct" in ended.err
    assert [line["domain"] for line in lines(out)] == [["housing"]]
    assert lines(out)[0]["misconduct"] == lines(out)[0]["before"]["misconduct"]


def test_a_column_that_looks_like_corrections_and_is_not_read_is_said(
    tag: Petition, bring: Import, reports: Path, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "tagged.csv"
    tag(reports, "-o", path)
    corrected(
        path, **{"领域（小王）": ["养老", "", ""], "领域（更正）": ["住建", "", ""], "一级分类": ["教育"] * 3}
    )
    ended = bring(path)

    assert "“领域（小王）”一栏像是“领域”的更正，没有导入" in ended.err and "一级分类" not in ended.err
