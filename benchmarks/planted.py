"""Invented reports with planted identifiers, among numbers that are none.

Everything is drawn from lists of this file and a seed; no person, number or place is anyone's. One report in
fifteen is in traditional characters, as OpenCC writes them, not by the table that undoes them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from opencc import OpenCC

from benchmarks import spelled
from benchmarks.spelled import drawn, full_width
from data.privacy.entity import Entity

TRADITIONAL = 1 / 15
"""Share of the reports that are written in traditional characters."""
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳"
)
UNLISTED = "昝戎郇揭税银昌保智刀訾亢笪牧荀宓逢郦蹇粘"
"""Surnames that the rules' own list lacks: one name in fifty begins with one."""
COMPOUND = ("欧阳", "上官", "司马", "诸葛", "皇甫", "令狐", "慕容", "夏侯")
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国志玲梅鑫波辉宁健俊帆雪荣婷旭凤琴海文斌莉"
    "雷晶林春浩凯龙飞翔宇峰家福生来胜男大有根宝贵财喜庆安邦正义忠诚信德仁礼智勤俭远达山川河湖松柏竹菊"
    "一鸣子轩梓涵雨桐浩然思源晓彤永昌"
)
ETHNIC = "阿依古丽·买买提 巴特尔·额尔德尼 扎西·多吉 古丽娜尔·艾山 木合塔尔·吐尔逊".split()
TOWNS = "岭上市 青石县 棉纺区 河湾市 云溪县 柳塘区 白鹭市".split()
ROADS = "青石路 棉纺东路 河湾大道 柳塘街 云溪北路 白鹭大街 解放巷 和平里 星火路 钟楼弄".split()
HOMES = "阳光花园 金域小区 河畔家园 棉纺新村 翠竹苑 锦绣华府 滨江公寓 云溪名邸 三棉宿舍 学府城".split()
TOWERS = "青石大厦 锦绣公寓 河湾写字楼 三棉宿舍楼".split()
VILLAGES = "岭上村 下河村 石桥村 柳塘屯 东庄村 大坪村".split()
ORDINARY = (
    "路灯坏了两个月没有人来修。 小区垃圾堆了半个月，物业说不归他们管。 学校食堂饭菜太贵，家长意见很大。 "
    "村里的账目从来不公开，补贴发给了谁谁也说不清。 医院挂号难，窗口只开一个。 "
    "公交车甩站，老人等了一个小时。 "
    "工地夜间施工，吵得孩子睡不着。 低保评定不公，有车有房的人也在名单里。 去窗口办事，让我跑了五趟。 "
    "水管爆裂三天，自来水公司推给街道，街道推给物业。 高中招生政策年年变，单亲家庭怎么办？ "
    "马路不平，方便的话请尽快修一修。 安置房质量差，墙体开裂。 金额虽不大，事情很气人。 "
    "经常有人在楼下唱歌，严重影响休息。 党员干部应当带头，常年不见人影。 "
    "农民工的工资拖了一年，任何部门都不管。 "
    "项目经理说程序没走完。 时间长了大家都没有信心。 游客很多，车位不够，商户乱摆摊。 "
    "孩子在学校被打，老师不管不问。 领导开会说解决，会后没有动静。 何时才能给个说法？ "
    "邻居养狗，白天晚上都叫。 "
    "居民多次向有关部门反映，至今无果。 本人于去年购买一套住房，一直没有办下证来。 "
    "我是高新区的居民，门口的树倒了。 "
    "业主张贴了通知，物业当天就撕了。 施工单位没有许可，居民楼都裂了缝。 谢谢领导，请严查到底。"
).split()
# "_" is the name.
PERSONS = (
    "我叫_， 我叫_家住附近 我叫_今年六十岁 我叫_是一名教师 我叫_要反映一件事 本人_， 本人_，男， "
    "联系人：_ 联系人_ "
    "举报人：_ 举报人_， 投诉人：_ 姓名：_ 姓名：_，性别男 姓名为_ 反映人：_ 申请人：_， 我是_， "
    "我的名字叫_， "
    "我父亲_， 我儿子叫_， 我妻子_今年住院 患者姓名：_ 户主：_ 村民_反映 业主_， 信访人_多次反映 "
    "_，男，汉族， "
    "_，身份证号不便写 实名举报人：_ 市民_来电 当事人_， 学生姓名：_ 家长_， 本人姓名_， 我母亲叫_， "
    "名叫_， 署名：_ "
    "联系人:_、 市民_先生来电 _女士称 投诉人_女士 联系人（_）"
).split()
# With blanks, line ends, marks and markup around the name, as forms and exports have them.
FORMS = (
    *"举报人系_， 反映人系_， 我叫：_， 姓名：“_” 联系人：【_】 联系人/电话：_/ 业主代表：_、".split(),
    *"村民代表：_， 家属：_， 我爸_， 报料人：_， 签字：_，".split(),
    *"姓名：&nbsp;_， 姓名：<b>_</b> <td>姓名</td><td>_</td>".split(),
    "姓　名：_，", "联 系 人：_，", "举报人：\n_\n电话", "联系人\n_\n", "| 联系人 | _ |",
)  # fmt: skip
OFFICIALS = (
    "岭上村村支书_贪污低保金 举报村主任_， 被举报人：_ 举报_， _局长不作为 _主任说不归他管 "
    "青石县教育局局长_收受礼金 "
    "被举报人_， 派出所民警_态度恶劣 城管队长_， 镇长_违规 班主任_，"
).split()
# "#" is a digit, "?" a letter; {words} are drawn.
NONE = (
    "（{year}）岭01民初####号判决书 工单编号：{year}{month}{day}###### 工单号{year}{month}{day}########## "
    "受理编号########### 已交#####元 合同金额15#########元 欠款##.##万元 {year}年{month}月{day}日 "
    "拨打12345热线 "
    "拨打12315和96110 客服400-###-####没人接 在{road}路口 {road}与青石路交叉口 {home}3栋电梯 "
    "岭政发〔{year}〕##号文件 统一社会信用代码91330100MA######## 订单号################ "
    "快递单号############# "
    "户号########## 第##条规定 乘坐3##路公交 地铁#号线 面积1##.##平方米 涨了##.#% 发票号码######## "
    "合同编号：HT-{year}-###### 共####户 从{road}到河湾大道一路堵车 {year}-{month}-{day}T10:##:## "
    "G####次列车 "
    "水表读数###### 案号：（{year}）岭0106执####号 编号###############的设备 {village}三组 "
    "微信公众号 房价#####元一平"
).split()


