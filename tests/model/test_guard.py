"""A Guard decides what is read of a report and what is shown; order and offsets stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tokenizers import Tokenizer

from data.privacy.masked_report import Masking
from data.privacy.watch_list import WatchList
from data.report import Report
from model.export import Export
from model.guard import BY_HAND, Guard, Shown
from model.tagger import CHUNK, Tagger
from tests.conftest import speaking_tables

NAME, NUMBER = "王小明", "13800138000"
TEXT = f"我叫{NAME}，电话{NUMBER}没人处理，领导推诿。"


@pytest.fixture
def tagger(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Tagger:
    """推诿: inaction, 没人: falsification (so that evidence meets an identifier)."""
    return Tagger(make_export(speaking_tables(tokenizer, {"推诿": 2, "没人": 3})), 1)


def only(guard: Guard, tagger: Tagger, report: Report, as_shown: bool = False) -> Shown:
    (shown,) = guard.stream(tagger, [report], "misconduct", as_shown)
    return shown


def evidence(shown: Shown) -> dict[str, tuple[int, int, str]]:
    return {
        tag.label: (tag.evidence[0].start, tag.evidence[0].end, tag.evidence[0].text)
        for tag in shown.prediction.tags["misconduct"]
    }


def test_a_guard_that_is_told_nothing_changes_nothing(tagger: Tagger) -> None:
    report = Report("1", TEXT)

    assert Guard().idle
    assert only(Guard(), tagger, report) == Shown(report, tagger.tag([report])[0])


def test_masked_output_has_the_tags_of_the_report_as_received(tagger: Tagger) -> None:
    report = Report("1", TEXT)
    plain, shown = tagger.tag([report])[0], only(Guard(Masking.output), tagger, report)

    assert [t.score for t in shown.prediction.tags["misconduct"]] == [
        t.score for t in plain.tags["misconduct"]
    ]
    assert NAME not in repr(shown.report.text) and NUMBER not in shown.report.text
    assert all(NUMBER not in words for _, _, words in evidence(shown).values())


@pytest.mark.parametrize("masking", [Masking.output, Masking.input])
def test_offsets_count_in_the_report_as_received(tagger: Tagger, masking: Masking) -> None:
    shown = only(Guard(masking), tagger, Report("1", TEXT))
    start, end, words = evidence(shown)["inaction"]

    assert TEXT[start:end] == words == "领导推诿"
    start, end, words = evidence(shown)["falsification"]
    assert "没人处理" in TEXT[start:end] and words.endswith("【手机号】没人处理")


@pytest.mark.parametrize("masking", [Masking.output, Masking.input])
def test_offsets_count_in_what_is_shown_where_that_is_asked_for(tagger: Tagger, masking: Masking) -> None:
    shown = only(Guard(masking), tagger, Report("1", TEXT), as_shown=True)

    for start, end, words in evidence(shown).values():
        assert shown.report.text[start:end] == words


def test_masked_input_is_what_the_model_reads(tagger: Tagger) -> None:
    report = Report("1", TEXT)
    guard = Guard(Masking.input)
    case = guard.admit(report)

    assert case.report == case.shown and case.report is not None and NAME not in case.report.text
    assert only(guard, tagger, report).prediction.tags["misconduct"][0].score == pytest.approx(
        tagger.tag([case.report])[0].tags["misconduct"][0].score
    )


def test_an_id_that_is_an_identifier_is_covered_where_no_word_is_shown() -> None:
    report = Report("E12345678", TEXT, cells={"证件号": "E12345678", "内容": TEXT})

    assert Guard(wordless=True).admit(report).shown == Report("【身份证号】", "")
    listed = Guard(watch_list=WatchList([NAME]), wordless=True).admit(report)
    assert listed.report is None and listed.shown == Report("【身份证号】", "")
    assert Guard().admit(report).shown.id == "E12345678"


def test_a_request_may_ask_for_more_and_not_for_less() -> None:
    report = Report("1", TEXT)

    assert Guard().admit(report, Masking.output).masked is not None
    assert Guard(Masking.output).admit(report, Masking.none).masked is not None


def test_a_report_on_the_watch_list_is_neither_read_nor_kept(tagger: Tagger) -> None:
    names = WatchList(["赵大海"])
    report = Report("7", "赵大海推诿", "标题", "来信", "2025", "岭上", {"备注": "急"})
    case = Guard(watch_list=names).admit(report)
    shown = only(Guard(watch_list=names), tagger, report)

    assert case.report is None and case.shown == Report("7", "")
    assert shown.report == Report("7", "")
    assert shown.prediction.to_dict() == {
        "id": "7", "tags": {"domain": [], "misconduct": [], "purpose": []}, "needs_review": True,
        "review_reasons": [BY_HAND], "unread_chars": 0, "model": "",
    }  # fmt: skip


@pytest.mark.parametrize("listed", [(), (0,), (1, 2), (3,), (0, 1, 2, 3)])
def test_the_order_stays(tagger: Tagger, listed: tuple[int, ...]) -> None:
    reports = [Report(str(n), "赵大海" if n in listed else "领导推诿") for n in range(4)]
    shown = list(Guard(watch_list=WatchList(["赵大海"])).stream(tagger, iter(reports)))

    assert [each.prediction.id for each in shown] == [each.report.id for each in shown] == list("0123")
    assert [n for n, each in enumerate(shown) if each.prediction.review_reasons == (BY_HAND,)] == list(listed)


def test_the_order_stays_over_several_chunks(tagger: Tagger) -> None:
    reports = (Report(str(n), "赵大海" if n % 3 == 0 else "路灯") for n in range(2 * CHUNK + 5))
    shown = list(Guard(watch_list=WatchList(["赵大海"])).stream(tagger, reports, "none"))

    assert [each.report.id for each in shown] == [str(n) for n in range(2 * CHUNK + 5)]


def test_a_wordless_guard_shows_ids_and_tags_alone(tagger: Tagger) -> None:
    report = Report("7", TEXT, "标题", "来信", "2025", "岭上", {"备注": "急"})
    shown = only(Guard(wordless=True), tagger, report)

    assert shown.report == Report("7", "")
    assert [tag.label for tag in shown.prediction.tags["misconduct"]] and not evidence_words(shown)


def evidence_words(shown: Shown) -> list[str]:
    return [e.text for tags in shown.prediction.tags.values() for tag in tags for e in tag.evidence]
