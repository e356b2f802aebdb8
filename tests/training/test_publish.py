"""A version goes into the folder that a service follows whole, checked, and in one step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import cast

import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.export import GOLDEN, GRAPH, BrokenExport, Export
from model.golden import GoldenMismatch, write_golden
from model.tagger import Tagger
from tests.conftest import speaking_tables
from training.publish import KEPT, move_link, ready, switch
from training.registry import Registry, RegistryAway, Version


class Shelf:
    """A registry that hands out copies of one folder, or is away."""

    def __init__(self, export: Export) -> None:
        self.export, self.away, self.fetched = export, False, 0

    def fetch(self, number: int, out: Path) -> Path:
        if self.away:
            raise RegistryAway("MLflow: no route")
        self.fetched += 1
        return Path(copytree(self.export.folder, out))


@pytest.fixture
def shelf(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Shelf:
    return Shelf(make_export(speaking_tables(tokenizer, {"学校": 0}, 7)))


def put(shelf: Shelf, number: int, into: Path) -> Export:
    version = Version(number, "tiny@1", (), datetime.now(UTC))
    export = ready(cast(Registry, shelf), version, into)
    switch(into, export)
    return export


def test_the_link_points_to_the_version_and_moves_with_the_next(shelf: Shelf, tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert put(shelf, 1, models).model == "tiny@1"
    assert (models / "current").resolve() == (models / "1").resolve()
    put(shelf, 2, models)

    assert (models / "current").readlink() == Path("2")
    assert Export.load(models / "current").files == shelf.export.files


def test_a_version_that_is_there_needs_no_registry(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf, 1, tmp_path / "models")
    put(shelf, 2, tmp_path / "models")
    shelf.away = True
    put(shelf, 1, tmp_path / "models")

    assert (tmp_path / "models" / "current").readlink() == Path("1")


def test_a_damaged_copy_is_fetched_anew(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf, 1, tmp_path / "models")
    (tmp_path / "models" / "1" / GRAPH).write_bytes(b"half")
    put(shelf, 1, tmp_path / "models")

    assert shelf.fetched == 2 and Export.load(tmp_path / "models" / "current")


def test_what_the_link_points_to_is_not_looked_at_again(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shelf, 1, tmp_path / "models")
    monkeypatch.setattr("training.publish.replay_golden", refuse)

    assert put(shelf, 1, tmp_path / "models").folder == tmp_path / "models" / "1"
    assert shelf.fetched == 1


def test_whatever_goes_wrong_the_linked_model_stays(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    put(shelf, 1, models)
    put(shelf, 2, models)
    monkeypatch.setattr("training.publish.replay_golden", refuse)
    for number in (1, 3):  # one that is there, and one that is fetched
        with pytest.raises(MemoryError):
            put(shelf, number, models)
    (models / "2" / GRAPH).write_bytes(b"half")
    with pytest.raises(MemoryError):
        put(shelf, 2, models)
    shelf.away = True
    with pytest.raises(RegistryAway):
        put(shelf, 2, models)

    assert sorted(path.name for path in models.iterdir()) == ["1", "2", "current"]
    assert (models / "current").readlink() == Path("2") and (models / "2" / GRAPH).is_file()


def refuse(*_: object) -> None:
    raise MemoryError


def test_where_the_registry_is_away_the_link_stays(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf, 1, tmp_path / "models")
    shelf.away = True

    with pytest.raises(RegistryAway):
        put(shelf, 2, tmp_path / "models")
    assert (tmp_path / "models" / "current").readlink() == Path("1")


def test_what_cannot_be_used_here_never_gets_the_link(
    shelf: Shelf, tmp_path: Path, make_export: Callable[..., Export]
) -> None:
    put(shelf, 1, tmp_path / "models")
    other = Tagger(make_export(folder="other", tables=speaking_tables_of_none()), 1)
    write_golden(shelf.export.folder / GOLDEN, other, [Report("g", "学校")])
    shelf.export.save()
    with pytest.raises(GoldenMismatch):
        put(shelf, 2, tmp_path / "models")
    (shelf.export.folder / GRAPH).write_bytes(b"half")
    with pytest.raises(BrokenExport):
        put(shelf, 3, tmp_path / "models")

    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["1", "current"]
    assert (tmp_path / "models" / "current").readlink() == Path("1")


def speaking_tables_of_none() -> object:
    from tests.conftest import new_tokenizer

    return speaking_tables(new_tokenizer(), {}, 7)


def test_old_versions_go_but_never_the_linked_one(shelf: Shelf, tmp_path: Path) -> None:
    models = tmp_path / "models"
    for number in range(1, KEPT + 3):
        put(shelf, number, models)
    put(shelf, 3, models)  # a rollback to the oldest that is left
    put(shelf, 20, models)

    left = sorted(int(path.name) for path in models.iterdir() if path.name.isdigit())
    assert left == [4, 5, 6, 7, 20] and (models / "current").readlink() == Path("20")


def test_a_folder_in_the_place_of_the_link_is_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    (tmp_path / "1").mkdir()

    with pytest.raises(FileExistsError):
        move_link(tmp_path / "current", tmp_path / "1")
    with pytest.raises(FileExistsError):  # before anything is fetched
        put(shelf, 2, tmp_path)
    assert shelf.fetched == 0