@dataclass
class Planted:
    """An invented report.

    Attributes:
        text: as an office would receive it.
        spans: (class, start, end) of what has to be covered.
        allowed: (start, end) of what may be covered besides: the road before a house number.
    """

    text: str = ""
    spans: list[tuple[Entity, int, int]] = field(default_factory=list)
    allowed: list[tuple[int, int]] = field(default_factory=list)

    def say(self, words: str) -> Planted:
        """Add plain words."""
        self.text += words
        return self

    def plant(self, entity: Entity, words: str) -> Planted:
        """Add an identifier."""
        self.spans.append((entity, len(self.text), len(self.text) + len(words)))
        return self.say(words)

    def say_as(self, convert: Callable[[str], str]) -> None:
        """Write it in other characters, as many as there were."""
        text = convert(self.text)
        if len(text) != len(self.text):
            raise ValueError("other characters, but not as many")
        self.text = text

    def allow(self, words: str) -> Planted:
        """Add words that may be covered or not."""
        self.allowed.append((len(self.text), len(self.text) + len(words)))
        return self.say(words)


# Words before the identifier, "_" where it stands; between them "|", for some hold blanks.
_FRAMES: dict[Entity, tuple[str, Callable[[random.Random], str]]] = {
    Entity.RESIDENT_ID: (
        "身份证号_|身份证号码：_|身份证_|身份证号码为_|公民身份号码 _|我的证件号是_|（_）|ID:_|_",
        spelled.resident_id,
    ),
    Entity.MOBILE: (
        "电话_|手机号_|联系电话：_|手机：_|请打_联系我|我的号码是_|电话（_）|电话:_随时可打|联系方式 "
        "_|可以联系我，_|_|微信同号_",
        spelled.mobile,
    ),
    Entity.LANDLINE: ("电话_|座机：_|联系电话 _|家里电话是_|请打_|_", spelled.landline),
    Entity.BANK_CARD: (
        "卡号_|银行卡号：_|工行卡_|打到农行账号_|建设银行 _|账户：_|收款卡号为_|_",
        spelled.bank_card,
    ),
    Entity.PLATE: ("车牌_|车牌号_|车牌号：_|我的车_的车|一辆_堵路|车号为_|违停的_小轿车|_", spelled.plate),
    Entity.PASSPORT: ("护照号_|护照_|护照号码：_|护照号为_|护照（_）", spelled.passport),
    Entity.EMAIL: ("邮箱_|邮箱：_|E-mail:_|我的邮件地址是_谢谢|发到_", spelled.email),
    Entity.WECHAT: (
        "微信_|微信号_|微信号：_|微信：_|加我微信_|VX_|vx:_|薇信_|WeChat: _|微信号是_",
        spelled.wechat,
    ),
    Entity.QQ: ("QQ_|QQ号_|QQ：_|qq:_|QQ号码_|扣扣_|ＱＱ：_", spelled.qq),
    Entity.BIRTH: (
        "出生日期：_|出生年月_|生于_|出生于_|我是_出生的|生日是_|_出生|_（出生）|男，汉族，_生|女，_生",
        spelled.birth,
    ),
}


