"""Spelled: invented identifiers in the spellings that people use."""

from __future__ import annotations

import random

from data.privacy.bank_card import luhn
from data.privacy.resident_id import check_character

PLACES = "110101 330106 460106 430102 510104 650102 220102".split()
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼新"
# "#" is a digit, "?" a letter; the words are those before the number.
PERMITS = (
    "港澳通行证C######## 往来港澳通行证号：C?####### 回乡证号H######## 回乡证M########## "
    "台胞证号######## 军官证军字第#######号 "
    "香港身份证K######(#) 驾驶证档案编号############ 社保卡号：?######## 学号########## "
    "居住证号83################ "
    "士兵证号码士字第####### 户口簿编号######### 残疾证号33010619650#1#####42"
).split()


def drawn(rng: random.Random, form: str) -> str:
    """Fill a form: "#" with digits, "?" with letters."""
    return "".join(
        rng.choice("0123456789") if c == "#" else rng.choice("ABCDEF") if c == "?" else c for c in form
    )


def full_width(words: str) -> str:
    """The full-width spelling."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in words)


def spoken(rng: random.Random, number: str) -> str:
    """The number as dictated."""
    rows = "零一二三四五六七八九 零幺二三四五六七八九 〇一二三四五六七八九 零壹贰叁肆伍陆柒捌玖".split()
    row = rng.choice(rows)
    return "".join(row[int(c)] if c.isdigit() else c for c in number)


def grouped(rng: random.Random, number: str, *sizes: int) -> str:
    """The number in groups, one mark between them."""
    mark, at, parts = rng.choice((" ", "-", "  ", " - ", ".", "－", "　")), 0, []
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return mark.join(part for part in (*parts, number[at:]) if part)


def hidden(number: str) -> str:
    """With a character of no width inside."""
    return f"{number[:7]}\u200b{number[7:]}"


def resident_id(rng: random.Random) -> str:
    """18 places mostly; 15, or a wrong check character, sometimes."""
    year, month, day = born(rng)
    place = rng.choice(PLACES)
    first = f"{place}{year}{month:02}{day:02}{drawn(rng, '###')}"
    number = first + check_character(first)
    wrong = first + ("1" if number[-1] == "X" else str((int(number[-1]) + 1) % 10))
    old = f"{place}{min(year, 1999) % 100:02}{month:02}{day:02}{drawn(rng, '###')}"
    forms = [number] * 8 + [old, old, wrong, grouped(rng, number, 6, 8), grouped(rng, number, 6, 4, 4)]
    forms += [full_width(number), full_width(number), " ".join(number), spoken(rng, number), hidden(number)]
    return rng.choice([*forms, number.lower(), full_width(grouped(rng, number, 6, 8))])


def mobile(rng: random.Random) -> str:
    """11 digits."""
    number = rng.choice("13 15 16 17 18 19".split()) + drawn(rng, "#########")
    forms = [number] * 3 + [grouped(rng, number, 3, 4), grouped(rng, number, 3, 4), full_width(number)]
    forms += [spoken(rng, number), f"+86{number}", f"86-{number}", f"0086 {number}", " ".join(number)]
    forms += [number[:3] + spoken(rng, number[3:]), grouped(rng, number, 4, 3), grouped(rng, number, 5)]
    forms += [full_width(grouped(rng, number, 3, 4)), f"+86 {grouped(rng, number, 3, 4)}", "-".join(number)]
    forms += [grouped(rng, number, 3, 2, 3), grouped(rng, number, 2, 3, 3)]
    return rng.choice([*forms, hidden(number), grouped(rng, number, 3, 3)])


def landline(rng: random.Random) -> str:
    """With its area code."""
    area = rng.choice("010 021 0571 0898 0731 0991 028".split())
    local = rng.choice("2345678") + drawn(
        rng, "#######" if len(area) == 3 or rng.random() < 0.6 else "######"
    )
    forms = [f"{area}-{local}"] * 3 + [
        f"({area}){local}",
        f"（{area}）{local}",
        f"{area} {local}",
        area + local,
    ]
    forms += [full_width(f"{area}-{local}"), f"{area}—{local}", f"{area}-{local}转{drawn(rng, '###')}"]
    forms += [f"+86-{area[1:]}-{local}", f"{area}-{local}-{drawn(rng, '###')}", spoken(rng, area + local)]
    forms += [f"+86{area[1:]}{local}", " ".join(area + local), grouped(rng, area + local, len(area), 2, 2, 2)]
    return rng.choice([*forms, f"{area}-{local[:-4]}-{local[-4:]}"])


def room(rng: random.Random) -> str:
    """A room, digit by digit."""
    return rng.choice("一二三四五六七八九") + "零" + rng.choice("一二三四五六七八九")


def local_number(rng: random.Random) -> str:
    """A landline without its area code."""
    return rng.choice("2345678") + drawn(rng, "#######")


def bank_card(rng: random.Random) -> str:
    """16 or 19 digits with Luhn's."""
    first = rng.choice("622202 621700 622848 436742 520382".split())
    number = first + drawn(rng, "#" * (9 if first[0] in "45" else rng.choice((9, 12, 12))))
    number += next(d for d in "0123456789" if luhn(number + d))
    forms = [number, number, grouped(rng, number, 4, 4, 4, 4), grouped(rng, number, 4, 4, 4, 4)]
    return rng.choice([*forms, full_width(number), grouped(rng, number, 6), hidden(number)])


