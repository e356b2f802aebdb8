"""The page /review in headless Chromium: the queue by keyboard, marks in place, nothing ever runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from data.report import Report
from data.reviews.key import ReviewKey
from data.reviews.log import ReviewLog
from data.reviews.review import Review
from data.reviews.schema import migrate
from data.taxonomy import Axis, Label, Taxonomy
from serving.keys import Role, new_key
from serving.pages.review import sheets
from tests.serving.conftest import HOSPITAL, QUIET, write_csv
from tests.serving.pages.conftest import Site
from tests.serving.pages.test_browser import complaints, one, wide
from tests.serving.test_protection import LETTER, NAME, NUMBER

HTML = "😀<img src=x onerror=alert(1)>，学校收费，领导推诿没人处理。"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Of a service with a log and three reports to review."""
    migrate(str(tmp_path / "reviews.db"))
    queue = write_csv(
        tmp_path / "q.csv", [("1", "<b>收费</b>", HTML), ("2", "名单", HOSPITAL), ("3", "", QUIET)]
    )
    return {"reviews_database": str(tmp_path / "reviews.db"), "reviews_queue": queue}


def rows(settings: dict[str, Any]) -> list[Review]:
    with ReviewLog(settings["reviews_database"]) as log:
        return list(log.read())


def shows(browser: Chrome, words: str) -> None:
    """Wait until the page says it, and is at rest."""
    WebDriverWait(browser, 30).until(
        lambda b: (
            words in b.find_element(By.TAG_NAME, "main").text
            and b.find_element(By.TAG_NAME, "body").get_attribute("aria-busy") is None
        )
    )


def press(browser: Chrome, *keys: str, control: bool = False) -> None:
    chain = ActionChains(browser)
    if control:
        chain.key_down(Keys.CONTROL)
    chain.send_keys(*keys)
    if control:
        chain.key_up(Keys.CONTROL)
    chain.perform()


def open_as(browser: Chrome, address: str, who: str, width: int = 1280) -> None:
    """Open the page as this person; the browser may remember an earlier one."""
    wide(browser, width)
    browser.get(f"{address}review")
    browser.execute_script("localStorage.setItem('petition-reviewer', arguments[0])", who)
    browser.get(f"{address}review")


def ticked(browser: Chrome) -> list[str]:
    boxes = browser.find_elements(By.CSS_SELECTOR, "input[data-label]:checked")
    return [str(box.get_attribute("data-label")) for box in boxes]


def test_the_queue_is_worked_through_by_keyboard(
    browser: Chrome, site: Site, settings: dict[str, Any]
) -> None:
    open_as(browser, site(**settings), "0317")
    shows(browser, "第 1 件")
    assert ticked(browser) == ["education", "inaction", "complaint"]
    # domain: Q W, misconduct: E R, purpose: 1 2; the model's education and inaction are put right.
    press(browser, "q", "w", "e", "r", "2", "-")
    assert ticked(browser) == ["medical", "falsification", "advice"]
    assert len(browser.find_elements(By.CSS_SELECTOR, ".tick.changed")) == 6
    press(browser, "/", "附件在邮件里", Keys.ESCAPE, Keys.ENTER)
    shows(browser, "已保存，还剩 2 件")
    press(browser, Keys.ENTER)
    shows(browser, "已复核 2 / 3 件")
    press(browser, Keys.ENTER)
    shows(browser, "全部复核完了")
    first, second, third = rows(settings)

    assert first.labels == {"domain": ("medical",), "misconduct": ("falsification",), "purpose": ("advice",)}
    assert (first.reviewer, first.model, first.note, first.unsure) == ("0317", "tiny@1", "附件在邮件里", True)
    assert first.prediction is not None
    assert first.prediction["tags"]["misconduct"][0]["label"] == "inaction"
    assert (second.labels["misconduct"], third.labels["misconduct"]) == (("falsification",), ())
    assert (second.note, second.unsure) == ("", False)
    assert complaints(browser) == []


def test_evidence_is_marked_in_its_place_and_html_stays_text(
    browser: Chrome, site: Site, settings: dict[str, Any]
) -> None:
    open_as(browser, site(**settings), "0317")
    shows(browser, "第 1 件")
    words = browser.execute_script(
        "return [...document.querySelectorAll('#text mark')].map((mark) => mark.textContent)"
    )
    text = browser.execute_script(
        "const copy = document.getElementById('text').cloneNode(true);"
        "for (const why of copy.querySelectorAll('.why')) why.remove(); return copy.textContent"
    )

    assert words and all("推诿" in each for each in words) and text == HTML
    assert one(browser, "#text .why").text == "不作为"
    assert one(browser, "#title").text == "<b>收费</b>"
    assert browser.find_elements(By.CSS_SELECTOR, "main img, #title b") == []
    one(browser, "#all").click()
    marks = "return [...document.querySelectorAll('#text mark')].some((m) => m.textContent.includes('学校'))"
    assert browser.execute_script(marks)
    assert complaints(browser) == []


