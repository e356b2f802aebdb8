"""Several people's labels become one, and every tie is listed."""

from __future__ import annotations

from dataclasses import replace

from data.imports.merge import Repeated, Tie, merge
from data.imports.reading import Reading
from data.imports.settle import Vote
from data.report import Report
from data.taxonomy import Taxonomy
from data.taxonomy_file import parse_taxonomy

ONE = parse_taxonomy(
    'version: "1"\naxes:\n- {id: kind, name: 类, kind: one, labels: [{id: a, name: 甲}, {id: b, name: 乙}]}\n'
)


def vote(
    who: str,
    *labels: str,
    row: int = 1,
    axis: str = "domain",
    file: str = "f.csv",
    text: str = "路灯",
    id: str = "1",
    corrects: bool = False,
) -> Vote:
    report = Report(id or f"{file}:{row}", text, row=row)
    given = {name: "" for name in labels}
    others = dict.fromkeys(("domain", "misconduct")) if axis != "kind" else {}
    return Vote(Reading(file, report, {}, who, corrects=corrects), {**others, axis: given})


def test_more_than_half_carry_a_label(taxonomy: Taxonomy) -> None:
    votes = [vote("a", "housing", "transport"), vote("b", "housing"), vote("c", "housing", "rural")]
    merged = merge(votes, taxonomy)

    assert merged.reports[0].labelled.labels == {"domain": {"housing"}, "misconduct": None}
    assert list(merged.reports[0].votes) == ["a", "b", "c"] and merged.draws == []


def test_a_tie_is_listed_and_decided_as_asked(taxonomy: Taxonomy) -> None:
    votes = [vote("a", "housing", "transport"), vote("b", "housing")]
    results = {tie: merge(votes, taxonomy, tie) for tie in Tie}

    assert {tie: one.reports[0].labelled.labels["domain"] for tie, one in results.items()} == {
        Tie.unlabelled: None,
        Tie.yes: {"housing", "transport"},
        Tie.no: {"housing"},
    }
    (draw,) = results[Tie.no].draws
    assert (draw.id, draw.row, draw.axis, draw.label) == ("1", 1, "domain", "transport")
    assert (draw.given_by, draw.not_given_by) == (("a",), ("b",))


def test_on_an_axis_of_one_most_votes_win_and_a_tie_leaves_none() -> None:
    kind = {"axis": "kind"}
    most = merge([vote("x", "a", **kind), vote("y", "b", **kind), vote("z", "a", **kind)], ONE)  # type: ignore[arg-type]
    tied = merge([vote("x", "a", **kind), vote("y", "b", **kind)], ONE, Tie.yes)  # type: ignore[arg-type]

    assert most.reports[0].labelled.labels == {"kind": {"a"}}
    assert tied.reports[0].labelled.labels == {"kind": None} and len(tied.draws) == 2


def test_the_later_vote_of_one_person_counts(taxonomy: Taxonomy) -> None:
    merged = merge([vote("a", "housing"), vote("a", "transport", row=9)], taxonomy)

    assert merged.reports[0].labelled.labels["domain"] == {"transport"}
    assert merged.replaced == 1 and merged.reports[0].votes == {}


def test_what_one_person_said_of_another_axis_stays(taxonomy: Taxonomy) -> None:
    earlier = replace(vote("", "housing", axis="domain"), before={"domain": ("rural",)})
    later = vote("", "inaction", axis="misconduct", row=9)
    both = merge([earlier, later], taxonomy)
    again = merge([earlier, later, vote("", "transport", row=12)], taxonomy)

    assert both.reports[0].labelled.labels == {"domain": {"housing"}, "misconduct": {"inaction"}}
    assert both.replaced == 0 and both.reports[0].votes == {}
    assert both.reports[0].before == {"domain": ("rural",)}
    assert again.reports[0].labelled.labels == {"domain": {"transport"}, "misconduct": {"inaction"}}
    assert again.replaced == 1


def test_on_each_axis_the_last_correction_speaks_whoever_made_it(taxonomy: Taxonomy) -> None:
    votes = [
        vote("a", "housing", corrects=True),
        vote("b", "transport", corrects=True),
        vote("a", "inaction", axis="misconduct", corrects=True),
    ]
    merged = merge(votes, taxonomy)

    assert merged.reports[0].labelled.labels == {"domain": {"transport"}, "misconduct": {"inaction"}}
    assert merged.replaced == 0
    assert merge([*votes, vote("b", "rural", corrects=True)], taxonomy).replaced == 1


def test_the_same_id_with_another_text_is_another_report(taxonomy: Taxonomy) -> None:
    assert len(merge([vote("a", "housing"), vote("b", "housing", text="路灯。")], taxonomy).reports) == 2


def test_equal_texts_without_ids_stay_apart_in_one_file(taxonomy: Taxonomy) -> None:
    votes = [
        vote(who, label, row=row, file=f"{who}.csv", id="")
        for who in "ab"
        for row, label in ((1, "housing"), (2, "transport"))
    ]
    merged = merge(votes, taxonomy)

    assert [one.labelled.labels["domain"] for one in merged.reports] == [{"housing"}, {"transport"}]
    assert merged.replaced == 0 and [one.labelled.report.id for one in merged.reports] == [
        "a.csv:1",
        "a.csv:2",
    ]


def test_rows_of_one_file_are_joined_where_that_is_asked(taxonomy: Taxonomy) -> None:
    votes = [vote("", "housing"), vote("", "transport", row=2), vote("", "rural", file="g.csv")]
    later, joined = (merge(votes[:2], taxonomy, repeated=one) for one in Repeated)
    corrected = merge(votes, taxonomy, repeated=Repeated.joined)

    assert later.reports[0].labelled.labels["domain"] == {"transport"}
    assert (later.replaced, later.lost) == (1, 1)
    assert joined.reports[0].labelled.labels["domain"] == {"housing", "transport"}
    assert (joined.replaced, joined.lost) == (0, 0)
    assert corrected.reports[0].labelled.labels["domain"] == {"rural"}
    assert (corrected.replaced, corrected.lost) == (1, 0)


def test_of_two_rows_the_later_counts_on_an_axis_of_one() -> None:
    votes = [vote("", "a", axis="kind"), vote("", "b", axis="kind", row=2)]
    merged = merge(votes, ONE, repeated=Repeated.joined)

    assert merged.reports[0].labelled.labels == {"kind": {"b"}} and merged.lost == 1
