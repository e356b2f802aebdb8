"""The model that ships, tagged with once per session, and the tables of what it did."""

from __future__ import annotations

import pytest

from model.tagger import Tagger
from tests.behaviour.floors import MEASURES, Floors, read_floors
from tests.behaviour.measure import Counts, table_lines

TABLES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.fixture(scope="session")
def floors() -> Floors:
    return read_floors()


def _measured(name: str, tagger: Tagger, floors: Floors, config: pytest.Config) -> Counts:
    counts = MEASURES[name](tagger)
    config.stash.setdefault(TABLES, []).extend(["", *table_lines(name, counts, floors[name])])
    return counts


@pytest.fixture(scope="session")
def minimum(tagger: Tagger, floors: Floors, pytestconfig: pytest.Config) -> Counts:
    return _measured("minimum", tagger, floors, pytestconfig)


@pytest.fixture(scope="session")
def invariance(tagger: Tagger, floors: Floors, pytestconfig: pytest.Config) -> Counts:
    return _measured("invariance", tagger, floors, pytestconfig)


@pytest.fixture(scope="session")
def directions(tagger: Tagger, floors: Floors, pytestconfig: pytest.Config) -> Counts:
    return _measured("directions", tagger, floors, pytestconfig)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if tables := config.stash.get(TABLES, []):
        terminalreporter.section("behaviour of the model that ships")
        for line in tables:
            terminalreporter.write_line(line)
