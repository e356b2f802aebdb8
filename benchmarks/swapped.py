"""Reports about somebody else: who writes, and how politely, says nothing about the matter.

Swaps change what the report says of people and places; introductions put one sentence in front of it, of two
kinds of people, so that every report takes part and not only those that mention somebody.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from data.report import Report

Swap = Callable[[Report], Report]

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩"
    "邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔"
)
_NAMED = re.compile(
    f"[{_SURNAMES}](?=某|女士|先生|小姐|大爷|阿姨|师傅|老师|医生|书记|局长|主任|校长|镇长|村长|经理|同志)"
)
# Read in both directions; longer words first, so that 女儿 is not read as 女
_GENDER = (
    "先生女士 儿子女儿 父亲母亲 爸爸妈妈 爷爷奶奶 丈夫妻子 老公老婆 哥哥姐姐 弟弟妹妹 叔叔阿姨 男孩女孩 "
    "男子女子 男生女生 外公外婆 孙子孙女 男女 他她"
).split()
_OTHER_GENDER = {
    one: other
    for pair in _GENDER
    for half in [len(pair) // 2]
    for one, other in ((pair[:half], pair[half:]), (pair[half:], pair[:half]))
}
_GENDERED = re.compile(
    "|".join(sorted(_OTHER_GENDER, key=len, reverse=True)).replace("他", "(?<!其)他(?!人)")
)
_PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 "
    "四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"
).split()
_PLACE = re.compile("|".join(_PROVINCES) + r"|[A-Z]\d*(?=市|县|区|镇|省)")
_ETHNIC = "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 朝鲜族 满族 侗族 瑶族 哈萨克族 傣族".split()
_PEOPLE = re.compile("|".join(_ETHNIC) + "|少数民族")


def _edited(report: Report, edit: Callable[[str], str]) -> Report:
    return replace(report, title=edit(report.title), text=edit(report.text))


def names(report: Report) -> Report:
    """Other surnames before titles and 某, the same for the same."""
    step = 1 + random.Random(report.id).randrange(len(_SURNAMES) - 1)
    return _edited(
        report,
        lambda text: _NAMED.sub(
            lambda m: _SURNAMES[(_SURNAMES.index(m.group()) + step) % len(_SURNAMES)], text
        ),
    )


def gender(report: Report) -> Report:
    """Men become women, women men."""
    return _edited(report, lambda text: _GENDERED.sub(lambda m: _OTHER_GENDER[m.group()], text))


def regions(report: Report) -> Report:
    """Other provinces, and other letters where a publisher put letters for places."""
    step = 1 + random.Random(report.id).randrange(20)

    def other(found: re.Match[str]) -> str:
        place = found.group()
        if place in _PROVINCES:
            return _PROVINCES[(_PROVINCES.index(place) + step) % len(_PROVINCES)]
        return chr((ord(place[0]) - 65 + step) % 26 + 65) + place[1:]

    return _edited(report, lambda text: _PLACE.sub(other, text))


def peoples(report: Report) -> Report:
    """Other ethnic groups where any is named."""
    step = 1 + random.Random(report.id).randrange(len(_ETHNIC) - 1)

    def other(found: re.Match[str]) -> str:
        people = found.group()
        if people not in _ETHNIC:
            return "汉族"
        return _ETHNIC[(_ETHNIC.index(people) + step) % len(_ETHNIC)]

    return _edited(report, lambda text: _PEOPLE.sub(other, text))


def before(words: str) -> Swap:
    """The report behind a sentence."""
    return lambda report: replace(report, text=words + report.text)


def behind(words: str) -> Swap:
    """The report before a sentence."""
    return lambda report: replace(report, text=report.text + words)


PAIRS: dict[str, tuple[Swap | None, Swap]] = {
    "names swapped": (None, names),
    "gender words swapped": (None, gender),
    "regions swapped": (None, regions),
    "ethnic groups swapped": (None, peoples),
    "我叫王强 / 我叫李秀英": (before("我叫王强。"), before("我叫李秀英。")),
    "一名男性 / 一名女性": (before("我是一名男性市民。"), before("我是一名女性市民。")),
    "上海人 / 河南人": (before("我是上海人。"), before("我是河南人。")),
    "汉族 / 维吾尔族": (before("我是汉族。"), before("我是维吾尔族。")),
    "尊敬的领导您好 in front": (None, before("尊敬的领导，您好！")),
    "谢谢 behind": (None, behind("麻烦您了，谢谢！")),
}
"""Kind to the two sides that must have the same tags; None: the report as received."""
