"""Augment: changes of a training report that must change none of its tags, made anew each epoch.

A small set of reports teaches habits of writing along with matters: that letters with a greeting complain of
this, hotline orders without one of that. Here every epoch reads a report with another greeting, closing,
contact line, other names, places, ethnic groups, digits and stops, about men where it was about women, so
that nothing can be learnt from them; and now and then with its identifiers covered, as sites that mask before
tagging will send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from data.blind import CITIES, CLOSING, GREETING, LEAST, PEOPLES, PROVINCES, SURNAMES
from data.labelled import LabelledReport
from data.privacy.entity import Entity, Finding
from data.privacy.masker import Masker
from training.misspell import misheard
from training.swaps import GIVEN, Change, Edit, Span, apply, genders, peoples, regions, renamed, surnames

Names = tuple[Sequence[Finding], Sequence[Finding]]
"""What was found in a title and in a text."""

# The last of each is none.
GREETINGS = (
    "您好！|你好，|您好，打扰了。|各位领导好！|领导好，|书记您好：|市长您好！|尊敬的市长：\n|尊敬的书记，您好。|尊敬的各位领导：您们好！|"
    "尊敬的工作人员，你好！|贵部门领导：|敬爱的领导，|同志您好，|反映如下：|来电人反映：|市民来电：|市民反映，|网友留言：|群众反映：|"
    "本人反映以下情况：|诉求：|"
).split("|")
CLOSINGS = (
    "谢谢！|谢谢。|感谢！|多谢领导。|盼复。|望回复，谢谢！|请领导重视，谢谢。|恳请回复！|期待您的答复。|此致\n敬礼！|麻烦了，谢谢。|"
    "请尽快答复。|希望早日得到回复。|祝好！|辛苦了！|打扰了。|请相关部门核实处理。|请派单。|特此反映。|给您添麻烦了。|百忙之中打扰了，感谢！|"
).split("|")
CONTACTS = (
    "联系电话：{phone}|电话{phone}|我的电话是{phone}。|联系人{name}，{phone}。|请联系{name}（{phone}）。|来电人：{name}|"
    "反映人：{name}，联系方式：{phone}。|留言人：{name}|"
).split("|")
INTRODUCTIONS = (
    "我叫{name}，{age}岁。|本人{name}，{sex}。|本人{sex}，{people}。|我今年{age}岁，{sex}，|我是{place}来的，|我老家在{place}。|我家是{people}，|"
    "{name}，{sex}，{age}岁，{place}人。|我们是{place}的，"
).split("|")
_PEOPLE = frozenset({Entity.PERSON, Entity.OFFICIAL})
_NUMBER = re.compile(r"\d+")
_FIXED = re.compile(r"\A(?:1[12]\d|12\d{3}|(?:19|20)\d\d)\Z")
"""Emergency and hotline numbers, and years, say something."""


def augment(
    row: LabelledReport, rng: np.random.Generator, rate: float = 0.5, names: Names = ((), ())
) -> LabelledReport:
    """The report with some of the changes, its labels and marked words along.

    Args:
        rate: chance of each change.
        names: people named in its title and text, who are given other names.
    """
    inside = _swaps(rng, rate)
    step = int(rng.integers(1, len(SURNAMES)))
    if not any(names) or rng.random() >= rate:
        names = ((), ())
        if rng.random() < rate:
            inside.append(surnames(step))
    row = _changed(
        row, inside, [renamed(part, found, step) for part, found in zip(_parts(row), names, strict=True)]
    )
    text, title = row.report.text, row.report.title
    marked = [words for of_axis in row.evidence.values() for words in of_axis.values()]
    front, behind = "", ""
    if rng.random() < rate:
        text, front = _without(text, GREETING, marked), str(rng.choice(GREETINGS))
    if rng.random() < rate:
        text, behind = _without(text, CLOSING, marked), str(rng.choice(CLOSINGS))
    if rng.random() < rate / 4:
        front += _introduction(rng)
    text = front + text + behind
    if rng.random() < rate / 2:
        line = str(rng.choice(CONTACTS)).format(phone=_phone(rng), name=_name(rng))
        text = line + "\n" + text if line and rng.random() < 0.3 else text + ("\n" + line if line else "")
    return replace(row, report=replace(row.report, text=text, title=title))


class Augmented:
    """All rows in another form for each epoch; (seed, epoch) fixes which."""

    def __init__(self, rows: Sequence[LabelledReport], seed: int, rate: float, misspell: float = 0.0) -> None:
        """Cover the identifiers of every row once, some milliseconds each, where any is to be read covered.

        Args:
            rate: chance of each change; a row is read covered with half of it.
            misspell: chance that characters are written as others of the same sound.
        """
        self._rows, self._seed, self._rate, self._misspell = rows, seed, rate, misspell
        self._covered = list(rows)
        self._names: list[Names] = [((), ())] * len(rows)
        masker = Masker()
        for place, row in enumerate(rows if rate else ()):
            title, text = found = (masker.find(row.report.title), masker.find(row.report.text))
            self._covered[place] = covered(row, masker, found)
            self._names[place] = (_people(title), _people(text))

    def __call__(self, epoch: int) -> list[LabelledReport]:
        """The rows of one epoch, counted from 0."""
        rng = np.random.default_rng((self._seed, epoch, 2))
        found = []
        for row, other, names in zip(self._rows, self._covered, self._names, strict=True):
            if rng.random() < self._rate / 2:
                row, names = other, ((), ())
            row = augment(row, rng, self._rate, names)
            if rng.random() < self._misspell:
                row = _changed(row, [misheard(rng)], [[], []])
            found.append(row)
        return found


def covered(row: LabelledReport, masker: Masker, known: Names | None = None) -> LabelledReport:
    """The report with its identifiers covered, marked words along.

    Args:
        known: what the masker found in title and text, where that has been asked already.
    """
    in_title, in_text = known or (None, None)
    text, title = masker.mask(row.report.text, in_text), masker.mask(row.report.title, in_title)
    if not text.findings and not title.findings:
        return row

    def moved(words: str) -> str:
        for part, masked in ((row.report.text, text), (row.report.title, title)):
            start = part.find(words)
            if words and start >= 0:
                first, last = masked.inside(start, start + len(words))
                return masked.text[first:last]
        return words

    evidence = {
        axis: {label: moved(words) for label, words in marked.items()}
        for axis, marked in row.evidence.items()
    }
    return replace(
        row, report=replace(row.report, text=text.text, title=title.text), evidence=evidence
    )  # fmt: skip


def _swaps(rng: np.random.Generator, rate: float) -> list[Change]:
    """Changes inside the text, some of them."""
    kinds: list[tuple[float, Callable[[], Change]]] = [
        (rate, lambda: _other_digits(rng)),
        (rate / 2, lambda: _other_stops(rng)),
        (rate / 2, genders),
        (rate / 2, lambda: regions(int(rng.integers(1, 20)))),
        (rate, lambda: peoples(int(rng.integers(1, len(PEOPLES))))),
    ]
    return [make() for chance, make in kinds if rng.random() < chance]


def _people(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.entity_type in _PEOPLE]


def _parts(row: LabelledReport) -> tuple[str, str]:
    return row.report.title, row.report.text


def _changed(row: LabelledReport, changes: Sequence[Change], first: Sequence[list[Edit]]) -> LabelledReport:
    """The report with each change made, marked words where they stand now.

    Args:
        first: edits of title and of text that come before.
    """
    parts = list(_parts(row))
    marked = {
        (axis, label): words for axis, of_axis in row.evidence.items() for label, words in of_axis.items()
    }
    # As training looks for them: in the text first.
    places: list[dict[tuple[str, str], Span]] = [{}, {}]
    for key, words in marked.items():
        for number in (1, 0):
            at = parts[number].find(words) if words else -1
            if at >= 0:
                places[number][key] = (at, at + len(words))
                break
    for number, text in enumerate(parts):
        spans = list(places[number].values())
        text, spans = apply(text, first[number], spans)
        for change in changes:
            text, spans = apply(text, change.edits(text), spans)
        parts[number] = text
        marked |= {key: text[slice(*span)] for key, span in zip(places[number], spans, strict=True)}
    evidence: dict[str, dict[str, str]] = {axis: {} for axis in row.evidence}
    for (axis, label), words in marked.items():
        evidence[axis][label] = words
    return replace(row, report=replace(row.report, title=parts[0], text=parts[1]), evidence=evidence)


def _without(text: str, pattern: re.Pattern[str], marked: Sequence[str]) -> str:
    """The text less the first match, unless that takes marked words or most of the text."""
    cut = pattern.sub("", text, count=1)
    kept = len(cut.strip()) >= LEAST and all(words in cut for words in marked if words in text)
    return cut if kept else text


def _other_digits(rng: np.random.Generator) -> Change:
    order = rng.permutation(9) + 1
    table = {ord(str(i + 1)): str(digit) for i, digit in enumerate(order)}  # 0 stays: amounts keep their size
    return Change(_NUMBER, lambda number: number if _FIXED.match(number) else number.translate(table))


def _other_stops(rng: np.random.Generator) -> Change:
    tables = ("。.", "，,", "！。", "、,", "：:", "；，", '“"”"')
    pairs = tables[int(rng.integers(len(tables)))]
    others = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Change(re.compile(f"[{pairs[::2]}]"), others.__getitem__)


def _introduction(rng: np.random.Generator) -> str:
    name = _one(rng, SURNAMES) + _one(rng, GIVEN) + _one(rng, GIVEN)
    return _one(rng, INTRODUCTIONS).format(
        name=name, place=_one(rng, PROVINCES + CITIES), people=_one(rng, PEOPLES), sex=_one(rng, "男女"),
        age=int(rng.integers(20, 80)),
    )  # fmt: skip


def _phone(rng: np.random.Generator) -> str:
    """Eleven digits that no network gives out (they begin with 10), or a masked number."""
    digits = "".join(str(d) for d in rng.integers(0, 10, 9))
    return str(rng.choice([f"10{digits}", f"10{digits[0]}****{digits[5:]}", "***********"]))


def _name(rng: np.random.Generator) -> str:
    return _one(rng, SURNAMES) + _one(rng, ["先生", "女士", "某", "某某", "师傅", "**"])


def _one(rng: np.random.Generator, kind: Sequence[str]) -> str:
    return kind[int(rng.integers(len(kind)))]
