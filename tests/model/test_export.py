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
from model.decide import AxisDecision
from model.export import CARD, FORMAT, GRAPH, MANIFEST, REQUIRED, TAXONOMY, WIDE, BrokenExport, Export, sha256
from model.promise import Promise
from tests.model.conftest import plain_decisions, random_wide

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


NAN, INFINITE = float("nan"), float("inf")
PROMISE = Promise("misconduct", "", 0.9, 0.95, "review", 0.1, 100, 60, 2, 0.7, 0.1, 0.8, "f")


def label(**wrong: object) -> Callable[[dict[str, Any]], object]:
    return lambda m: m["decisions"]["domain"]["labels"]["medical"].update(wrong)


def axis(**wrong: object) -> Callable[[dict[str, Any]], object]:
    return lambda m: m["decisions"]["misconduct"].update(wrong)


def promise(**wrong: object) -> Callable[[dict[str, Any]], object]:
    return lambda m: m.update(promises=[PROMISE.to_dict() | wrong])


def top(**wrong: object) -> Callable[[dict[str, Any]], object]:
    return lambda m: m.update(wrong)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (label(threshold=NAN), "decisions.domain.labels.medical.threshold is nan, not a finite number"),
        (label(threshold=1.01), "medical.threshold is 1.01, not a number from 0 to 1"),
        (label(threshold=-0.1), "medical.threshold is -0.1, not a number from 0 to 1"),
        (label(threshold=True), "medical.threshold is True, not a number from 0 to 1"),
        (label(threshold="0.5"), "medical.threshold is '0.5', not a number from 0 to 1"),
        (label(threshold=[0.5]), r"medical.threshold is \[0.5\], not a number"),
        (label(review_above=INFINITE), "medical.review_above is inf, not a finite number"),
        (label(review_above=2), "medical.review_above is 2, not a number from 0 to 1"),
        (label(slope=-INFINITE), "medical.slope is -inf, not a finite number"),
        (label(slope=0), "medical.slope is 0, not a number from 1e-30 to 1e.06"),
        (label(slope=-1.5), "medical.slope is -1.5, not a number"),
        (label(slope=10**400), "medical.slope is 10000.*, not a number"),
        (label(offset=NAN), "medical.offset is nan, not a finite number"),
        (label(offset=1e7), "medical.offset is 10000000.0, not a number from -1e.06 to 1e.06"),
        (axis(review_above=NAN), "decisions.misconduct.review_above is nan"),
        (axis(review_above=-1), "decisions.misconduct.review_above is -1, not a number from 0 to 1"),
        (
            axis(review_when_empty="false"),
            "decisions.misconduct.review_when_empty is 'false', not true or false",
        ),
        (axis(labels=[]), "integers"),
        (top(window=24.5), "window is 24.5, not a whole number from 9 to 8192"),
        (top(window=8), "window is 8, not a whole number from 9 to 8192"),
        (top(window=10**9), "window is 1000000000, not a whole number"),
        (top(window=NAN), "window is nan, not a finite number"),
        (top(overlap=-1), "overlap is -1, not a whole number of at least 0"),
        (top(blind="yes"), "blind is 'yes', not true or false"),
        (top(dev_metrics={"axes": {"domain": {"f": [0.5, NAN]}}}), r"dev_metrics.axes.domain.f\[1\] is nan"),
        (promise(caught=1.5), r"promises\[0\].caught is 1.5, not a number from 0 to 1"),
        (promise(border=INFINITE), r"promises\[0\].border is inf"),
        (promise(missed=-1), r"promises\[0\].missed is -1, not a whole number of at least 0"),
        (promise(by="luck"), r"promises\[0\].by is none of review, tag"),
    ],
)
def test_a_figure_that_cannot_be_meant_is_named(
    make_export: Make, edit: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(BrokenExport, match=rf"export\.json: .*{says}.*; export the model again"):
        Export.load(change(make_export(), edit))


def test_figures_at_the_ends_of_their_ranges_are_read(make_export: Make) -> None:
    folder = change(make_export(), label(threshold=1, review_above=0, slope=1e6, offset=-1e6))
    found = Export.load(change(replace(make_export(folder="b"), folder=folder), promise(border=None)))

    domain = found.decisions["domain"]
    assert (domain.thresholds[1], domain.slope[1], domain.offset[1]) == (1, 1e6, -1e6)
    assert domain.label_review is not None and domain.label_review.tolist() == [INFINITE, 0]
    assert found.promises == (replace(PROMISE, border=None),)


def test_a_figure_that_would_be_refused_is_not_saved(make_export: Make, taxonomy: Taxonomy) -> None:
    export = make_export()
    before = (export.folder / MANIFEST).read_bytes()
    flat: AxisDecision = plain_decisions(taxonomy)["domain"]
    bad = replace(flat, thresholds=np.array([0.5, NAN], np.float32))

    with pytest.raises(BrokenExport, match=r"domain\.labels\.medical\.threshold is nan"):
        replace(export, decisions={**export.decisions, "domain": bad}).save()
    assert (export.folder / MANIFEST).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "{}",
        '{"format": "x"}',
        '{"format": Infinity}',
        '{"format": true}',
        '{"format": 0}',
        "\xff",
    ],
)
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
