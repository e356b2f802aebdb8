"""What ships stays small enough to clone."""

from __future__ import annotations

from model.export import DEFAULT, Export

MOST = 60_000_000
ENCODER = DEFAULT.parent / "encoder"


def test_the_export_and_the_encoder_that_ship_are_below_60_mb_together() -> None:
    files = [file for folder in (DEFAULT, ENCODER) for file in folder.rglob("*") if file.is_file()]

    assert len(files) >= 10
    assert sum(file.stat().st_size for file in files) < MOST


def test_the_export_that_ships_is_whole_and_has_no_files_beside_those_it_lists() -> None:
    export = Export.load(DEFAULT)

    assert {file.name for file in DEFAULT.iterdir()} == {*export.files, "export.json"}