def test_undo_brings_the_report_back_with_what_was_ticked(
    browser: Chrome, site: Site, settings: dict[str, Any]
) -> None:
    open_as(browser, site(**settings), "0317")
    shows(browser, "第 1 件")
    press(browser, "w", "/", "看附件")
    press(browser, Keys.ENTER, control=True)
    shows(browser, "第 2 件")
    press(browser, "z", control=True)
    shows(browser, "已撤销第 1 件的复核")
    assert "medical" in ticked(browser) and one(browser, "#note").get_property("value") == "看附件"
    assert "已复核 0 / 3 件" in one(browser, "#far").text
    press(browser, "w", Keys.ENTER)
    shows(browser, "第 2 件")
    gave, undid, again = rows(settings)

    assert (undid.undoes, undid.reviewer) == (gave.id, "0317")
    assert again.labels["domain"] == ("education",)
    assert complaints(browser) == []


def test_one_goes_back_and_corrects_and_skips(browser: Chrome, site: Site, settings: dict[str, Any]) -> None:
    open_as(browser, site(**settings), "0317")
    shows(browser, "第 1 件")
    press(browser, Keys.ENTER)
    shows(browser, "第 2 件")
    press(browser, Keys.ARROW_LEFT)
    shows(browser, "再次保存就是更正")
    press(browser, "w", Keys.ENTER)
    shows(browser, "第 2 件")
    press(browser, Keys.ARROW_RIGHT)
    shows(browser, "第 3 件")
    assert [(row.report_id, row.labels["domain"]) for row in rows(settings)] == [
        ("1", ("education",)),
        ("1", ("education", "medical")),
    ]
    one(browser, "fieldset[data-axis='domain'] [data-skip]").click()
    press(browser, Keys.ENTER)
    shows(browser, "第 2 件")  # the one that was skipped
    assert rows(settings)[2].labels["domain"] is None


def test_the_keys_are_explained_and_somebody_has_to_be_named(
    browser: Chrome, site: Site, settings: dict[str, Any]
) -> None:
    open_as(browser, site(**settings), "")
    shows(browser, "第 1 件")
    press(browser, "?")
    assert "撤销自己上一次的保存" in one(browser, "#keys").text
    press(browser, "?")
    assert not one(browser, "#keys").is_displayed()
    press(browser, Keys.ENTER)
    assert "请先填写复核人" in one(browser, "#wrong").text and rows(settings) == []
    browser.switch_to.active_element.send_keys("王科员", Keys.ENTER)
    press(browser, Keys.ENTER)
    shows(browser, "第 2 件")
    assert [row.reviewer for row in rows(settings)] == ["王科员"]


def test_a_database_that_goes_away_loses_nothing_that_was_typed(
    browser: Chrome, site: Site, settings: dict[str, Any]
) -> None:
    path = Path(settings["reviews_database"])
    open_as(browser, site(**settings), "0317")
    shows(browser, "第 1 件")
    aside = path.rename(path.with_suffix(".aside"))
    press(browser, "w", Keys.ENTER)
    shows(browser, "复核库暂时不能用")
    assert "medical" in ticked(browser)
    complaints(browser)  # a 503 is logged
    aside.rename(path)
    press(browser, Keys.ENTER)
    shows(browser, "第 2 件")
    assert [row.labels["domain"] for row in rows(settings)] == [("education", "medical")]


def test_it_fits_a_phone_and_its_buttons_work(browser: Chrome, site: Site, settings: dict[str, Any]) -> None:
    try:
        open_as(browser, site(**settings), "0317", 360)
        shows(browser, "第 1 件")
        spare = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert browser.execute_script(spare) <= 0
        one(browser, "[data-label='medical']").click()
        one(browser, "#save").click()
        shows(browser, "第 2 件")
        one(browser, "#undo").click()
        shows(browser, "已撤销")
        one(browser, "#skip").click()
        shows(browser, "第 2 件")
    finally:
        wide(browser, 1280)
    assert len(rows(settings)) == 2 and complaints(browser) == []


