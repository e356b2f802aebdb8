"""The pages in headless Chromium: by keyboard, on a phone, with a file; nothing of a report ever runs."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import openpyxl
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from serving.keys import Role, new_key
from tests.serving.conftest import HOSPITAL, QUIET, SCHOOL, write_csv
from tests.serving.pages.conftest import Site, wait_for_file
from tests.serving.pages.test_tagging import HTML


def one(browser: Chrome, selector: str) -> WebElement:
    """The first element there, as soon as it is there."""
    return WebDriverWait(browser, 30).until(lambda b: b.find_element(By.CSS_SELECTOR, selector))


def complaints(browser: Chrome) -> list[str]:
    """What the console says: errors, and whatever the policy forbade."""
    return [line["message"] for line in browser.get_log("browser") if line["level"] != "INFO"]


def wide(browser: Chrome, width: int) -> None:
    shape = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)


def test_a_report_is_pasted_and_tagged_by_keyboard_and_its_html_stays_text(
    browser: Chrome, site: Site
) -> None:
    browser.get(site())
    one(browser, "#go")
    area = browser.switch_to.active_element
    area.send_keys(HTML)
    ActionChains(browser).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()

    assert HTML in one(browser, "#results .text").text.replace("不作为", "")
    assert "推诿" in one(browser, "mark[title='不作为']").text
    assert one(browser, "textarea").get_property("value") == HTML
    assert browser.find_elements(By.CSS_SELECTOR, "img, main script:not([type])") == []
    assert complaints(browser) == []


def test_a_file_is_dropped_filtered_copied_and_downloaded(
    browser: Chrome, site: Site, tmp_path: Path
) -> None:
    browser.get(site())
    browser.execute_script(
        """const dropped = new DataTransfer();
        dropped.items.add(new File([arguments[0]], "来信.csv"));
        document.getElementById("drop").dispatchEvent(
          new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: dropped}));""",
        f"编号,内容\n1,{SCHOOL}\n2,{HOSPITAL}\n3,{QUIET}\n",
    )
    one(browser, "#go").click()
    one(browser, "[data-show='domain:medical']:enabled").click()
    reports = browser.find_elements(By.CSS_SELECTOR, "details.report")
    assert [report.is_displayed() for report in reports] == [False, True, False]

    browser.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    one(browser, "[data-copy='1']").click()
    WebDriverWait(browser, 10).until(lambda b: "已复制" in b.find_element(By.TAG_NAME, "main").text)
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert json.loads(copied)["tags"]["domain"][0]["label"] == "medical"

    one(browser, "a[download$='.xlsx']").click()
    book = openpyxl.load_workbook(wait_for_file(browser.downloads, ".xlsx"))  # type: ignore[attr-defined]
    assert book.active.max_row == 4  # type: ignore[union-attr]
    assert complaints(browser) == []


def test_nothing_is_wider_than_a_phone(browser: Chrome, site: Site, tmp_path: Path) -> None:
    file = write_csv(tmp_path / f"{'长' * 60}.csv", [("9" * 50, "w" * 200, SCHOOL), ("2", "", HOSPITAL)])
    wide(browser, 360)
    try:
        browser.get(site())
        for _ in range(2):
            spare = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert browser.execute_script(spare) <= 0
            one(browser, "#file").send_keys(str(file))
            one(browser, "#go").click()
            one(browser, "#results")
    finally:
        wide(browser, 1280)


def test_signing_in_and_out(browser: Chrome, site: Site, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys.json", "office", Role.tag)
    address = site(keys=tmp_path / "keys.json")
    browser.get(address)
    one(browser, "#key")
    browser.switch_to.active_element.send_keys("petition_wrong", Keys.ENTER)
    assert "密钥不对" in one(browser, "[role=alert]").text
    complaints(browser)  # a 401 is logged
    browser.switch_to.active_element.send_keys(key, Keys.ENTER)
    one(browser, "#text").send_keys(SCHOOL)
    one(browser, "#go").click()
    assert one(browser, "#results") and one(browser, ".who").text == "office"
    assert browser.execute_script("return document.cookie") == ""
    assert complaints(browser) == []

    browser.get(f"data:text/html,{quote(f'<a href={address}>portal</a>')}")
    one(browser, "a").click()
    assert one(browser, ".who").text == "office"

    one(browser, ".out button").click()
    one(browser, "#key")
    browser.get(address)
    assert browser.current_url.startswith(f"{address}sign-in")


def test_another_sites_form_is_refused(browser: Chrome, site: Site) -> None:
    page = f"<form method=post action={site()} enctype=multipart/form-data><input name=text value=x><button>"
    browser.get(f"data:text/html,{quote(page)}")
    one(browser, "button").click()
    assert "请求来自别的网页" in one(browser, "h1").text
    complaints(browser)  # a 403 is logged


def test_the_page_of_the_api_works_without_internet(browser: Chrome, site: Site) -> None:
    browser.get(f"{site()}docs")

    assert "petition-tagger" in one(browser, ".swagger-ui .info .title").text
    assert complaints(browser) == []
