"""Personal names in their usual frames; a name once found is found wherever else it stands in the text.

Without a frame nothing is taken for a name: rules cannot tell a name from a word by its characters alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser
from data.privacy.shapes import (
    ETHNIC,
    HAN,
    is_closed,
    is_surely_closed,
    name_end,
    ordinary,
    promised_end,
    surname,
)
from data.privacy.surnames import DOUBTFUL, NEVER_GIVEN

_SPEAKERS = (
    "举报人|投诉人|反映人|信访人|上访人|申诉人|诉求人|来信人|来访人|来电人|来电者|求助人|申请人|"
    "报案人|控告人|检举人|联系人|联络人|咨询人|建议人|留言人|写信人|落款|署名|签名|"
    "患者|病人|病患|死者|伤者|受害人|被害人|受害者|证人|代理人|委托人|原告|上诉人|申请执行人"
)
"""Whoever is called so speaks, or suffers, whatever post they hold."""
_ROLES = (
    f"{_SPEAKERS}|当事人|户主|业主|机主|车主|房主|房东|租客|租户|承租人|购房人|买受人|经营者|店主|负责人|代表人|法人|"
    "经办人|投保人|被保险人|参保人|持卡人|户名|收款人|考生|家长|监护人"
)
# Words for many people at once: "学生施展才华" is no name.
_MANY = (
    "学生|职工|员工|工人|农民工|村民|居民|市民|群众|网民|用户|客户|乘客|消费者|残疾人|老人|退休人员|"
    "退役军人|退伍军人"
)
_ACCUSED = (
    "被举报人|被投诉人|被反映人|被控告人|被检举人|被告人?|被申请人|被执行人|被上诉人|违纪人员?|"
    "违法人员|嫌疑人|嫌犯|肇事者|肇事司机|施暴者|打人者|"
    "当事民警|包工头|老板|开发商|中介"
)
_KIN = (
    "父亲|母亲|爸爸|妈妈|爱人|妻子|丈夫|老公|老婆|儿子|(?<!妇)女儿|孙子|孙女|哥哥|弟弟|姐姐|妹妹|大哥|孩子|"
    "小孩|岳父|岳母|公公|婆婆|爷爷|奶奶|外公|外婆|"
    "侄子|侄女|外甥|邻居|同事|朋友|工友|舅舅|叔叔|伯伯|儿媳|女婿|嫂子"
)
_POSTS = (
    "纪委书记|党委书记|党支部书记|党总支书记|政法委书记|村支部书记|村支书|支部书记|支书|书记|"
    "村委会主任|居委会主任|村主任|副主任|主任|村长|村会计|会计|"
    "出纳|文书|镇长|乡长|县长|区长|市长|省长|州长|局长|厅长|处长|科长|股长|所长|院长|校长|园长|站长|"
    "队长|组长|部长|会长|社长|庭长|董事长|总经理|"
    "主席|委员|常委|政委|秘书长|秘书|检察长|检察官|审判长|审判员|法官|书记员|警官|民警|辅警|交警|"
    "法警|城管|执法人员|工作人员|办事员|科员|干事|"
    "教导主任|班主任|教导员|指导员|辅导员|老师|教师|教授|医生|大夫|护士长|主治医师|医师|村医|网格员|"
    "协管员|社工|驻村干部|村干部|干部|领导"
)
_LINK = r"(?:的?(?:姓名|名字))?(?:\([^()\n]{0,6}\))?"
_FIELD = re.compile(
    rf"(?:(?P<accused>{_ACCUSED})|(?<![被])(?:(?:本人|学生|孩子|患者|真实)?(?:姓名|名字)|(?:{_ROLES}|"
    rf"{_MANY}|{_KIN}|本人|申报人|填表人|监督人)))"
    rf"{_LINK}(?: ?[:=] ?|(?<=姓名) )"
)
_SAID = re.compile(
    rf"(?:(?P<accused>(?:{_ACCUSED}|{_POSTS})(?:叫|名叫|名为|叫做))|[我俺](?:的名字)?叫做?|本人(?:姓名|"
    rf"名叫|叫)|我名叫|我的?(?:名字|姓名)(?:是|为|叫)|名叫|名字叫|"
    rf"姓名(?:是|为)|(?<![被])(?:{_ROLES}|{_MANY}|{_KIN})(?:名叫|叫|名为)|自称|(?:化名|真名|又名|曾用名|别名|常用名)字?[叫是为]?)"
)
_WEAK = re.compile(
    rf"(?:(?P<accused>{_ACCUSED}|(?:举报|投诉|控告|检举|反映)(?!人)(?:[{HAN}]{{0,10}}?(?:{_POSTS}))?|"
    rf"{_POSTS})|(?<!被)(?:{_ROLES})|{_KIN}|本人|实名|(?<![一-鿿])我(?=,)|我是|我们是|"
    r"此致 ?敬礼[!,。]? ?)(?:是|为)?[ ,(]?"
)
_SURNAMED = re.compile(rf"(?:[我俺]|本人|免贵)(?:免贵)?姓(?![名氏什啥])(?=[{HAN}])")
_CALLED = re.compile("[, ]?(?:名字?|全名)?叫做?")
# What stands behind such a frame in place of a name.
_NOBODY = re.compile(
    f"{_ROLES}|{_MANY}|{_KIN}|{_ACCUSED}|{_POSTS}|"
    "匿名|不详|未知|未填|保密|无名|没有|暂无|同上|网友|先生|女士|妇女|子女|男生|女生|新生|师生|全体|大家|物业|企业|失业|毕业|"
    "公安|保安|治安|门卫|中心|同意|满意|放心|关心|小心|担心|知道|说明|证明|声明|出生|姓名|微信|好$"
)
# Only behind a frame that promises a name: characters set apart as forms have them (王　明), transcribed
# names without a dot, Latin ones.
_SPELT = re.compile(rf"(?P<first>[{HAN}])(?P<sep> {{1,3}})[{HAN}](?:(?P=sep)(?![男女])[{HAN}])?(?![{HAN}])")
_TRANSCRIBED = re.compile(
    "[阿艾安巴白班贝伯布才仓次措达丹旦德迪顿多尔法菲格古哈海赫吉加甲江杰金凯卡坎克库拉兰朗勒雷莉力丽卢鲁罗洛玛马买曼"
    f"麦米姆木穆娜纳妮尼努诺欧帕朋普其齐奇强钦琼曲仁日茹萨赛桑莎沙斯苏塔特提图吐托娃瓦旺维乌西希热孜雅亚央尧伊依玉扎则珠卓]{{3,8}}(?![{HAN}·])"
)
_LATIN = re.compile(
    "(?!(?:Tel|Phone|Mobile|Email|Mail|Wechat|Vx|Qq|No)(?![a-z]))"
    "[A-Z][a-z]{1,15}(?:[ -][A-Z][a-z]{1,15}){0,3}"
)
_GROUP = re.compile(rf"(?:{_MANY})(?:代表)?[ ,(]?")
_HONOUR = re.compile(
    r"先生|女士|小姐|太太|夫人|大爷|大妈|大叔|大婶|大娘|大姐|大哥|阿姨|奶奶|爷爷|叔叔|伯伯|师傅|同学|同志|某"
)
_POST_BEFORE = re.compile(rf"(?:{_POSTS})(?:的|同志)?$")
_FILLER = r"(?:(?!举报|投诉|反映|控告|检举)[^,.。;!?\n])*$"
_SELF = re.compile(rf"(?:我是|我系|本人是|本人系|本人为|本人,|我们是|我,|我(?:{_KIN})是?){_FILLER}")
# Hotlines write of the reporter in the third person, with office and post: 举报人系岭上小学教师…
_THE_REPORTER = re.compile(
    rf"(?<!被)(?:{_SPEAKERS}){_LINK} ?(?:自称[是系为]?|[是系为:=]|(?=\())(?P<who> ?\(?){_FILLER}"
)
_WORK = re.compile(
    rf"(?:副|原|前任?|时任|现任|代理|常务副|第一|总)?(?:{_POSTS})(?!会(?!计)|支队|大队|中队|局|部门)"
)
# Said of many, and of nobody by name: "谢谢领导" is no Mr Xie.
_NEVER_TITLES = frozenset(
    "领导 干部 村干部 工作人员 执法人员 社工 委员 文书 出纳 城管 教师 大夫 交警".split()
)
# "张三，男，汉族" and "张三 13800138000": what follows tells that it was a name.
_DETAILS = re.compile(
    rf"(?<![{HAN}A-Za-z0-9·])(?P<name>[{HAN}]{{2,4}}|{ETHNIC})(?=[ ,:(、]{{1,3}}(?:性别|男|女|"
    rf"[汉回壮苗满黎藏][族,]|身份证|(?:联系)?电话|手机|联系方式|1[3-9][0-9]{{9}}|"
    rf"[1-9][0-9]{{16}}[0-9X]))"
)
# 关于张三信访事项的答复: the office's own title for a reporter's matter.
_TITLED = re.compile(
    rf"关于(?P<name>[{HAN}]{{2,3}}?)(?:同志)?(?:等[0-9一二三四五六七八九十多]*人)?的?(?:信访|上访)"
)
_SIGNED = re.compile(rf"\n[ ]*(?P<name>[{HAN}]{{2,4}})[ ]*(?=\n[ ]*(?:19|20)[0-9]{{2}}|\s*\Z)")
# Ordinary words that end in a surname's character.
_WORD_END = re.compile(
    "[位属由对关至处基等终出用源善勇归低高小大鉴介限便急忙在鉴敢]于$|[方意面走趋导倾流去转动志]向$|[适反供相不理本对效]应$|"
    "[责担信主时历现前兼上连委]任$|[当同即小时届及定按]时$|[完达组构造促变形转养生]成$|[检审调抽侦普彩]查$|[共全万主齐]管$"
)
_ETHNIC_END = re.compile(rf"{ETHNIC}$")
_AND = re.compile(r"[、/ ]|[和与及]")
_BORDER = "镇乡县区市省局部厅委院所校村街社科处办站队组会司厂店园室科班系党政副总"
_HAN_RUN = re.compile(f"[{HAN}]")


def is_name(words: str) -> bool:
    """Tell whether words that stand alone where a name is asked for are one, of two characters or more."""
    ends = (name_end(words, 0, False), _unusual(words, 0), _promised(words, 0))
    return len(words) > 1 and len(words) in ends and not _NOBODY.search(words)


class Names(Recogniser):
    """Finds names behind 我叫, 姓名：, 联系人 and the like, before 先生 and 局长, and X某."""

    supported_entities = (Entity.PERSON, Entity.OFFICIAL, Entity.POST)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        found = [*self._framed(text), *_details(text), *_honoured(text), *_posts(text)]
        yield from found
        yield from _again(text, found)

    def _framed(self, text: str) -> Iterator[Finding]:
        for pattern, strict, score in ((_FIELD, False, 0.9), (_SAID, False, 0.85), (_WEAK, True, 0.7)):
            for match in pattern.finditer(text):
                accused = match["accused"] or _posted(text, match)
                entity = Entity.OFFICIAL if accused and not _of_self(text, match.start()) else Entity.PERSON
                if not strict and (unusual := _unusual(text, match.end())):
                    yield Finding(entity, match.end(), unusual, score)
                    continue
                yield from _series(text, match.end(), strict, entity, score)
        for match in _SURNAMED.finditer(text):
            behind = match.end() + (surname(text, match.end()) or 1)
            if surname(text, match.end()) or _CALLED.match(text, behind) or is_surely_closed(text, behind):
                yield Finding(Entity.PERSON, match.end(), behind, 0.7)
                if called := _CALLED.match(text, behind):
                    yield from _series(text, called.end(), False, Entity.PERSON, 0.85)
        for match in _GROUP.finditer(text):
            end = name_end(text, match.end(), True)
            if end is not None and is_surely_closed(text, end):
                yield from _series(text, match.end(), True, Entity.PERSON, 0.7)


def _posted(text: str, match: re.Match[str]) -> bool:
    """民警姓名：, where a field of that name alone would be the reporter's."""
    at = match.start()
    return match.group().startswith(("姓名", "名字")) and bool(_POST_BEFORE.search(text[max(0, at - 8) : at]))


