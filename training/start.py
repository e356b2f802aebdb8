"""Start: a trained model as the place to begin from: the folder of a run, or one in service, by its Export.

The graph of an Export holds the weights, though not all under their names: a matrix that states are
multiplied by lies there transposed and nameless, in the order of use. So a network of the same shape is run
once to see that order, takes the weights, and must then compute what the graph computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from data.taxonomy import Taxonomy
from model.export import GRAPH, TAXONOMY, TOKENIZER, WIDE, Export
from model.tagger import Tagger
from model.wide import Wide
from training.network import EncoderNotFound, TaggingNetwork, load_encoder

TOLERANCE = 2e-3
"""Largest difference of a score or value between the graph and the network that was read back from it."""


class NoWeights(Exception):
    """An Export does not give its weights back; the message says what to start from instead."""


@dataclass(frozen=True)
class Start:
    """Where training begins.

    Attributes:
        encoder: a folder with weights and tokenizer, as `--encoder` takes it.
        head: state of the head; empty begins with a fresh one.
        wide: the linear part to keep as it is; None fits a new one.
        taxonomy: whose labels head and linear part have; None is the one that is trained.
        gain: what training made of the linear part's scores, a factor a label; None begins with 1.
    """

    encoder: str
    head: dict[str, Tensor]
    wide: Wide | None = None
    taxonomy: Taxonomy | None = None
    gain: Tensor | None = None


def start_from_run(run: Path, out: Path, head: str) -> Start:
    """Take the weights of a run's folder, and write its encoder as a folder; the linear part is fitted anew.

    Args:
        out: where the encoder's folder is put; it bears the encoder's name.
        head: kind of head, as in TrainSettings.

    Raises:
        EncoderNotFound: no run there, or its head is of another kind.
    """
    from training.train import NETWORK, RUN, load_run

    for name in (RUN, NETWORK, TAXONOMY, TOKENIZER):
        if not (run / name).is_file():
            raise EncoderNotFound(f"{run}: {name} is missing; give the folder of a finished run")
    network, facts = load_run(run)
    found = facts["settings"]["head"]
    if found != head:
        raise EncoderNotFound(f"{run}: its head is {found}, not {head}; give --head {found}")
    folder = out / Path(facts["encoder"]).name
    folder.mkdir(parents=True, exist_ok=True)
    _write_encoder(network.encoder, folder)
    (folder / TOKENIZER).write_bytes((run / TOKENIZER).read_bytes())
    gain = network.wide_gain.detach().clone()
    return Start(str(folder), dict(network.head.state_dict()), None, Taxonomy.load(run / TAXONOMY), gain)


def start_from(export: Export, shape: str, out: Path, head: str, keep_wide: bool) -> Start:
    """Read the weights of an Export back, and write its encoder as a folder.

    Args:
        shape: folder with the config.json of the encoder that the Export was once trained from.
        out: where the encoder's folder is put; it bears the encoder's name.
        head: kind of head, as in TrainSettings.
        keep_wide: keep the linear part, for too few reports to fit a new one.

    Raises:
        EncoderNotFound: no encoder there.
        NoWeights: its weights are int8, or the encoder is of another shape.
    """
    labels = sum(len(axis.labels) for axis in export.taxonomy.axes)
    network = TaggingNetwork(load_encoder(shape, pretrained=False), labels, head).eval()
    fill(network, export)
    folder = out / export.encoder
    folder.mkdir(parents=True, exist_ok=True)
    _write_encoder(network.encoder, folder)
    (folder / TOKENIZER).write_bytes((export.folder / TOKENIZER).read_bytes())
    wide = export.folder / WIDE
    kept = Wide.load(wide) if keep_wide and wide.is_file() else None
    return Start(str(folder), dict(network.head.state_dict()), kept, export.taxonomy)


def fill(network: TaggingNetwork, export: Export) -> None:
    """Give the network, of fresh weights, those of an Export's graph.

    Raises:
        NoWeights: they cannot be read back.
    """
    graph = onnx.load(export.folder / GRAPH).graph
    tables = {
        table.name.removesuffix(".fp16"): numpy_helper.to_array(table).astype(np.float32)
        for table in graph.initializer
        if table.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    }
    named = {name.removeprefix("network."): table for name, table in tables.items() if "." in name}
    bias = named.pop("head.value.bias", None)
    if bias is not None:
        named["head.bias"] = bias  # which the export had moved there
    state = network.state_dict()
    for name, matrix in zip(_order(network), _matrices(graph, tables), strict=False):
        named[f"{name}.weight"] = matrix.T
    missing = [name for name in state if name != "wide_gain" and name not in named]
    if missing or any(named[name].shape != state[name].shape for name in state if name in named):
        raise NoWeights(
            f"{export.folder}: its weights cannot be read back: they are int8, or its encoder has another "
            "shape than --encoder; give the encoder that it was trained from, or --start encoder"
        )
    network.load_state_dict(
        {name: torch.from_numpy(np.array(named[name])) for name in state if name in named}, strict=False
    )
    ends = {name.rpartition(".")[2]: table for name, table in named.items()}
    for name, buffer in network.named_buffers():
        if (table := ends.get(name.rpartition(".")[2])) is not None:  # rotary tables, which an Export rounds
            buffer.copy_(torch.from_numpy(np.array(table)))
    _check(network, export)


def _order(network: TaggingNetwork) -> list[str]:
    """Names of the linear layers, in the order in which they are used."""
    names: list[str] = []
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(lambda *_, name=name: names.append(name)))
    with torch.no_grad():
        network(*_sample(network, 4))
    for hook in hooks:
        hook.remove()
    return names


def _matrices(
    graph: onnx.GraphProto, tables: dict[str, NDArray[np.float32]]
) -> Iterator[NDArray[np.float32]]:
    """Constant matrices [in, out] that something is multiplied by, in the order of the graph."""
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tables:
            yield tables[node.input[1]]
        elif node.op_type == "Gemm" and node.input[1] in tables:
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            yield tables[node.input[1]].T if turned else tables[node.input[1]]


def _check(network: TaggingNetwork, export: Export) -> None:
    ids, mask = _sample(network, 24)
    found = Tagger(export, threads=1).engine.run(ids.numpy(), mask.numpy())
    bias = getattr(network.head, "bias", None)
    with torch.no_grad():
        scores, values = network(ids, mask)
        wanted = scores.numpy(), (values if bias is None else values + bias).numpy()
    worst = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
    if not worst <= TOLERANCE:  # not a number is none either
        raise NoWeights(
            f"{export.folder}: the network that was read back differs from it by {worst:.3g}; "
            "give the encoder that it was trained from, or --start encoder"
        )


def _sample(network: TaggingNetwork, length: int) -> tuple[Tensor, Tensor]:
    """Two windows of some tokens or other, the second one padded."""
    size = int(network.encoder.config.vocab_size)  # type: ignore[union-attr, arg-type]
    ids = torch.randint(5, size, (2, length), generator=torch.Generator().manual_seed(0))
    mask = torch.ones(2, length, dtype=torch.bool)
    mask[1, length // 2 :] = False
    return ids, mask


def _write_encoder(encoder: nn.Module, folder: Path) -> None:
    from safetensors.torch import save_file

    state = {name.removeprefix("model."): x.contiguous() for name, x in encoder.state_dict().items()}
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
