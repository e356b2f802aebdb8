"""States: what a frozen encoder makes of a report, pooled to one vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from data.errors import DataError
from data.report import Report
from model.encode import Encoder, Window, pad_windows
from model.engine import load_runtime
from model.export import GRAPH, MANIFEST, TOKENIZER, Export
from training.network import load_encoder, load_tokenizer
from training.train import RUN, load_run

Floats = NDArray[np.float32]
Read = Callable[[NDArray[np.int64], NDArray[np.bool_]], Floats]
BUDGET = 4096  # padded tokens in one call of the encoder
_MATRIX = frozenset({"MatMul", "Gemm", "MatMulNBits"})


def pooled_states(reports: Sequence[Report], folder: Path, max_tokens: int = 0) -> Floats:
    """Mean and maximum of the last layer's states over all tokens of each report [reports, 2 * width].

    A folder that has seen the labels of these very reports says less about errors in them.

    Args:
        reports: in order.
        folder: an Export, the folder of a run, or an encoder's.
        max_tokens: tokens of a report that are read at most; 0 reads all.

    Raises:
        EncoderNotFound: none of the three.
        BrokenExport: see Export.load.
        DataError: an Export whose graph shows no states.
    """
    encoder, read = _reader(folder)
    encoder.max_tokens = max_tokens
    owners: list[int] = []
    windows: list[Window] = []
    for owner, encoded in enumerate(encoder.encode(reports)):
        own = encoder.windows(encoded)
        windows += own
        owners += [owner] * len(own)
    sums = tops = counts = None
    order = np.argsort([window.ids.size for window in windows], kind="stable")
    for batch in _batches(order, windows):
        ids, mask, counted = pad_windows([windows[place] for place in batch], encoder.pad)
        states = read(ids, mask)
        if sums is None or tops is None or counts is None:
            sums = np.zeros((len(reports), states.shape[-1]), dtype=np.float32)
            tops = np.full_like(sums, -np.inf)
            counts = np.zeros(len(reports), dtype=np.int64)
        for row, place in enumerate(batch):
            owner, kept = owners[place], states[row][counted[row]]
            sums[owner] += kept.sum(axis=0)
            tops[owner] = np.maximum(tops[owner], kept.max(axis=0))
            counts[owner] += len(kept)
    if sums is None or tops is None or counts is None:
        return np.zeros((0, 0), dtype=np.float32)
    return np.concatenate([sums / counts[:, None], tops], axis=1).astype(np.float32)


def _batches(order: NDArray[np.int64], windows: Sequence[Window]) -> Iterator[list[int]]:
    batch: list[int] = []
    for place in order.tolist():
        if batch and (len(batch) + 1) * windows[place].ids.size > BUDGET:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _reader(folder: Path) -> tuple[Encoder, Read]:
    """The encoder's tokenizer and its way from token ids to states."""
    if (folder / MANIFEST).is_file():
        export = Export.load(folder)
        encoder = Encoder.from_file(folder / TOKENIZER, export.window, export.overlap, blind=export.blind)
        onnxruntime = load_runtime()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            *_tapped(folder / GRAPH), sess_options=options, providers=["CPUExecutionProvider"]
        )
        wanted = session.get_outputs()[-1].name
        return encoder, lambda ids, mask: session.run([wanted], {"ids": ids, "mask": mask})[0]
    if (folder / RUN).is_file():
        network, facts = load_run(folder)
        given = facts["settings"]
        encoder = Encoder.from_file(
            folder / TOKENIZER, given["window"], given["overlap"], blind=given.get("blind", False)
        )
        return encoder, _torch_reader(network.encoder)
    body = load_encoder(str(folder)).eval()
    return Encoder(load_tokenizer(str(folder))), _torch_reader(body)


def _torch_reader(body: torch.nn.Module) -> Read:
    def read(ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> Floats:
        with torch.inference_mode():
            states: Floats = body(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()
        return states

    return read


def _tapped(path: Path) -> tuple[bytes]:
    """The graph of an Export with one more output, its last: the states that the head reads."""
    model = onnx.load(path)
    made_by = {name: node for node in model.graph.node for name in node.output}
    node = made_by.get("values")
    while node is not None and node.op_type not in _MATRIX:
        node = made_by.get(node.input[0])
    if node is None:
        raise DataError(f"{path}: its graph shows no states; give the folder of the run or of the encoder")
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(node.input[0]))
    return (model.SerializeToString(),)
