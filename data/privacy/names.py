"""Personal names in their usual frames; a name once found is found wherever else it stands in the text.

Without a frame nothing is taken for a name: rules cannot tell a name from a word by its characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from itertools import chain

from data.privacy import frames
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser
from data.privacy.shapes import (
    HAN,
    is_closed,
    is_surely_closed,
    name_end,
    ordinary,
    promised_end,
    surname,
)
from data.privacy.surnames import DOUBTFUL, GIVEN, NEVER_GIVEN

# What joins the names of an enumeration: surely, or only where the next one stands alone.
_AND = re.compile(r" ?[、/&] ?|[和与及]| (?! )")
_OR_ELSE = re.compile(r" {0,2}[,;] {0,2}| {2,3}| {0,2}\r?\n {0,2}")
_ALONE = re.compile(r" {0,2}(?:[、,;。.!/()\]】”\"\r\n]|\Z)|等|[0-9]|联名|共同|集体|一起|一同|实名")
# A line or a cell of a form ends.
_SET_APART = re.compile(r" {0,2}(?:[\r\n|\]】”\"]|\Z|, ?[男女])| {1,3}")
# What ends a place, a people or a trade that stands alone as a name would: ，石桥村，
_PLACE_END = frozenset("省市县区镇乡村屯庄寨组街道路室办科处局部委会所院校队厂站园苑岗社族籍户号师员工")
_HAN_RUN = re.compile(f"[{HAN}]")
_WORDS = re.compile(f"[{HAN}]+")
_CLOSING = frozenset('"”」』')
_LINES = re.compile(r"[^\n]+")


class _How(Enum):
    """How much a frame says of what stands behind it."""

    PROMISED = auto()
    """A name."""
    TOLD = auto()
    """A name; in quotes what a thing is called just as well."""
    APART = auto()
    """A name, or another field or sentence: the name stands apart from these."""
    GROUP = auto()
    """One of many, and others after them."""
    WEAK = auto()
    """A name or much else."""


_FRAMES = (
    (frames.FIELD, _How.PROMISED, 0.9), (frames.SAID, _How.TOLD, 0.85), (frames.LABEL, _How.APART, 0.8),
    (frames.ROW, _How.APART, 0.75), (frames.WEAK, _How.WEAK, 0.7),
)  # fmt: skip


def is_name(words: str) -> bool:
    """Tell whether words that stand alone where a name is asked for are one, of two characters or more."""
    ends = (name_end(words, 0, False), _unusual(words, 0), _promised(words, 0))
    return len(words) > 1 and len(words) in ends and not frames.NOBODY.search(words)


class Names(Recogniser):
    """Finds names behind 我叫, 姓名：, 联系人 and the like, before 先生 and 局长, and X某."""

    supported_entities = (Entity.PERSON, Entity.OFFICIAL, Entity.POST)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        found = [*self._framed(text), *_details(text), *_honoured(text), *_posts(text)]
        yield from found
        yield from _again(text, found)

    def _framed(self, text: str) -> Iterator[Finding]:
        for pattern, how, score in _FRAMES:
            for match in pattern.finditer(text):
                accused = match["accused"] or _posted(text, match)
                entity = Entity.OFFICIAL if accused and not _of_self(text, match.start()) else Entity.PERSON
                said = match.groupdict()
                apart = how is _How.PROMISED and "\n" in (said.get("gap") or "")
                how_so = _How.APART if apart else how
                yield from _series(text, match.end(), how_so, entity, score, bool(said.get("open")))
        for match in frames.SURNAMED.finditer(text):
            behind = match.end() + (surname(text, match.end()) or 1)
            if (
                surname(text, match.end())
                or frames.CALLED.match(text, behind)
                or is_surely_closed(text, behind)
            ):
                yield Finding(Entity.PERSON, match.end(), behind, 0.7)
                if called := frames.CALLED.match(text, behind):
                    yield from _series(text, called.end(), _How.PROMISED, Entity.PERSON, 0.85)
        for match in frames.GROUP.finditer(text):
            end = name_end(text, match.end(), True)
            if end is not None and is_surely_closed(text, end):
                quoted = bool(match["open"])
                yield from _series(text, match.end(), _How.GROUP, Entity.PERSON, 0.7, quoted)


def _posted(text: str, match: re.Match[str]) -> bool:
    """民警姓名：, where a field of that name alone would be the reporter's."""
    at = match.start()
    return match.group().startswith(("姓名", "名字")) and bool(
        frames.POST_BEFORE.search(text[max(0, at - 8) : at])
    )