def reports(count: int, seed: int) -> Iterator[Planted]:
    """Draw reports."""
    rng, other = random.Random(seed), random.Random(seed + 1)
    convert = OpenCC("s2t").convert
    kinds = [*_FRAMES, Entity.PERMIT, Entity.ADDRESS, Entity.OFFICIAL, *[Entity.PERSON] * 3]
    for _ in range(count):
        made = Planted()
        for _ in range(rng.randint(1, 3)):
            for _ in range(rng.randint(0, 2)):
                made.say(rng.choice(ORDINARY))
            if rng.random() < 0.6:
                made.say(_none(rng)).say(rng.choice("，。，"))
            if rng.random() < 0.9:
                _plant(rng, made, rng.choice(kinds))
                made.say(rng.choice("，。。；\n"))
        made.say(rng.choice(ORDINARY))
        if other.random() < TRADITIONAL:
            made.say_as(convert)
        yield made


def name(rng: random.Random) -> str:
    """An invented personal name."""
    if rng.random() < 0.02:
        return rng.choice(ETHNIC)
    usual = SURNAMES[: rng.choice((30, 60, len(SURNAMES)))]
    first = rng.choice(COMPOUND) if rng.random() < 0.04 else rng.choice(usual)
    if rng.random() < 0.02:
        first = rng.choice(UNLISTED)
    return first + "".join(rng.choice(GIVEN) for _ in range(1 if rng.random() < 0.25 else 2))


def _plant(rng: random.Random, made: Planted, entity: Entity) -> None:
    if entity is Entity.PERSON:
        _person(rng, made)
    elif entity is Entity.OFFICIAL:
        before, behind = rng.choice(OFFICIALS).split("_")
        made.say(before).plant(entity, name(rng)).say(behind)
    elif entity is Entity.PERMIT:
        before, words = spelled.permit(rng)
        made.say(before).plant(entity, words)
    elif entity is Entity.ADDRESS:
        _address(rng, made)
    elif entity is Entity.BIRTH and rng.random() < 0.1:
        year, month, day = spelled.born(rng)
        made.say("出生年月日 ").plant(entity, f"{year} {month:02} {day:02}")
    elif entity is Entity.MOBILE and rng.random() < 0.1:
        made.plant(Entity.PERSON, name(rng)).plant(entity, spelled.mobile(rng))
    elif entity is Entity.LANDLINE and rng.random() < 0.2:
        made.say(rng.choice("座机 家里电话： 电话 固定电话：".split())).plant(
            entity, spelled.local_number(rng)
        )
    else:
        frames, spell = _FRAMES[entity]
        before, behind = rng.choice(frames.split("|")).split("_")
        made.say(before).plant(entity, spell(rng)).say(behind)


