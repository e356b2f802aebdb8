"""Doctor: can this machine run this Export, and how well? It replays the golden reports."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal

from data.report import Report
from model.cores import PROC, cpu_limit, memory_limit, read_text, usable_cores
from model.export import GOLDEN, BrokenExport, Export
from model.golden import TOLERANCE, GoldenMismatch, replay_golden
from model.tagger import Tagger
from serving.exports import chosen_tagger, load_export
from serving.faults import WrongUse
from serving.help import Wanted
from serving.tune_words import promise_words
from serving.version import package_version

Level = Literal["ok", "warning", "fault"]
MARKS: Mapping[Level, str] = {"ok": "✓", "warning": "！", "fault": "✗"}
MEASURE_S = 1.0
MEASURED = 32  # reports tagged between two looks at the clock
LEAST_MEMORY = 1 << 30  # bytes
# What the engine's fast kernels ask for, as /proc/cpuinfo writes it -> as people write it.
_FLAGS = {
    "avx2": "avx2", "avx512f": "avx512", "avx512_vnni": "avx512_vnni", "avx_vnni": "avx_vnni",
    "avx512_bf16": "avx512_bf16", "amx_tile": "amx", "amx_int8": "amx_int8", "amx_bf16": "amx_bf16",
    "asimd": "asimd", "asimddp": "dotprod", "i8mm": "i8mm", "bf16": "bf16", "sve": "sve",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        level: "fault" keeps the Export from being used here; "warning" does not.
        name: what was looked at.
        detail: what was found.
        advice: what to do, or "".
    """

    level: Level
    name: str
    detail: str
    advice: str = ""


def examine(folder: Path, wanted: Wanted | None = None) -> Iterator[Finding]:
    """Look at the machine, then at the Export in `folder`; findings come as they are made."""
    yield Finding("ok", "程序", f"petition-tagger {package_version()}，Python {platform.python_version()}")
    yield Finding("ok", "系统", f"{platform.platform()}（{platform.machine()}）")
    yield _processor()
    yield _cores()
    yield _memory()
    yield Finding("ok", "网络", "不需要：全部在本机运行，本次检查没有联网")
    yield from _export(folder, wanted)


def read_flags(cpuinfo: str) -> tuple[str, list[str]]:
    """Name of the processor and those of its flags that decide speed, from the text of /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    found = set((fields.get("flags") or fields.get("Features") or "").split())
    name = fields.get("model name") or fields.get("Hardware") or ""
    return name, [shown for flag, shown in _FLAGS.items() if flag in found]


def _processor() -> Finding:
    name, flags = read_flags(read_text(PROC / "cpuinfo"))
    shown = name or platform.processor() or platform.machine()
    detail = f"{shown}；指令集：{' '.join(flags) or '未知'}"
    if platform.machine() in ("x86_64", "AMD64") and flags and "avx2" not in flags:
        return Finding("warning", "处理器", detail, "没有 AVX2，打标会很慢；有条件时换一台 2013 年以后的机器")
    return Finding("ok", "处理器", detail)


def _cores() -> Finding:
    cores, limit = usable_cores(), cpu_limit()
    granted = "无" if limit is None else f"{limit:g} 个"
    return Finding("ok", "可用核心", f"{cores} 个（本机共 {os.cpu_count()} 个），容器限额：{granted}")


def _memory() -> Finding:
    free = memory_limit()
    if free is None:
        return Finding("ok", "内存", "读不到可用内存，略过")
    detail = f"可用 {free / (1 << 30):.1f} GiB"
    if free < LEAST_MEMORY:
        return Finding("warning", "内存", detail, "少于 1 GiB，大文件可能失败；请关闭其他程序或调高容器限额")
    return Finding("ok", "内存", detail)


def _export(folder: Path, wanted: Wanted | None) -> Iterator[Finding]:
    again = "把模型文件夹重新完整复制一次，或用 --model 指向另一个"
    try:
        export = load_export(folder)
    except BrokenExport as error:
        yield Finding("fault", "模型", str(error), again)
        return
    axes = "，".join(f"{axis.name} {len(axis.labels)} 个标签" for axis in export.taxonomy.axes)
    yield Finding("ok", "模型", f"{export.model}（{axes}），位于 {folder}")
    for promise in export.promises:
        yield Finding("ok", "保证", promise_words(promise, export.taxonomy))
    yield Finding("ok", "校验和", f"{len(export.files)} 个文件与 export.json 一致")
    try:
        tagger, why, golden = chosen_tagger(export, wanted=wanted)
    except WrongUse:
        raise
    except GoldenMismatch as error:
        yield Finding("fault", "推理引擎", str(error), "不指定推理引擎，或指定 onnxruntime")
        return
    except Exception as error:  # whatever the engine or the tokenizer makes of a file that is not one
        detail = f"模型无法载入（{type(error).__name__}）"
        yield Finding("fault", "推理引擎", detail, f"升级 onnxruntime，或{again}")
        return
    yield Finding("ok", "推理引擎", f"{tagger.engine.name}，{tagger.engine.threads} 个线程（{why}）")
    yield from _golden(export, tagger, golden)
    if export.dev_metrics:
        yield Finding("ok", "开发集指标", metrics_text(export) or "有记录，但没有可显示的指标")


def _golden(export: Export, tagger: Tagger, known: tuple[int, float] | None) -> Iterator[Finding]:
    path = export.folder / GOLDEN
    try:
        count, worst = known or replay_golden(path, tagger)
        reports = [
            Report(id=row["id"], title=row["title"], text=row["text"])
            for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        ]
    except GoldenMismatch as error:
        yield Finding("fault", "标准件回放", str(error), "升级 onnxruntime，或在本机重新导出模型")
        return
    except Exception as error:  # a golden report may break anywhere; its words must not be shown
        advice = "重新导出模型，或换一个模型文件夹"
        yield Finding("fault", "标准件回放", f"{path} 无法回放（{type(error).__name__}）", advice)
        return
    if not count:
        advice = "重新导出模型时附上标准件"
        yield Finding("warning", "标准件回放", "这个模型没有标准件，无法核对本机的计算", advice)
        return
    detail = f"{count} 件，得分最大相差 {worst:.4f}（允许 {TOLERANCE}）"
    yield Finding("ok", "标准件回放", detail)
    yield Finding("ok", "速度", speed(tagger, reports))


def speed(tagger: Tagger, reports: list[Report]) -> str:
    """Tag the reports, from the first again after the last, for a second."""
    done = characters = 0
    source, start = cycle(reports), time.perf_counter()
    while (spent := time.perf_counter() - start) < MEASURE_S:
        some = list(islice(source, MEASURED))
        done += len(tagger.tag(some))
        characters += sum(len(report.text) + len(report.title) for report in some)
    return f"每秒约 {done / spent:.0f} 件（标准件，平均 {characters / done:.0f} 字，实测 {spent:.1f} 秒）"


def metrics_text(export: Export) -> str:
    """The main figures on the dev set that the Export carries."""
    axes: Mapping[str, Any] = export.dev_metrics.get("axes") or {}
    parts = []
    for axis in export.taxonomy.axes:
        figures = axes.get(axis.id) or {}
        shown = [
            f"{name} {figures[key]:.3f}"
            for key, name in (("macro_f1", "宏平均 F1"), ("micro_f1", "微平均 F1"))
            if isinstance(figures.get(key), int | float)
        ]
        if shown:
            parts.append(f"{axis.name} {'，'.join(shown)}")
    share = export.dev_metrics.get("review_share")
    if isinstance(share, int | float):
        parts.append(f"需人工复核 {share:.1%}")
    return "；".join(parts)
