"""A quicker engine for processors that multiply matrices in bf16: OpenVINO, from the extra `openvino`.

The products with the layers' weights are rounded to bf16, their sums and all else are fp32. The whole graph
in bf16 is quicker still, and gives other tags to many a report (docs/decisions/0007-engines.md).
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.cores import usable_cores
from model.engine import Engine

Precision = Literal["products", "f32", "bf16"]
_SAID = {"products": "bf16 products", "f32": "fp32", "bf16": "bf16"}
CPUINFO = Path("/proc/cpuinfo")
FLAGS = ("amx_bf16", "avx512_bf16")  # as Linux names them: what makes bf16 products quick
LEAST_WIDTH = 128  # columns of a product that is worth rounding; those of the head, one a label, stay exact


class OpenVinoEngine(Engine):
    """A graph on OpenVINO; `run` may be called from several threads."""

    def __init__(self, path: Path, threads: int = 0, precision: Precision = "products") -> None:
        """Load the graph.

        Args:
            threads: 0: one per core that this process may use.
            precision: of all that is computed; `products`: bf16 for products with weights, else fp32.
        """
        openvino = load_openvino()
        self.threads = threads or usable_cores()
        core = openvino.Core()
        model = core.read_model(path)
        if precision == "products":
            round_products(model)
        told = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": str(self.threads),
        }  # fmt: skip
        self._compiled = core.compile_model(model, "CPU", told)
        self._outputs = [self._compiled.output(name) for name in ("scores", "values")]
        self.name = f"openvino {openvino.__version__.split('-')[0]} {_SAID[precision]}"

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As Engine.run."""
        found = self._compiled.create_infer_request().infer({"ids": ids, "mask": mask})
        # Copies: what the request hands out is its own memory.
        scores, values = (np.array(found[output]) for output in self._outputs)
        return scores, values


def installed() -> bool:
    """Tell whether the extra is there."""
    return importlib.util.find_spec("openvino") is not None


def bf16_flag(cpuinfo: Path = CPUINFO) -> str:
    """What this processor has for products in bf16, or ""."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return next((flag for flag in FLAGS if flag in flags), "")


def round_products(model: Any) -> None:
    """Round to bf16 what goes into the products with weights, and what comes out."""
    from openvino import opset13 as ops

    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul" or not _is_weight(node.input_value(1)):
            continue
        width = node.output(0).get_partial_shape()[-1]
        if width.is_dynamic or width.get_length() < LEAST_WIDTH:
            continue
        readers = list(node.output(0).get_target_inputs())
        for place in (0, 1):
            node.input(place).replace_source_output(ops.convert(node.input_value(place), "bf16").output(0))
        node.validate_and_infer_types()
        widened = ops.convert(node.output(0), "f32").output(0)
        for reader in readers:
            reader.replace_source_output(widened)
    model.validate_nodes_and_infer_types()


def _is_weight(output: Any) -> bool:
    node = output.get_node()
    while node.get_type_name() in ("Convert", "Transpose", "Reshape"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def load_openvino() -> Any:
    """openvino, which must be imported here and nowhere else.

    It brings a module that reports its use to Google Analytics, and has a stand-in for where that is missing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
