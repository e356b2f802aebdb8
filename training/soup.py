"""Soup: one network whose weights are the mean of several runs' weights.

Runs that start from the same encoder with like settings end in one valley: the mean of their weights is
better than each, often as good as all of them together, at the cost of one (Wortsman et al. 2022, "Model
soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time").
docs/decisions/0003 has the figures.

    python -m training.soup RUN [RUN|EXPORT ...] --out artifacts/runs/soup
    python -m training.to_onnx --run artifacts/runs/soup --dev dev.jsonl --out artifacts/runs/soup/export

The first is a run folder: its linear part, tokenizer and taxonomy stay. The others may be Exports too: their
weights are read back out of the graph. All must have begun with one seed, since their heads begin with random
weights: the mean of runs of two seeds is worse than either.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.errors import DataError
from data.taxonomy import Taxonomy
from model.export import GRAPH, TAXONOMY
from training.network import TaggingNetwork
from training.to_onnx import fold_bias, write_graph
from training.train import LOGITS, NETWORK, RUN, load_run

HALF = ".fp16"
FOLDED = "head.value.bias"
"""What the graph calls the head's bias, see training.to_onnx.fold_bias."""
BIAS = "head.bias"

State = Mapping[str, Tensor]


def tables(graph: Path) -> dict[str, NDArray[np.float32]]:
    """The constant tensors of a graph by name, in fp32."""
    import onnx
    from onnx import numpy_helper

    constants = onnx.load(str(graph)).graph.initializer
    found = {table.name.removesuffix(HALF): numpy_helper.to_array(table) for table in constants}
    return {name: np.asarray(table, np.float32) for name, table in found.items() if table.dtype.kind == "f"}


def names_in_graph(network: TaggingNetwork) -> dict[str, tuple[str, bool]]:
    """Parameter -> its name in the graph that `write_graph` makes, and whether it stands there transposed."""
    folded = copy.deepcopy(network)
    fold_bias(folded)
    with tempfile.TemporaryDirectory() as folder:
        write_graph(folded, Path(folder) / GRAPH)
        constants = tables(Path(folder) / GRAPH)
    found = {}
    for name, parameter in folded.named_parameters():
        values = parameter.detach().numpy()
        for transposed in (False, True):
            wanted = values.T if transposed else values
            same = [key for key, table in constants.items() if np.array_equal(table, wanted)]
            if same:
                found[BIAS if name == FOLDED else name] = (same[0], transposed)
                break
    return found


def weights_of_export(export: Path, like: TaggingNetwork) -> State:
    """The network's weights as the graph of an Export has them.

    Args:
        like: a network of the same shape.

    Raises:
        DataError: the graph is of another shape, or its weights are kept in a form that is none of theirs.
    """
    constants, state = tables(export / GRAPH), {}
    own = like.state_dict()
    for name, (key, transposed) in names_in_graph(like).items():
        table = constants.get(key)
        if table is not None and transposed:
            table = table.T
        if table is None or table.shape != tuple(own[name].shape):
            raise DataError(
                f"{export}: {name} is not in the graph as a run's network has it; give Exports in fp16 or "
                "fp32 of the same shape as the first run"
            )
        state[name] = torch.from_numpy(table.copy())
    return state


def mean(states: Sequence[State]) -> dict[str, Tensor]:
    """The mean of each weight over those that have it; the first names them."""
    return {
        name: torch.stack([state[name].float() for state in states if name in state]).mean(0)
        for name in states[0]
    }


def soup(members: Sequence[Path], out: Path) -> None:
    """Write a run folder whose network has the mean weights of the members.

    Raises:
        DataError: the first member is no run folder; a member has another taxonomy, shape or seed.
    """
    from safetensors.torch import save_file

    if not (members[0] / NETWORK).is_file():
        raise DataError(
            f"{members[0]}: no run folder; the first member must be one, the others may be Exports"
        )
    network, facts = load_run(members[0])
    taxonomy = Taxonomy.load(members[0] / TAXONOMY)
    own = network.state_dict()
    states: list[State] = [own]
    for member in members[1:]:
        if Taxonomy.load(member / TAXONOMY) != taxonomy:
            raise DataError(f"{member}: another taxonomy than {members[0]}'s; members must share theirs")
        if (member / NETWORK).is_file():
            other, told = load_run(member)
            if told["settings"]["seed"] != facts["settings"]["seed"]:
                raise DataError(
                    f"{member}: begun with another seed than {members[0]}; their mean is worth nothing"
                )
            states.append(other.state_dict())
        else:
            states.append(weights_of_export(member, network))
        if any(table.shape != own[name].shape for name, table in states[-1].items()):
            raise DataError(f"{member}: a network of another shape than {members[0]}'s")
    out.mkdir(parents=True, exist_ok=True)
    for file in members[0].iterdir():
        if file.is_file() and file.name not in (NETWORK, LOGITS):
            shutil.copyfile(file, out / file.name)
    save_file({name: table.contiguous() for name, table in mean(states).items()}, out / NETWORK)
    facts["soup"] = [str(member) for member in members]
    for measured in ("dev_f1", "history"):  # of the first run, not of the mean
        facts.pop(measured, None)
    (out / RUN).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Average runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("members", type=Path, nargs="+", help="run folders or Exports, a run folder first")
    parser.add_argument("--out", type=Path, required=True, help="run folder to write")
    args = parser.parse_args()
    soup(args.members, args.out)


if __name__ == "__main__":
    main()
