"""Which engine reads the reports on this machine, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from model.export import GOLDEN, GRAPH, Export
from model.golden import GoldenMismatch, replay_golden
from model.openvino_engine import FLAGS, OpenVinoEngine, bf16_flag, installed
from model.tagger import Tagger
from serving.faults import WrongUse
from serving.help import Wanted

ENVIRONMENT = "PETITION_ENGINE"


class Choice(NamedTuple):
    """A Tagger on the engine that was chosen.

    Attributes:
        why: the reason in Chinese.
        golden: what the replay gave, where the choice rests on it: number of reports, largest difference.
    """

    tagger: Tagger
    why: str
    golden: tuple[int, float] | None = None


def wanted_by(environment: Mapping[str, str] = os.environ) -> Wanted:
    """What the environment asks for.

    Raises:
        WrongUse: no engine is called so.
    """
    name = environment.get(ENVIRONMENT, "") or Wanted.auto.value
    if name not in list(Wanted):
        raise WrongUse(f"环境变量 {ENVIRONMENT} 只能是 {'、'.join(Wanted)} 之一")
    return Wanted(name)


def choose(
    export: Export,
    threads: int = 0,
    max_tokens: int = 0,
    budget: int = 0,
    wanted: Wanted | None = None,
) -> Choice:
    """Load the Tagger of an Export on the quickest engine that gives its golden reports their scores.

    Raises:
        WrongUse: the engine that is asked for is not installed.
        GoldenMismatch: it computes something else.
    """
    wanted = wanted or wanted_by()
    usual = _why_not(wanted)
    if not usual:
        tried = _try_openvino(export, threads, max_tokens, budget, wanted)
        if isinstance(tried, Choice):
            return tried
        usual = tried
    return Choice(Tagger(export, threads, max_tokens, budget), usual)


def _try_openvino(export: Export, threads: int, max_tokens: int, budget: int, wanted: Wanted) -> Choice | str:
    """A Tagger on OpenVINO that gave the golden reports their scores, or why there is none (Chinese).

    Where it is asked for by name, what keeps it from that is raised instead.
    """
    try:
        # It makes code of its own here, which a sandbox may forbid (systemd's MemoryDenyWriteExecute does).
        engine = OpenVinoEngine(export.folder / GRAPH, threads)
    except Exception as error:
        if wanted is Wanted.openvino:
            raise
        return f"openvino 在本机无法启动（{type(error).__name__}）"
    tagger = Tagger(export, threads, max_tokens, budget, engine)
    try:
        golden = count, worst = replay_golden(export.folder / GOLDEN, tagger)
    except GoldenMismatch:
        if wanted is Wanted.openvino:
            raise
        return "openvino 在本机算出的标准件得分相差太多"
    except Exception:  # golden reports that cannot be read; the doctor says so of whatever engine
        if wanted is Wanted.openvino:
            raise
        return "标准件无法回放，不能核对 openvino"
    if not count and wanted is not Wanted.openvino:
        return "模型没有标准件，不能核对 openvino"
    said = "按设置" if wanted is Wanted.openvino else f"处理器有 {bf16_flag()}"
    return Choice(tagger, f"{said}；{count} 件标准件得分最大相差 {worst:.4f}", golden)


def _why_not(wanted: Wanted) -> str:
    """Why OpenVINO is not tried (Chinese), or "".

    Raises:
        WrongUse: it is asked for and not installed.
    """
    if wanted is Wanted.onnxruntime:
        return "按设置"
    if not installed():
        if wanted is Wanted.openvino:
            raise WrongUse("推理引擎 openvino 没有安装：pip install 'petition-tagger[openvino]'")
        return "没有安装 openvino"
    if wanted is Wanted.auto and not bf16_flag():
        return f"处理器没有 bf16 矩阵指令（{'、'.join(FLAGS)}），openvino 不会更快"
    return ""
