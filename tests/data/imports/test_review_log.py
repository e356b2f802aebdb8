"""The review log and its export are imported alike: undo respected, later wins, texts joined."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.errors import BadReviewKey
from data.imports.formats import Format, find_format
from data.imports.originals import Originals
from data.imports.plan import Plan
from data.imports.source import Source
from data.report import Report
from data.reviews.database import Mode
from data.reviews.effect import latest, standing
from data.reviews.key import ReviewKey
from data.reviews.line import to_line
from data.reviews.log import ReviewLog
from data.reviews.review import Review, report_hash
from data.reviews.schema import migrate
from tests.data.imports.conftest import LAMP, QUEUE, STAMP, Labels, Read, held

REPORTS = [Report("1", LAMP), Report("2", QUEUE, "挂号"), Report("3", STAMP)]
SHOWN = {"tags": {"domain": [{"label": "transport", "score": 0.6}], "misconduct": []}}
Put = Callable[..., Path]


def review(id: str, report: Report, domain: str, reviewer: str = "王", **more: Any) -> Review:
    labels = {"domain": (domain,), "misconduct": ()}
    return Review(id, report.id, report_hash(report), labels, reviewer, model="default@1", **more)


@pytest.fixture(params=["log", "all of its export", "its export"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One story in three forms: 1 reviewed twice by two people, 2 once, 3 reviewed and undone."""
    path = tmp_path / "reviews.db"
    migrate(str(path))
    with ReviewLog(str(path), Mode.write) as log:
        log.add(review("r1", REPORTS[0], "transport", prediction=SHOWN))
        log.add(review("r2", REPORTS[1], "medical", unsure=True))
        log.add(review("r3", REPORTS[2], "education"))
        log.undo("u3", "r3", "王")
        log.add(review("r4", REPORTS[0], "housing", "李", prediction=SHOWN))
        rows = list(log.read())
    if request.param == "log":
        return path
    out = tmp_path / "reviews.jsonl"
    chosen = rows if request.param == "all of its export" else latest(standing(rows))
    out.write_text("".join(to_line(one) + "\n" for one in chosen), encoding="utf-8")
    return out


@pytest.fixture
def joined(plan: Plan) -> Plan:
    return replace(plan, reports=Originals(REPORTS))


def test_it_is_known_for_what_it_is(place: Path, plan: Plan) -> None:
    assert find_format(Source.at(place), plan) is Format.reviews


def test_the_last_word_on_each_report_is_imported(place: Path, labels: Labels, joined: Plan) -> None:
    merged = labels(place, plan=joined)
    by_id = {one.labelled.report.id: one for one in merged.reports}

    assert {*by_id} == {"1", "2"}
    assert by_id["1"].labelled.labels == {"domain": {"housing"}, "misconduct": frozenset()}
    assert by_id["1"].labelled.report.text == LAMP and by_id["2"].labelled.report.title == "挂号"
    assert by_id["1"].before == {"domain": ("transport",), "misconduct": ()}
    assert by_id["2"].labelled.unsure and by_id["1"].labelled.source == "reviews"


def test_without_the_sites_texts_a_row_is_rejected(place: Path, read: Read, plan: Plan) -> None:
    readings, bad = read(place, plan=plan)

    assert readings == [] and {row.reason for row in bad} == {"no_report"}
    assert all("--reports" in row.message for row in bad)


def test_a_report_that_has_changed_since_is_rejected(place: Path, read: Read, plan: Plan) -> None:
    changed = Originals([replace(REPORTS[0], text=LAMP + "补充"), REPORTS[1]])
    readings, bad = read(place, plan=replace(plan, reports=changed))

    assert [one.report.id for one in readings] == ["2"]
    assert [row.reason for row in bad] == ["other_text"]


def test_a_report_is_found_by_its_words_under_another_id(place: Path, read: Read, plan: Plan) -> None:
    moved = Originals([replace(one, id=f"new-{one.id}") for one in REPORTS])
    readings, bad = read(place, plan=replace(plan, reports=moved))

    assert bad == [] and {(one.report.id, one.report.text) for one in readings} == {
        ("new-1", LAMP),
        ("new-2", QUEUE),
    }


def test_a_correction_wins_over_other_files_in_any_order(
    place: Path, put: Put, labels: Labels, joined: Plan
) -> None:
    table = put("热线.csv", f"编号,内容,领域\n1,{LAMP},教育\n3,{STAMP},教育\n")
    for files in ((table, place), (place, table)):
        merged = labels(*files, plan=joined)
        domains = {one.labelled.report.id: one.labelled.labels["domain"] for one in merged.reports}

        assert domains == {"1": {"housing"}, "2": {"medical"}, "3": {"education"}}
        assert merged.draws == []


