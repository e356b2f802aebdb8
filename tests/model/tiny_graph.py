"""A tiny ONNX graph, written byte by byte, so that these tests run without the training extra.

Each token's scores and values are looked up in two tables by its id, whatever stands around it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INT64, _BOOL = 1, 7, 9  # onnx.TensorProto.DataType


def write_table_graph(path: Path, scores: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    """Write a graph of two look-ups in tables [vocabulary, labels]."""
    graph = b"".join(
        [
            _message(1, _node("Gather", ["scores_table", "ids"], "scores")),
            _message(1, _node("Gather", ["values_table", "ids"], "values")),
            _message(2, b"tiny"),
            _message(5, _tensor("scores_table", scores)),
            _message(5, _tensor("values_table", values)),
            _message(11, _value("ids", _INT64, ["windows", "length"])),
            _message(11, _value("mask", _BOOL, ["windows", "length"])),
            _message(12, _value("scores", _FLOAT, ["windows", "length", scores.shape[1]])),
            _message(12, _value("values", _FLOAT, ["windows", "length", scores.shape[1]])),
        ]
    )
    path.write_bytes(_number(1, 8) + _message(7, graph) + _message(8, _message(1, b"") + _number(2, 18)))


def _node(operator: str, inputs: list[str], output: str) -> bytes:
    names = b"".join(_message(1, name.encode()) for name in inputs)
    return names + _message(2, output.encode()) + _message(4, operator.encode())


def _tensor(name: str, array: NDArray[np.float32]) -> bytes:
    sizes = b"".join(_number(1, size) for size in array.shape)
    data = array.astype("<f4").tobytes()
    return sizes + _number(2, _FLOAT) + _message(8, name.encode()) + _message(9, data)


def _value(name: str, kind: int, shape: list[str | int]) -> bytes:
    sizes = b"".join(
        _message(1, _number(1, size) if isinstance(size, int) else _message(2, size.encode()))
        for size in shape
    )
    return _message(1, name.encode()) + _message(2, _message(1, _number(1, kind) + _message(2, sizes)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload
