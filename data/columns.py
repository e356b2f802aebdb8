"""Columns: which heading of a table holds which field of a Report."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from data.errors import UnknownColumns

# Per field, the usual headings, best first: the order decides where two columns of a table match.
_USUAL = {
    "text": (
        "正文 留言详情 留言内容 诉求内容 工单内容 信访内容 反映内容 举报内容 投诉内容 来信内容 "
        "来电内容 来访内容 信件内容 事项内容 问题内容 案件内容 受理内容 咨询内容 建议内容 求助内容 "
        "事件内容 事件描述 内容 内容描述 诉求描述 问题描述 案件描述 工单描述 诉求详情 工单详情 "
        "信访详情 反映问题 反映情况 反映事项 详细内容 具体内容 主要内容 详情 描述 文本 留言 诉求 "
        "全文 text content body message description detail details report complaint petition "
        "内容摘要 诉求摘要 信访摘要 内容概要 概况 摘要"
    ),
    "title": (
        "标题 留言标题 留言主题 工单标题 诉求标题 信访标题 来信标题 信件标题 事项标题 案件标题 "
        "问题标题 工单主题 诉求主题 来信主题 信件主题 主题 题目 事由 title subject headline topic"
    ),
    "id": (
        "编号 工单编号 工单号 留言编号 信访编号 信访件编号 信件编号 案件编号 事项编号 诉求编号 "
        "受理编号 登记编号 件号 流水号 工单流水号 单号 id report_id ticket_id case_id order_id "
        "message_id no number 序号"
    ),
    "time": (
        "时间 留言时间 受理时间 来电时间 登记时间 来信时间 诉求时间 提交时间 反映时间 信访时间 "
        "投诉时间 创建时间 发布时间 日期 受理日期 登记日期 信访日期 来信日期 留言日期 time date "
        "datetime created_at created timestamp"
    ),
    "region": (
        "区域 地区 所属区域 所属地区 所属区县 属地 区县 问题属地 诉求区域 事发区域 事发地 行政区划 "
        "行政区 辖区 所在地 region district area"
    ),
    "channel": (
        "渠道 来源 受理渠道 诉求渠道 诉求来源 工单来源 信访渠道 来源渠道 信访形式 受理方式 channel source"
    ),
}
HEADINGS: Mapping[str, tuple[str, ...]] = {field: tuple(names.split()) for field, names in _USUAL.items()}
# By what a heading that is none of the above may end in and still be taken, best first.
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "text": ("内容", "正文", "详情", "描述", "情况说明", "text", "content", "body", "description"),
    "title": ("标题", "主题", "题目", "title", "subject"),
    "id": ("编号", "件号", "流水号", "单号", "id"),
    "time": ("时间", "日期", "time", "date"),
    "region": ("区域", "地区", "属地", "区县", "region", "district"),
    "channel": ("渠道", "来源", "channel"),
}
# Fields that hold whatever a writer says; the others are an office's own, and never an identifier.
_WORDS = frozenset({"text", "title"})
# The answer to a report stands beside it in most exports; it must never be taken for the report.
_NOT_THE_REPORT = re.compile(
    "答复|回复|答覆|办理|办结|处理|处置|反馈|回访|结果|意见|审核|审批|批示|承办|派单|转办|交办|签收|截止|到期|评价"
    "|reply|answer|response|result|update|due|close"
)
_ALL = frozenset(name for names in HEADINGS.values() for name in names)
# What headings of an office's own end in, too.
_ENDED = [ending for endings in _ENDINGS.values() for ending in endings]
_USUAL_END = re.compile(
    "(?:人|号码?|类型?|类别|分类|单位|部门|科室|名称|姓名|电话|地址|状态|方式|备注|性别|年龄|级别|数量?|标签|领域|"
    + "|".join(ending for ending in _ENDED if not ending.isascii())
    + ")$|(?:^|_)(?:name|type|status|no|label|phone|address|"
    + "|".join(ending for ending in _ENDED if ending.isascii())
    + ")$"
)
_LONGEST_HEADING = 20  # code points; a longer cell is a sentence, not a heading
_LONGEST_KEY = 40  # of ASCII keys, as "report_content_as_received"
_MOST_SHOWN = 30  # headings in a message
_NO_HEADING = re.compile(r"[。!?;,]|\d{5}")
_REMARK = re.compile(r"[(\[{<【〔《「][^)\]}>】〕》」]*[)\]}>】〕》」]")
_INVISIBLE = re.compile(r"[\ufeff\u200b-\u200f\u2060\u00ad\x00-\x08]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Headings named by the user, field by field; None lets `map_columns` find the heading.

    A name is compared after the same trimming as any heading, so "内容" names "内容（必填）" too.
    `without` names headings that are no field of a report, because they hold something else.
    """

    text: str | None = None
    title: str | None = None
    id: str | None = None
    time: str | None = None
    region: str | None = None
    channel: str | None = None
    without: tuple[str, ...] = ()