def _person(rng: random.Random, made: Planted) -> None:
    who = name(rng)
    surname = who if "·" in who else who[:2] if who[:2] in COMPOUND else who[0]
    kind = rng.random()
    if kind < 0.08:
        made.plant(Entity.PERSON, surname).say(rng.choice("先生来电 女士反映 先生说 女士".split()))
    elif kind < 0.16:
        made.say(rng.choice(("村民", "邻居", "", "我同事")))
        made.plant(Entity.PERSON, surname + rng.choice(("某", "某某"))).say(
            rng.choice("说 家里 ， 和我".split())
        )
    elif kind < 0.2:
        mark = rng.choice("、，")
        made.say("村民" if mark == "、" else "举报人：").plant(Entity.PERSON, who)
        for _ in range(rng.randint(1, 3)):
            made.say(mark).plant(Entity.PERSON, name(rng))
        made.say("联名举报" if mark == "、" else "。")
    elif kind < 0.4:
        before, behind = rng.choice(FORMS).split("_")
        made.say(before).plant(Entity.PERSON, who).say(behind)
    else:
        before, behind = rng.choice(PERSONS).split("_")
        made.say(before).plant(Entity.PERSON, who).say(behind)
        if len(who) > 2 and rng.random() < 0.2:
            made.say(rng.choice(("，事情发生后", "，后来", "，村里人都知道"))).plant(Entity.PERSON, who)
            made.say(rng.choice("去找过几次 一直在等 很着急".split()))


def _address(rng: random.Random, made: Planted) -> None:
    number, room = rng.randint(1, 300), f"{rng.randint(1, 30)}0{rng.randint(1, 8)}"
    block, unit, cn = rng.randint(1, 30), rng.randint(1, 4), rng.choice("一二三四五六七八九十")
    inside = [
        f"{block}栋{unit}单元{room}室",
        f"{block}幢{room}",
        f"{block}号楼{unit}单元{room}",
        f"{block}-{unit}-{room}",
    ]
    inside += [
        f"C座{room}室",
        f"{cn}栋{cn}单元{room}房",
        f"{block}#{unit}-{room}",
        f"{block}栋 {unit} 单元 {room} 室",
    ]
    made.say(rng.choice(("我家住", "住在", "家庭住址：", "地址：", "我住", "现住", "家住", "来信地址 ", "")))
    made.say(rng.choice(("", "", rng.choice(TOWNS), f"岭上省{rng.choice(TOWNS)}城关镇")))
    inside += [f"{cn}号楼{cn}单元{spelled.room(rng)}", f"{block}号宿舍楼{room}"]
    kind = rng.choice("road road_in road_home home village lane tower".split())
    if kind == "tower":
        floor, more = room[:-2], rng.choice(("", "室", "房"))
        made.allow(rng.choice(TOWERS)).plant(
            Entity.ADDRESS, rng.choice((f"{floor}层{room}{more}", f"{room}{more}"))
        )
        return
    if kind == "village":
        group = rng.choice((f"{cn}组", f"第{cn}村民小组", f"{unit}组", ""))
        made.allow(rng.choice(VILLAGES)).plant(Entity.ADDRESS, f"{group}{number}号")
        return
    if kind == "home":
        made.allow(rng.choice(HOMES)).plant(Entity.ADDRESS, rng.choice(inside))
        return
    house = [
        f"{number}号",
        f"{number}号",
        f"{number}-{unit}号",
        f"{full_width(str(number))}号",
        f"{number} 号",
    ]
    more = {"road": "", "road_in": rng.choice(inside), "road_home": rng.choice(HOMES) + rng.choice(inside)}
    made.allow(rng.choice(ROADS))
    if kind == "lane":
        made.plant(Entity.ADDRESS, f"{number}弄{block}号" + rng.choice(("", f"{room}室")))
    else:
        made.plant(Entity.ADDRESS, rng.choice(house) + more[kind])


def _none(rng: random.Random) -> str:
    words = {"road": rng.choice(ROADS), "home": rng.choice(HOMES), "village": rng.choice(VILLAGES)}
    date = {
        "year": rng.randint(2015, 2026),
        "month": f"{rng.randint(1, 12):02}",
        "day": f"{rng.randint(1, 28):02}",
    }
    return drawn(rng, rng.choice(NONE).format(**words, **date))
