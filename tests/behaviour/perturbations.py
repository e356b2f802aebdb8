"""Changes of a report that must change none of its tags.

Those of EXACT are undone by cleaning, so the model reads the very same text. Those of NEUTRAL reach the
model: other words about nothing that is asked. Each takes a Report and gives another one, or None where
there is nothing to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from data.report import Report

Perturbation = Callable[[Report], Report | None]

_PLACE = re.compile("([\u4e00-\u9fff]{2,3}?)(?:市|县|区|镇|乡|街道|村|小区|路)")
_OTHER_PLACES = "汀棠 砚洛 栖禾 苇澄 柏沁 鹭岑 麓汀 桐塍".split()
# No surname that is also a word's last character: 班主任老师, 任何主任, 向书记反映.
_SURNAMES = (
    "王李赵刘陈杨周吴徐孙朱胡郭罗郑梁谢宋唐许韩邓冯曹彭曾肖董潘袁蔡蒋杜叶魏苏吕丁卢姚姜崔谭陆汪廖贾邹孟熊秦邱"
    "尹薛闫侯陶黎贺龚邵戴岑"
)
_PERSON = re.compile(
    f"[{_SURNAMES}](?=某|女士|先生|主任|书记|局长|科长|校长|所长|老师|医生|师傅|站长|镇长|院长|会计|组长|法官|警官|经理)"
)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]+[”’」』）)]*")
# A sentence that begins so leans on the one before it.
_LEANING = tuple("但而所因故可却又也还就这那其他她它后然如若否只不再更同另结最于并且以上此二三四五六七八九")
_NUMBER = re.compile(r"\d+")
_FIXED_NUMBERS = {"12345", "12315", "12348", "12369", "12328", "12306", "110", "114", "119", "120", "122"}


def _edited(report: Report, edit: Callable[[str], str]) -> Report | None:
    changed = replace(report, title=edit(report.title), text=edit(report.text))
    return None if changed == report else changed


def full_width(report: Report) -> Report | None:
    return _edited(report, lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}))


def half_width(report: Report) -> Report | None:
    return _edited(report, lambda text: text.translate({code + 0xFEE0: code for code in range(0x21, 0x7F)}))


def zero_width(report: Report) -> Report | None:
    return _edited(report, lambda text: "\ufeff" + re.sub("(.)(.)", "\\1\u200b\\2\u00ad", text))


def entities(report: Report) -> Report | None:
    def escape(text: str) -> str:
        return "".join(
            f"&#x{ord(char):X};" if i % 5 == 0 or char in "&<>" else char for i, char in enumerate(text)
        )

    return _edited(report, escape)


def white_space(report: Report) -> Report | None:
    def stretch(text: str) -> str:
        return " \u3000" + re.sub(r"\s", lambda m: m.group() + "\u3000\t ", text) + "\r\n\r\n  "

    return _edited(report, stretch)


def markup(report: Report) -> Report | None:
    def dress(text: str) -> str:
        half = len(text) // 2
        return f'<p><span style="color:red">{text[:half]}</span><b>{text[half:]}</b><!-- x --></p>'

    # A "<" of the writer's own could join with ours to a tag of another meaning.
    return None if "<" in report.title + report.text else _edited(report, dress)


def other_names(report: Report) -> Report | None:
    """Other invented places in place of those of `region`, other surnames before titles."""
    stems = dict.fromkeys(stem for stem in _PLACE.findall(report.region) if stem not in _OTHER_PLACES)

    def rename(text: str) -> str:
        for place, stem in enumerate(stems):
            text = text.replace(stem, _OTHER_PLACES[(len(report.text) + place) % len(_OTHER_PLACES)])
        step = 1 + len(report.text) % 7
        return _PERSON.sub(lambda m: _SURNAMES[(_SURNAMES.index(m.group()) + step) % len(_SURNAMES)], text)

    return _edited(report, rename)


def other_numbers(report: Report) -> Report | None:
    """Other digits in dates, amounts and house numbers; well-known phone numbers stay."""

    def count_on(number: re.Match[str]) -> str:
        if number.group() in _FIXED_NUMBERS or number.group().startswith(("19", "20")):
            return number.group()
        return "".join(str(int(digit) % 9 + 1) for digit in number.group())

    return _edited(report, lambda text: _NUMBER.sub(count_on, text))


def greeting(report: Report) -> Report:
    return replace(report, text="尊敬的领导：您好！\n" + report.text)


def polite_closing(report: Report) -> Report:
    return replace(report, text=report.text + "\n以上情况，感谢您在百忙之中阅读，祝工作顺利！")


def contact_line(report: Report) -> Report:
    return replace(report, text=report.text + "\n联系人：岑先生，电话：000-00000000，随时可以联系。")


def corner_quotes(report: Report) -> Report | None:
    return _edited(report, lambda text: text.translate(str.maketrans("“”‘’", "「」『』")))


def keyboard_stops(report: Report) -> Report | None:
    """Chinese full stops and enumeration commas as a Latin keyboard has them."""
    return _edited(report, lambda text: text.translate(str.maketrans("。、", ".,")))


def line_breaks(report: Report) -> Report | None:
    return _edited(report, lambda text: re.sub(r"(?<=[。！？])(?=[\u4e00-\u9fff])", "\n", text))


def last_sentence_first(report: Report) -> Report | None:
    """Move the last sentence to the front, where it leans on no other."""
    sentences = _SENTENCE.findall(report.text)
    if len(sentences) < 3 or "".join(sentences) != report.text or sentences[-1].startswith(_LEANING):
        return None
    return replace(report, text=sentences[-1] + "".join(sentences[:-1]))


EXACT: dict[str, Perturbation] = {
    edit.__name__: edit for edit in (full_width, half_width, zero_width, entities, white_space, markup)
}
NEUTRAL: dict[str, Perturbation] = {
    edit.__name__: edit
    for edit in (
        other_names, other_numbers, greeting, polite_closing, contact_line,
        corner_quotes, keyboard_stops, line_breaks, last_sentence_first,
    )
}  # fmt: skip