def _of_self(text: str, at: int) -> bool:
    """我是教师…: a post that the reporter holds makes no official of the reporter; nor does 举报人系教师…."""
    if frames.SELF.search(text, max(0, at - 24), at):
        return True
    found = frames.THE_REPORTER.search(text, max(0, at - 40), at)
    # Once the name is told the post is somebody else's: 联系人：王小明 村主任…
    return found is not None and name_end(text, found.end("who"), True) is None


def _unusual(text: str, at: int) -> int:
    """Where a name ends that is written as few are, behind a frame that promises one; 0: there is none."""
    spelt = frames.SPELT.match(text, at)
    if spelt and surname(spelt["first"], 0):
        letters = spelt.group().replace(" ", "")
        if not ordinary(letters, 0) and not any(letter in NEVER_GIVEN for letter in letters):
            return spelt.end()
    found = frames.TRANSCRIBED.match(text, at) or frames.LATIN.match(text, at)
    return found.end() if found else 0


def _promised(text: str, at: int) -> int | None:
    """Where a name ends that would be none without a frame that promises one: see `promised_end`."""
    end = promised_end(text, at)
    return None if end is None or frames.NOBODY.search(text[at:end]) else end


def _series(
    text: str, at: int, how: _How, entity: Entity, score: float, quoted: bool = False
) -> Iterator[Finding]:
    """A name, and the further ones of an enumeration."""
    end = _quoted(text, at, how) if quoted else _first(text, at, how)
    for _ in range(50):
        if end is None:
            return
        yield Finding(entity, at, end, score)
        if link := _AND.match(text, end):
            at = link.end()
            end = _further(text, at, how, "、" in link.group())
        elif how is not _How.WEAK and (link := _OR_ELSE.match(text, end)):
            at = link.end()
            end = _standing(text, at, how)
        else:
            return


def _quoted(text: str, at: int, how: _How) -> int | None:
    """The end of a first name that quotes hold, and nothing else; shops and schemes stand in them as well."""
    end = name_end(text, at, False) if how is _How.TOLD else _first(text, at, how)
    if end is None or _HAN_RUN.match(text, end):
        return None
    doubtful = how in (_How.WEAK, _How.GROUP) and (end - at < 3 or text[end : end + 1] not in _CLOSING)
    return None if doubtful else end


def _first(text: str, at: int, how: _How) -> int | None:
    if how in (_How.PROMISED, _How.TOLD):
        return _unusual(text, at) or name_end(text, at, False) or _promised(text, at)
    end = name_end(text, at, True)
    if end is None and how is _How.APART:
        end = _unusual(text, at) or _promised(text, at)
        return end if end and _SET_APART.match(text, end) else None
    return end


def _further(text: str, at: int, how: _How, listed: bool) -> int | None:
    """The end of a name that is joined to another; `listed`: by a mark that joins what is alike."""
    end = name_end(text, at, True)
    if end is None and listed and how is not _How.WEAK:
        end = _promised(text, at) if how is _How.GROUP else _unusual(text, at) or _promised(text, at)
        if end and (end - at < 3 or text[end - 1] in _PLACE_END or not _ALONE.match(text, end)):
            end = None
    if end is None and listed and surname(text, at) == 1 and not ordinary(text, at):
        given = text[at + 1 : at + 3]
        end = at + 3 if len(given) == 2 and all(letter in GIVEN for letter in given) else None
    return end


def _standing(text: str, at: int, how: _How) -> int | None:
    """The end of a name behind a comma or on a line of its own, where other words stand just as often."""
    end = name_end(text, at, True)
    usual = any
    if end is None and how is not _How.GROUP:
        end, usual = _promised(text, at), all
        if end is not None and end - at < 3:
            return None
    if end is None or not _ALONE.match(text, end) or text[end - 1] in _PLACE_END:
        return None
    return end if usual(letter in GIVEN for letter in text[at + 1 : end]) else None