def normal_heading(heading: str) -> str:
    """Bring a heading to the form that is compared.

    Full-width forms, case, BOM, spaces, a closing colon or asterisk and bracketed remarks fall away:
    " 内容（必填）" -> "内容", "Report ID" -> "report_id".
    """
    name = _INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)).strip().casefold()
    bare = _REMARK.sub("", name)
    # "【内容】" is a heading in brackets, not a remark without a heading.
    name = bare if bare.strip(" :*#") else re.sub(r"[\[\](){}<>【】〔〕《》「」]", "", name)
    name = name.strip(" \t\r\n:*#_-")
    return re.sub(r"[\s\-]+", "_", name) if name.isascii() else re.sub(r"\s+", "", name)


def looks_like_headings(cells: Sequence[str], never: re.Pattern[str] = _NO_HEADING) -> bool:
    """Tell whether a row may be headings: short cells, no sentences, no long numbers.

    Args:
        cells: of the row.
        never: what none of them holds.
    """
    filled = [
        _REMARK.sub("", unicodedata.normalize("NFKC", cell)).strip() or cell for cell in cells if cell.strip()
    ]
    return bool(filled) and not any(len(cell) > 2 * _LONGEST_HEADING or never.search(cell) for cell in filled)


def count_known(cells: Sequence[str]) -> int:
    """Count the cells that are usual headings: of a report's field, of an identifier, of an office's own.

    The last kind alone (状态, 本人) counts as none: cells of the rows below read like it.
    """
    names = [normal_heading(cell) for cell in cells if cell.strip()]
    names = [name for name in names if name and len(name) <= _LONGEST_HEADING]
    meant = [name in _ALL or _identifies(name) for name in names]
    if not any(meant):
        return 0
    return sum(1 for name, sure in zip(names, meant, strict=True) if sure or _USUAL_END.search(name))


def are_headings(cells: Sequence[str], columns: Columns) -> bool:
    """Tell whether a row is headings beyond doubt: that of the text is among them, and another known one."""
    names = {normal_heading(cell) for cell in cells if cell.strip()}
    named = normal_heading(columns.text) if columns.text is not None else None
    text = named in names or "text" in find_columns(cells, exact=True)
    known = [name for name in names if name == named or _is_usual(name)]
    return text and len(known) > 1 and looks_like_headings(cells)


def map_columns(
    headings: Sequence[str],
    columns: Columns | None = None,
    *,
    file: str = "table",
    exact: bool = False,
    keys: bool = False,
) -> dict[str, str]:
    """Find the heading of each field.

    A column named by the user comes first, then an exact match in the order of `HEADINGS`, then a heading
    that ends in a usual word ("市民反映的内容"), leftmost first; no heading serves two fields. The
    only column of a table is its text.

    Args:
        headings: the table's headings, left to right, as written.
        columns: the user's own choices.
        file: name of the file, for the error.
        exact: leave out the match by ending.
        keys: names by construction, as in Parquet; errors may show them.

    Returns:
        field ("text" always; "title", "id", "time", "region", "channel" where found) -> heading as written.

    Raises:
        UnknownColumns: a column named by the user is not there, or no heading can be the text.
    """
    found = find_columns(headings, columns, file=file, exact=exact, keys=keys)
    filled = [heading for heading in headings if heading.strip()]
    if "text" not in found and len(filled) == 1:
        return {"text": filled[0]}
    if "text" not in found:
        raise no_text_column(headings, file, keys)
    return found


