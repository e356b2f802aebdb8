"""Each identifier is found in its usual spellings, and what only looks like one is left."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from data.privacy.bank_card import luhn
from data.privacy.entity import Entity
from data.privacy.masker import Masker, default_recognisers
from data.privacy.recogniser import Analyzer
from data.privacy.resident_id import ResidentIds, check_character

ANALYZER = Analyzer(default_recognisers())


def found(text: str) -> list[tuple[Entity, str]]:
    return [
        (f.entity_type, text[f.start : f.end])
        for f in ANALYZER.analyze(text)
        if f.entity_type is not Entity.POST
    ]


@pytest.mark.parametrize(
    ("entity", "before", "words", "behind"),
    [
        (Entity.RESIDENT_ID, "身份证", "11010119900307707X", "，"),
        (Entity.RESIDENT_ID, "号码", "110101 19900307 707x", "请查"),
        (Entity.RESIDENT_ID, "身份证号", "１１０１０１１９９００３０７７０７Ｘ", "。"),
        (Entity.RESIDENT_ID, "（", "1 1 0 1 0 1 1 9 9 0 0 3 0 7 7 0 7 X", "）"),
        (Entity.RESIDENT_ID, "身份证", "110101900307753", "。"),
        (Entity.RESIDENT_ID, "身份证号", "110101199003077530", "（校验码写错）"),
        (Entity.MOBILE, "请打", "13800138000", "找我"),
        (Entity.MOBILE, "", "138-0013-8000", ""),
        (Entity.MOBILE, "电话", "+86 138 0013 8000", "，"),
        (Entity.MOBILE, "手机", "１３８００１３８０００", "，"),
        (Entity.MOBILE, "手机", "幺三八零零幺三八零零零", "，"),
        (Entity.MOBILE, "手机", "138零零幺三八零零零", "，"),
        (Entity.MOBILE, "手机", "1 3 8 0 0 1 3 8 0 0 0", "，"),
        (Entity.MOBILE, "手机", "1380013\u200b8000", "，"),
        (Entity.MOBILE, "手机", "138****8000", "，"),
        (Entity.MOBILE, "手机", "1380013****", "，"),
        (Entity.LANDLINE, "座机", "0571-87654321", "转"),
        (Entity.LANDLINE, "座机", "（0571）87654321转102", "。"),
        (Entity.LANDLINE, "家里电话", "87654321", "没人接"),
        (Entity.BANK_CARD, "卡号", "6222021234567890128", "。"),
        (Entity.BANK_CARD, "", "6222 0212 3456 7890 128", "。"),
        (Entity.BANK_CARD, "打到账号", "33010120012345678", "。"),
        (Entity.PLATE, "我的车", "浙A12345", "被拖走"),
        (Entity.PLATE, "一辆", "浙A·D12345", "堵路"),
        (Entity.PLATE, "一辆", "浙ａ１２３４５", "堵路"),
        (Entity.PLATE, "车牌号", "A1234挂", "，"),
        (Entity.PASSPORT, "护照号", "E12345678", "，"),
        (Entity.PASSPORT, "护照号码：", "ＥＡ１２３４５６７", "，"),
        (Entity.PERMIT, "港澳通行证", "C12345678", "，"),
        (Entity.PERMIT, "军官证", "军字第1234567号", "，"),
        (Entity.PERMIT, "台胞证号：", "12345678", "，"),
        (Entity.PERMIT, "外国人永久居留证", "CHN110199001011234", "，"),
        (Entity.EMAIL, "发到", "li.ming_1@163.com", "谢谢"),
        (Entity.EMAIL, "邮箱", "ｌｉ＠ｑｑ．ｃｏｍ", "。"),
        (Entity.WECHAT, "微信号：", "abc_12345", "，"),
        (Entity.WECHAT, "加V信", "sunflower88", "，"),
        (Entity.QQ, "QQ：", "123456789", "，"),
        (Entity.ADDRESS, "家住岭上市", "青石路88号3栋2单元501室", "，"),
        (Entity.ADDRESS, "住", "阳光花园3-2-501", "的业主"),
        (Entity.ADDRESS, "住", "岭上村三组45号", "，"),
        (Entity.ADDRESS, "住石桥镇", "岭上村荷塘217号附3号", "，"),
        (Entity.ADDRESS, "住址：岭上省青石县城关镇", "柳塘八组", "。"),
        (Entity.BIRTH, "我是", "1965年3月12日", "出生的"),
        (Entity.BIRTH, "出生日期：", "1965-03-12", "，"),
        (Entity.BIRTH, "男，汉族，", "一九六五年三月", "生"),
        (Entity.BIRTH, "我母亲", "1950年3月", "出生"),
        (Entity.PERSON, "我叫", "王小明", "，"),
        (Entity.PERSON, "我，", "王小明", "，住在城东"),
        (Entity.PERSON, "我叫", "段和元", "，"),
        (Entity.PERSON, "我叫", "王明", "家住城东"),
        (Entity.PERSON, "本人", "欧阳春", "，男"),
        (Entity.PERSON, "联系人：", "李四", ""),
        (Entity.PERSON, "姓名：", "王　明", "　电话"),
        (Entity.PERSON, "姓名：", "王 小 明", "，"),
        (Entity.PERSON, "姓名：", "赵 敏", " 女 45岁"),
        (Entity.PERSON, "我叫", "阿依古丽", "，"),
        (Entity.PERSON, "孩子名叫", "扎西次仁", "。"),
        (Entity.PERSON, "联系人：", "Tom Smith", "，"),
        (Entity.PERSON, "俺叫", "王大柱", "，"),
        (Entity.PERSON, "免贵姓", "赵", "，"),
        (Entity.PERSON, "实名举报人：", "阿依古丽·买买提", "。"),
        (Entity.PERSON, "村民", "张某某", "说"),
        (Entity.PERSON, "市民", "王", "先生来电"),
        (Entity.PERSON, "", "王建国", "女士反映"),
        (Entity.PERSON, "", "赵大勇", "，男，汉族"),
        (Entity.PERSON, "我父亲", "孙福来", "今年八十岁"),
        (Entity.PERSON, "此致\n敬礼\n", "钱多多", "\n2025年3月1日"),
        (Entity.PERSON, "姓名：", "昝立平", "，"),
        (Entity.PERSON, "我叫", "税晓军", "，"),
        (Entity.PERSON, "我叫", "税晓军", "家住城东"),
        (Entity.PERSON, "联系人：", "银玉", " 电话"),
        (Entity.PERSON, "我叫", "杨梅宇", "，"),
        (Entity.PERSON, "联系人：", "昝", "先生"),
        (Entity.PERSON, "我姓", "昝", "。"),
        (Entity.PERSON, "我的真名叫", "王小明", "，男"),
        (Entity.PERSON, "我叫", "陳建國", "，"),
        (Entity.PERSON, "聯繫人：", "陳建國", "，"),
        (Entity.ADDRESS, "家住", "青石路88號3棟501室", "，"),
        (Entity.WECHAT, "微信號", "abc_12345", "，"),
        (Entity.QQ, "QQ號", "123456789", "，"),
        (Entity.LANDLINE, "電話", "87654321", "，"),
        (Entity.MOBILE, "", "138 00 138 000", "，"),
        (Entity.MOBILE, "", "13-800-138-000", "，"),
        (Entity.MOBILE, "电话", "13 80 01 38 00 0", "，"),
        (Entity.MOBILE, "手机", "+86 138.00.138.000", "，"),
        (Entity.LANDLINE, "", "+861065543210", "，"),
        (Entity.LANDLINE, "固话", "0 1 0 6 5 5 4 3 2 1 0", "，"),
        (Entity.LANDLINE, "", "010-65-54-32-10", "，"),
        (Entity.LANDLINE, "", "0571 876 54321", "，"),
        (Entity.LANDLINE, "联系方式：", "655 4321", "，"),
        (Entity.LANDLINE, "电　话：", "6554321", "，"),
        (Entity.ADDRESS, "我家住", "青石小区五号楼二单元三零一", "，"),
        (Entity.ADDRESS, "住", "青石大厦12层1203室", "，"),
        (Entity.ADDRESS, "住在", "青石大厦1203", "，"),
        (Entity.ADDRESS, "住在", "青石小区3楼302", "漏水"),
        (Entity.ADDRESS, "我住", "13号宿舍楼312", "，"),
        (Entity.ADDRESS, "住在", "学府路10号青石公寓12层1203", "，"),
        (Entity.BIRTH, "出生年月日 ", "1980 01 01", "，"),
        (Entity.BIRTH, "", "1980/01/01", "（出生）"),
        *(
            (Entity.PERSON, before, name, behind)
            for before, name, behind in (
                ("举报人系", "王小明", "，"),
                ("反映人系", "王小明", "，男"),
                ("姓　名：", "王小明", "，"),
                ("联 系 人：", "王小明", "，"),
                ("举 报 人：", "王 小 明", "，"),
                ("举报人：\n", "王小明", "\n电话"),
                ("举报人：\r\n", "昝立平", "\r\n电话"),
                ("我叫：", "王小明", "，"),
                ("姓名：“", "王小明", "”"),
                ("名叫“", "王小明", "”的人"),
                ("邻居“", "王小明", "”占道"),
                ("村民“", "王小明", "”占道"),
                ("联系人：【", "王小明", "】"),
                ("联系人/电话：", "王小明", "/找我"),
                ("姓名及联系电话：", "王小明", " 找我"),
                ("姓名、性别、年龄：", "王小明", "，男，45"),
                ("举报人1：", "王小明", "，"),
                ("业主代表：", "王小明", "，"),
                ("村民代表：", "王小明", "，"),
                ("家属：", "王小明", "，"),
                ("患者家属", "王小明", "反映"),
                ("我爸", "王小明", "去年去世"),
                ("我二叔", "王小明", "去年去世"),
                ("报料人：", "王小明", "，"),
                ("签字：", "王小明", "，"),
                ("联系人\n", "昝立平", "\n电话"),
                ("| 联系人 | ", "王小明", " |"),
                ("【联系人】", "王小明", "【电话】"),
                ('"姓名": "', "昝立平", '", "级别"'),
                ("姓名：&nbsp;", "王小明", "，"),
                ("姓名：<b>", "王小明", "</b>"),
                ("<td>姓名</td><td>", "王小明", "</td>"),
                ("<td>联系人</td><td>", "昝立平", "</td>"),
                ("&lt;p&gt;姓名：&lt;b&gt;", "王小明", "&lt;/b&gt;"),
                ("我叫", "王&#23567;明", "，"),
                ("<!-- 我叫", "王小明", "， -->"),
            )
        ),
        (Entity.EMAIL, "<a href='mailto:", "li.ming@163.com", "'>写信</a>"),
        (Entity.MOBILE, "电话：<b>", "138</b>00138000", "，"),
        (Entity.LANDLINE, "<td>电话</td><td>", "6554321", "</td>"),
        (Entity.OFFICIAL, "被举报人：\n", "周武", "\n"),
        (Entity.OFFICIAL, "舉報嶺上村村支書", "趙大海", "貪污"),
        (Entity.OFFICIAL, "举报岭上村村支书", "赵大海", "贪污"),
        (Entity.OFFICIAL, "被举报人：", "周武", "。"),
        (Entity.OFFICIAL, "找过", "吴", "局长"),
        (Entity.OFFICIAL, "", "郑成", "副主任不管"),
    ],
)
def test_an_identifier_is_found_whole(entity: Entity, before: str, words: str, behind: str) -> None:
    assert found(before + words + behind) == [(entity, words)]


@pytest.mark.parametrize(
    "text",
    [
        "12345工单编号：20190712123456，受理编号17012300123",
        "工单号201801201234567890",
        "案号（2019）浙01民初1234号",
        "合同金额15000000000元，已付13800000000元",
        "订单号1234567890123456，快递单号7312345678901",
        "统一社会信用代码91330100MA12345678",
        "编号330106199003077的设备",
        "拨打12345、12315、96110和400-123-4567",
        "岭上村今年12号停电，石桥村里15号上午开会",
        "青石路与柳塘街路口的路灯坏了，青石路修路",
        "阳光花园3栋电梯坏了，A栋78户，B栋38户",
        "地铁2号线，乘坐37路，G1234次列车，第13条",
        "2019年3月12日交的钱，今年3月还没有退，孩子生病",
        "微信公众号、微信支付、QQ群里",
        "高中生说马路不平，我是高新区业主，我是方便面爱好者",
        "本人于去年购房，本人因病住院，本人向社区反映",
        "居民楼开裂，业主张贴通知，业主普遍反对，群众强烈要求",
        "妇女儿童医院，相关负责同志，谢谢领导，希望领导明察",
        "位于某小区，由于某些原因，某年某月某日",
        "市民云反映：售楼小姐说价格每天都涨",
        "我叫物业来修，我叫天天不应，我姓名被盗用，业主：加 强 管理，负责人：马 上 办，联系人：Tel",
        "我叫救护车，我叫外卖，我叫人来，联系人：办公室，联系人：物业，联系人：公安，负责人：科长，业主：同意，自称医生，",
        "15 16 17 18 19 1，2019-10-12 13:30，1500 2000 300元，10-11-12-13-14-1，015 16 17 18 19",
        "电话费1500 1600 1700元，编号0571 8765 4321",
        "大厦2019年建成，大厦1000多户，公寓2500一个月，宿舍110出警，政务服务中心3楼302室，小区3楼停水",
        "3号楼二三四层漏水，5号楼二百五十户，小区3栋一百二十人，91号二一七队",
        "2020年1月1日，出生率下降",
        "我爸高血压，我妈单独住，我姐任教，我哥和嫂子，我妈常年有病，我爸于去年去世",
        "举报人：王",
        "联系人：\n电话：\n举报人：\n多年来，无人管。家长：\n您好，居民：\n高速公路占地",
        "负责人 高度重视 业主 强烈要求 联系人 办公室 电话，姓名 性别 年龄",
        "别名：樟树、樟木，自称“武广大王”，本人系华润小区业主，举报人系统故障，投诉者：应向法院起诉",
        "我是“金桥”的客户，来电人反映“尚客”足浴店扰民，家长“高烧”择校，名叫“小火车”的玩具，草药名叫“水杨梅”",
        "诉求人系柳塘村村民，来电人系梅岭区居民，我是石桥村的，请家属代领，我妈张嘴、眨眼",
        "a<b，张三丰<李>，a&b，&lt;路灯&gt;",
        "姓名：匿名，姓名：不详，联系人：本人，联系人：同上，联系人：安全员，各位家长：晚上好！被告：岭东省某市，姓名：出生：，我姓名，我姓什么",
        "",
    ],
)
def test_what_only_looks_like_an_identifier_is_left(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("见《关于陈清信访事项的答复意见》", "见《关于信访事项的答复意见》"),
        ("关于王小明等三人信访事项", "关于等三人信访事项"),
        ("关于安置信访事项，关于高速信访问题", "关于安置信访事项，关于高速信访问题"),
        ("登隆街27,29号的住户", "的住户"),
        ("居住在地铁3号线西北方向", "居住在地铁3号线西北方向"),
        ("我是杏林苑二栋二楼的住户", "我是杏林苑的住户"),
        ("家住杏林苑30幢2单元的居民", "家住的居民"),
        ("杏林苑30幢的住户都反对", "杏林苑30幢的住户都反对"),
    ],
)
def test_of_titles_of_letters_number_lists_and_own_houses(text: str, left: str) -> None:
    findings = ANALYZER.analyze(text)
    for finding in sorted(findings, key=lambda f: -f.start):
        text = text[: finding.start] + text[finding.end :]

    assert text == left


def test_a_name_once_found_is_found_again() -> None:
    text = "我叫王小明，街道不认。王小明去过三次。"

    assert found(text) == [(Entity.PERSON, "王小明")] * 2


def test_names_in_a_row_are_all_found() -> None:
    assert found("举报人：王小明、李四、赵大勇。") == [
        (Entity.PERSON, "王小明"),
        (Entity.PERSON, "李四"),
        (Entity.PERSON, "赵大勇"),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("村民王小明、李大力、张翠花联名举报", "王小明 李大力 张翠花"),
        ("村民王小明，李大力，张翠花联名举报", "王小明 李大力 张翠花"),
        ("村民王小明、李大力、张国强来了", "王小明 李大力 张国强"),
        ("业主代表：王小明、李四，反映漏水", "王小明 李四"),
        ("举报人：王小明，李大力，赵翠花", "王小明 李大力 赵翠花"),
        ("举报人：王小明，李大力，安徽人，石桥村，党员", "王小明 李大力"),
        ("举报人：王小明、昝立平、税晓军、办公室", "王小明 昝立平 税晓军"),
        ("举报人：王　明、李四", "王　明 李四"),
        ("举报人：\n王小明\n李大力\n赵翠花\n反映路灯不亮", "王小明 李大力 赵翠花"),
        ("特此举报\n王小明 李大力\n赵翠花\n2026年3月1日", "王小明 李大力 赵翠花"),
        ("姓名：利玉姑、身高153，王小明", "利玉姑"),
    ],
)
def test_all_who_sign_are_found(text: str, names: str) -> None:
    assert [words for _, words in found(text)] == names.split(" ")


@pytest.mark.parametrize(
    "text",
    [
        "王小明13800138000", "联系王小明138 0013 8000", "电话/联系人：13800138000/王小明",
        "请联系13800138000（王小明）", "请联系 138-0013-8000 (联系人：王小明)",
    ],
)  # fmt: skip
def test_a_name_beside_a_number_is_found(text: str) -> None:
    assert (Entity.PERSON, "王小明") in found(text) and len(found(text)) == 2


@pytest.mark.parametrize("words", ["白天", "全天", "办公室", "微信同号", "车主", "周末", "江苏", "方便时"])
def test_what_is_said_of_a_number_in_brackets_is_no_name(words: str) -> None:
    assert [entity for entity, _ in found(f"请联系13800138000（{words}）")] == [Entity.MOBILE]


@pytest.mark.parametrize(
    "frame",
    ["我叫", "姓名：", "姓名", "举报人", "举报人：", "被举报人：", "村民", "我爸", "举报人系", "校长"],
)
@pytest.mark.parametrize("tail", ["，", "高高兴兴", "、马路", "，安静，", "\n2024年", "先生"])
def test_what_stands_in_a_names_place_is_none(frame: str, tail: str) -> None:
    for entity in Entity:
        text = f"{frame}【{entity.label}】{tail}"
        assert Masker(keep=(Entity.POST,)).mask(text).text == text


def test_a_surname_told_first_and_the_name_behind_it_are_found() -> None:
    assert found("我姓张，叫张伟。") == [(Entity.PERSON, "张"), (Entity.PERSON, "张伟")]


def test_the_reporter_is_told_from_the_accused() -> None:
    assert found("举报人：李四。被举报人：周武。") == [(Entity.PERSON, "李四"), (Entity.OFFICIAL, "周武")]


def test_check_digits_are_those_of_the_standards() -> None:
    assert check_character("11010519491231002") == "X"  # the example of GB 11643
    assert luhn("79927398713") and not luhn("79927398710")


def test_findings_are_apart_and_in_order() -> None:
    text = "我叫王小明，身份证11010119900307707X，电话13800138000，住青石路88号501室，卡号6222021234567890128"
    findings = ANALYZER.analyze(text)

    assert len(findings) == 5
    assert all(a.end <= b.start for a, b in pairwise(findings))


def test_offsets_are_of_the_text_as_received() -> None:
    text = "\u200b\ufeff电\u200b话：１３８\u200b００１３８０００！"
    finding = ANALYZER.analyze(text)[0]

    assert text[finding.start : finding.end] == "１３８\u200b００１３８０００"


def test_only_the_wanted_classes_are_given() -> None:
    text = "我叫王小明，电话13800138000"

    assert [f.entity_type for f in ANALYZER.analyze(text, ["CN_MOBILE"])] == [Entity.MOBILE]
    assert ResidentIds().analyze(text, ["CN_MOBILE"]) == []


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1-",
        "路1号",
        "村",
        "王",
        "我叫",
        "住址：一",
        "a@",
        "a.",
        "护照E",
        "·",
        "王·",
        "幺",
        "栋1单元",
        "某",
        "\u200b",
        "<b>",
        "&amp;",
        "联 系 人",
        "举报人：\n王小明，",
        "\n王小明",
        "138 00 ",
        "大厦12",
        "村民王小明、",
    ],
)
def test_no_text_makes_it_slow(piece: str) -> None:
    begin = time.perf_counter()
    ANALYZER.analyze(piece * (20_000 // len(piece)))

    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("我是岭上小学教师王小明，", Entity.PERSON),
        ("本人系退休民警王小明，", Entity.PERSON),
        ("举报人系岭上小学教师王小明，", Entity.PERSON),
        ("反映人：岭上小学退休教师王小明，反映路灯不亮", Entity.PERSON),
        ("来电人是岭上省青石县城关镇岭上村岭上中心小学退休教师王小明，", Entity.PERSON),
        ("来电人自称岭上小学教师王小明，", Entity.PERSON),
        ("举报人姓名：岭上小学教师王小明，", Entity.PERSON),
        ("举报人（岭上小学教师王小明）", Entity.PERSON),
        ("被举报人系岭上小学教师王小明，", Entity.OFFICIAL),
        ("举报人举报岭上小学教师王小明，", Entity.OFFICIAL),
        ("我是家长，班主任王小明违规补课", Entity.OFFICIAL),
        ("负责人：校长王小明，", Entity.OFFICIAL),
        ("我举报岭上小学教师王小明，", Entity.OFFICIAL),
        ("教师联系人：王小明", Entity.PERSON),
        ("回复民警姓名：王小明", Entity.OFFICIAL),
    ],
)
def test_a_reporter_with_a_post_is_no_official(text: str, entity: Entity) -> None:
    assert found(text) == [(entity, "王小明")]


def test_a_post_behind_the_reporters_name_is_somebody_elses() -> None:
    assert found("联系人：李四 村主任赵大海不管") == [(Entity.PERSON, "李四"), (Entity.OFFICIAL, "赵大海")]
