"""Swaps: words that say who writes and where, in place of others of their kind; tags must not depend on them.

Each swap turns a fixed list by `step` places, so that one name stays one name throughout a report. A change
tells its edits by place, so that marked words move along with the text around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from data.privacy.entity import Finding
from data.privacy.masker import moved
from data.privacy.surnames import COMPOUND

Edit = tuple[int, int, str]
"""Start, end, and what stands there now."""
Span = tuple[int, int]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩"
    "邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔"
)
GIVEN = "伟芳敏静丽强磊军勇艳杰涛超霞平刚桂英华玉红建梅波辉宁婷雪凯鹏晨洁莹浩琳宇欣慧佳俊"
PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 "
    "四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"
).split()
CITIES = (
    "广州 深圳 东莞 佛山 珠海 杭州 宁波 温州 南京 苏州 无锡 徐州 武汉 宜昌 襄阳 长沙 株洲 衡阳 成都 绵阳 "
    "郑州 洛阳 开封 西安 济南 青岛 烟台 潍坊 合肥 芜湖 福州 厦门 泉州 南昌 赣州 石家庄 唐山 保定 太原 大同 "
    "沈阳 大连 长春 哈尔滨 昆明 贵阳 遵义 南宁 柳州 兰州 银川 西宁 海口"
).split()
PEOPLES = "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 朝鲜族 满族 侗族 瑶族 哈萨克族 傣族".split()

# Surnames that end another word before these stay: 班主任老师, 任何主任, 每周某天.
_NAMED = re.compile(
    "[" + re.sub("[任何程曾许周余高]", "", SURNAMES) + "]"
    "(?=某|女士|先生|小姐|大爷|阿姨|师傅|老师|医生|书记|局长|主任|校长|镇长|村长|经理|同志)"
)
_PAIRS = (
    "先生女士 儿子女儿 父亲母亲 爸爸妈妈 爷爷奶奶 丈夫妻子 老公老婆 哥哥姐姐 弟弟妹妹 叔叔阿姨 男孩女孩 "
    "男子女子 男生女生 外公外婆 孙子孙女 男女 他她"
).split()
_GENDER = {
    one: other
    for pair in _PAIRS
    for half in [len(pair) // 2]
    for one, other in ((pair[:half], pair[half:]), (pair[half:], pair[:half]))
}
# Words of both sexes, or in which the characters say neither, stay: 子女, 男女老少, 其他, 优先生产, 老公房.
_WITHIN = {
    "先生": "(?<![优首])先生(?![产效成长])",
    "老公": "老公(?!房)",
    "男": "男(?!女)",
    "女": "(?<![子儿男妇])女",
    "他": "(?<![其吉维])他(?!人)",
}
# Longer words first, so that 女儿 is not read as 女.
_GENDERED = re.compile("|".join(_WITHIN.get(word, word) for word in sorted(_GENDER, key=len, reverse=True)))
_PLACE = re.compile("|".join(PROVINCES + CITIES) + r"|[A-Z]\d*(?=市|县|区|镇|省)")
_PEOPLE = re.compile("|".join(PEOPLES) + "|少数民族")


@dataclass(frozen=True)
class Change:
    """Words of one kind, and what stands in place of each."""

    pattern: re.Pattern[str]
    other: Callable[[str], str]

    def edits(self, text: str) -> list[Edit]:
        """Where the text changes, and to what."""
        found = ((*match.span(), self.other(match.group())) for match in self.pattern.finditer(text))
        return [edit for edit in found if text[edit[0] : edit[1]] != edit[2]]

    def __call__(self, text: str) -> str:
        """The text changed."""
        return apply(text, self.edits(text))[0]


def apply(text: str, edits: Sequence[Edit], spans: Iterable[Span] = ()) -> tuple[str, list[Span]]:
    """The edited text, and where these spans of it stand now; a word that is changed is taken whole."""
    pieces, at = [], 0
    for start, end, words in edits:
        pieces += [text[at:start], words]
        at = end
    places = [(start, end, len(words)) for start, end, words in edits]
    return "".join((*pieces, text[at:])), [moved(places, *span) for span in spans]


def surnames(step: int) -> Change:
    """Other surnames before titles and 某, the same for the same."""
    return Change(_NAMED, lambda name: turned(SURNAMES, name, step))


def genders() -> Change:
    """Men become women, women men."""
    return Change(_GENDERED, _GENDER.__getitem__)


def regions(step: int) -> Change:
    """Other provinces and cities, and other letters where a publisher put letters for places."""

    def other(place: str) -> str:
        for kind in (PROVINCES, CITIES):
            if place in kind:
                return turned(kind, place, step)
        return chr((ord(place[0]) - 65 + step) % 26 + 65) + place[1:]

    return Change(_PLACE, other)


def peoples(step: int) -> Change:
    """Other ethnic groups where any is named."""
    return Change(_PEOPLE, lambda name: turned(PEOPLES, name, step) if name in PEOPLES else "汉族")


def renamed(text: str, names: Iterable[Finding], step: int) -> list[Edit]:
    """Other people where names were found; what another hand has covered (王某, 李**) stays covered."""
    edits = []
    for finding in names:
        name = text[finding.start : finding.end]
        width = 2 if name[:2] in COMPOUND else 1
        given = "".join(
            GIVEN[(ord(letter) + step) % len(GIVEN)]
            if "\u4e00" <= letter <= "\u9fff" and letter != "某"
            else letter
            for letter in name[width:]
        )
        edits.append((finding.start, finding.end, turned(SURNAMES, name[:1], step) + given))
    return edits


def turned(kind: Sequence[str], word: str, step: int) -> str:
    """The word that stands `step` places behind this one in a list; one that is not in it has a place too."""
    place = kind.index(word) if word in kind else ord(word[0])
    return kind[(place + step) % len(kind)]
