"""Ways to compute the graph of an Export: onnxruntime in four precisions, OpenVINO in four."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from model.engine import Engine, load_runtime
from model.openvino_engine import OpenVinoEngine, installed, load_openvino
from training.quantize import quantize

Windows = tuple[NDArray[np.int64], NDArray[np.bool_]]


def widened(path: Path, out: Path) -> Path:
    """The graph with its fp16 weights as fp32 ones, which quantizers ask for."""
    model = onnx.load(path)
    tables = {table.name: table for table in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        table = tables.get(node.input[0]) if node.op_type == "Cast" else None
        if table is None or table.data_type != onnx.TensorProto.FLOAT16:
            kept.append(node)
            continue
        values = numpy_helper.to_array(table).astype(np.float32)
        model.graph.initializer.remove(table)
        model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    onnx.save(model, out)
    return out


def weighted(path: Path) -> dict[str, int]:
    """Matrix products with weights, by name, and the multiplications that each does per token."""
    model = onnx.load(path)
    tables = {table.name: list(table.dims) for table in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in tables:
            tables[node.output[0]] = tables[node.input[0]]
    return {
        node.name: int(np.prod(tables[node.input[1]]))
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in tables
    }


class Calibration:
    """Windows for `quantize_static`, which asks for them one by one."""

    def __init__(self, windows: Sequence[Windows]) -> None:
        self._windows = iter(windows)

    def get_next(self) -> dict[str, Any] | None:
        """Inputs of the graph."""
        found = next(self._windows, None)
        return None if found is None else {"ids": found[0], "mask": found[1]}


def onnxruntime_kinds(
    graph: Path, folder: Path, windows: Sequence[Windows], threads: int
) -> Iterator[tuple[str, Engine]]:
    """onnxruntime: fp32, then int8 in blocks, dynamic, and static with a scale per channel."""
    load_runtime()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    yield "onnxruntime fp32", Engine(graph, threads)
    full, ready = widened(graph, folder / "full.onnx"), folder / "ready.onnx"
    quantize(full, folder / "blocks.onnx")
    yield "onnxruntime int8 in blocks", Engine(folder / "blocks.onnx", threads)
    quantize_dynamic(full, folder / "dynamic.onnx", weight_type=QuantType.QInt8, per_channel=True)
    yield "onnxruntime int8 dynamic", Engine(folder / "dynamic.onnx", threads)
    quant_pre_process(full, ready, skip_symbolic_shape=True)
    quantize_static(
        ready, folder / "static.onnx", Calibration(windows), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        nodes_to_quantize=list(weighted(ready)),
    )  # fmt: skip
    yield "onnxruntime int8 static", Engine(folder / "static.onnx", threads)


def openvino_kinds(
    graph: Path, folder: Path, windows: Sequence[Windows], threads: int
) -> Iterator[tuple[str, Engine]]:
    """OpenVINO in its precisions, int8 by NNCF's way for transformers; none where it is not installed."""
    if not installed():
        print(
            "openvino is not installed and is left out: pip install 'petition-tagger[openvino]'", flush=True
        )
        return
    yield "OpenVINO fp32", OpenVinoEngine(graph, threads, "f32")
    yield "OpenVINO bf16", OpenVinoEngine(graph, threads, "bf16")
    yield "OpenVINO, products in bf16", OpenVinoEngine(graph, threads)
    if importlib.util.find_spec("nncf") is None:
        print("nncf is not installed, and int8 on OpenVINO is left out: pip install nncf", flush=True)
        return
    openvino = load_openvino()  # first, as nncf would load what reports its use
    import nncf

    quantized = nncf.quantize(
        openvino.Core().read_model(graph),
        nncf.Dataset(windows, lambda found: {"ids": found[0], "mask": found[1]}),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(windows),
    )
    openvino.save_model(quantized, folder / "int8.xml", compress_to_fp16=False)
    yield "OpenVINO int8", OpenVinoEngine(folder / "int8.xml", threads, "f32")


def matrix_peak(seconds: float = 2.0, size: int = 2048) -> dict[str, float]:
    """Multiplications and additions in a second of one core: large square products in torch."""
    import torch

    found = {}
    for name, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = torch.randn(size, size).to(kind), torch.randn(size, size).to(kind)
        found[name] = _rate(lambda left=left, right=right: left @ right, seconds) * 2 * size**3  # type: ignore[misc]
    left8 = torch.randint(-128, 127, (size, size), dtype=torch.int8)
    found["int8"] = _rate(lambda: torch._int_mm(left8, left8), seconds) * 2 * size**3
    return found


def _rate(work: Callable[[], object], seconds: float) -> float:
    work()
    best = 0.0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.process_time()
        work()
        best = max(best, 1 / (time.process_time() - began))
    return best
