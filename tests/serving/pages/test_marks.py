"""Marks: the pieces are the text, and each knows what rests on it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.pages.marks import Span, pieces

spans = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("甲乙丙")).map(
        lambda drawn: Span(drawn[0], drawn[0] + drawn[1], drawn[2], "甲乙丙".index(drawn[2]))
    ),
    max_size=5,
)


@settings(deadline=None)
@given(st.text(max_size=12), spans)
def test_the_pieces_are_the_text_and_marked_where_evidence_is(text: str, on: list[Span]) -> None:
    found = pieces(text, on)

    assert "".join(piece.text for piece in found) == text
    places = [piece for piece in found for _ in piece.text]
    for place, piece in enumerate(places):
        names = {span.name for span in on if span.start <= place < span.end}
        assert set(piece.names) == names and (piece.colour is None) == (not names)


def test_a_name_stands_behind_the_end_of_its_evidence() -> None:
    found = pieces("一二三四五", [Span(1, 3, "甲", 0), Span(2, 4, "乙", 1), Span(2, 3, "甲", 0)])

    assert [(piece.text, piece.colour, piece.ends) for piece in found] == [
        ("一", None, ()),
        ("二", 0, ()),
        ("三", 0, (("甲", 0),)),
        ("四", 1, (("乙", 1),)),
        ("五", None, ()),
    ]