def _of_self(text: str, at: int) -> bool:
    """我是教师…: a post that the reporter holds makes no official of the reporter; nor does 举报人系教师…."""
    if _SELF.search(text, max(0, at - 24), at):
        return True
    found = _THE_REPORTER.search(text, max(0, at - 40), at)
    # Once the name is told the post is somebody else's: 联系人：王小明 村主任…
    return found is not None and name_end(text, found.end("who"), True) is None


def _unusual(text: str, at: int) -> int:
    """Where a name ends that is written as few are, behind a frame that promises one; 0: there is none."""
    spelt = _SPELT.match(text, at)
    if spelt and surname(spelt["first"], 0):
        letters = spelt.group().replace(" ", "")
        if not ordinary(letters, 0) and not any(letter in NEVER_GIVEN for letter in letters):
            return spelt.end()
    found = _TRANSCRIBED.match(text, at) or _LATIN.match(text, at)
    return found.end() if found else 0


def _promised(text: str, at: int) -> int | None:
    """Where a name ends that would be none without a frame that promises one: see `promised_end`."""
    end = promised_end(text, at)
    return None if end is None or _NOBODY.search(text[at:end]) else end


def _series(text: str, at: int, strict: bool, entity: Entity, score: float) -> Iterator[Finding]:
    """A name, and the further ones of an enumeration."""
    for _ in range(50):
        end = name_end(text, at, strict)
        if end is None and not strict:
            end = _promised(text, at)
        if end is None:
            return
        yield Finding(entity, at, end, score)
        link = _AND.match(text, end)
        if not link:
            return
        at, strict = link.end(), True


