"""Augment: changes of a training report that must change none of its tags, made anew each epoch.

A small set of reports teaches habits of writing along with matters: that letters with a greeting complain of
this, hotline orders without one of that. Here every epoch reads a report with another greeting, closing,
contact line, other names, digits and stops, so that nothing can be learnt from them; and now and then
with its identifiers covered, as sites that mask before tagging will send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from data.labelled import LabelledReport
from data.privacy.masker import Masker

Change = Callable[[str], str]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩"
    "邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔"
)
# The last of each is none.
GREETINGS = (
    "您好！|你好，|您好，打扰了。|各位领导好！|领导好，|书记您好：|市长您好！|尊敬的市长：\n|尊敬的书记，您好。|尊敬的各位领导：您们好！|"
    "尊敬的工作人员，你好！|贵部门领导：|敬爱的领导，|同志您好，|反映如下：|来电人反映：|市民来电：|市民反映，|网友留言：|群众反映：|"
    "本人反映以下情况：|诉求：|"
).split("|")
CLOSINGS = (
    "谢谢！|谢谢。|感谢！|多谢领导。|盼复。|望回复，谢谢！|请领导重视，谢谢。|恳请回复！|期待您的答复。|此致\n敬礼！|麻烦了，谢谢。|"
    "请尽快答复。|希望早日得到回复。|祝好！|辛苦了！|打扰了。|请相关部门核实处理。|请派单。|特此反映。|"
).split("|")
CONTACTS = (
    "联系电话：{phone}|电话{phone}|我的电话是{phone}。|联系人{name}，{phone}。|请联系{name}（{phone}）。|来电人：{name}|"
    "反映人：{name}，联系方式：{phone}。|留言人：{name}|"
).split("|")
_OFFICE = "(?:书记|市长|县长|区长|局长|部长|主任|领导|同志|工作人员)们?"
_GREETING = re.compile(
    rf"\A\s*(?:(?:[\u4e00-\u9fff]{{0,6}}{_OFFICE}[:：,，!！\s]*)?[您你]们?好[:：,，!！。\s]*"
    rf"|(?:尊敬|敬爱)的[\u4e00-\u9fff]{{0,6}}{_OFFICE}[:：,，!！\s]+"
    r"|(?:市民|来电人|群众|网友|留言人)(?:来电)?(?:反映|咨询)?[:：,，]\s*)"
)
_CLOSING = re.compile(
    r"(?:谢谢|感谢|多谢|盼复|望回复|此致\s*敬礼|辛苦了|敬请回复|望领导重视|请回复)[\u4e00-\u9fff]{0,6}[!！。.\s]*\Z"
)
_NAMED = re.compile(f"[{SURNAMES}](?=某|女士|先生|小姐|大爷|阿姨|师傅|老师)")
_NUMBER = re.compile(r"\d+")
_FIXED = re.compile(r"\A(?:1[12]\d|12\d{3}|(?:19|20)\d\d)\Z")
"""Emergency and hotline numbers, and years, say something."""
_LEAST = 12  # characters that must be left where a greeting or a closing is taken off


def augment(row: LabelledReport, rng: np.random.Generator, rate: float = 0.5) -> LabelledReport:
    """The report with some of the changes, its labels and marked words along.

    Args:
        rate: chance of each change.
    """
    inside: list[Change] = []
    if rng.random() < rate:
        inside.append(_other_digits(rng))
    if rng.random() < rate:
        inside.append(_other_surnames(rng))
    if rng.random() < rate / 2:
        inside.append(_other_stops(rng))
    text, title = _all(row.report.text, inside), _all(row.report.title, inside)
    # Marked words change as their text does, so that they are still found in it.
    evidence = {
        axis: {label: _all(words, inside) for label, words in marked.items()}
        for axis, marked in row.evidence.items()
    }
    marked = [words for of_axis in evidence.values() for words in of_axis.values()]
    if rng.random() < rate:
        text = _without(text, _GREETING, marked)
        text = str(rng.choice(GREETINGS)) + text
    if rng.random() < rate:
        text = _without(text, _CLOSING, marked)
        text = text + str(rng.choice(CLOSINGS))
    if rng.random() < rate / 2:
        line = str(rng.choice(CONTACTS)).format(phone=_phone(rng), name=_name(rng))
        text = line + "\n" + text if line and rng.random() < 0.3 else text + ("\n" + line if line else "")
    return replace(row, report=replace(row.report, text=text, title=title), evidence=evidence)


class Augmented:
    """All rows in another form for each epoch; (seed, epoch) fixes which."""

    def __init__(self, rows: Sequence[LabelledReport], seed: int, rate: float) -> None:
        """Cover the identifiers of every row once, some milliseconds each.

        Args:
            rate: chance of each change; a row is read covered with half of it.
        """
        self._rows, self._seed, self._rate = rows, seed, rate
        masker = Masker()
        self._covered = [covered(row, masker) for row in rows]

    def __call__(self, epoch: int) -> list[LabelledReport]:
        """The rows of one epoch, counted from 0."""
        rng = np.random.default_rng((self._seed, epoch, 2))
        found = []
        for row, other in zip(self._rows, self._covered, strict=True):
            chosen = other if rng.random() < self._rate / 2 else row
            found.append(augment(chosen, rng, self._rate))
        return found


def covered(row: LabelledReport, masker: Masker) -> LabelledReport:
    """The report with its identifiers covered, marked words along."""
    text, title = masker.mask(row.report.text), masker.mask(row.report.title)
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


def _all(text: str, changes: Sequence[Change]) -> str:
    for change in changes:
        text = change(text)
    return text


def _without(text: str, pattern: re.Pattern[str], marked: Sequence[str]) -> str:
    """The text less the first match, unless that takes marked words or most of the text."""
    cut = pattern.sub("", text, count=1)
    kept = len(cut.strip()) >= _LEAST and all(words in cut for words in marked if words in text)
    return cut if kept else text


def _other_digits(rng: np.random.Generator) -> Change:
    order = rng.permutation(9) + 1
    table = {ord(str(i + 1)): str(digit) for i, digit in enumerate(order)}  # 0 stays: amounts keep their size
    return lambda text: _NUMBER.sub(
        lambda m: m.group() if _FIXED.match(m.group()) else m.group().translate(table), text
    )


def _other_surnames(rng: np.random.Generator) -> Change:
    others = dict(zip(SURNAMES, rng.permutation(list(SURNAMES)).tolist(), strict=True))
    return lambda text: _NAMED.sub(lambda m: others[m.group()], text)


def _other_stops(rng: np.random.Generator) -> Change:
    tables = ("。.", "，,", "！。", "、,", "：:", "；，", '“"”"')
    pairs = tables[int(rng.integers(len(tables)))]
    return lambda text: text.translate(str.maketrans(pairs[::2], pairs[1::2]))


def _phone(rng: np.random.Generator) -> str:
    """Eleven digits that no network gives out (they begin with 10), or a masked number."""
    digits = "".join(str(d) for d in rng.integers(0, 10, 9))
    return str(rng.choice([f"10{digits}", f"10{digits[0]}****{digits[5:]}", "***********"]))


def _name(rng: np.random.Generator) -> str:
    surname = SURNAMES[int(rng.integers(len(SURNAMES)))]
    return surname + str(rng.choice(["先生", "女士", "某", "某某", "师傅", "**"]))
