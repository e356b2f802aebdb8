"""The quickest engine that fits is used, and none that gives golden reports other scores."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.report import Report
from model import openvino_engine
from model.engine import Engine
from model.export import GOLDEN, Export
from model.golden import GoldenMismatch
from model.tagger import Tagger
from serving import doctor, engine_choice, loaded
from serving.engine_choice import choose, wanted_by
from serving.faults import WrongUse
from serving.help import Wanted
from serving.settings import ServeSettings
from tests.model.tiny_graph import write_table_graph
from tests.serving.bulk.conftest import HEADING, rows_of
from tests.serving.conftest import SCHOOL, Petition, write_csv
from tests.serving.service import SMALL

ROOT = Path(__file__).parents[2]


class Other(Engine):
    """In OpenVINO's place: computes the same, or something else."""

    off = 0.0

    def __init__(self, path: Path, threads: int = 0) -> None:
        super().__init__(path, threads)
        self.name = "openvino 0 bf16"

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scores, values = super().run(ids, mask)
        return scores, values + self.off


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> type[Other]:
    """OpenVINO is there, and so are the instructions."""
    monkeypatch.setattr(engine_choice, "installed", lambda: True)
    monkeypatch.setattr(engine_choice, "bf16_flag", lambda: "amx_bf16")
    monkeypatch.setattr(engine_choice, "OpenVinoEngine", Other)
    monkeypatch.setattr(Other, "off", 0.0)
    return Other


def test_the_quick_engine_is_used_where_it_is_installed_and_fits(export: Export, other: object) -> None:
    choice = choose(export, 1)

    assert isinstance(choice.tagger.engine, Other) and "amx_bf16" in choice.why and "3 件" in choice.why


@pytest.mark.parametrize("wanted", [Wanted.auto, Wanted.onnxruntime])
def test_golden_reports_are_replayed_once_whatever_engine_is_chosen(
    export: Export, other: object, monkeypatch: pytest.MonkeyPatch, wanted: Wanted
) -> None:
    replays, replay = [], engine_choice.replay_golden

    def counted(path: Path, tagger: Tagger) -> tuple[int, float]:
        replays.append(path)
        return replay(path, tagger)

    for module in (engine_choice, loaded, doctor):
        monkeypatch.setattr(module, "replay_golden", counted)
    settings = ServeSettings(**{**SMALL, "model": export.folder, "engine": wanted})  # type: ignore[arg-type]
    assert (loaded.load_checked(settings).golden, len(replays)) == (3, 1)

    findings = {finding.name: finding.detail for finding in doctor.examine(export.folder, wanted)}
    assert findings["标准件回放"].startswith("3 件") and len(replays) == 2


def test_an_engine_with_other_scores_is_not_used_and_that_is_said(export: Export, other: type[Other]) -> None:
    other.off = 1.0
    choice = choose(export, 1)

    assert type(choice.tagger.engine) is Engine and "得分相差太多" in choice.why
    with pytest.raises(GoldenMismatch):
        choose(export, 1, wanted=Wanted.openvino)


def test_an_engine_that_cannot_be_started_here_is_not_used_and_that_is_said(
    export: Export,
    other: type[Other],
    monkeypatch: pytest.MonkeyPatch,
    petition: Petition,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Forbidden(Other):
        """As OpenVINO under MemoryDenyWriteExecute."""

        def __init__(self, path: Path, threads: int = 0) -> None:
            raise RuntimeError("can't protect")

    monkeypatch.setattr(engine_choice, "OpenVinoEngine", Forbidden)
    choice = choose(export, 1)
    assert type(choice.tagger.engine) is Engine and "无法启动（RuntimeError）" in choice.why
    settings = ServeSettings(**{**SMALL, "model": export.folder})  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO, "petition"):
        assert loaded.load_checked(settings).golden == 3
    (record,) = caplog.records
    assert record.message == "engine" and "无法启动" in str(vars(record)["fields"])

    told = petition("doctor", "--model", export.folder)
    assert told.code == 0 and "推理引擎：onnxruntime" in told.out and "无法启动" in told.out
    with pytest.raises(RuntimeError):
        choose(export, 1, wanted=Wanted.openvino)