@pytest.mark.parametrize("form", ["log", "export"])
def test_keyed_reviews_and_those_of_earlier_versions_are_one(
    form: str, joined: Plan, read: Read, tmp_path: Path
) -> None:
    path, key = tmp_path / "reviews.db", ReviewKey.made(tmp_path / "reviews.db.key")
    migrate(str(path))
    with ReviewLog(str(path), Mode.write) as log:
        log.add(review("r1", REPORTS[0], "transport"))
        log.add(replace(review("r2", REPORTS[0], "housing"), report_hash=key.of(REPORTS[0])))
        lines = [to_line(one) for one in log.read()]
    if form == "export":
        path = tmp_path / "reviews.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        joined = replace(joined, key=tmp_path / "reviews.db.key")
    readings, bad = read(path, plan=joined)

    assert bad == [] and [(one.report.text, one.given["domain"]) for one in readings] == [
        (LAMP, {"housing": ""})
    ]


def test_a_log_whose_key_is_not_at_hand_gives_labels_and_no_originals(
    joined: Plan, plan: Plan, read: Read, tmp_path: Path
) -> None:
    key = ReviewKey.made(tmp_path / "office.key")
    path = tmp_path / "reviews.jsonl"
    kept = replace(review("r1", REPORTS[0], "housing"), report_hash=key.of(REPORTS[0]), text="*" * len(LAMP))
    path.write_text(to_line(kept), encoding="utf-8")

    assert [one.report.text for one in read(path, plan=plan)[0]] == ["*" * len(LAMP)]
    other = ReviewKey.made(tmp_path / "other.key") and tmp_path / "other.key"
    for given in (None, other):
        with pytest.raises(BadReviewKey, match="--reviews-key"):
            read(path, plan=replace(joined, key=given))


def test_kept_words_are_used_where_the_site_gives_none(plan: Plan, labels: Labels, tmp_path: Path) -> None:
    covered = replace(
        review("r1", REPORTS[0], "housing"), title="", text=LAMP.replace("幸福路", "***"), number=1
    )
    path = tmp_path / "reviews.jsonl"
    path.write_text(to_line(covered), encoding="utf-8")

    assert "***" in labels(path).reports[0].labelled.report.text
    joined = labels(path, plan=replace(plan, reports=Originals(REPORTS)))
    assert joined.reports[0].labelled.report.text == LAMP


def test_every_reviewer_has_a_vote_where_asked(plan: Plan, labels: Labels, tmp_path: Path) -> None:
    rows = [review("r1", REPORTS[0], "transport"), review("r2", REPORTS[0], "housing", "李"),
            review("r3", REPORTS[0], "housing", "赵")]  # fmt: skip
    path = tmp_path / "reviews.jsonl"
    path.write_text("".join(to_line(one) + "\n" for one in rows), encoding="utf-8")
    merged = labels(path, plan=replace(plan, reports=Originals(REPORTS), each_reviewer=True))

    assert held(merged) == [{"domain": {"housing"}, "misconduct": set()}]
    assert set(merged.reports[0].votes) == {"王", "李", "赵"}


def test_a_correction_of_one_axis_leaves_the_other(
    put: Put, plan: Plan, labels: Labels, tmp_path: Path
) -> None:
    table = put("热线.csv", f"编号,内容,领域,作风与违纪问题\n1,{LAMP},教育,推诿\n")
    only = replace(review("r1", REPORTS[0], "housing"), labels={"domain": ("housing",), "misconduct": None})
    path = tmp_path / "reviews.jsonl"
    path.write_text(to_line(only), encoding="utf-8")
    merged = labels(path, table, plan=replace(plan, reports=Originals(REPORTS)))

    assert held(merged) == [{"domain": {"housing"}, "misconduct": {"evasion"}}]


@pytest.mark.parametrize("line", [{"review": {"id": "r1"}, "domain": "教育"}, {"review": "r1", "id": "1"}])
def test_a_line_of_another_shape_costs_itself_only(
    line: dict[str, Any], plan: Plan, read: Read, tmp_path: Path
) -> None:
    path = tmp_path / "reviews.jsonl"
    good = to_line(review("r1", REPORTS[0], "housing"))
    path.write_text(good + "\n" + json.dumps(line, ensure_ascii=False), encoding="utf-8")
    readings, bad = read(path, plan=replace(plan, reports=Originals(REPORTS)))

    assert [one.report.id for one in readings] == ["1"] and [row.reason for row in bad] == ["bad_shape"]


def test_a_postgresql_url_is_read_like_a_file(
    new_postgresql: Callable[[], str], joined: Plan, read: Read
) -> None:
    url = new_postgresql()
    migrate(url)
    with ReviewLog(url, Mode.write) as log:
        log.add(review("r1", REPORTS[0], "housing"))
    readings, _ = read(url, plan=joined)  # type: ignore[arg-type]

    assert [(one.report.id, one.annotator) for one in readings] == [("1", "王")]
