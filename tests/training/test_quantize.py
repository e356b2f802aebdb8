"""int8: smaller, close to fp32, and a report's scores do not depend on its neighbours."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.export import GRAPH
from model.tagger import Tagger
from tests.training.conftest import Files
from training.quantize import halve, quantize


def test_a_report_scores_the_same_alone_and_among_others(
    int8_folder: Path, files: Files, taxonomy: Taxonomy
) -> None:
    tagger = Tagger.load(int8_folder, threads=1)
    reports = [row.report for row in read_labelled(files.dev, taxonomy)]

    together = tagger.logits(reports)
    alone = np.concatenate([tagger.logits([report]) for report in reports])

    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_weights_and_token_vectors_are_int8(int8_folder: Path, export_folder: Path) -> None:
    small, full = onnx.load(int8_folder / GRAPH), onnx.load(export_folder / GRAPH)
    floats = [table.dims for table in small.graph.initializer if table.data_type == onnx.TensorProto.FLOAT]

    assert {node.op_type for node in small.graph.node} >= {"MatMulNBits", "Gather"}
    assert "MatMulNBits" not in {node.op_type for node in full.graph.node}
    assert not [dims for dims in floats if len(dims) == 2 and min(dims) > 16], "a float table is left"


def test_quantizing_leaves_the_fp32_graph_as_it_is(export_folder: Path, tmp_path: Path) -> None:
    before = (export_folder / GRAPH).read_bytes()

    quantize(export_folder / GRAPH, tmp_path / "small.onnx")

    assert (export_folder / GRAPH).read_bytes() == before


def test_fp16_weights_compute_what_fp32_ones_do(
    export_folder: Path, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    shutil.copytree(export_folder, tmp_path / "half")
    halve(export_folder / GRAPH, tmp_path / "half" / GRAPH)
    full = Tagger.load(export_folder, threads=1)
    half = Tagger(replace(full.export, folder=tmp_path / "half"), threads=1)
    reports = [row.report for row in read_labelled(files.dev, taxonomy)]

    np.testing.assert_allclose(half.logits(reports), full.logits(reports), atol=0.02)
    tables = onnx.load(tmp_path / "half" / GRAPH).graph.initializer
    large = [table.data_type for table in tables if np.prod(table.dims) >= 1024]
    assert large and set(large) == {onnx.TensorProto.FLOAT16}
