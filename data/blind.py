"""Blind reading: who writes, and from where, is taken out of what a model reads, as far as it is recognised.

After data/clean.py and data/disguise.py, and like them with offsets that hold. Identifiers, names and what
stands in their place once they are masked are read as 某; listed words for sex, province, city and ethnic
group as one of their kind; a greeting and a closing are not read. No tag can depend on these; what is no
identifier and on no list is read as it stands, and benchmarks/fairness.py counts what that leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from data.clean import Cleaned, clean_report, replace_runs
from data.privacy.entity import Entity
from data.privacy.masker import Masker
from data.report import Report
from data.survey.alike import letters

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩"
    "邓冯曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔"
)
PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 "
    "四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"
).split()
CITIES = (
    "广州 深圳 东莞 佛山 珠海 杭州 宁波 温州 南京 苏州 无锡 徐州 武汉 宜昌 襄阳 长沙 株洲 衡阳 成都 绵阳 "
    "郑州 洛阳 开封 西安 济南 青岛 烟台 潍坊 合肥 芜湖 福州 厦门 泉州 南昌 赣州 石家庄 唐山 保定 太原 大同 "
    "沈阳 大连 长春 哈尔滨 昆明 贵阳 遵义 南宁 柳州 兰州 银川 西宁 海口"
).split()
PEOPLES = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 "
    "傣族 黎族 傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 土族 达斡尔族 仫佬族 羌族 "
    "布朗族 撒拉族 毛南族 仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 "
    "保安族 裕固族 京族 塔塔尔族 独龙族 鄂伦春族 赫哲族 门巴族 珞巴族 基诺族"
).split()
"""The 56 that the state counts."""
_SHORT = (
    "回民 藏民 畲民 维族 蒙族 哈族 朝族 鲜族 汉人 彝人 羌人 畲人 侗家人 苗家人 土家人 维吾尔人 哈萨克人 "
    "柯尔克孜人 达斡尔人 锡伯人 塔吉克人 鄂温克人 鄂伦春人 傈僳人 纳西人"
).split()
"""What people say for some of these. 满人, 蒙人, 藏人 and the like are read: 坐满人, 蒙人的商家, 援藏人员."""
SEXES = [
    (pair[: len(pair) // 2], pair[len(pair) // 2 :])
    for pair in (
        "先生女士 儿子女儿 父亲母亲 爸爸妈妈 爷爷奶奶 丈夫妻子 老公老婆 哥哥姐姐 弟弟妹妹 叔叔阿姨 男孩女孩 "
        "男子女子 男生女生 外公外婆 孙子孙女 男女 他她"
    ).split()
]
# Words of both sexes, or in which the characters say neither, stay: 子女, 男女老少, 其他, 优先生产, 老公房.
_WITHIN = {
    "先生": "(?<![优首])先生(?![产效成长])",
    "老公": "老公(?!房)",
    "男": "男(?!女)",
    "女": "(?<![子儿男妇])女",
    "他": "(?<![其吉维])他(?!人)",
}
# Longer words first, so that 女儿 is not read as 女.
GENDERED = re.compile(
    "|".join(_WITHIN.get(w, w) for w in sorted((w for pair in SEXES for w in pair), key=len, reverse=True))
)
# Surnames that end another word before these stay: 班主任老师, 任何主任, 每周某天.
NAMED = re.compile(
    "[" + re.sub("[任何程曾许周余高]", "", SURNAMES) + "]"
    "(?=某|女士|先生|小姐|大爷|阿姨|师傅|老师|医生|书记|局长|主任|校长|镇长|村长|经理|同志)"
)
PLACE = re.compile("|".join(PROVINCES + CITIES) + r"|[A-Z]\d*(?=市|县|区|镇|省)")
LINK = re.compile(r"(?:https?://|www\.)[!-~]+ ?")
# 北京族谱, 水族馆, 路怒族, 武汉人, 汉人口 and 返回民政局 name no people.
_NO_PEOPLE = {
    "京族": "(?<![北南东])京族",
    "水族": "(?<![下潜])水族(?![馆箱缸店类]|用品|市场|宠物|器材|批发|造景|景观|生物|世界)",
    "土族": "(?<![本领])土族",
    "怒族": "(?<![路愤暴易])怒族",
    "白族": "(?<![小空清表])白族",
    "保安族": "保安族(?!群)",
    "哈族": "(?<!嘻)哈族",
    "朝族": "(?<![清明唐宋元汉隋王历])朝族",
    "鲜族": "(?<![海生时])鲜族",
    "汉人": "(?<![武老子罗壮醉江东西来])汉人",
    "土家人": "(?<!本)土家人",
    "藏民": "(?<![西收隐珍埋躲窝私储馆])藏民(?![间意俗居办众政])",
    "回民": "(?<![返送撤找收退取召拉带赶调放驳夺挽来拿要讨换追领寄接抢运搬])回民"
    "(?![政警事工办房间兵航营企众主意法俗居声生宅宿愿心])",
}
_PERSON = "(?![民员士口数类才设])"
_NAMED_PEOPLES = (*PEOPLES, *_SHORT, "少数民族")
# The first characters stand in front for speed alone: else all are tried at every place.
PEOPLE = re.compile(
    f"(?=[{''.join(sorted({name[0] for name in _NAMED_PEOPLES}))}])(?:"
    + "|".join(
        _NO_PEOPLE.get(name, name) + (_PERSON if name.endswith("人") else "") for name in _NAMED_PEOPLES
    )
    + ")"
)

_OFFICE = "(?:书记|市长|县长|区长|局长|部长|主任|领导|同志|工作人员)们?"
_STOPS = r"[:：,，!！。.\s]"
GREETING = re.compile(
    rf"\A{_STOPS}*(?:(?:(?:尊敬|敬爱)的)?[\u4e00-\u9fff]{{0,6}}?{_OFFICE}{_STOPS}*[您你]们?好{_STOPS}*"
    rf"|(?:尊敬|敬爱)的[\u4e00-\u9fff]{{0,6}}?{_OFFICE}{_STOPS}+|[您你]们?好{_STOPS}*"
    r"|(?:市民|来电人|群众|网友|留言人)(?:来电)?(?:反映|咨询)?[:：,，]\s*)+"
)
_THANKS = (
    r"(?:谢谢|感谢|多谢|感激不尽|不胜感激|拜托|盼复|望回复|此致\s*敬礼|辛苦了|麻烦[您你]们?了|敬请回复|望领导重视|请回复"
    r"|(?:恳请|敬请|望|盼)[\u4e00-\u9fff]{0,10}(?:为盼|答复|回复)"
    "|祝(?:[您你好]|大家|各位|领导|工作|身体|生活|万事|一切|全家|阖家|新年|节日)"
    "|(?:工作|身体|生活|万事|一切|全家|阖家|家庭|事业)(?:顺利|健康|愉快|如意|安康|幸福|兴旺))"
)
_AT_LENGTH = r"(?:[您你]们?|各位|领导们?|书记|市长|政府)*(?:能够?)?在?百忙之?中[\u4e00-\u9fff]{0,10}"
_LABEL = "【(?:" + "|".join(one.label for one in Entity if one is not Entity.POST) + ")(?:·[0-9a-f]{8})?】"
"""What stands in the place of an identifier in a masked report."""
_WRITER = "(?:联系人|反映人|投诉人|举报人|信访人|诉求人|来电人|留言人|申请人|求助人|姓名|本人|我)"
_REACHED = "(?:(?:联系|我)的?)?(?:电话|方式|手机|微信|QQ|邮箱)(?:号码?)?"
_NUMBER = rf"(?:[某0-9*\-—转]|{_LABEL})+"
_CONTACT = (
    rf"(?:{_WRITER}?的?{_REACHED}(?:是|为)?[: ]?{_NUMBER}"
    r"|(?!本人|我)"
    rf"{_WRITER}(?:[:是为叫]|:\s)(?:[\u4e00-\u9fff]{{1,3}}|{_LABEL})(?:先生|女士)?(?:\s*{_NUMBER})?"
    r"|(?:以便|方便)?(?:[请可欢]迎?以?)?[您你]?们?随时(?:可以?|能)?[与和同跟向]?(?:我|本人)?们?(?:进行)?(?:联系|核实|沟通)我?)"
)
IDENTITY = re.compile(
    rf"(?:{_WRITER}?的?(?:{_REACHED}|名字|身份证|证件|住址|地址|户籍)(?:号码?)?|{_WRITER}|我叫|叫|家?住在?)"
    "[是为叫: ]*某[某 ]*(?:先生|女士)?"
)
"""A clause, as it is read, that tells who writes and nothing else."""
# What follows thanks never begins with thanks, and a contact ends at a stop: else there are many ways to
# read a row of them, and a text that repeats them would take for ever.
CLOSING = re.compile(
    rf"\s*(?:(?:以上(?:情况|内容)?(?:属实)?[,，]?)?{_THANKS}"
    rf"(?:{_AT_LENGTH}|(?:(?!{_THANKS})[\u4e00-\u9fff]){{0,6}}){_STOPS}*"
    rf"|{_CONTACT}(?:[;()]|{_STOPS}|\Z)+)+\Z"
)
_CUE = re.compile(
    "不(?![胜甚尽已吝])|(?<![特级])别|勿|虚假|敷衍|推(?![进动])|应付|欺|骗|糊弄|搪塞|忽悠|皮球|包庇"
)
"""Words of an allegation: 谢谢你们不作为 and 希望不要再给我虚假回复 are no closings."""
CLOSING_MOST = 120
"""Characters at the end of a body in which a closing is looked for."""
LEAST = 12
"""Characters that must be left where a greeting or a closing is taken off."""

# Marks that a keyboard or a program chooses, not the writer.
_MARKS = re.compile(r"[「『‘」』’、]|(?<=[\u4e00-\u9fff])\.(?![0-9A-Za-z.])")
_ONE_MARK = {"「": "“", "『": "“", "‘": "“", "」": "”", "』": "”", "’": "”", "、": ",", ".": "。"}
_SOMEBODY = "某"
_COVERED = re.compile(rf"(?:{_LABEL}|[*×○]{{2,}}|某)+")
_ONE_SEX = {word: pair[0] for pair in SEXES for word in pair}
_ONE_PLACE = dict.fromkeys(PROVINCES, PROVINCES[0]) | dict.fromkeys(CITIES, CITIES[0])
_LISTED: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (NAMED, lambda _: SURNAMES[0]),
    (GENDERED, _ONE_SEX.__getitem__),
    (PLACE, lambda place: _ONE_PLACE.get(place, "A")),
    (PEOPLE, lambda _: PEOPLES[0]),
    (_COVERED, lambda _: _SOMEBODY),
    (_MARKS, _ONE_MARK.__getitem__),
)


def blind(title: Cleaned, body: Cleaned) -> tuple[Cleaned, Cleaned]:
    """Title and body without what tells who writes and from where, and without greeting and closing."""
    return _alike(title), _alike(_matter(body))


def words_read(report: Report) -> str:
    """The letters and digits of a report as it is read blind: the same for a report and its masked form."""
    title, body = blind(*clean_report(report.title, report.text))
    return letters(f"{title.text}\n{body.text}")


def _alike(cleaned: Cleaned) -> Cleaned:
    """Identifiers as 某, listed words as the first of their kind, addresses of pages not at all."""
    cleaned = replace_runs(cleaned, [(*link.span(), "") for link in LINK.finditer(cleaned.text)])
    found = [
        (one.start, one.end, _SOMEBODY)
        for one in _masker().find(cleaned.text)
        if one.entity_type is not Entity.POST
    ]
    cleaned = _reworded(cleaned, found)
    for pattern, other in _LISTED:
        cleaned = _reworded(
            cleaned, ((*match.span(), other(match.group())) for match in pattern.finditer(cleaned.text))
        )
    return cleaned


def _matter(body: Cleaned) -> Cleaned:
    """The body without greeting and closing, as long as enough is left."""
    body = _without(body, GREETING.search(body.text))
    return _without(body, _closing(body.text))


def _closing(text: str) -> re.Match[str] | None:
    """What closes a body, behind the last words there that allege something."""
    start = max(0, len(text) - CLOSING_MOST)
    while found := CLOSING.search(text, start):
        alleged = [*_CUE.finditer(found.group())]
        if not alleged:
            return found
        start = found.start() + alleged[-1].end()
    return None


def _without(body: Cleaned, found: re.Match[str] | None) -> Cleaned:
    if found is None or len(body.text) - len(found.group()) < LEAST:
        return body
    return replace_runs(body, [(*found.span(), "")])


def _reworded(cleaned: Cleaned, edits: Iterable[tuple[int, int, str]]) -> Cleaned:
    """Put words in place of runs that are at least as long; the last character stands for the rest."""
    single: list[tuple[int, int, str]] = []
    for start, end, words in edits:
        if cleaned.text[start:end] != words:
            words = words[: end - start]
            borders = [*range(start, start + len(words)), end]
            single += zip(borders, [*borders[1:-1], end], words, strict=False)
    return replace_runs(cleaned, single)


@cache
def _masker() -> Masker:
    return Masker(keep=())
