"""Progress for a terminal, a log and a scheduler."""

from __future__ import annotations

import io
import json
import os
import signal
import time
from pathlib import Path

import pytest
from rich.console import Console

from model.export import Export
from serving.bulk import progress
from serving.bulk.choices import Shown
from serving.bulk.progress import Watch, duration
from tests.serving.bulk.conftest import start_job
from tests.serving.conftest import Petition

# Read by every Python on its path at its start.
# Ctrl+C is not heard by what a shell has put in the background, and what runs these tests may be there.
SLOW = """
import signal
import time
from serving.bulk import part

signal.signal(signal.SIGINT, signal.default_int_handler)

real = part.Parts.write
def write(self, number, records):
    real(self, number, records)
    time.sleep(0.2)
part.Parts.write = write
"""


def test_json_lines_tell_a_scheduler_how_far_it_is(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "JSON_S", 0.0)
    ended = bulk(big, tmp_path / "out.csv", "--progress", "json", "--chunk-rows", 20)
    events = [json.loads(line) for line in ended.err.splitlines()]
    tagged = [event for event in events if event["event"] == "progress" and event["phase"] == "tag"]

    assert [(event["rows"], event["total"], event["rejects"]) for event in tagged] == [
        (20, 60, 2),
        (40, 60, 4),
        (60, 60, 6),
    ]
    assert tagged[0]["rows_per_second"] > 0 and tagged[0]["seconds_left"] >= 0
    assert events[-1]["event"] == "end" and events[-1]["code"] == ended.code == 1
    assert events[-1]["outputs"] == ["out.csv"]


def test_the_end_of_a_job_that_fails_is_told_to_a_scheduler_too(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    ended = bulk(big, tmp_path / "out.csv", "--progress", "json", "--max-rejects", 0)
    *events, error = ended.err.splitlines()
    end = json.loads(events[-1])

    assert (end["event"], end["code"]) == ("end", ended.code) and ended.code == 7
    assert "--max-rejects" in end["error"] and error == f"错误：{end['error']}"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_job_that_is_ended_from_outside_says_so_in_a_plain_line_too(
    source: Path, tmp_path: Path, export: Export, number: int, code: int
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SLOW, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{Path(__file__).parents[3]}"}
    told = ("--processes", "1", "--progress", "json")
    job = start_job(source, tmp_path / "out.csv", export, *told, env=env)
    until = time.monotonic() + 120
    while not list(tmp_path.glob("out.csv.parts/*.part")):
        assert time.monotonic() < until
        time.sleep(0.02)
    job.send_signal(number)
    _, said = job.communicate(timeout=120)
    *events, error = said.splitlines()

    assert job.returncode == json.loads(events[-1])["code"] == code
    assert json.loads(events[-1])["event"] == "end" and error == "错误：已中断"


@pytest.mark.parametrize("shown", [Shown.json, Shown.log])
def test_a_phase_in_which_no_row_passes_gives_signs_of_life(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shown: Shown
) -> None:
    for name in ("BEAT_S", "JSON_S", "LOG_S"):
        monkeypatch.setattr(progress, name, 0.01)
    with Watch(Console(stderr=True), shown).phase("publish"):
        time.sleep(0.2)
    said = capsys.readouterr().err.splitlines()

    if shown is Shown.log:
        assert set(said) == {"交付结果：还在进行"}
    else:
        events = [json.loads(line) for line in said]
        assert {(event["phase"], event["rows"]) for event in events} == {("publish", 0)}
        assert [event["event"] for event in events[:2]] == ["phase", "progress"]


def test_quiet_says_nothing(bulk: Petition, big: Path, tmp_path: Path) -> None:
    ended = bulk(big, tmp_path / "out.csv", "--quiet")

    assert (ended.code, ended.out, ended.err) == (1, "", "")


def test_a_log_has_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOG_S", 0.0)
    watch = Watch(Console(stderr=True), Shown.auto)
    with watch.phase("tag", 100):
        watch.rows(40, 0, before=True)
        watch.rows(10, 2)
    first, second = capsys.readouterr().err.splitlines()

    assert first.startswith("打标：40/100 行") and second.startswith("打标：50/100 行")
    assert "读不了 2 行" in second and "还需" in second


def test_rows_of_an_earlier_run_are_no_speed_of_this_one() -> None:
    watch = Watch(Console(stderr=True), Shown.none)
    with watch.phase("tag", 1_000_000):
        watch.rows(999_000, 0, before=True)
        assert watch.rate == 0


def test_a_bar_is_drawn_on_a_terminal() -> None:
    screen = io.StringIO()
    watch = Watch(Console(file=screen, force_terminal=True, width=100), Shown.auto)
    with watch.phase("tag", 100):
        watch.rows(50, 1)

    assert "50 行" in screen.getvalue() and "50%" in screen.getvalue() and "读不了 1 行" in screen.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "不到 1 分钟"), (600, "10 分钟"), (5400, "1 小时 30 分钟"), (260_000, "3 天 0 小时")],
)
def test_time_left_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said
