"""Around: what stands beside a number says whether it is one of ours. No `\\b`: Chinese has no blanks."""

from __future__ import annotations

import re

SEP = r"[ \-_.·*/]{0,3}"
"""What people put between the digits of one number."""
_ORDER = re.compile(
    r"(?:工单|订单|单|案|[公发收来批行]文|流水|受理|编|件|业务|登记|回执|合同|发票|票据|快递|运单|物流|批|户|表|"
    r"批准文|项目|产品|设备|许可证?|"
    r"信用代码|统一代码|代码|条码|序列|IMEI|ISBN)(?:编?号码?)?[ :为是#]{0,3}[A-Za-z]{0,6}[-_]?$",
    re.IGNORECASE,
)
_ORDER_WORDS = re.compile(
    r"编号|单号|工单|案号|文号|件号|流水号|受理号|户号|合同号|发票|代码|条码|序列号|批号|IMEI|ISBN|许可证",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r" ?(?:余|多)?(?:元|块|万|亿|美元|港币|人民币|%|平方|平米|㎡|公里|吨|斤|度)")
_BREAK = re.compile("[,。;!?\n、]")


def before(text: str, at: int, reach: int = 14) -> str:
    """The words before a place, back to the last punctuation mark."""
    return _BREAK.split(text[max(0, at - reach) : at])[-1]


def is_order(text: str, at: int) -> bool:
    """Tell whether the words before a number call it an order, case, contract or product number."""
    words = before(text, at)
    return bool(_ORDER_WORDS.search(words) or _ORDER.search(words))


def is_amount(text: str, end: int) -> bool:
    """Tell whether a unit follows."""
    return _AMOUNT.match(text, end) is not None
