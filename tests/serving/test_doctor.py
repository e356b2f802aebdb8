"""The doctor reads the machine's files, replays the golden reports and names each fault with its remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.export import GOLDEN, GRAPH, Export
from serving import doctor
from serving.doctor import Finding, examine, memory_limit, metrics_text, read_flags
from tests.serving.conftest import PLANTED, SCHOOL


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MEASURE_S", 0.01)


def named(folder: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(folder)}


def golden(export: Export, content: str) -> Path:
    (export.folder / GOLDEN).write_text(content, encoding="utf-8")
    export.save()
    return export.folder


def test_a_good_export_has_no_fault(export: Export) -> None:
    found = named(export.folder)

    assert {finding.level for finding in found.values()} <= {"ok", "warning"}
    assert found["标准件回放"].detail.startswith("3 件") and "每秒约" in found["速度"].detail


def test_scores_that_differ_are_a_fault_without_words(export: Export) -> None:
    row = {"id": "S1", "title": "", "text": SCHOOL, "scores": [0.5] * 6}
    found = named(golden(export, json.dumps(row, ensure_ascii=False) + "\n"))

    assert found["标准件回放"].level == "fault" and "onnxruntime" in found["标准件回放"].advice
    assert PLANTED not in "".join(finding.detail for finding in found.values()) and "速度" not in found


@pytest.mark.parametrize(
    "content", [PLANTED, '{"id": "1"}\n', '{"id":"1","title":"","text":"","scores":[1]}\n']
)
def test_golden_reports_that_cannot_be_read_are_a_fault_without_words(export: Export, content: str) -> None:
    found = named(golden(export, content))

    assert found["标准件回放"].level == "fault" and PLANTED not in found["标准件回放"].detail


def test_an_export_without_golden_reports_is_a_warning(export: Export) -> None:
    assert named(golden(export, ""))["标准件回放"].level == "warning"


@pytest.mark.parametrize(
    ("content", "name"), [(None, "模型"), (b"no graph", "推理引擎")], ids=["missing", "no graph"]
)
def test_a_graph_that_does_not_load_is_a_fault(export: Export, content: bytes | None, name: str) -> None:
    path = export.folder / GRAPH
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
        export.save()
    found = named(export.folder)

    assert found[name].level == "fault" and found[name].advice


def test_flags_of_a_processor_are_those_that_decide_speed() -> None:
    cpuinfo = "model name\t: Invented 9\nflags\t\t: fpu sse avx2 avx512_vnni\nflags\t\t: other\n"
    assert read_flags(cpuinfo) == ("Invented 9", ["avx2", "avx512_vnni"])
    assert read_flags("Features : asimd i8mm\n") == ("", ["asimd", "i8mm"])
    assert read_flags("") == ("", [])


def test_the_lower_of_free_memory_and_limit_counts(tmp_path: Path) -> None:
    proc, cgroup = tmp_path / "proc", tmp_path / "cgroup"
    assert memory_limit(proc, cgroup) is None
    for folder in (proc, cgroup):
        folder.mkdir()
    (proc / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 8 kB\n")
    (cgroup / "memory.max").write_text("4096")
    assert memory_limit(proc, cgroup) == 4096
    (cgroup / "memory.max").write_text("max")
    assert memory_limit(proc, cgroup) == 8192


def test_figures_on_dev_are_shown_by_axis(export: Export) -> None:
    figures = {"axes": {"domain": {"macro_f1": 0.7, "micro_f1": 0.8}}, "review_share": 0.214}
    shown = metrics_text(Export(**{**vars(export), "dev_metrics": figures}))

    assert shown == "领域 宏平均 F1 0.700，微平均 F1 0.800；需人工复核 21.4%"
