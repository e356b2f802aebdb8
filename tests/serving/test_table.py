"""The readable table shows tags, marked evidence and counts, and nothing that moves the cursor."""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Evidence, Prediction, Tag
from serving.table import TableWriter, taxonomy_text

WIDTH = 60


def shown(taxonomy: Taxonomy, *pairs: tuple[Report, Prediction], width: int = WIDTH) -> str:
    out = io.StringIO()
    writer = TableWriter(Console(file=out, width=width, color_system=None), taxonomy)
    for report, prediction in pairs:
        writer.write(report, prediction)
    assert writer.close() == []
    return out.getvalue()


def tagged(start: int, end: int, text: str, part: str = "text") -> Prediction:
    tag = Tag("inaction", "不作为", 0.91, (Evidence(start, end, text, 0.6, part),))
    return Prediction("1", {"domain": (), "misconduct": (tag,), "purpose": ()}, False, 0, "t@1")


def test_the_evidence_is_marked_in_its_sentence(taxonomy: Taxonomy) -> None:
    text = "第一句。路灯坏了没人处理半年。第三句。"
    out = shown(taxonomy, (Report("1", text, "路灯"), tagged(8, 12, "没人处理")))

    assert "路灯坏了【没人处理】半年。" in out
    assert "第一句" not in out and "第三句" not in out


def test_evidence_in_the_title_is_shown_there(taxonomy: Taxonomy) -> None:
    out = shown(taxonomy, (Report("1", "正文", "路灯没人处理"), tagged(2, 6, "没人处理", "title")))

    assert "路灯【没人处理】" in out


def test_a_review_says_why(taxonomy: Taxonomy) -> None:
    given = Prediction("1", {}, True, 0, "t@1", ("domain:no_label",))

    assert "需人工复核" in shown(taxonomy, (Report("1", "x"), given))
    assert "未识别领域" in shown(taxonomy, (Report("1", "x"), given))


def test_labels_are_counted_at_the_end(taxonomy: Taxonomy) -> None:
    pair = Report("1", "没人处理"), tagged(0, 4, "没人处理")
    end = shown(taxonomy, pair, pair).split("共 ")[1]

    assert end.startswith("2 件") and "不作为" in end and "     2  ###" in end


def test_no_line_is_wider_than_the_terminal(taxonomy: Taxonomy) -> None:
    report = Report("甲" * 50, "没人处理" * 100, "标题" * 60)
    out = shown(taxonomy, (report, tagged(0, 400, report.text)))

    assert max(cell_len(line) for line in out.splitlines()) <= WIDTH


def test_control_characters_of_a_report_do_not_reach_the_terminal(taxonomy: Taxonomy) -> None:
    report = Report("\x1b[2J1", "路\x1b]0;灯\x07没人处理\r", "\x1b[31m标题")
    out = shown(taxonomy, (report, tagged(0, len(report.text), report.text)))

    assert {char for char in out if ord(char) < 32} == {"\n"}


def test_square_brackets_of_a_report_are_no_markup(taxonomy: Taxonomy) -> None:
    out = shown(taxonomy, (Report("[bold]1", "[/]没人处理", "[red]标题"), tagged(0, 7, "[/]没人处理")))

    assert "[bold]1" in out and "[red]标题" in out and "[/]没人处理" in out


def test_the_taxonomy_is_printed_with_its_default_definitions() -> None:
    out = io.StringIO()
    taxonomy = Taxonomy.default()
    taxonomy_text(Console(file=out, width=WIDTH, color_system=None), taxonomy)

    flat = "".join(out.getvalue().split())
    for axis in taxonomy.axes:
        for label in axis.labels:
            assert label.name in flat and "".join(label.definition.split()) in flat
    assert max(cell_len(line) for line in out.getvalue().splitlines()) <= WIDTH
