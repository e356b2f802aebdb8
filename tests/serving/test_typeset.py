"""Lines fit, break where Chinese breaks, and lose nothing; one line is safe to show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from serving.typeset import plain, wrap


@given(st.text(st.sampled_from("路灯，。（）“”ab12 "), max_size=80), st.integers(8, 30))
def test_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = [line.plain for line in wrap(Text(text), width)]

    assert "".join(lines) == text
    assert all(cell_len(line) <= width for line in lines)


def test_a_line_breaks_neither_before_a_closing_mark_nor_in_a_number() -> None:
    assert [line.plain for line in wrap(Text("路灯坏了，没修"), 8)] == ["路灯坏", "了，没修"]
    assert [line.plain for line in wrap(Text(" 路”，。，"), 8)] == [" ", "路”，。", "，"]
    assert [line.plain for line in wrap(Text("路灯坏12345件"), 8)] == ["路灯坏", "12345件"]


def test_one_line_has_no_control_characters() -> None:
    assert plain("路\x1b[2J灯\r\n坏\u202e了\0 ") == "路[2J灯 坏了"
