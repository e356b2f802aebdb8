"""Accounts on the net: e-mail, WeChat, QQ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63} ?(?:@|[(\[]at[)\]]|#at#) ?"
    r"[A-Za-z0-9\-]{1,63}(?: ?[.。] ?[A-Za-z0-9\-]{1,63}){0,4}? ?[.。] ?(?:com|cn|net|org|edu|gov|"
    r"[A-Za-z]{2,12})(?![A-Za-z0-9])(?:\.cn(?![A-Za-z0-9]))?",
    re.IGNORECASE,
)
_LINK = r"(?:号码|帐号|账号|号|ID)?(?:同号)?(?:是|为|加)?[ :(/]{0,3}"
_WECHAT = re.compile(
    rf"(?:微信|薇信|威信|维信|徽信|V信|VX|WX|wechat|weixin){_LINK}"
    r"(?P<account>[A-Za-z][A-Za-z0-9_\-]{5,19}|[0-9]{5,11})(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_WXID = re.compile(r"(?<![A-Za-z0-9])wxid_[a-z0-9]{8,20}", re.IGNORECASE)
_NO_ACCOUNT = re.compile(r"(?:wechat|weixin|public|official)$", re.IGNORECASE)
_MOBILE = re.compile(r"1[3-9][0-9]{3}(?:[0-9]{6})?$")
_QQ = re.compile(
    rf"(?:QQ|扣扣|Q号|企鹅号?)(?:群)?{_LINK}(?P<account>[1-9](?:[ \-]?[0-9]){{4,10}})(?![0-9])(?! ?@)",
    re.IGNORECASE,
)


class Accounts(Recogniser):
    """Finds e-mail by its shape; WeChat and QQ by the word before the account."""

    supported_entities = (Entity.EMAIL, Entity.WECHAT, Entity.QQ)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        if "@" in text or "at" in text.lower():
            for match in _EMAIL.finditer(text):
                yield Finding(Entity.EMAIL, match.start(), match.end(), 0.98)
        for match in _WECHAT.finditer(text):
            if not _NO_ACCOUNT.match(match["account"]) and not _MOBILE.match(match["account"]):
                yield Finding(Entity.WECHAT, *match.span("account"), 0.96)
        for match in _WXID.finditer(text):
            yield Finding(Entity.WECHAT, match.start(), match.end(), 0.97)
        for match in _QQ.finditer(text):
            yield Finding(Entity.QQ, *match.span("account"), 0.96)