def _details(text: str) -> Iterator[Finding]:
    for match in frames.DETAILS.finditer(text):
        start, end = match.span("name")
        if name_end(text, start, True) == end and not frames.NOBODY.search(match["name"]):
            yield Finding(Entity.PERSON, start, end, 0.75)
    for match in frames.SIGNED.finditer(text):
        for line in reversed([*_LINES.finditer(text, *match.span("names"))]):
            words = [one.span() for one in _WORDS.finditer(text, *line.span())]
            if any(name_end(text, start, True) != end for start, end in words):
                break
            yield from (Finding(Entity.PERSON, start, end, 0.75) for start, end in words)
    for match in chain(frames.TITLED.finditer(text), frames.BRACKETED.finditer(text)):
        start, end = match.span("name")
        if frames.NOBODY.search(match["name"]) or ordinary(text, start):
            continue
        if name_end(match["name"], 0, True) == end - start:
            yield Finding(Entity.PERSON, start, end, 0.75)


def _honoured(text: str) -> Iterator[Finding]:
    """王先生, 王建国女士, 李某, 欧阳某某."""
    for match in frames.HONOUR.finditer(text):
        at = match.start()
        if match.group() != "某":
            start = _name_before(text, at, "路街道店")
            if start is not None:
                yield Finding(Entity.PERSON, start, at, 0.65)
            continue
        start = at - 2 if at > 1 and surname(text, at - 2) == 2 else at - 1
        if start < 0 or frames.WORD_END.search(text[max(0, start - 1) : at]):
            continue
        end = name_end(text, start, False)
        if end is not None and end > at:
            yield Finding(Entity.PERSON, start, end, 0.65)


def _posts(text: str) -> Iterator[Finding]:
    """王局长, 王建国副局长; and the posts themselves."""
    for match in frames.WORK.finditer(text):
        start = None
        if match.group() not in frames.NEVER_TITLES:
            start = _name_before(text, match.start(), frames.BORDER)
        if start is not None:
            entity = Entity.PERSON if _of_self(text, start) else Entity.OFFICIAL
            yield Finding(entity, start, match.start(), 0.8)
        yield Finding(Entity.POST, match.start(), match.end(), 0.6)


def _name_before(text: str, at: int, never: str) -> int | None:
    """Where the name begins that ends at a place; the longest that can be one, else None."""
    ethnic = frames.ETHNIC_END.search(text, max(0, at - 20), at)
    if ethnic:
        return ethnic.start()
    for start in range(max(0, at - 4), at):
        width = surname(text, start)
        given = text[start + width : at]
        if not width or len(given) > 2 or ordinary(text, start) or any(letter in never for letter in given):
            continue
        if given and name_end(text[start:at], 0, False) != at - start:
            continue
        inside = start > 0 and _HAN_RUN.match(text[start - 1]) is not None
        # 向王先生: the shorter one is the name; 位于…: none is.
        if (
            width == 1
            and text[start] in DOUBTFUL
            and inside
            and (not given or surname(text, start + 1) or frames.WORD_END.search(text[start - 1 : start + 1]))
        ):
            continue
        return start
    return None


def _again(text: str, found: list[Finding]) -> Iterator[Finding]:
    """The other places of the full names found."""
    known: dict[str, Entity] = {}
    for finding in found:
        words = text[finding.start : finding.end]
        if (
            finding.entity_type is Entity.POST
            or len(words) < 2
            or any(letter in "某Xx×*" for letter in words)
        ):
            continue
        if known.get(words) is not Entity.PERSON:
            known[words] = finding.entity_type
    for words, entity in known.items():
        at = text.find(words)
        while at >= 0:
            if len(words) > 2 or is_closed(text, at + len(words)):
                yield Finding(entity, at, at + len(words), 0.88 if entity is Entity.PERSON else 0.6)
            at = text.find(words, at + len(words))
