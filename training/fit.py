"""Fit the tagging network to labelled reports; the best epoch on dev is kept."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.taxonomy import Taxonomy
from training.average import Average
from training.dataset import Batch, Batches, positive_weights
from training.encoder import Encoder as OwnEncoder
from training.masters import Masters
from training.network import LabelAttention, TaggingNetwork
from training.scores import macro_f1
from training.settings import TrainSettings

if TYPE_CHECKING:
    from datasets import Dataset

    from model.encode import Encoder

log = logging.getLogger(__name__)
OWN_RATE, OTHER_RATE, GO_ON_RATE = 1e-3, 5e-5, 2e-4
"""Learning rates of the encoder where none is given: for our own, for any other BERT, and for either where
training goes on from a trained model."""


@dataclass(frozen=True)
class Fitted:
    """What a fit gives: dev logits of the best epoch, its dev macro-F1 per axis, and one line an epoch."""

    logits: NDArray[np.float32]
    dev_f1: dict[str, float]
    history: list[dict[str, float]]


def set_seed(seed: int) -> None:
    """Seed python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def tagging_loss(
    logits: Tensor, targets: Tensor, taxonomy: Taxonomy, weights: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Sum over axes of the mean loss of the reports that label the axis.

    An axis of kind `many` takes weighted binary cross-entropy per label, kind `one` takes softmax
    cross-entropy; targets are [reports, labels] with NaN on unlabelled axes, and on labels that are not
    asked about.
    """
    total = logits.sum() * 0.0
    for axis, columns in taxonomy.columns():
        known = ~torch.isnan(targets[:, columns])
        rows = known.any(1) if axis.kind == "many" else known.all(1)
        if not rows.any():
            continue
        wanted, given, known = targets[rows][:, columns].nan_to_num(), logits[rows][:, columns], known[rows]
        if axis.kind == "one":
            total = total + F.cross_entropy(given, wanted, label_smoothing=smoothing)
        else:
            soft = wanted * (1 - smoothing) + smoothing / 2 if smoothing else wanted
            weight = (1 + (weights[columns] - 1) * wanted) * known
            # Summed over labels, as the softmax loss is: both kinds then pull the encoder alike.
            total = (
                total
                + F.binary_cross_entropy_with_logits(given, soft, weight, reduction="none").sum(1).mean()
            )
    return total


def encoder_rate(settings: TrainSettings, encoder: nn.Module, goes_on: bool = False) -> float:
    """The encoder's learning rate: the setting, or what suits the encoder where that is below 0.

    Pretraining with Muon leaves weights four to five times as large as AdamW does (root mean square 0.1 to
    0.2), and a step must be as much larger to move them; see docs/decisions/0003.
    """
    if settings.encoder_lr >= 0:
        return settings.encoder_lr
    if goes_on:
        return GO_ON_RATE
    return OWN_RATE if isinstance(encoder, OwnEncoder) else OTHER_RATE


def weak_rate(settings: TrainSettings, encoder: nn.Module) -> float:
    """The encoder's rate in the weak stage: at the full one it forgets what the labelled reports need.

    Measured on misconduct, which weak labels say nothing of: docs/decisions/0003.
    """
    return settings.weak_lr if settings.weak_lr >= 0 else 0.3 * encoder_rate(settings, encoder)


def new_optimizer(network: TaggingNetwork, masters: Masters, settings: TrainSettings) -> torch.optim.AdamW:
    """AdamW with a low rate for the encoder (its masters) and a high one for the head."""
    encoder = {id(p) for p in network.encoder.parameters()}
    rest = [p for p in network.parameters() if id(p) not in encoder]
    return torch.optim.AdamW(
        [
            {"params": masters.parameters, "lr": encoder_rate(settings, network.encoder)},
            {"params": rest, "lr": settings.head_lr},
        ],
        betas=(0.9, 0.98), weight_decay=settings.decay, fused=True,
    )  # fmt: skip


def predict_logits(
    network: TaggingNetwork, batches: Batches, wide: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Logits [rows, labels] of every report, in the dataset's order, in the encoder's precision."""
    network.eval()
    result = np.zeros(batches.targets.shape, dtype=np.float32)
    with torch.no_grad():
        for batch in batches.in_order():
            result[batch.rows] = _logits(network, batch, wide)[0].numpy()
    return result


def _logits(
    network: TaggingNetwork, batch: Batch, wide: NDArray[np.float32] | None
) -> tuple[Tensor, Tensor, Tensor]:
    extra = None if wide is None else torch.from_numpy(wide[batch.rows])
    return network.logits(batch.ids, batch.mask, batch.counted, batch.owner, len(batch.rows), extra)


def fit(
    network: TaggingNetwork,
    train: Dataset,
    taxonomy: Taxonomy,
    encoder: Encoder,
    settings: TrainSettings,
    epochs: int,
    dev: Dataset | None = None,
    wide: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
    on_epoch: Callable[[dict[str, float]], None] = lambda line: None,
    anew: Callable[[int], Dataset] | None = None,
) -> Fitted:
    """Train the network in place; with a dev set, leave it at its best epoch.

    Args:
        anew: gives the same rows in another form for each epoch, counted from 0 (see training.augment).
        wide: scores of the wide part for train (out of fold) and dev rows.
        on_epoch: told each epoch's figures.
    """
    batches = Batches(
        train, encoder, settings.tokens, settings.max_windows, settings.reports, settings.seed,
        from_start=settings.head == "cls",
    )  # fmt: skip
    dev_batches = Batches(dev, encoder, settings.tokens, 0, 64, 0) if dev is not None else None
    weights = torch.from_numpy(positive_weights(batches.targets, settings.positive_cap))
    marked = torch.from_numpy(batches.marked)
    masters = Masters(network.encoder)
    optimizer = new_optimizer(network, masters, settings)
    per_epoch = sum(1 for _ in batches.groups(0))
    steps = per_epoch * epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / max(1, settings.warmup * steps), max(0.0, 1 - step / (steps + 1))),
    )
    best: tuple[float, NDArray[np.float32], dict[str, float], dict[str, Tensor], list[Tensor]] | None = None
    history, stale = [], 0
    learnt = [p for group in optimizer.param_groups for p in group["params"]]
    average = Average(learnt, settings.average) if settings.average and dev_batches is not None else None

    def judge(line: dict[str, float], prefix: str) -> bool:
        """Measure the weights as they stand; keep them where none before did better on dev."""
        nonlocal best
        assert dev_batches is not None
        found = predict_logits(network, dev_batches, wide[1] if wide else None)
        by_axis = macro_f1(found, dev_batches.targets, taxonomy)
        line |= {f"{prefix}{axis}": score for axis, score in by_axis.items()}
        mean = float(np.mean(list(by_axis.values())))
        if best is not None and mean <= best[0]:
            return False
        rest = {k: v.clone() for k, v in network.state_dict().items() if not k.startswith("encoder.")}
        best = (mean, found, by_axis, rest, masters.snapshot())
        return True

    for epoch in range(epochs):
        began, losses = time.time(), []
        network.train()
        if anew is not None:
            batches.read(anew(epoch))
        for batch in _progress(batches.epoch(epoch), per_epoch, f"epoch {epoch + 1}/{epochs}"):
            logits, scores, values = _logits(network, batch, wide[0] if wide else None)
            loss = tagging_loss(logits, batch.targets, taxonomy, weights, settings.smoothing)
            head = network.head
            if batch.evidence is not None and isinstance(head, LabelAttention):
                if settings.evidence:
                    loss = loss + settings.evidence * head.evidence_loss(
                        scores, batch.counted, batch.owner, len(batch.rows), batch.evidence
                    )
                if settings.token_evidence:
                    loss = loss + settings.token_evidence * head.token_loss(
                        values, batch.counted, batch.owner, batch.targets, batch.evidence, marked
                    )
            loss.backward()
            masters.pull()
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            masters.push()
            if average is not None:
                average.update()
            schedule.step()
            losses.append(float(loss.detach()))
        line = {"epoch": epoch + 1.0, "loss": float(np.mean(losses)), "seconds": time.time() - began}
        if dev_batches is not None:
            better = judge(line, "dev_")
            if average is not None:
                with average.in_place(masters.push):
                    better |= judge(line, "dev_mean_")
            stale = 0 if better else stale + 1
        history.append(line)
        on_epoch(line)
        if stale >= settings.patience:
            break
    if best is None:
        masters.restore()
        return Fitted(np.zeros((0, batches.targets.shape[1]), np.float32), {}, history)
    masters.restore(best[4])
    network.load_state_dict(best[3], strict=False)
    return Fitted(best[1], best[2], history)


def _progress(batches: Iterator[Batch], total: int, label: str) -> Iterator[Batch]:
    from tqdm import tqdm

    yield from tqdm(batches, total=total, desc=label, leave=False, disable=None)
