"""Ways to compute the graph of an Export: onnxruntime in three precisions, OpenVINO in three."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from model.engine import Engine, load_runtime
from training.quantize import quantize

Windows = tuple[NDArray[np.int64], NDArray[np.bool_]]
Pair = tuple[NDArray[np.float32], NDArray[np.float32]]


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


class OpenVino:
    """A graph on OpenVINO, with matrix products of weights in bf16 and all else in fp32, or all alike."""

    def __init__(self, path: Path, threads: int, precision: str) -> None:
        """Load it: precision is `f32`, `bf16` or `matmul`."""
        # Imported, it loads a module that reports to a service of Google's; without that it has a stand-in.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        self.name, self.threads = f"openvino {openvino.__version__}", threads
        core = openvino.Core()
        model = core.read_model(path)
        if precision == "matmul":
            _products_in_bf16(model)
        told = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": str(threads),
        }  # fmt: skip
        self._compiled = core.compile_model(model, "CPU", told)
        self._outputs = [self._compiled.output(name) for name in ("scores", "values")]

    def run(self, ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> Pair:
        """As Engine.run."""
        found = self._compiled.create_infer_request().infer({"ids": ids, "mask": mask})
        scores, values = (np.array(found[output]) for output in self._outputs)
        return scores, values


def _products_in_bf16(model: Any) -> None:
    """Round what goes into the products with the layers' weights, and what comes out, to bf16; sums inside
    are fp32. The head's two products are small and stay as they are."""
    from openvino import opset13 as ops

    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul" or not _constant(node.input_value(1)):
            continue
        width = node.output(0).get_partial_shape()[-1]
        if width.is_dynamic or width.get_length() < 128:
            continue
        after = list(node.output(0).get_target_inputs())
        for place in (0, 1):
            rounded = ops.convert(node.input_value(place), "bf16")
            node.input(place).replace_source_output(rounded.output(0))
        node.validate_and_infer_types()
        wide = ops.convert(node.output(0), "f32")
        for target in after:
            target.replace_source_output(wide.output(0))
    model.validate_nodes_and_infer_types()


def _constant(output: Any) -> bool:
    node = output.get_node()
    while node.get_type_name() in ("Convert", "Transpose", "Reshape"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def openvino_kinds(graph: Path, threads: int) -> Iterator[tuple[str, OpenVino]]:
    """OpenVINO in its three precisions; none where it is not installed."""
    try:
        for name, precision in (
            ("OpenVINO fp32", "f32"),
            ("OpenVINO bf16", "bf16"),
            ("OpenVINO, products in bf16", "matmul"),
        ):
            yield name, OpenVino(graph, threads, precision)
    except ImportError:
        print("openvino is not installed and is left out: pip install openvino", flush=True)


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