def _details(text: str) -> Iterator[Finding]:
    for pattern in (_DETAILS, _SIGNED):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if name_end(text, start, True) == end:
                yield Finding(Entity.PERSON, start, end, 0.75)
    for match in _TITLED.finditer(text):
        start, end = match.span("name")
        if not ordinary(text, start) and name_end(match["name"], 0, True) == end - start:
            yield Finding(Entity.PERSON, start, end, 0.75)


def _honoured(text: str) -> Iterator[Finding]:
    """王先生, 王建国女士, 李某, 欧阳某某."""
    for match in _HONOUR.finditer(text):
        at = match.start()
        if match.group() != "某":
            start = _name_before(text, at, "路街道店")
            if start is not None:
                yield Finding(Entity.PERSON, start, at, 0.65)
            continue
        start = at - 2 if at > 1 and surname(text, at - 2) == 2 else at - 1
        if start < 0 or _WORD_END.search(text[max(0, start - 1) : at]):
            continue
        end = name_end(text, start, False)
        if end is not None and end > at:
            yield Finding(Entity.PERSON, start, end, 0.65)


def _posts(text: str) -> Iterator[Finding]:
    """王局长, 王建国副局长; and the posts themselves."""
    for match in _WORK.finditer(text):
        start = None
        if match.group() not in _NEVER_TITLES:
            start = _name_before(text, match.start(), _BORDER)
        if start is not None:
            entity = Entity.PERSON if _of_self(text, start) else Entity.OFFICIAL
            yield Finding(entity, start, match.start(), 0.8)
        yield Finding(Entity.POST, match.start(), match.end(), 0.6)


def _name_before(text: str, at: int, never: str) -> int | None:
    """Where the name begins that ends at a place; the longest that can be one, else None."""
    ethnic = _ETHNIC_END.search(text, max(0, at - 20), at)
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
            and (not given or surname(text, start + 1) or _WORD_END.search(text[start - 1 : start + 1]))
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
