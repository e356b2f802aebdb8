"""A browser and a service that it can reach; both are real."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver

from model.export import Export
from tests.serving.service import listening

Site = Callable[..., str]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Headless Chromium with a profile of its own; `browser.downloads` is where its downloads go."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver on PATH (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-proxy-server"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options=options, service=Driver(DRIVER)) as driver:
        driver.set_page_load_timeout(60)
        driver.downloads = tmp_path_factory.mktemp("downloads")  # type: ignore[attr-defined]
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior",
            {"behavior": "allow", "downloadPath": str(driver.downloads)},  # type: ignore[attr-defined]
        )
        yield driver


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> webdriver.Chrome:
    """The browser on an empty page, its console read: what an earlier test left there is not this one's."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def site(export: Export) -> Iterator[Site]:
    """Start a service with these settings and give its address."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(listening(export, **settings))


def wait_for_file(folder: Path, suffix: str) -> Path:
    """The one file of that suffix, when it is whole."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if found := list(folder.glob(f"*{suffix}")):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no {suffix} was downloaded")