@pytest.mark.parametrize("golden", ["", "{}\n"])
def test_an_export_that_cannot_be_checked_keeps_the_usual_engine(
    export: Export, other: object, golden: str
) -> None:
    (export.folder / GOLDEN).write_text(golden, encoding="utf-8")
    export.save()
    choice = choose(Export.load(export.folder), 1)

    assert type(choice.tagger.engine) is Engine and "不能核对" in choice.why


def test_the_usual_engine_is_used_without_the_extra_or_the_instructions_or_when_asked_for(
    export: Export, other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert type(choose(export, 1, wanted=Wanted.onnxruntime).tagger.engine) is Engine
    monkeypatch.setenv("PETITION_ENGINE", "onnxruntime")
    assert choose(export, 1).why == "按设置"
    monkeypatch.delenv("PETITION_ENGINE")
    monkeypatch.setattr(engine_choice, "bf16_flag", lambda: "")
    assert "没有 bf16" in choose(export, 1).why
    monkeypatch.setattr(engine_choice, "installed", lambda: False)
    assert choose(export, 1).why == "没有安装 openvino"
    with pytest.raises(WrongUse, match="petition-tagger\\[openvino\\]"):
        choose(export, 1, wanted=Wanted.openvino)


def test_a_word_that_is_no_engine_is_refused() -> None:
    with pytest.raises(WrongUse, match="PETITION_ENGINE"):
        wanted_by({"PETITION_ENGINE": "cuda"})


def test_the_doctor_says_which_engine_and_why(petition: Petition, export: Export, other: type[Other]) -> None:
    chosen = petition("doctor", "--model", export.folder)
    other.off = 1.0
    refused = petition("doctor", "--model", export.folder)
    forced = petition("doctor", "--model", export.folder, "--engine", "openvino")

    assert chosen.code == 0 and "openvino 0 bf16" in chosen.out and "处理器有 amx_bf16" in chosen.out
    assert refused.code == 0 and "推理引擎：onnxruntime" in refused.out and "得分相差太多" in refused.out
    assert forced.code == 3


def test_parts_of_two_engines_never_mix(
    petition: Petition, export: Export, tmp_path: Path, other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.bulk.part import Parts

    source = write_csv(tmp_path / "in.csv", rows_of(20), HEADING)
    told = (source, tmp_path / "out.csv", "--model", export.folder, "--chunk-rows", 5, "--threads", 1)
    real = Parts.write

    def write(self: Parts, number: int, records: list[dict[str, object]]) -> None:
        if number == 2:
            raise OSError(28, "", str(self.folder))
        real(self, number, records)

    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", write)
        assert petition("bulk", *told).code == 4
    refused = petition("bulk", *told, "--engine", "onnxruntime")
    again = petition("bulk", *told)

    assert refused.code == 5 and "推理引擎变了：原为 openvino 0 bf16，现为 onnxruntime" in refused.err
    assert again.code == 1 and "接着做" in again.err


def test_bf16_instructions_are_read_from_linux(tmp_path: Path) -> None:
    found = tmp_path / "cpuinfo"
    for flags, flag in (
        ("fpu avx512_bf16 amx_tile amx_bf16", "amx_bf16"),
        ("fpu avx512_bf16", "avx512_bf16"),
        ("fpu avx2", ""),
    ):
        found.write_text(f"processor\t: 0\nflags\t\t: {flags}\n", encoding="utf-8")
        assert openvino_engine.bf16_flag(found) == flag
    assert openvino_engine.bf16_flag(tmp_path / "none") == ""


def test_openvino_gives_the_scores_of_the_usual_engine(export: Export) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    reports = [Report(str(n), SCHOOL * (n % 7 + 1)) for n in range(40)]
    usual = choose(export, 1, wanted=Wanted.onnxruntime).tagger
    quick = choose(export, 1, wanted=Wanted.openvino).tagger

    assert quick.engine.name.startswith("openvino 2")
    np.testing.assert_allclose(quick.scores(reports), usual.scores(reports), atol=0.02)


def test_what_openvino_brings_to_report_its_use_is_not_loaded(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    write_table_graph(tmp_path / "model.onnx", *np.zeros((2, 9, 3), dtype=np.float32))
    code = (
        "import sys; from pathlib import Path; from model.openvino_engine import OpenVinoEngine as E;"
        f"E(Path({str(tmp_path / 'model.onnx')!r}), 1);"
        "print([name for name, module in sys.modules.items() if 'openvino_telemetry' in name and module])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
