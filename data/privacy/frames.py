"""Frames: the words that stand before a name, after it or around it, as patterns over folded text."""

from __future__ import annotations

import re

from data.privacy.around import SEP
from data.privacy.shapes import ETHNIC, HAN


def _beginning(*words: str) -> str:
    """A look ahead for the first characters of words: where none begins, none of a hundred is tried."""
    first = {re.sub(r"\(\?<[^()]*\)", "", word)[0] for group in words for word in group.split("|")}
    return f"(?=[{''.join(sorted(first))}])"


SPEAKERS = (
    "|".join(
        f"{what}{who}"
        for what in (
            "举报 投诉 反映 信访 上访 申诉 诉求 来信 来访 来电 求助 申请 报案 报警 报修 控告 检举 联系 联络 "
            "咨询 建议 留言 写信 报料 爆料 发帖 提问 提交 寄件 发件 陈述 请求 知情 受害 被害"
        ).split()
        for who in "人者"
    )
    + "|落款|署名|签名|患者|病人|病患|死者|伤者|目击者|证人|代理人|委托人|原告|上诉人|申请执行人"
)
"""Whoever is called so speaks, or suffers, whatever post they hold."""
ROLES = (
    f"{SPEAKERS}|当事人|户主|业主|机主|车主|房主|房东|租客|租户|承租人|购房人|买受人|经营者|店主|负责人|代表人|法人|"
    "经办人|投保人|被保险人|参保人|持卡人|户名|收款人|考生|家长|监护人"
)
# Words for many people at once: "学生施展才华" is no name.
MANY = (
    "学生|职工|员工|工人|农民工|村民|居民|市民|群众|网民|用户|客户|乘客|消费者|残疾人|老人|退休人员|"
    "退役军人|退伍军人"
)
ACCUSED = (
    "被举报人|被投诉人|被反映人|被控告人|被检举人|被告人?|被申请人|被执行人|被上诉人|违纪人员?|"
    "违法人员|嫌疑人|嫌犯|肇事者|肇事司机|施暴者|打人者|"
    "当事民警|包工头|老板|开发商|中介"
)
# 我爸王小明: without 我 one character alone is part of any word.
_KIN_OF_MINE = "|".join(
    f"(?<=[我俺]{older}){who}"
    for older in ("", "[大二三四五小老]")
    for who in "爸爹妈娘哥姐弟妹叔舅爷奶伯姑姨嫂婶"
)
KIN = (
    "父亲|母亲|爸爸|妈妈|爱人|妻子|丈夫|老公|老婆|儿子|(?<!妇)女儿|孙子|孙女|哥哥|弟弟|姐姐|妹妹|大哥|孩子|"
    "小孩|岳父|岳母|公公|婆婆|爷爷|奶奶|外公|外婆|"
    "侄子|侄女|外甥|邻居|同事|朋友|工友|舅舅|叔叔|伯伯|儿媳|女婿|嫂子|姐夫|妹夫|老伴|配偶|亲属|家属|"
    f"{_KIN_OF_MINE}"
)
POSTS = (
    "纪委书记|党委书记|党支部书记|党总支书记|政法委书记|村支部书记|村支书|支部书记|支书|书记|"
    "村委会主任|居委会主任|村主任|副主任|主任|村长|村会计|会计|"
    "出纳|文书|镇长|乡长|县长|区长|市长|省长|州长|局长|厅长|处长|科长|股长|所长|院长|校长|园长|站长|"
    "队长|组长|部长|会长|社长|庭长|董事长|总经理|"
    "主席|委员|常委|政委|秘书长|秘书|检察长|检察官|审判长|审判员|法官|书记员|警官|民警|辅警|交警|"
    "法警|城管|执法人员|工作人员|办事员|科员|干事|"
    "教导主任|班主任|教导员|指导员|辅导员|老师|教师|教授|医生|大夫|护士长|主治医师|医师|村医|网格员|"
    "协管员|社工|驻村干部|村干部|干部|领导"
)
# What a field asks for beside the name: 联系人/电话.
_BESIDE = (
    r"(?:[/、,&及和与或 ]{1,2}(?:联系|家庭|办公|居住)?"
    r"(?:电话|手机|方式|号码|地址|住址|身份证|性别|年龄|职务)(?:号码?)?){1,3}"
)
_LINK = (
    r"(?:的?(?:姓名|名字)|代表)?(?:[0-9①-⑳一二三四五六七八九十]{1,2}(?= ?[:(]))?"
    rf"(?:\([^()\n]{{0,8}}\))?(?:{_BESIDE})?"
)
_OPEN = "(?P<open>[\"'“‘「『【\\[(])?"
_QUOTE = '(?P<open>["“「『])?'
_MINE = "本人|学生|孩子|患者|真实"
_WRITTEN = "本人|申报人|填表人|填报人|监督人|签字|具名"
FIELD = re.compile(
    _beginning(ACCUSED, ROLES, MANY, KIN, _MINE, _WRITTEN, "姓名|名字")
    + rf"(?:(?P<accused>{ACCUSED})|(?<!被)(?:(?:{_MINE})?(?:姓名|名字)|(?:{ROLES}|{MANY}|{KIN}|{_WRITTEN})))"
    rf"{_LINK}(?:[\"'”’]? {{0,2}}[:=]{{1,2}}(?P<gap>[ \r\n]{{0,4}})|(?<=姓名)(?: {{1,4}}| ?\| ?))"
    # 电话/联系人：13800138000/王小明
    rf"(?:[0-9+][0-9 \-*]{{5,18}}[0-9*] ?[/、,(]{{1,2}} ?)?{_OPEN}"
)
"""A field that asks for a name. `gap` is what stands behind its colon."""
ROW = re.compile(
    _beginning(ACCUSED, ROLES, "姓名|名字|签字")
    + rf"(?<![{HAN}A-Za-z0-9:])(?:(?P<accused>{ACCUSED})|{ROLES}|姓名|名字|签字){_LINK}[ |\r\n]{{1,6}}"
)
"""A row of a form, without a colon: the field stands by itself, and so must the name."""
LABEL = re.compile(rf"[【\[](?:(?P<accused>{ACCUSED}(?<!被反映人))|{ROLES}){_LINK}[】\]] ?:? ?")
"""A field in brackets; 【姓名】 and 【被反映人】 are none: we put them in a name's place ourselves."""
_CALLED_SO = "化名|真名|又名|曾用名|别名|常用名"
SAID = re.compile(
    _beginning(ACCUSED, POSTS, ROLES, MANY, KIN, _CALLED_SO, "我|俺|本人|名叫|名字|姓名|自称")
    + rf"(?:(?P<accused>(?:{ACCUSED}|{POSTS})(?:叫|名叫|名为|叫做))|[我俺](?:的名字)?叫做?|本人(?:姓名|"
    rf"名叫|叫)|我名叫|我的?(?:名字|姓名)(?:是|为|叫)|名叫|名字叫|"
    rf"姓名(?:是|为)|(?<!被)(?:{ROLES}|{MANY}|{KIN})(?:名叫|叫|名为)|自称|(?:{_CALLED_SO})字?[叫是为]?)"
    rf"(?:(?<!别名)(?<!常用名)[: ]{{0,2}}{_OPEN})?"
)
WEAK = re.compile(
    _beginning(ACCUSED, POSTS, ROLES, KIN, "举报|投诉|控告|检举|反映|本人|实名|我|此致")
    + rf"(?:(?P<accused>{ACCUSED}|(?:举报|投诉|控告|检举|反映)(?![人者])(?:[{HAN}]{{0,10}}?(?:{POSTS}))?|"
    rf"{POSTS})|(?<!被)(?:{ROLES})(?:代表)?|{KIN}|本人|实名|(?<![一-鿿])我(?=,)|我是|我们是|"
    r"此致 ?敬礼[!,。]? ?)(?:是|为|系)?[ ,(]{0,2}" + _QUOTE
)
"""Words before a name, and before much else."""
SURNAMED = re.compile(rf"(?:[我俺]|本人|免贵)(?:免贵)?姓(?![名氏什啥])(?=[{HAN}])")
CALLED = re.compile("[, ]?(?:名字?|全名)?叫做?")
NOBODY = re.compile(
    f"{ROLES}|{MANY}|{KIN}|{ACCUSED}|{POSTS}|"
    "匿名|不详|未知|未填|保密|无名|没有|暂无|同上|网友|先生|女士|妇女|子女|男生|女生|新生|师生|全体|大家|物业|企业|失业|毕业|"
    "公安|保安|治安|门卫|中心|同意|满意|放心|关心|小心|担心|知道|说明|证明|声明|出生|姓名|微信|好$"
)
"""What stands behind a frame in place of a name."""
# Only behind a frame that promises a name: characters set apart as forms have them (王　明), transcribed
# names without a dot, Latin ones.
SPELT = re.compile(rf"(?P<first>[{HAN}])(?P<sep> {{1,3}})[{HAN}](?:(?P=sep)(?![男女])[{HAN}])?(?![{HAN}])")
TRANSCRIBED = re.compile(
    "[阿艾安巴白班贝伯布才仓次措达丹旦德迪顿多尔法菲格古哈海赫吉加甲江杰金凯卡坎克库拉兰朗勒雷莉力丽卢鲁罗洛玛马买曼"
    f"麦米姆木穆娜纳妮尼努诺欧帕朋普其齐奇强钦琼曲仁日茹萨赛桑莎沙斯苏塔特提图吐托娃瓦旺维乌西希热孜雅亚央尧伊依玉扎则珠卓]{{3,8}}(?![{HAN}·])"
)
LATIN = re.compile(
    "(?!(?:Tel|Phone|Mobile|Email|Mail|Wechat|Vx|Qq|No)(?![a-z]))"
    "[A-Z][a-z]{1,15}(?:[ -][A-Z][a-z]{1,15}){0,3}"
)
GROUP = re.compile(_beginning(MANY) + rf"(?:{MANY})(?:代表)?[ ,(]?{_QUOTE}")
HONOUR = re.compile(
    r"先生|女士|小姐|太太|夫人|大爷|大妈|大叔|大婶|大娘|大姐|大哥|阿姨|奶奶|爷爷|叔叔|伯伯|师傅|同学|同志|某"
)
POST_BEFORE = re.compile(rf"(?:{POSTS})(?:的|同志)?$")
_FILLER = r"(?:(?!举报|投诉|反映|控告|检举)[^,.。;!?\n])*$"
SELF = re.compile(rf"(?:我是|我系|本人是|本人系|本人为|本人,|我们是|我,|我(?:{KIN})是?){_FILLER}")
# Hotlines write of the reporter in the third person, with office and post: 举报人系岭上小学教师…
THE_REPORTER = re.compile(
    rf"(?<!被)(?:{SPEAKERS}){_LINK} ?(?:自称[是系为]?|[是系为:=]|(?=\())(?P<who> ?\(?){_FILLER}"
)
WORK = re.compile(
    _beginning(POSTS, "副|原|前|时|现|代|常|第|总")
    + rf"(?:副|原|前任?|时任|现任|代理|常务副|第一|总)?(?:{POSTS})(?!会(?!计)|支队|大队|中队|局|部门)"
)
# Said of many, and of nobody by name: "谢谢领导" is no Mr Xie.
NEVER_TITLES = frozenset("领导 干部 村干部 工作人员 执法人员 社工 委员 文书 出纳 城管 教师 大夫 交警".split())
_NUMBER = (
    rf"(?:(?:\+|00)?(?:86[ \-]{{0,3}})?1{SEP}[3-9](?:{SEP}[0-9]){{9}}|\(?0(?:{SEP}[0-9]){{9,11}}|"
    r"[1-9][0-9]{16}[0-9X])(?![0-9])"
)
# "张三，男，汉族" and "张三 13800138000": what follows tells that it was a name.
DETAILS = re.compile(
    rf"(?:(?<![{HAN}A-Za-z0-9·])|(?<=请找)|(?<=联系)|(?<=致电))(?P<name>[{HAN}]{{2,4}}|{ETHNIC})"
    rf"(?=[ ,:(、/]{{1,3}}(?:性别|男|女|[汉回壮苗满黎藏][族,]|身份证|(?:联系)?电话|手机|联系方式)|"
    rf"[ ,:(、/]{{0,3}}{_NUMBER})"
)
# 13800138000(张三)
BRACKETED = re.compile(rf"{_NUMBER} ?\((?:联系人:? ?)?(?!全天|全年|白班|包厢)(?P<name>[{HAN}]{{2,4}})\)")
# 关于张三信访事项的答复: the office's own title for a reporter's matter.
TITLED = re.compile(
    rf"关于(?P<name>[{HAN}]{{2,3}}?)(?:同志)?(?:等[0-9一二三四五六七八九十多]*人)?的?(?:信访|上访)"
)
SIGNED = re.compile(
    rf"\n[ ]*(?P<names>[{HAN}]{{2,4}}(?:[ 、\n]{{1,4}}[{HAN}]{{2,4}}){{0,20}})[ ]*"
    r"(?=\n[ ]*(?:19|20)[0-9]{2}|\s*\Z)"
)
"""Lines that hold nothing but names, before a date or at the end."""
# Ordinary words that end in a surname's character.
WORD_END = re.compile(
    "[位属由对关至处基等终出用源善勇归低高小大鉴介限便急忙在鉴敢]于$|[方意面走趋导倾流去转动志]向$|[适反供相不理本对效]应$|"
    "[责担信主时历现前兼上连委]任$|[当同即小时届及定按]时$|[完达组构造促变形转养生]成$|[检审调抽侦普彩]查$|[共全万主齐]管$"
)
ETHNIC_END = re.compile(rf"{ETHNIC}$")
BORDER = "镇乡县区市省局部厅委院所校村街社科处办站队组会司厂店园室科班系党政副总"
