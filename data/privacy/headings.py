"""Headings: columns that hold an identifier and nothing else, so that a cell needs no frame of its own."""

from __future__ import annotations

import re

from data.columns import normal_heading
from data.privacy.entity import Entity
from data.traditional import simplified

_ACCUSED = re.compile("被举报|被投诉|被反映|被控告|被检举|被信访|被告|被申请|涉事|涉案")
_NO_NAME = re.compile(
    "类型|类别|方式|性质|数量|人数|次数|单位|部门|职务|级别|身份$|满意|评价|意愿|是否|要求|时间|日期|"
    "内容|情况|渠道|来源"
)
# Who reports, in English; a user, a customer or an owner alone may be an account's number.
_PEOPLE = (
    "caller|reporter|complainant|complainer|petitioner|informant|applicant|whistle_?blower|citizen|resident|"
    "sender|author|contact|contact_person|user|customer|client|owner|guardian"
)
_RULES = (
    (Entity.RESIDENT_ID, re.compile("身份证|证件号|公民身份|id_?card|idcard|身份号码|证件编号")),
    (Entity.PERMIT, re.compile(
        "(?:通行证|军官证|士兵证|残疾证|学生证|社保卡|医保卡|居住证|驾驶证|户口[簿本])(?:号码?|编号)$|^学号$")),
    (Entity.BANK_CARD, re.compile("银行卡|卡号|银行账|银行帐|bank_?card|收款账")),
    (Entity.WECHAT, re.compile("微信|wechat|open_?id|union_?id")),
    (Entity.QQ, re.compile("qq")),
    (Entity.EMAIL, re.compile("邮箱|邮件地址|e_?mail")),
    (Entity.PLATE, re.compile("车牌|号牌号码")),
    (Entity.PASSPORT, re.compile("护照")),
    (Entity.MOBILE, re.compile("电话|手机|联系方式|联系号码|来电号码|主叫|mobile|phone|^tel|传真|座机|固话")),
    (Entity.BIRTH, re.compile("出生|生日|birth")),
    (Entity.ADDRESS, re.compile(
        "住址|家庭地址|家庭住址|联系地址|通讯地址|通信地址|户籍地址|详细地址|居住地址|home_?address|"
        "^address$|(?:^|[^a-z])ip(?:_?地址|_?addr(?:ess)?)?$")),
    (
        Entity.PERSON,
        re.compile(
            "姓名|名字|(?:举报|投诉|反映|信访|来电|来信|来访|诉求|求助|联系|联络|申请|报案|控告|检举|"
            "留言|咨询|当事|写信|申诉|上访|报修|发件|寄件|报料|爆料|发帖|发贴|发言|提问|提交|建议|监护|报警|"
            "受害|被害|代理|委托|业)(?:人|者)(?:员)?$|^(?:业主|户主|房主|房东|车主|机主|楼主|租客|租户|住户|"
            "家长|患者|家属|市民|群众|网友)$|网名$|昵称$|用户名|户名|^署名$|^称呼$|^name$|"
            f"^(?:{_PEOPLE}|full|real|nick|first|last|given|family)_?name$|"
            f"^(?!(?:user|customer|client|owner|contact)$)(?:{_PEOPLE})$"
        ),
    ),
)  # fmt: skip


def entity_of(heading: str) -> Entity | None:
    """Tell which identifier a column holds by its heading; None where it holds other things."""
    name = normal_heading(heading).translate(simplified())
    if len(name) > 20:
        return None
    for entity, pattern in _RULES:
        if pattern.search(name):
            # 日期 and 时间 speak of other columns, and of a birth.
            if _NO_NAME.search(name) and entity not in (Entity.MOBILE, Entity.BIRTH):
                return None
            if entity is Entity.MOBILE and re.search(
                "时间|日期|次数|内容|类型|类别|渠道|是否|情况|结果|记录", name
            ):
                return None
            return Entity.OFFICIAL if entity is Entity.PERSON and _ACCUSED.search(name) else entity
    return None
