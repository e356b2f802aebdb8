"""An fp32 graph to a smaller one; a report's scores stay its own.

`quantize`: weights are int8 in blocks (MatMulNBits); activations are rounded to int8 row by row while
computing. The usual dynamic quantization (`quantize_dynamic`) takes one scale for the whole batch, so that a
report's scores depend on the reports that share its batch. Token vectors are int8 with a scale each.

`halve`: weights are kept as fp16 and computed with in fp32; half the size, no change of speed.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from model.engine import quiet_onnxruntime

BLOCK = 128
"""Weights that share a scale."""
_INT8_ACTIVATIONS = 4  # "accuracy level" of onnxruntime's MatMulNBits


def quantize(path: Path, out: Path) -> None:
    """Write the graph at `path` as an int8 graph to `out`."""
    quiet_onnxruntime()
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    model = onnx.load(path)
    # It narrates every node on its own logger.
    logger = logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        quantizer = MatMulNBitsQuantizer(
            model, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=_INT8_ACTIVATIONS
        )
        quantizer.process()
    finally:
        logger.setLevel(level)
    model = quantizer.model.model
    _shrink_token_vectors(model.graph)
    onnx.save(model, out)


def halve(path: Path, out: Path) -> None:
    """Write the graph at `path` with its large weights kept as fp16 to `out`.

    onnxruntime widens them once, while loading.
    """
    model = onnx.load(path)
    graph = model.graph
    casts: list[onnx.NodeProto] = []
    for table in list(graph.initializer):
        values = numpy_helper.to_array(table)
        if table.data_type != onnx.TensorProto.FLOAT or values.size < 1024:
            continue
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{table.name}.fp16"))
        casts.append(
            helper.make_node("Cast", [f"{table.name}.fp16"], [table.name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, out)


def _shrink_token_vectors(graph: onnx.GraphProto) -> None:
    """Replace each lookup in a float table [tokens, width] by one in int8 and one of the row's scale."""
    tables = {table.name: table for table in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.data_type != onnx.TensorProto.FLOAT or len(table.dims) != 2:
            nodes.append(node)
            continue
        vectors = numpy_helper.to_array(table)
        scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12).astype(np.float32) / 127
        rounded = np.rint(vectors / scale).astype(np.int8)
        name, ids, found = table.name, node.input[1], node.output[0]
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(rounded, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes += [
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{found}.int8"]),
            helper.make_node("Cast", [f"{found}.int8"], [f"{found}.rounded"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scale", ids], [f"{found}.scale"]),
            helper.make_node("Mul", [f"{found}.rounded", f"{found}.scale"], [found]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
