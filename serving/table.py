"""The readable table: reports with their tags and the marked evidence, for a person at a terminal.

Lines have no right border: terminals disagree on the width of “ ” … and the like, and it would be ragged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Evidence, Prediction, Tag
from serving.typeset import plain, wrap
from serving.wording import matter_lines, reasons

WIDEST = 120
REVIEW = "需人工复核"
NEAREST = "相近件"
MATTERS, SEVERAL = "分句标签", "疑似一件多诉"
TITLE_CHARS = 24  # of the text, where a report has no title
AROUND = 45  # code points of a sentence shown on either side of the evidence
_COLOURS = ("cyan", "magenta", "green", "blue")
_END = re.compile(r"[。！？!?；;\n]")
_BAR = 30  # cells


class TableWriter:
    """Prints each report as it comes, and at the end how often each label was given."""

    def __init__(self, console: Console, taxonomy: Taxonomy) -> None:
        self._console, self._taxonomy = console, taxonomy
        self._width = max(40, min(console.width, WIDEST))
        self._marks = console.no_color or console.color_system is None
        names = [
            name for axis in taxonomy.axes for name in (axis.name, *(label.name for label in axis.labels))
        ]
        self._key = min(20, max(cell_len(name) for name in [*names, REVIEW]))
        self._counts: Counter[tuple[str, str]] = Counter()
        self._reports = self._reviews = 0

    def write(self, report: Report, prediction: Prediction) -> None:
        """Print one report."""
        self._reports += 1
        self._reviews += prediction.needs_review
        self._rule()
        head = plain(report.title) or _shortened(plain(report.text))
        self._line(Text.assemble((plain(report.id), "bold"), "  ", (head, "bold")), 0)
        if prediction.needs_review:
            why = "、".join(reasons(prediction, self._taxonomy))
            self._row(REVIEW, Text(why, "bold yellow"), "yellow")
        for place, axis in enumerate(self._taxonomy.axes):
            colour = _COLOURS[place % len(_COLOURS)]
            tags = prediction.tags.get(axis.id, ())
            self._counts.update((axis.id, tag.label) for tag in tags)
            for index, line in enumerate(_flow(_scores(tags, colour), self._width - self._key - 4)):
                self._row("" if index else axis.name, line, "dim")
            for tag in tags:
                for index, (part, spans) in enumerate(_sentences(report, tag)):
                    text = report.title if part == "title" else report.text
                    self._row("" if index else tag.name, _marked(text, spans, self._marks), colour)

        for index, case in enumerate(prediction.nearest):
            words = f"  {_shortened(plain(case.text))}" if case.text else ""
            shown = Text.assemble(plain(case.id), f" {case.similarity:.2f}", (words, "dim"))
            self._row("" if index else NEAREST, shown, "dim")

        if prediction.matters is not None:
            for index, (words, labels) in enumerate(matter_lines(report, prediction)):
                line = Text.assemble(labels, (f"  {plain(words)}", "dim"))
                self._row("" if index else MATTERS, line, "dim")
            if prediction.matters.several:
                self._row(SEVERAL, Text("各部分涉及不同领域", "bold"), "yellow")

    def close(self) -> list[str]:
        """Print the counts."""
        self._rule("=")
        self._line(Text(f"共 {self._reports} 件，需人工复核 {self._reviews} 件", "bold"), 0)
        for place, axis in enumerate(self._taxonomy.axes):
            found = [(self._counts[axis.id, label.id], label.name) for label in axis.labels]
            found = sorted((pair for pair in found if pair[0]), key=lambda pair: -pair[0])
            self._line(Text(axis.name, "bold"), 0)
            if not found:
                self._line(Text("（无）", "dim"), 2)
            for count, name in found:
                bar = "#" * max(1, round(_BAR * count / found[0][0]))
                row = Text.assemble(f"{count:>6}  ", (bar, _COLOURS[place % len(_COLOURS)]))
                self._row(name, row, "")
        return []

    def _row(self, key: str, value: Text, style: str) -> None:
        """Print a key, and beside it a value that wraps in its own column."""
        short = cell_len(key) <= self._key
        if not short:  # a long key has a line of its own
            self._line(Text(key, style), 2)
        for number, line in enumerate(wrap(value, self._width - self._key - 4)):
            shown = set_cell_size(key if short and not number else "", self._key)
            self._print(Text.assemble("  ", (shown, style), "  ", line))

    def _line(self, text: Text, indent: int) -> None:
        for line in wrap(text, self._width - indent):
            self._print(Text.assemble(" " * indent, line))

    def _rule(self, stroke: str = "-") -> None:
        self._print(Text(stroke * self._width, "dim"))

    def _print(self, text: Text) -> None:
        text.rstrip()
        self._console.print(text, soft_wrap=True)


def taxonomy_text(console: Console, taxonomy: Taxonomy) -> None:
    """Print every label with its definition, what it holds and does not, and its aliases."""
    width = max(40, min(console.width, WIDEST))

    def show(text: Text, indent: int) -> None:
        for line in wrap(text, width - indent):
            console.print(Text.assemble(" " * indent, line), soft_wrap=True)

    show(Text(f"分类体系第 {taxonomy.version} 版"), 0)
    for place, axis in enumerate(taxonomy.axes):
        colour = _COLOURS[place % len(_COLOURS)]
        kind = "可多选" if axis.kind == "many" else "单选"
        show(Text(""), 0)
        show(Text(f"{axis.name}（{axis.id}，{kind}，{len(axis.labels)} 个标签）", f"bold {colour}"), 0)
        for label in axis.labels:
            names = {label.id: label.name for label in axis.labels}
            english = f"，{label.name_en}" if label.name_en else ""
            above = f"，上级：{names[label.parent]}" if label.parent else ""
            show(Text.assemble((label.name, f"bold {colour}"), (f"  {label.id}{english}{above}", "dim")), 2)
            show(Text(label.definition), 4)
            for key, rows in (("属于", label.holds), ("不属于", label.excludes)):
                for row in rows:
                    show(Text.assemble((f"{key}  ", "dim"), row), 4)
            if label.aliases:
                show(Text.assemble(("别名  ", "dim"), "、".join(label.aliases)), 4)


def _shortened(text: str) -> str:
    return text if len(text) <= TITLE_CHARS else f"{text[:TITLE_CHARS]}…"


def _scores(tags: Sequence[Tag], colour: str) -> list[Text]:
    shown = [Text.assemble((tag.name, f"bold {colour}"), f" {tag.score:.2f}") for tag in tags]
    return shown or [Text("无", "dim")]


def _flow(pieces: Sequence[Text], width: int) -> Iterator[Text]:
    """Set pieces side by side, never breaking one that fits."""
    line = pieces[0].copy()
    for piece in pieces[1:]:
        if line.cell_len + 3 + piece.cell_len > width:
            yield line
            line = piece.copy()
        else:
            line = Text.assemble(line, "   ", piece)
    yield line


def _sentences(report: Report, tag: Tag) -> list[tuple[str, list[tuple[int, int]]]]:
    """Gather a tag's evidence by sentence, in reading order: (part, spans in code points)."""
    found: list[tuple[str, list[tuple[int, int]]]] = []
    reach = 0
    for evidence in sorted(tag.evidence, key=_place):
        text = report.title if evidence.part == "title" else report.text
        if found and found[-1][0] == evidence.part and evidence.start < reach:
            found[-1][1].append((evidence.start, evidence.end))
        else:
            found.append((evidence.part, [(evidence.start, evidence.end)]))
        reach = _frame(text, evidence.start, evidence.end)[1]
    return found


def _place(evidence: Evidence) -> tuple[bool, int]:
    return evidence.part != "title", evidence.start


def _frame(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around [start, end), at most AROUND code points to either side."""
    first = max(0, start - AROUND)
    for match in _END.finditer(text, first, start):
        first = match.end()
    after = _END.search(text, max(start, end - 1), end + AROUND)
    return first, after.end() if after else min(len(text), end + AROUND)


def _marked(text: str, spans: Sequence[tuple[int, int]], marks: bool) -> Text:
    first, last = _frame(text, spans[0][0], spans[0][1])
    last = max(last, _frame(text, *spans[-1])[1])
    cut_before = first > 0 and not _END.match(text[first - 1])
    cut_behind = last < len(text) and not _END.match(text[last - 1])
    result, at = Text("…" if cut_before else ""), first
    for start, end in spans:
        result.append(plain(text[at : max(at, start)]))
        words = plain(text[start:end])
        result.append(f"【{words}】" if marks else words, "" if marks else "bold reverse")
        at = max(at, end)
    result.append(plain(text[at:last]))
    return result.append("…" if cut_behind else "")
