"""A run folder to an Export; refused when ONNX and torch disagree.

python -m training.to_onnx --run artifacts/runs/first --dev dev.jsonl --out artifacts/exports/first
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from data.labelled import LabelledReport, label_targets, read_labelled
from data.privacy.masked_report import ReportMasker
from data.report import Report
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.engine import load_runtime
from model.export import CARD, GOLDEN, GRAPH, TAXONOMY, TOKENIZER, WIDE, Export
from model.golden import write_golden
from model.tagger import Tagger
from training.calibrate import calibrate, keep_where_few
from training.card import model_card
from training.dataset import Batches, build_dataset
from training.fit import predict_logits
from training.network import LabelAttention, TaggingNetwork
from training.quantize import halve, quantize
from training.scores import macro_f1
from training.tracking import joined
from training.train import load_run, wide_of

log = logging.getLogger(__name__)
SAMPLE = Path(__file__).parent.parent / "data" / "sample" / "reports.csv"
TOLERANCE = 2e-3
"""Largest difference of a logit between the fp32 graph and fp32 torch."""


LOSS = 0.003
"""Largest fall of an axis's dev macro-F1 for which a smaller graph may ship."""


class Disagreement(Exception):
    """ONNX and torch do not compute the same."""


class _Graph(nn.Module):
    """What is exported: ids and mask in, attention scores and values out."""

    def __init__(self, network: TaggingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, values = self.network(ids, mask)
        return scores, values


def write_graph(network: TaggingNetwork, path: Path) -> None:
    """Export the network with free batch and length, in fp32."""
    ids = torch.ones(2, 16, dtype=torch.long)
    mask = torch.ones(2, 16, dtype=torch.bool)
    batch, length = torch.export.Dim("windows", min=1), torch.export.Dim("length", min=2, max=512)
    load_runtime()  # the exporter imports it too, with its telemetry on
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        program = torch.onnx.export(
            _Graph(network.eval()), (ids, mask), dynamo=True, opset_version=18, verbose=False,
            input_names=["ids", "mask"], output_names=["scores", "values"],
            dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
        )  # fmt: skip
    assert program is not None  # None only without dynamo
    program.save(str(path), external_data=False)


def export_run(
    run: Path, dev_file: Path, out: Path, name: str = "default", version: str = "0", precision: str = "fp16",
    golden: Sequence[Report] = (), data_notes: str = "", prior: Mapping[str, AxisDecision] | None = None,
) -> tuple[Export, dict[str, Any]]:  # fmt: skip
    """Write an Export from a run: graph, calibration on dev, golden reports, card, checksums.

    Tables and pictures of the evaluation on dev go to report/ in the run folder. An Export that stood in
    `out` is replaced only when the new one is whole.

    Args:
        data_notes: Markdown for the card: what the model learned from, and under which licences.
        prior: decisions of the model that training went on from, for labels that dev hardly shows.

    Returns:
        the Export and its figures on dev.

    Raises:
        Disagreement: the fp32 graph's logits differ from torch's by more than TOLERANCE on dev, or a
            decision flips between them; or the smaller graph costs more than LOSS of macro-F1.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        summary = _write_export(run, dev_file, partial, name, version, precision, golden, data_notes, prior)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    # Only now: a failed export must not take the place of one that works.
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    return Export.load(out), summary


def _write_export(
    run: Path, dev_file: Path, out: Path, name: str, version: str, precision: str, golden: Sequence[Report],
    data_notes: str, prior: Mapping[str, AxisDecision] | None,
) -> dict[str, Any]:  # fmt: skip
    network, facts = load_run(run)
    taxonomy = Taxonomy.load(run / TAXONOMY)
    dev = list(read_labelled(dev_file, taxonomy))
    for file in (TOKENIZER, TAXONOMY):
        shutil.copyfile(run / file, out / file)
    wide = wide_of(run, network)
    if wide is not None:
        wide.save(out / WIDE)
    fold_bias(network)
    settings = facts["settings"]
    bare = Export(
        out, name, version, Path(str(facts["encoder"])).name, settings["window"], settings["overlap"],
        taxonomy, undecided(taxonomy), str(facts["data_hash"]), blind=settings.get("blind", False),
    )  # fmt: skip
    reports = [row.report for row in dev]
    targets = np.array([label_targets(row, taxonomy) for row in dev], dtype=np.float32)
    write_graph(network, out / GRAPH)
    logits = Tagger(bare).logits(reports)
    check_against_torch(network, run, dev, taxonomy, bare, logits, targets)
    lost: dict[str, float] = {}
    if precision != "fp32":
        full = out / "full.onnx"
        (out / GRAPH).replace(full)
        (quantize if precision == "int8" else halve)(full, out / GRAPH)
        full.unlink()
        exact, logits = logits, Tagger(bare).logits(reports)
        lost = check_smaller(precision, exact, logits, targets, taxonomy)
    known = {"precision": precision, "macro_f1_change": lost, "rows": int(facts.get("rows", 0))}
    return decide(bare, dev, logits, run / "report", golden, data_notes, known, prior)


def decide(
    bare: Export, dev: Sequence[LabelledReport], logits: NDArray[np.float32], report: Path,
    golden: Sequence[Report], data_notes: str, known: Mapping[str, Any],
    prior: Mapping[str, AxisDecision] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fit calibration and thresholds on dev, and write golden reports, card and manifest into the folder.

    Args:
        bare: an Export whose graph and taxonomy lie in its folder.
        logits: its logits on dev [reports, labels].
        report: folder for tables and pictures of the evaluation.
        known: what the manifest is told beside the figures.

    Returns:
        the figures on dev.
    """
    from training.evaluate import evaluate
    from training.measured import write_report

    targets = np.array([label_targets(row, bare.taxonomy) for row in dev], dtype=np.float32)
    decisions = calibrate(logits, targets, bare.taxonomy)
    if prior is not None:
        decisions = keep_where_few(decisions, prior, targets, bare.taxonomy)
    export = replace(bare, decisions=decisions)
    (export.folder / GOLDEN).write_text("", encoding="utf-8")
    (export.folder / CARD).write_text("", encoding="utf-8")
    export.save()
    tagger = Tagger(export)
    metrics = evaluate(tagger, dev)
    write_report(metrics, dev, tagger, report)
    write_golden(export.folder / GOLDEN, tagger, golden)
    # An Export goes to others, whom the names of sources do not concern.
    summary = metrics.summary(slices=False)
    export = replace(export, dev_metrics={**known, **summary})
    (export.folder / CARD).write_text(model_card(export, summary, data_notes), encoding="utf-8")
    export.save()
    return metrics.summary()


def check_smaller(
    precision: str,
    exact: NDArray[np.float32],
    found: NDArray[np.float32],
    targets: NDArray[np.float32],
    taxonomy: Taxonomy,
) -> dict[str, float]:
    """Change of cross-fitted macro-F1 per axis from fp32 logits to the smaller graph's [reports, labels].

    Raises:
        Disagreement: an axis loses more than LOSS.
    """
    before, after = macro_f1(exact, targets, taxonomy), macro_f1(found, targets, taxonomy)
    for axis, score in after.items():
        if score < before[axis] - LOSS:
            raise Disagreement(
                f"{precision} lowers dev macro-F1 of axis {axis} from {before[axis]:.4f} to {score:.4f}, "
                f"more than {LOSS}; not exported: choose --precision fp16"
            )
    return {axis: round(score - before[axis], 4) for axis, score in after.items()}


def undecided(taxonomy: Taxonomy) -> dict[str, AxisDecision]:
    """Identity calibration and thresholds of one half, until dev says better."""
    return {axis.id: AxisDecision.neutral(len(axis.labels)) for axis in taxonomy.axes}


def fold_bias(network: TaggingNetwork) -> None:
    """Move the head's bias into its values' bias: attention sums to 1, so the logit stays the same.

    The graph then needs no third output, and inference no knowledge of the head's parameters.
    """
    head = network.head
    if not isinstance(head, LabelAttention):
        return
    value = nn.Linear(head.value.in_features, head.value.out_features, bias=True)
    with torch.no_grad():
        value.weight.copy_(head.value.weight)
        value.bias.copy_(head.bias)
        head.bias.zero_()
    head.value = value


def check_against_torch(
    network: TaggingNetwork, run: Path, dev: Sequence[LabelledReport], taxonomy: Taxonomy, export: Export,
    found: NDArray[np.float32], targets: NDArray[np.float32],
) -> None:  # fmt: skip
    """Compare the exported graph's dev logits with torch's in fp32.

    Raises:
        Disagreement: they differ.
    """
    tagger = Tagger(export)
    dataset = build_dataset(dev, taxonomy, tagger.encoder)
    batches = Batches(dataset, tagger.encoder, 8192, 0, 64, 0)
    wanted = predict_logits(network, batches, None)
    if tagger.wide is not None:
        wanted = wanted + np.stack([tagger.wide.logits(text) for text in dataset["text"]])
    worst = float(np.abs(wanted - found).max())
    log.info("ONNX against torch: largest difference %.2g over %d logits", worst, found.size)
    if not worst <= TOLERANCE:  # not a number is a disagreement too
        raise Disagreement(
            f"ONNX and torch differ by {worst:.3g} on dev, more than {TOLERANCE}; not exported"
        )
    decisions = calibrate(wanted, targets, taxonomy)
    for axis, columns in taxonomy.columns():
        decision = decisions[axis.id]
        flips = (
            decision.given(decision.scores(wanted[:, columns], axis.kind), axis.kind)
            != decision.given(decision.scores(found[:, columns], axis.kind), axis.kind)
        ).sum()
        if flips:
            raise Disagreement(f"ONNX flips {flips} decisions of axis {axis.id} on dev; not exported")


def golden_reports(file: Path | None, most: int = 24) -> list[Report]:
    """The first reports of a file of invented ones; none without a file.

    They go wherever the Export goes, so they are masked: someone's own file may have real ones in it.
    """
    from data.readers import read_reports

    if file is None:
        return []
    masker = ReportMasker()
    return [masker.mask(row).report for row in read_reports(file) if isinstance(row, Report)][:most]


def notes_of(file: Path | None) -> str:
    """The text of a file of data notes; empty without one."""
    return file.read_text(encoding="utf-8") if file else ""


def add_export_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that training and export share."""
    parser.add_argument(
        "--dev", type=Path, required=True, help="labelled JSONL for calibration and thresholds"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="default", help="of the Export")
    parser.add_argument("--version", default="0", help="of the Export")
    parser.add_argument(
        "--precision", choices=["fp32", "fp16", "int8"], default="fp16",
        help="of the weights; refused where it costs more than 0.3 points of macro-F1",
    )  # fmt: skip
    parser.add_argument(
        "--golden", type=Path, default=SAMPLE, help="file of invented reports for the golden file"
    )
    parser.add_argument(
        "--data-notes", type=Path, help="Markdown file for the model card: the training data and its licences"
    )


def main() -> None:
    """Export a run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    add_export_flags(parser)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    export, metrics = export_run(
        args.run, args.dev, args.out, args.name, args.version, args.precision, golden_reports(args.golden),
        notes_of(args.data_notes),
    )  # fmt: skip
    with joined() as record:
        if record is not None:
            record.tag("data_hash", export.data_hash)
            record.metrics(metrics)
            record.model(args.out)
            record.files(args.run / "report", "report")
    print(f"{args.out}: {export.model}")
    print(json.dumps(metrics, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