def test_a_key_of_the_role_review_is_needed_and_signs(
    browser: Chrome, site: Site, settings: dict[str, Any], tmp_path: Path
) -> None:
    tags = new_key(tmp_path / "keys.json", "hotline", Role.tag)
    reviews = new_key(tmp_path / "keys.json", "office", Role.review)
    address = site(**settings, keys=tmp_path / "keys.json")
    browser.get(f"{address}review")
    one(browser, "#key").send_keys(tags, Keys.ENTER)
    assert "角色不够" in one(browser, "[role=alert]").text
    one(browser, "#key").send_keys(reviews, Keys.ENTER)
    one(browser, "#reviewer")
    open_as(browser, address, "")
    shows(browser, "第 1 件")
    complaints(browser)  # a 403 is logged
    press(browser, Keys.ENTER)
    shows(browser, "第 2 件")

    assert [(row.reviewer, row.key) for row in rows(settings)] == [("office", "office")]
    assert complaints(browser) == []


def test_without_a_log_the_page_says_so_and_is_not_offered(browser: Chrome, site: Site) -> None:
    browser.get(f"{site()}review")
    shows(browser, "还没有开通复核")

    assert [link.text for link in browser.find_elements(By.CSS_SELECTOR, "nav a")] == ["打标", "接口说明"]


def test_a_queue_written_as_jsonl_with_old_predictions_is_shown_with_new_ones(
    browser: Chrome, site: Site, settings: dict[str, Any], tmp_path: Path
) -> None:
    line = {"id": "9", "text": HOSPITAL, "prediction": {"model": "old@1", "tags": {"domain": []}}}
    (tmp_path / "q.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    open_as(browser, site(**settings | {"reviews_queue": tmp_path / "q.jsonl"}), "0317")
    shows(browser, "编号 9")

    assert "medical" in ticked(browser)


def test_every_label_of_the_default_taxonomy_has_a_key_of_its_own() -> None:
    found = sheets(Taxonomy.default())
    keys = [tick.key for sheet in found for tick in sheet.ticks]

    assert "" not in keys and len({*keys}) == len(keys)
    assert [tick.key for tick in found[1].ticks] == list("1234567")


def test_words_are_marked_on_the_axes_that_show_them() -> None:
    domain, misconduct = Taxonomy.default().axes
    screened = Taxonomy("1", (replace(domain, screened=True), misconduct))

    assert [sheet.marked for sheet in sheets(Taxonomy.default())] == [False, True]
    assert [sheet.marked for sheet in sheets(screened)] == [True, False]


def test_a_taxonomy_of_more_labels_than_keys_is_shown_all_the_same() -> None:
    many = Taxonomy("1", (Axis("place", "地方", "one", tuple(Label(f"l{n}", f"第{n}") for n in range(40))),))
    (sheet,) = sheets(many)

    assert len(sheet.ticks) == 40 and sheet.marked
    assert [tick.key for tick in sheet.ticks].count("") == 14


@pytest.mark.parametrize("how", ["output", "input"])
def test_what_the_service_masks_is_covered_and_its_evidence_marked(
    browser: Chrome, site: Site, settings: dict[str, Any], tmp_path: Path, how: str
) -> None:
    queue = write_csv(tmp_path / "named.csv", [("1", f"请回电{NUMBER}", f"<b>{LETTER}</b>")])
    open_as(browser, site(**settings | {"reviews_queue": queue, "reviews_text": True}, mask=how), "0317")
    shows(browser, "个人信息已遮盖")
    words = browser.execute_script(
        "return [...document.querySelectorAll('#text mark')].map((mark) => mark.textContent)"
    )
    assert any("电话【手机号】推诿没人处理" in each for each in words), words
    assert (
        one(browser, "#title").text == "请回电【手机号】" and "<b>我叫【姓名】" in one(browser, "#text").text
    )
    assert NAME not in browser.page_source and NUMBER not in browser.page_source
    press(browser, Keys.ENTER)
    shows(browser, "全部复核完了")
    (row,) = rows(settings)

    received = f"<b>{LETTER}</b>"
    key = ReviewKey.load(Path(f"{settings['reviews_database']}.key"))
    assert row.report_hash == key.of(Report("1", received, f"请回电{NUMBER}")) and row.prediction
    span = row.prediction["tags"]["misconduct"][0]["evidence"][0]
    assert NUMBER in received[span["start"] : span["end"]]
    assert (
        row.text == received.replace(NAME, "***").replace(NUMBER, "*" * 11)
        and row.title == "请回电" + "*" * 11
    )
    assert complaints(browser) == []