def plate(rng: random.Random) -> str:
    """Of five places or, for new energy, six."""
    letter = rng.choice(PLATE_LETTERS)
    serials = ["#####", f"{letter}####", f"##{letter}##", f"###{letter}{letter}", "D#####", f"F{letter}####"]
    serial = drawn(rng, rng.choice([*serials, "#####D", "####挂", "####学", "####警"]))
    head, city = rng.choice(PROVINCES), rng.choice("ABCDEF")
    whole = f"{head}{city}{serial}"
    forms = [whole, whole, f"{head}{city}·{serial}", f"{head}{city} {serial}", f"{head}{city}-{serial}"]
    return rng.choice(
        [*forms, whole.lower(), full_width(whole), f"{head} {city} {serial}", f"{head}{city}•{serial}"]
    )


def passport(rng: random.Random) -> str:
    """Ordinary, older and official ones."""
    form = rng.choice(
        "E######## E######## E?####### G######## 14####### 15####### PE####### SE####### K#######".split()
    )
    number = drawn(rng, form)
    return rng.choice((number, number, number.lower(), full_width(number), f"{number[:1]} {number[1:]}"))


def permit(rng: random.Random) -> tuple[str, str]:
    """The words before, and the number."""
    form = rng.choice(PERMITS)
    at = next(
        n for n, c in enumerate(form) if c in "#?" or c.isascii() or form[n:].startswith(("军字", "士字"))
    )
    number = drawn(rng, form[at:])
    return form[:at], full_width(number) if rng.random() < 0.25 else number


def email(rng: random.Random) -> str:
    """With a sign of any width, or spelled out."""
    user = rng.choice("li.ming wangfang zhao_88 chen-jun a1b2c3 sunli".split()) + drawn(
        rng, "#" * rng.randint(0, 4)
    )
    host = rng.choice("163.com qq.com 126.com sina.com.cn 139.com outlook.com mail.gov.cn".split())
    whole = f"{drawn(rng, '#########') if host == 'qq.com' else user}@{host}"
    forms = [whole, whole, whole.replace("@", "＠"), full_width(whole), whole.replace("@", " @ ")]
    return rng.choice([*forms, whole.upper(), whole.replace("@", "(at)")])


def wechat(rng: random.Random) -> str:
    """An account of letters and digits."""
    account = rng.choice("wx_ abc li-ming sunflower Zhao_".split()) + drawn(rng, "#" * rng.randint(3, 6))
    return rng.choice((account, account, full_width(account), drawn(rng, "wxid_#####abcdef12")))


def qq(rng: random.Random) -> str:
    """Six to ten digits."""
    account = rng.choice("123456789") + drawn(rng, "#" * rng.randint(5, 9))
    return rng.choice((account, account, full_width(account), f"{account[:3]} {account[3:]}"))


def born(rng: random.Random) -> tuple[int, int, int]:
    """Year, month, day."""
    return rng.randint(1935, 2012), rng.randint(1, 12), rng.randint(1, 28)


def birth(rng: random.Random) -> str:
    """A date."""
    year, month, day = born(rng)
    row = "〇一二三四五六七八九"
    chinese = "".join(row[int(c)] for c in str(year)) + f"年{row[month % 9 + 1]}月{row[day % 9 + 1]}日"
    forms = [f"{year}年{month}月{day}日", f"{year}年{month}月", f"{year}.{month}.{day}", chinese]
    forms += [f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day}", f"{year}{month:02}{day:02}"]
    return rng.choice([*forms, f"{full_width(str(year))}年{month}月{day}日"])
