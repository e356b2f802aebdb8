"""`petition doctor` says whether this machine can run an Export."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.export import GRAPH, Export
from tests.serving.conftest import PLANTED, Petition


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.doctor.MEASURE_S", 0.01)


def test_a_good_export_passes(petition: Petition, export: Export) -> None:
    ended = petition("doctor", "--model", export.folder)

    assert ended.code == 0
    assert "可以使用" in ended.out and "标准件回放：3 件" in ended.out and "件/" not in ended.err
    assert "✗" not in ended.out


def test_a_changed_graph_is_a_fault_with_advice(petition: Petition, export: Export) -> None:
    with (export.folder / GRAPH).open("ab") as graph:
        graph.write(b"\0")
    ended = petition("doctor", "--model", export.folder)

    assert ended.code == 3
    assert "✗ 模型" in ended.out and GRAPH in ended.out and "→" in ended.out and "有 1 处故障" in ended.out


def test_no_export_is_a_fault(petition: Petition, tmp_path: Path) -> None:
    ended = petition("doctor", "--model", tmp_path)

    assert ended.code == 3 and "export.json" in ended.out


def test_no_words_of_golden_reports_are_shown(petition: Petition, export: Export) -> None:
    ended = petition("doctor", "--model", export.folder)

    assert PLANTED not in ended.out + ended.err
