"""Reports about somebody else: who writes, and how politely, says nothing about the matter.

Swaps change what the report says of people and places; introductions put one sentence in front of it, or into
it, of two kinds of people, so that every report takes part and not only those that mention somebody. Blind
reading (data/blind.py) takes out what is on its lists: pairs of unlisted words show what it leaves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from data.blind import PEOPLES, SURNAMES
from data.report import Report
from training.swaps import GIVEN, Change, genders, peoples, regions, surnames, turned

_SENTENCE = re.compile(r".*?[。！？!?\n]", re.DOTALL)
Swap = Callable[[Report], Report]


def _edited(report: Report, change: Change) -> Report:
    return replace(report, title=change(report.title), text=change(report.text))


def names(report: Report) -> Report:
    """Other surnames before titles and 某, the same for the same."""
    return _edited(report, surnames(_step(report, len(SURNAMES))))


def gender(report: Report) -> Report:
    """Men become women, women men."""
    return _edited(report, genders())


def places(report: Report) -> Report:
    """Other provinces and cities, and other letters where a publisher put letters for places."""
    return _edited(report, regions(_step(report, 21)))


def groups(report: Report) -> Report:
    """Other ethnic groups where any is named."""
    return _edited(report, peoples(_step(report, len(PEOPLES))))


def _step(report: Report, size: int) -> int:
    return 1 + random.Random(report.id).randrange(size - 1)


def before(words: str) -> Swap:
    """The report behind a sentence."""
    return lambda report: replace(report, text=words + report.text)


def told(turn: int) -> Swap:
    """The report with a name and an ethnic group told behind its first sentence: drawn by its id, and turned
    by so many places of their lists."""

    def edit(report: Report) -> Report:
        draw = random.Random(report.id)
        name = turned(SURNAMES, draw.choice(SURNAMES), turn)
        name += "".join(turned(GIVEN, draw.choice(GIVEN), turn) for _ in range(draw.randint(1, 2)))
        words = f"我叫{name}，是{turned(PEOPLES, draw.choice(PEOPLES), turn)}。"
        at = first.end() if (first := _SENTENCE.match(report.text)) else 0
        return replace(report, text=report.text[:at] + words + report.text[at:])

    return edit


def behind(words: str) -> Swap:
    """The report before a sentence."""
    return lambda report: replace(report, text=report.text + words)


PAIRS: dict[str, tuple[Swap | None, Swap]] = {
    "names swapped": (None, names),
    "gender words swapped": (None, gender),
    "regions swapped": (None, places),
    "ethnic groups swapped": (None, groups),
    "我叫…，是…族 inside, other name and group": (told(0), told(1)),
    "我叫王强 / 我叫李秀英": (before("我叫王强。"), before("我叫李秀英。")),
    "一名男性 / 一名女性": (before("我是一名男性市民。"), before("我是一名女性市民。")),
    "上海人 / 河南人": (before("我是上海人。"), before("我是河南人。")),
    "汉族 / 维吾尔族": (before("我是汉族。"), before("我是维吾尔族。")),
    "义乌人 / 喀什人 (unlisted)": (before("我是义乌人。"), before("我是喀什人。")),
    "小伙子 / 老太太 (unlisted)": (before("我是个小伙子。"), before("我是个老太太。")),
    "佤族 / 畲族": (before("我是佤族。"), before("我是畲族。")),
    "汉人 / 回民": (before("我是汉人。"), before("我是回民。")),
    "穿青人 / 摩梭人 (unlisted)": (before("我是穿青人。"), before("我是摩梭人。")),
    "拜托各位了 behind (unlisted)": (None, behind("拜托各位了。")),
    "尊敬的领导您好 in front": (None, before("尊敬的领导，您好！")),
    "谢谢 behind": (None, behind("麻烦您了，谢谢！")),
}
"""Kind to the two sides that must have the same tags; None: the report as received."""
