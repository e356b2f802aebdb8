"""Carry: what a trained network knows of its labels, put in the shape of another taxonomy.

A label that continues another starts from its weights, so that a label which has not changed answers as
before; one that joins several starts from their mean, one that is new from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from data.taxonomy import Taxonomy
from data.taxonomy_change import compare_taxonomies
from model.wide import Wide
from training.network import TaggingNetwork
from training.start import Start
from training.wide import pack


def sources(old: Taxonomy, new: Taxonomy) -> list[list[int]]:
    """For each output of the new taxonomy, the outputs of the old one that it continues."""
    change = compare_taxonomies(old, new)
    places = {
        key: place
        for place, key in enumerate((axis.id, label) for axis in old.axes for label in axis.label_ids)
    }
    return [
        [places[axis.id, earlier] for earlier in change.axis(axis.id).ancestors(label)]
        for axis in new.axes
        for label in axis.label_ids
    ]


def carry_rows(before: Tensor, fresh: Tensor, taken: Sequence[Sequence[int]]) -> Tensor:
    """A table [new labels, ...]: rows of `before` [old labels, ...] where it has any, else of `fresh`.

    Args:
        taken: for each new label, rows of `before`; the mean of several.
    """
    after = fresh.clone()
    for place, rows in enumerate(taken):
        if rows:
            after[place] = before[list(rows)].mean(0)
    return after


def carry_head(
    before: Mapping[str, Tensor], fresh: Mapping[str, Tensor], old: Taxonomy, new: Taxonomy
) -> dict[str, Tensor]:
    """State of a head for the new taxonomy, from one for the old; of either kind of head.

    Args:
        before: state of the trained head; every table has labels in front.
        fresh: state of a head of the same kind for the new taxonomy, which labels without an ancestor keep.

    Raises:
        ValueError: the two heads are not of one kind and width.
    """
    same = before.keys() == fresh.keys()
    if not same or any(before[name].shape[1:] != table.shape[1:] for name, table in fresh.items()):
        raise ValueError("the two heads are not of one kind and width")
    taken = sources(old, new)
    return {name: carry_rows(before[name], table, taken) for name, table in fresh.items()}


def carry_start(network: TaggingNetwork, start: Start, taxonomy: Taxonomy) -> None:
    """Give a network for a taxonomy the head of the model to start from; the encoder is left alone.

    Raises:
        ValueError: the two heads are not of one kind and width.
    """
    old = start.taxonomy or taxonomy
    if start.head:
        network.head.load_state_dict(carry_head(start.head, network.head.state_dict(), old, taxonomy))
    if start.gain is not None:
        with torch.no_grad():
            network.wide_gain.copy_(carry_rows(start.gain, network.wide_gain, sources(old, taxonomy)))


def carry_wide(wide: Wide, old: Taxonomy, new: Taxonomy) -> Wide:
    """A linear part for the new taxonomy; a label without an ancestor says nothing until it is fitted."""
    taken = sources(old, new)
    weights = np.zeros((len(wide.weights), len(taken)), dtype=np.int8)
    scale, bias = np.ones(len(taken), np.float32), np.zeros(len(taken), np.float32)
    for place, columns in enumerate(taken):
        if len(columns) == 1:
            weights[:, place], scale[place] = wide.weights[:, columns[0]], wide.scale[columns[0]]
        elif columns:
            mean = (wide.weights[:, columns] * wide.scale[columns]).mean(axis=1, keepdims=True)
            packed = pack(mean.astype(np.float32), np.zeros(1, np.float32), wide.buckets)
            weights[:, place], scale[place] = packed.weights[:, 0], packed.scale[0]
        bias[place] = wide.bias[columns].mean() if columns else 0
    return Wide(wide.buckets, weights, scale, bias)
