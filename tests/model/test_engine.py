"""The engine computes the graph, from several threads too."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from model.cores import usable_cores
from model.engine import Engine, load_runtime
from tests.model.tiny_graph import write_table_graph

ROOT = Path(__file__).parents[2]
_TABLE = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    write_table_graph(tmp_path / "model.onnx", _TABLE, -_TABLE)
    return tmp_path / "model.onnx"


def test_the_library_keeps_and_sends_nothing_about_its_use(graph: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # On build machines and with these variables it would be silent by itself.
    known = {"CI", "TF_BUILD", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
    kept = {name: value for name, value in os.environ.items() if name not in known and "XDG" not in name}
    code = f"from pathlib import Path; from model.engine import Engine; Engine(Path({str(graph)!r}), 1)"
    command, environment = [sys.executable, "-c", code], {**kept, "HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []


def test_windows_of_any_number_and_length_are_computed(graph: Path) -> None:
    engine = Engine(graph, threads=1)
    for shape in ((1, 2), (3, 7), (8, 1)):
        ids = np.random.default_rng(1).integers(0, 50, shape)
        scores, values = engine.run(ids, np.ones(shape, dtype=bool))

        np.testing.assert_array_equal(scores, _TABLE[ids])
        np.testing.assert_array_equal(values, -_TABLE[ids])


def test_several_threads_may_run_it_at_once(graph: Path) -> None:
    engine = Engine(graph, threads=2)
    batches = [np.random.default_rng(seed).integers(0, 50, (4, 9)) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda ids: engine.run(ids, np.ones(ids.shape, dtype=bool))[0], batches))

    for ids, scores in zip(batches, found, strict=True):
        np.testing.assert_array_equal(scores, _TABLE[ids])


def test_the_number_of_threads_is_as_asked_or_one_per_core(graph: Path) -> None:
    assert Engine(graph, threads=2).threads == 2
    assert Engine(graph).threads == usable_cores() >= 1
    assert usable_cores() <= (os.cpu_count() or 1)


def test_the_engine_names_itself(graph: Path) -> None:
    assert Engine(graph, 1).name.startswith("onnxruntime 1.")


def test_the_runtime_leaves_nothing_behind(graph: Path, tmp_path: Path) -> None:
    """Its maker's telemetry keeps a device id and a database, but not where it takes itself to be in CI."""
    home = tmp_path / "home"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(home))
    program = "import sys, pathlib, model.engine; model.engine.Engine(pathlib.Path(sys.argv[1]), 1)"
    subprocess.run(
        [sys.executable, "-c", program, graph],
        cwd=Path(__file__).parents[2], env={**clean, **places}, check=True,
    )  # fmt: skip

    assert list(home.rglob("*")) == []


def test_a_broken_graph_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a graph")

    broken = load_runtime().capi.onnxruntime_pybind11_state.InvalidProtobuf
    with pytest.raises(broken):
        Engine(tmp_path / "model.onnx", 1)
