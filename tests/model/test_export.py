"""An Export is read whole or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.taxonomy import Taxonomy
from model.export import CARD, FORMAT, GRAPH, MANIFEST, REQUIRED, TAXONOMY, WIDE, BrokenExport, Export, sha256
from tests.model.conftest import random_wide

Make = Callable[..., Export]


def change(export: Export, edit: Callable[[dict[str, Any]], object]) -> Path:
    """Edit export.json in place."""
    path = export.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    edit(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return export.folder


def test_what_is_saved_comes_back(make_export: Make, taxonomy: Taxonomy) -> None:
    export = make_export(wide=random_wide())
    export.save()
    back = Export.load(export.folder)

    assert back.taxonomy == taxonomy and back.model == "tiny@1"
    assert (back.encoder, back.window, back.overlap, back.data_hash) == ("none", 24, 6, "abc")
    assert back.dev_metrics == {"f1": 0.5}
    assert set(back.files) == {*REQUIRED, WIDE}
    for axis in taxonomy.axes:
        np.testing.assert_array_equal(
            back.decisions[axis.id].thresholds, export.decisions[axis.id].thresholds
        )


def test_an_export_may_be_moved(make_export: Make, tmp_path: Path) -> None:
    moved = shutil.copytree(make_export().folder, tmp_path / "elsewhere")

    assert Export.load(str(moved)).folder == moved


@pytest.mark.parametrize("name", [*REQUIRED, WIDE])
def test_a_changed_byte_is_refused(make_export: Make, name: str) -> None:
    folder = make_export(wide=random_wide()).folder
    data = bytearray((folder / name).read_bytes() or b" ")
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)

    with pytest.raises(BrokenExport, match=rf"{name} does not match its checksum; copy the export again"):
        Export.load(folder)


@pytest.mark.parametrize("name", [*REQUIRED, WIDE])
def test_a_missing_file_is_refused(make_export: Make, name: str) -> None:
    folder = make_export(wide=random_wide()).folder
    (folder / name).unlink()

    with pytest.raises(BrokenExport, match=f"{name} is missing"):
        Export.load(folder)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_manifest_must_list_every_required_file(make_export: Make, name: str) -> None:
    folder = change(make_export(), lambda m: m["files"].pop(name))

    with pytest.raises(BrokenExport, match=f"does not list {name}"):
        Export.load(folder)


def test_a_wide_part_that_is_not_of_the_export_is_refused(make_export: Make) -> None:
    # Unlisted, it has no checksum, yet would change every score.
    folder = make_export().folder
    random_wide().save(folder / WIDE)

    with pytest.raises(BrokenExport, match=r"wide\.npz is not of this export"):
        Export.load(folder)


def test_blind_reading_is_kept_and_refused_by_programs_that_know_nothing_of_it(make_export: Make) -> None:
    export = replace(make_export(), blind=True)
    export.save()
    shape = json.loads((export.folder / MANIFEST).read_text(encoding="utf-8"))

    assert shape["format"] == 3 and Export.load(export.folder).blind
    assert not make_export(folder="other").blind


@pytest.mark.parametrize("rest", [{}, {"other": "shape"}])
def test_a_newer_format_asks_for_a_newer_program(make_export: Make, rest: dict[str, str]) -> None:
    export = make_export()
    shape = {"format": FORMAT + 1, **rest}
    (export.folder / MANIFEST).write_text(json.dumps(shape))

    with pytest.raises(
        BrokenExport, match=f"format {FORMAT + 1} is newer than {FORMAT}; install a newer petition-tagger"
    ):
        Export.load(export.folder)


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname", "sub/file"])
def test_a_path_outside_the_folder_is_refused(make_export: Make, path: str) -> None:
    export = make_export()
    (export.folder.parent / "outside.txt").write_text("x")

    with pytest.raises(BrokenExport, match="outside the folder"):
        Export.load(change(export, lambda m: m["files"].update({path: "0" * 64})))


def swap_labels(m: dict[str, Any]) -> None:
    m["labels"]["domain"].reverse()


def swap_axes(m: dict[str, Any]) -> None:
    m["labels"] = dict(reversed(m["labels"].items()))


def drop_label(m: dict[str, Any]) -> None:
    m["labels"]["domain"].pop()


@pytest.mark.parametrize("edit", [swap_labels, swap_axes, drop_label])
def test_labels_out_of_step_are_refused(make_export: Make, edit: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(BrokenExport, match="do not list the same labels in the same order"):
        Export.load(change(make_export(), edit))


def test_a_taxonomy_put_in_later_is_refused_even_with_its_checksum(make_export: Make) -> None:
    export = make_export()
    axes = export.taxonomy.axes
    Taxonomy("t2", (axes[1], axes[0], axes[2])).dump(export.folder / TAXONOMY)

    with pytest.raises(BrokenExport, match="same order"):
        Export.load(change(export, lambda m: m["files"].update({TAXONOMY: sha256(export.folder / TAXONOMY)})))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda m: m.pop("labels"), "has no labels"),
        (lambda m: m.pop("decisions"), "has no decisions"),
        (lambda m: m.pop("files"), "has no files"),
        (lambda m: m.update(files=[]), "has no files"),
        (lambda m: m.pop("window"), "'window' is missing"),
        (lambda m: m["decisions"].pop("domain"), "'domain' is missing"),
        (lambda m: m["decisions"]["domain"]["labels"].pop("medical"), "'medical' is missing"),
        (lambda m: m.update(window=None), r"export\.json"),
        (lambda m: m["decisions"]["domain"]["labels"]["medical"].update(slope="x"), r"export\.json"),
    ],
)
def test_an_incomplete_manifest_is_refused(
    make_export: Make, edit: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(BrokenExport, match=says):
        Export.load(change(make_export(), edit))


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"format": "x"}', "\xff"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("latin-1"))

    with pytest.raises(BrokenExport, match="is not a manifest; copy the export again"):
        Export.load(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenExport, match=r"no export\.json there; give the folder of an export"):
        Export.load(tmp_path)


@pytest.mark.parametrize("name", [GRAPH, CARD])
def test_an_incomplete_folder_is_not_saved(make_export: Make, name: str) -> None:
    export = make_export()
    (export.folder / name).unlink()

    with pytest.raises(BrokenExport, match=f"{name} is missing; export the model again"):
        export.save()
