"""Entity: the classes of identifiers; Finding: one identifier found in a text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Entity(StrEnum):
    """Classes of identifiers, named as Presidio names its own."""

    RESIDENT_ID = "CN_RESIDENT_ID"
    MOBILE = "CN_MOBILE"
    LANDLINE = "CN_LANDLINE"
    BANK_CARD = "CN_BANK_CARD"
    PLATE = "CN_LICENCE_PLATE"
    PASSPORT = "PASSPORT"
    PERMIT = "CN_PERMIT"
    EMAIL = "EMAIL_ADDRESS"
    WECHAT = "WECHAT_ID"
    QQ = "QQ_NUMBER"
    ADDRESS = "CN_ADDRESS"
    BIRTH = "DATE_OF_BIRTH"
    PERSON = "PERSON"
    OFFICIAL = "OFFICIAL"
    """Name of someone accused, or of the holder of a public post."""
    POST = "PUBLIC_POST"
    """The post itself, with the office before it: 教育局局长."""

    @property
    def label(self) -> str:
        """What an officer reads in place of the identifier."""
        return _LABELS[self]

    @property
    def word(self) -> str:
        """The class on the command line: "resident_id"."""
        return self.name.lower()


_LABELS = {
    Entity.RESIDENT_ID: "身份证号", Entity.MOBILE: "手机号", Entity.LANDLINE: "固定电话",
    Entity.BANK_CARD: "银行卡号", Entity.PLATE: "车牌号", Entity.PASSPORT: "护照号",
    Entity.PERMIT: "证件号", Entity.EMAIL: "邮箱", Entity.WECHAT: "微信号", Entity.QQ: "QQ号",
    Entity.ADDRESS: "详细地址", Entity.BIRTH: "出生日期", Entity.PERSON: "姓名",
    Entity.OFFICIAL: "被反映人", Entity.POST: "职务",
}  # fmt: skip
WORDS = {entity.word: entity for entity in Entity}


@dataclass(frozen=True, slots=True)
class Finding:
    """One identifier.

    Attributes:
        entity_type: its class.
        start: code point where it begins.
        end: where it ends (exclusive).
        score: 0 to 1, how sure; a rule's fixed word, not a probability.
    """

    entity_type: Entity
    start: int
    end: int
    score: float