def find_columns(
    headings: Sequence[str],
    columns: Columns | None = None,
    *,
    file: str = "table",
    exact: bool = False,
    keys: bool = False,
) -> dict[str, str]:
    """Do as `map_columns`, but leave "text" out where no heading can be it.

    Raises:
        UnknownColumns: a column named by the user is not there.
    """
    columns = columns or Columns()
    other = {normal_heading(heading) for heading in columns.without}
    normal = {heading: normal_heading(heading) for heading in headings if heading.strip()}
    normal = {heading: name for heading, name in normal.items() if name not in other}
    found = _chosen(normal, columns, file, headings, keys)

    def take(field: str, matches: Callable[[str], bool]) -> None:
        for heading, name in normal.items():
            if field not in found and heading not in found.values() and matches(name):
                found[field] = heading

    for field, names in HEADINGS.items():
        for usual in names:
            take(field, usual.__eq__)
    if not exact:
        for field, endings in _ENDINGS.items():
            for ending in endings:
                take(field, partial(_ends_in, ending, field))
    return found


def no_text_column(headings: Sequence[str], file: str, keys: bool = False) -> UnknownColumns:
    """Make the error for a table, or for objects, whose text is under no usual heading."""
    return UnknownColumns(
        f"{file}: no column can be taken as the report's text; {headings_found(headings, keys)}. "
        f"Name it with --text-column, for example --text-column 内容",
        headings,
    )


def _chosen(
    normal: Mapping[str, str], columns: Columns, file: str, headings: Sequence[str], keys: bool
) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in HEADINGS:
        wanted: str | None = getattr(columns, field)
        if wanted is None:
            continue
        same = [h for h in normal if h == wanted] or [
            h for h, name in normal.items() if name == normal_heading(wanted)
        ]
        if not same:
            raise UnknownColumns(
                f"{file}: no column is called {wanted!r} (--{field}-column); "
                f"{headings_found(headings, keys)}. "
                f"Give one of these to --{field}-column",
                headings,
            )
        found[field] = same[0]
    return found


def _ends_in(ending: str, field: str, name: str) -> bool:
    if len(name) > _LONGEST_HEADING or _NOT_THE_REPORT.search(name):
        return False
    # "paid" does not end in the word "id", "report_id" does.
    ends = name.endswith("_" + ending) if ending.isascii() else name.endswith(ending)
    return ends and (field in _WORDS or not _identifies(name))


def _identifies(name: str) -> bool:
    """Tell whether a column holds what tells who somebody is: 证件号 ends as 件号 does, 出生日期 as 日期."""
    from data.privacy.headings import entity_of  # which compares headings as this module does

    return entity_of(name) is not None


def headings_found(headings: Sequence[str], keys: bool = False) -> str:
    """Say which headings there are, for an error.

    Without a heading row the first cells of a table are a reporter's name and words, and those are never
    quoted: only usual headings are, and others among them. The keys of an object are names, unless
    they are long or read like a sentence.

    Args:
        headings: of a table, or the keys of an object.
        keys: they are keys, or names of a Parquet file's columns.
    """
    filled = [heading.strip() for heading in headings if heading.strip()]
    if not filled:
        return "no headings found"
    if keys:
        names = [name for name in filled if _is_name(name)]
        left = len(filled) - len(names[:_MOST_SHOWN])
        return f"keys found: {', '.join(names[:_MOST_SHOWN])}" + (f" and {left} more" if left else "")
    known = [heading for heading in filled if _is_usual(normal_heading(heading))]
    if not known or not looks_like_headings(headings):
        return (
            f"none of the {len(headings)} cells of the first row is a usual heading (they are not shown, for "
            "they may be a report's words); add a heading row if there is none"
        )
    # In a form that has its headings on the left, 姓名 is followed by the name.
    form = any(
        other not in known and _identifies(normal_heading(one)) for one, other in itertools.pairwise(filled)
    )
    if 2 * len(known) >= len(filled) and not form:
        return "headings found: " + ", ".join(filled)
    return f"headings found: {', '.join(known)} and {len(filled) - len(known)} that are not usual"


def _is_name(key: str) -> bool:
    longest = _LONGEST_KEY if key.isascii() else _LONGEST_HEADING
    return key.isprintable() and len(key) <= longest and looks_like_headings([key])


def _is_usual(name: str) -> bool:
    if len(name) > _LONGEST_HEADING or not name:
        return False
    return name in _ALL or bool(_NOT_THE_REPORT.search(name) or _USUAL_END.search(name))
