"""Exact addresses: road and number, building and room, village and number. A road, a community, a village
alone is a place where many live; it stays, because dispatch and study by place need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_HAN = "一-鿿"
_CN = "一二三四五六七八九十百零〇两"
_NUM = rf"(?:[A-Za-z]?[0-9]{{1,5}}[A-Za-z]?|[{_CN}]{{1,5}}|[A-Za-z甲乙丙丁]|[东西南北][0-9]{{0,3}})"
_WAY = r"(?:大道|大街|胡同|公路|马路|支路|横路|干道|里弄|[路街巷弄道里坊段条])"
_NAMED = rf"(?P<way>[{_HAN}A-Za-z0-9]{{1,12}}?{_WAY}(?:[东西南北中]段?|[{_CN}0-9]{{1,2}}[路段巷条横])?)"
_HOUSE = (
    rf"(?: ?(?:[0-9]{{1,5}}|[{_CN}]{{1,6}}) ?(?:弄|巷|支弄))?(?: ?第? ?(?:附|增|临|甲|"
    rf"乙)?(?:[0-9]{{1,5}}(?:[、,][0-9]{{1,5}}){{0,4}}|[{_CN}]{{1,6}})(?:[\-之~至][0-9]{{1,4}})? ?号"
    rf"(?!线|公路|国道|地铁|楼|栋|幢|院|文|令|工单|窗|台|井|桩|店铺?|路|桥)(?:之[0-9{_CN}]{{1,3}}|附[0-9]{{1,3}}号)?)"
)
_DORM = r"(?:学生|职工|员工|教工|教师|男生|女生|单身)?(?:宿舍楼?|公寓楼?|家属楼|住宅楼)"
_BUILDING = rf"{_NUM} ?(?:号楼|号院|号?{_DORM}|栋|幢|楼栋|座|#楼?|号(?!线|公路|国道))"
_UNIT = rf"{_NUM} ?(?:单元|门洞?|梯)"
_FLOOR = rf"(?:[0-9]{{1,3}}|[{_CN}]{{1,4}}) ?[层楼]"
# 三零一, digit by digit; 三百 is a count.
_SPELT_ROOM = (
    rf"[一二三四五六七八九][零〇○一二三四五六七八九]{{2,3}}(?![{_CN}百千万亿元块人多余平户天年个名家层楼岁月日号期届点"
    "米单栋幢座组队团营连厂所医部])"
)
_ROOM = (
    rf"(?:[A-Za-z]?[0-9]{{3,5}}[A-Za-z]?(?: ?(?:室|房间?|号房?|户))?(?![0-9A-Za-z%.]|元|块|万|人|多|余|"
    rf"平|户|天|年|个|名|家)|(?:[A-Za-z]?[0-9]{{1,5}}[A-Za-z]?|[{_CN}]{{3,5}}) ?(?:室|房间?|号房)|"
    rf"[东西中] ?(?:室|户(?![型主籍口人]))|(?:[0-9]{{1,2}}|[{_CN}]{{1,3}})[ \-]?(?:号)(?!楼|栋|幢|院|"
    rf"线)|{_SPELT_ROOM})"
)
_G = r"[ 、\-—]{0,2}"
_IN = rf"{_BUILDING}{_G}(?:{_UNIT}{_G})?(?:{_FLOOR}{_G})?{_ROOM}"
_IN2 = rf"{_UNIT}{_G}(?:{_FLOOR}{_G})?{_ROOM}"
_HYPHEN = (
    r"[A-Za-z]?[0-9]{1,3} ?(?:栋|幢|座|号楼|#|-) ?[0-9]{1,2} ?- ?[0-9]{1,2}(?:-[0-9]{1,2}|"
    r"[0-9]{2})(?: ?[室号户])?(?![0-9\-年月日]|号?文)"
)
_PLACE = (
    r"(?:小区|花园|家园|公寓|新村|社区|大厦|广场|宿舍|家属[院区楼]|公馆|华府|山庄|花苑|雅苑|佳苑|嘉园|"
    r"名邸|新城|国际|中心|别墅|[苑城园湾府庭居邸轩院郡阁村屯寨庄墅])"
)
_COMMUNITY = rf"(?P<home>[{_HAN}A-Za-z0-9]{{1,10}}?{_PLACE}(?:[{_CN}0-9]{{1,2}}期|[A-Za-z东西南北][区苑])?)"
_INSIDE = rf"(?:{_IN}|{_IN2}|{_HYPHEN})"
# A number that is a room's, by what does not follow it and by its last digits: 公寓2500一个月 is a rent.
_ROOMS = (
    r"(?!1(?:10|19|20|22)(?![0-9]))[A-Za-z]?(?:"
    r"[0-9]{3,4}[A-Za-z]?(?:[\-~至、/][0-9]{3,4}){0,4} ?(?:室|房间?|号房)"
    r"|[0-9]{1,2}(?!00)[0-9]{2}(?:[、/][0-9]{3,4}){0,4}(?![0-9A-Za-z%./\-~至]|"
    r" ?(?:[元块万人多余平户天年个名家米层楼栋幢路套间次级届班期伏度分一每起押租钱]|号楼|左右|以[上下]|不到))"
    rf"|{_SPELT_ROOM})"
)
# Floor and room where the place is lived in; a room alone where one house has the name. Where the public
# goes (中心, 医院) a room is an office.
_TOWER_RULE = re.compile(
    rf"(?:(?:大厦|公寓|写字楼|商务楼|宿舍楼?|家属楼|住宅楼)(?:{_G}{_FLOOR})?|"
    rf"(?:小区|花园|家园|新村|[苑庭居邸轩阁墅]){_G}{_FLOOR}){_G}{_ROOMS}"
)
_NAME_OF = re.compile(rf"[{_HAN}A-Za-z0-9]{{1,10}}$")
_REST = (
    rf"(?:{_G}(?:{_COMMUNITY}{_G})?(?:{_INSIDE}|{_BUILDING}(?:{_G}{_UNIT})?|{_UNIT}|{_FLOOR}(?:{_G}{_ROOMS})?|"
    rf"{_ROOM}))?"
)
_ROAD_RULE = re.compile(rf"{_NAMED}(?P<exact>{_HOUSE}{_REST})")
_HOME_RULE = re.compile(rf"{_COMMUNITY}{_G}(?P<exact>{_INSIDE})")
_ROOM_RULE = re.compile(
    rf"(?<![0-9A-Za-z.])(?P<exact>{_IN}|{_NUM}(?:栋|幢|座|号楼){_G}{_UNIT}{_G}{_ROOM}|(?<![{_CN}]){_IN2})"
)
# One's own house without a room: 我是某小区3栋二楼的住户. Of others it is a place where many live.
_OWN_RULE = re.compile(
    rf"(?:我是|我家[住在]?|本人是|本人住|我住在?|家住)[{_HAN}A-Za-z0-9]{{0,14}}?(?P<exact>(?<![{_CN}0-9]){_BUILDING}"
    rf"(?:{_G}{_UNIT})?(?:{_G}{_FLOOR})?)(?=的?(?:住户|业主|居民|租户|房主))"
)
_GROUP = rf"第?(?:[0-9]{{1,3}}|[{_CN}]{{1,3}}) ?(?:村民小组|生产队|小组|组|社|队)"
# A place within the village; no words that lead up to a day of the month.
_HAMLET = rf"(?:(?![年月日第于在是有了的到从今本上昨前至里道路街巷弄])[{_HAN}]){{1,3}}"
_VILLAGE_RULE = re.compile(
    rf"(?P<home>[{_HAN}]{{1,6}}?(?:村委会|自然村|新村|"
    rf"[村屯寨庄湾坝坪埠沟]))(?P<exact>{_G}(?:[{_HAN}]{{1,4}}(?:屯|寨|庄|湾|"
    rf"自然村){_G})?(?:{_GROUP}{_G})?(?:门牌(?:号码?)?)?(?:(?:[0-9]{{1,4}}|"
    rf"[{_CN}]{{1,5}})|{_HAMLET}[0-9]{{2,4}})(?:-[0-9]{{1,3}})? ?号(?!线|公路|路|文|楼|[上下中]午|早|晚|开始)"
    rf"(?:附[0-9]{{1,3}}号)?)"
)
_LIVES = re.compile(
    rf"(?:(?:家庭|通讯|通信|联系|居住|户籍|现住|邮寄|收货|身份证|房屋|详细|常住|经常居住)(?:地址|住址|"
    rf"地)|住址|住所地?|家住(?:址)?|现住(?:址)?|居住(?:在|于)|住在|地址)"
    rf"(?:是|为|在|于)?[ :]{{0,3}}(?P<line>[{_HAN}0-9A-Za-z \-#·]{{4,60}})"
)
_AREA = rf"(?: ?[{_HAN}A-Z0-9]{{1,8}}?"
_ADMIN = re.compile(
    rf"{_AREA}(?:省|自治区|自治州|特别行政区|地区|盟))?{_AREA}(?:市|自治州|州|地区))?"
    rf"{_AREA}(?:自治县|开发区|新区|高新区|区|县|旗|市))?{_AREA}(?:街道办事处|街道|镇|乡|苏木))?"
)
# Up to here a run of Han characters before a road is not its name.
_NOT_NAME = re.compile(
    r".*(?:自治区|自治县|开发区|新区|街道办事处|街道|社区|居委会|村委会|[省市县区镇乡]|"
    r"[0-9][年月日时]|旁边|附近|对面|门口|隔壁|中学|小学|大学|医院|家住|住在|居住|位于|坐落|地址|住址|"
    r"现住|"
    r"表示|投诉|反映|举报|[路街道区]和|[在于到址是我的至往去为与来了从由对向经住把被将给让就也有这那处到过其他她])(?=.)"
)
_ROAD = re.compile(".*(?:路|街|大道)(?=.)")
_STREETS_NOT = re.compile(
    r"(?:^|.)(?:道路|马路|公路|铁路|高速|线路|修路|问路|走路|半路|一路|[村家城店院屋手厂校区楼镇乡市县班车这那哪心夜]里|知道|难道|报道|通道|街道|频道|管道|隧道|渠道|国道|省道|县道|"
    r"[路时阶片期地]段|这条|那条|多条|本条|第.{1,3}条)$"
)


class Addresses(Recogniser):
    """Finds exact addresses; the finding begins with the road, community or village."""

    supported_entities = (Entity.ADDRESS,)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _ROAD_RULE.finditer(text):
            if not _STREETS_NOT.search(match["way"]):
                yield _finding(match, "way", 0.85)
        for pattern in (_HOME_RULE, _VILLAGE_RULE):
            for match in pattern.finditer(text):
                yield _finding(match, "home", 0.8)
        for match in _TOWER_RULE.finditer(text):
            named = _NAME_OF.search(text, max(0, match.start() - 10), match.start())
            cut = _NOT_NAME.match(f"{named.group()}楼") if named else None
            first = match.start() if named is None else named.start() + (cut.end() if cut else 0)
            yield Finding(Entity.ADDRESS, first, match.end(), 0.75)
        for pattern in (_ROOM_RULE, _OWN_RULE):
            for match in pattern.finditer(text):
                yield Finding(Entity.ADDRESS, *match.span("exact"), 0.7)
        for match in _LIVES.finditer(text):
            line = match["line"].rstrip(" -#(:")
            admin = _ADMIN.match(line)
            at = admin.end() if admin else 0
            end = _last_exact(line, at)
            if end > at:
                first = match.start("line")
                yield Finding(Entity.ADDRESS, first + at, first + end, 0.75)


def _finding(match: re.Match[str], name: str, score: float) -> Finding:
    words = match[name]
    cut = _NOT_NAME.match(words)
    at = cut.end() if cut else 0
    road = _ROAD.match(words, at) if name == "home" else None
    start = match.start(name) + (road.end() if road else at)
    return Finding(Entity.ADDRESS, start, match.end("exact"), score)


_TAIL = re.compile(
    rf"(?:[0-9A-Za-z\-#]*[0-9]|[{_CN}]+) ?(?:号楼|号院|号(?!线)|栋|幢|座|单元|室|房|层|楼|组|社(?!区)|队|弄)"
    r"|(?<=[号栋幢座元楼层室期#]) ?[A-Za-z]?[0-9]{1,5}(?:-[0-9]{1,4})*(?![0-9年月日元万多])"
    r"|[0-9]{1,3}(?:-[0-9]{1,4}){1,3}(?![0-9\-年月日])"
)


def _last_exact(line: str, at: int) -> int:
    """Where the last number of an address ends; what follows it is the next clause."""
    end = at
    for match in _TAIL.finditer(line, at):
        if match.start() - end > 14 and end > at:
            break
        end = match.end()
    return end
