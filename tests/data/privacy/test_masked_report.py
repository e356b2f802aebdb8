"""A masked report has every field covered, and knows where its characters came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data.privacy.entity import Entity, Finding
from data.privacy.masked_report import Masking, ReportMasker
from data.privacy.masker import Masked, Masker
from data.report import Report

TEXT = "我叫王小明，电话13800138000，村支书赵大海不管。"


def test_every_field_is_covered() -> None:
    report = Report(
        "GD-7", TEXT, "王先生来电", "微信号wx_owl77", "2025-03-01", "青石路88号3栋501室",
        {"联系人": "王小明", "处理单号": "13800138000", "备注": "回电13800138000"}, 4,
    )  # fmt: skip
    masked = ReportMasker().mask(report).report

    assert masked.text == "我叫【姓名】，电话【手机号】，村支书赵大海不管。"
    assert masked.title == "【姓名】先生来电"
    assert "owl77" not in masked.channel and "88号" not in masked.region
    assert masked.extra == {"联系人": "【姓名】", "处理单号": "13800138000", "备注": "回电【手机号】"}
    assert (masked.id, masked.time, masked.row) == ("GD-7", "2025-03-01", 4)


def test_a_name_told_in_title_or_text_is_covered_in_the_other() -> None:
    told = ReportMasker().mask(Report("1", "我叫王小明，没人管。", "王小明反映路灯")).report
    titled = ReportMasker().mask(Report("1", "王小明反映路灯坏了。", "我叫王小明，请回复")).report

    assert (told.title, told.text) == ("【姓名】反映路灯", "我叫【姓名】，没人管。")
    assert (titled.title, titled.text) == ("我叫【姓名】，请回复", "【姓名】反映路灯坏了。")


def test_a_name_in_a_column_of_its_own_is_covered_in_title_text_and_evidence() -> None:
    report = Report(
        "1", "岭上村王小明家低保被取消。", "王小明家的低保", extra={"来电人": "王小明", "备注": "已回王小明"}
    )
    masked = ReportMasker().mask(report)

    assert masked.report.title == "【姓名】家的低保" and masked.report.text == "岭上村【姓名】家低保被取消。"
    assert masked.report.extra == {"来电人": "【姓名】", "备注": "已回【姓名】"}
    assert masked.text.inside(3, 7) == (3, 8)  # 王小明家


def test_names_and_numbers_inside_objects_are_covered_there_and_in_the_text() -> None:
    user, more = '{"name": "昝立平", "phone": "6554321"}', '[{"姓名": "王小明"}]'
    report = Report("1", "昝立平和王小明家的路灯坏了。", extra={"user": user, "contacts": more})
    masked = ReportMasker().mask(report)

    assert masked.report.text == "【姓名】和【姓名】家的路灯坏了。"
    assert masked.report.extra == {
        "user": '{"name": "【姓名】", "phone": "【手机号】"}', "contacts": '[{"姓名": "【姓名】"}]',
    }  # fmt: skip


@given(st.text("王小明我叫，1380\n反映", max_size=20), st.text("王小明我叫，1380\n反映", max_size=20))
def test_offsets_stay_within_title_and_text(title: str, text: str) -> None:
    masked = ReportMasker().mask(Report("1", text, title))

    for part, words in ((masked.title, title), (masked.text, text)):
        assert all(0 <= one.start < one.end <= len(words) for one in part.findings)
        assert Masker().mask(words, part.findings).text == part.text


def id_of(id: str, **cells: str) -> str:
    return ReportMasker().id(Report(id, "", cells=cells))


def test_an_id_that_is_a_resident_identity_number_is_covered() -> None:
    assert id_of("110101199003070011") in ("110101199003070011", "【身份证号】")
    assert (
        id_of("11010519491231002X")
        == id_of("11010519491231002X", 编号="11010519491231002X")
        == "【身份证号】"
    )
    assert id_of("13800138000") == id_of("13800138000", 工单编号="13800138000") == "13800138000"


def test_an_id_from_another_column_is_covered_as_that_column_is() -> None:
    assert id_of("E12345678", 证件号=" E12345678 ") == "【身份证号】"
    assert id_of("abc_12345", wechat_id="abc_12345") == "【微信号】"
    assert id_of("13800138000", 登记="13800138000") == "【手机号】"
    assert id_of("13800138000", 工单编号="13800138000", 手机="13800138000") == "【手机号】"
    assert id_of("A-7", 登记="A-7") == "A-7"


def test_what_was_covered_is_counted() -> None:
    masker = ReportMasker()
    masker.mask(Report("1", TEXT, "", extra={"手机": "13800138000"}))

    assert masker.counts == {Entity.PERSON: 1, Entity.MOBILE: 2}


def test_masking_again_changes_nothing() -> None:
    masker = Masker()
    once = masker.mask(TEXT).text

    assert masker.mask(once).text == once


def test_the_stricter_masking_wins() -> None:
    assert Masking.none.stricter(Masking.output) is Masking.output
    assert Masking.input.stricter(Masking.none) is Masking.input


def test_spans_go_there_and_back() -> None:
    masked = Masker().mask(TEXT)
    begin = TEXT.index("村支书")
    start, end = masked.inside(begin, begin + 6)

    assert masked.text[start:end] == "村支书赵大海" and masked.outside(start, end) == (begin, begin + 6)


def test_a_span_that_meets_an_identifier_takes_all_of_it() -> None:
    masked = Masker().mask(TEXT)
    inside = masked.inside(3, 10)  # 小明，电话13

    assert masked.text[slice(*inside)] == "【姓名】，电话【手机号】"
    assert TEXT[slice(*masked.outside(3, 4))] == "王小明"


@st.composite
def masked_texts(draw: st.DrawFn) -> tuple[str, Masked, list[tuple[int, int]]]:
    """A text of letters, some stretches of it covered by digits, and the place of each in the masked text."""
    text, out, findings, covers, places = "", "", [], [], []
    for _ in range(draw(st.integers(0, 4))):
        plain, found = draw(st.integers(0, 3)), draw(st.integers(1, 4))
        cover = draw(st.integers(0, 5))
        text, out = text + "a" * plain, out + "a" * plain
        findings.append(Finding(Entity.PERSON, len(text), len(text) + found, 1.0))
        places.append((len(out), len(out) + cover))
        covers.append(cover)
        text, out = text + "b" * found, out + "1" * cover
    tail = draw(st.integers(1, 3))
    return text + "a" * tail, Masked(out + "a" * tail, tuple(findings), tuple(covers)), places


@given(masked_texts(), st.data())
def test_any_span_keeps_its_plain_letters(
    case: tuple[str, Masked, list[tuple[int, int]]], data: st.DataObject
) -> None:
    text, masked, places = case
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = masked.inside(start, end)
    met = [
        place for finding, place in zip(masked.findings, places, strict=True)
        if finding.start < end and start < finding.end
    ]  # fmt: skip

    assert 0 <= first <= last <= len(masked.text)
    assert masked.text[first:last].count("a") == text[start:end].count("a")
    assert all(first <= begin and stop <= last for begin, stop in met)
    assert masked.text[first:last].count("1") == sum(stop - begin for begin, stop in met)
