"""Encoders of several sizes: what each takes, how quickly it reads, and how well it tags.

    python -m benchmarks.sizes --data ../shared/data [--tokens 5000000] [--seeds 2]

Each starts from skip-gram vectors of its width, is pretrained on as many tokens, and is fine-tuned on
gold/train as `benchmarks.recipes` does. `training.corpus` makes the streams. What was run is kept in --out.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.heads import told
from benchmarks.load import real_reports
from benchmarks.recipes import ENCODER, SHIPPED, on_gold, on_streams, pretrain_once
from benchmarks.results import keep, table
from benchmarks.speed import EACH, rate
from data.report import Report
from model.engine import Engine
from model.export import DEFAULT
from model.tagger import Tagger
from training.network import TaggingNetwork, load_encoder
from training.settings import TrainSettings
from training.to_onnx import write_graph


@dataclass(frozen=True)
class Size:
    """The shape of an encoder."""

    depth: int
    width: int
    heads: int
    hidden: int

    def __str__(self) -> str:
        return f"{self.depth} x {self.width}, {self.hidden} wide within"

    @property
    def flags(self) -> list[str]:
        """Of `training.pretrain`."""
        return [
            "--depth", str(self.depth), "--width", str(self.width), "--heads", str(self.heads),
            "--hidden", str(self.hidden),
        ]  # fmt: skip


SIZES = (Size(2, 256, 4, 512), Size(4, 384, 6, 768), Size(6, 512, 8, 1024))


def of_size(size: Size, args: argparse.Namespace) -> Path:
    """The encoder of a size, made where it is not there yet."""
    out: Path = args.out
    vectors = out / f"vectors-{size.width}.npy"
    if not vectors.is_file():
        on_streams("training.skipgram", args.streams, "--width", str(size.width), "--out", str(vectors))
    flags = ("--vectors", str(vectors), "--weight-decay", "0.1", "--save-every", "500", *size.flags)
    return pretrain_once(out / f"{size.depth}x{size.width}", args, *flags)


def taken(encoder: Path, reports: list[Report]) -> dict[str, float]:
    """Million parameters, MB of the encoder's fp16 weights, and reports/s of an Export with it, no evidence.

    The head's weights are random: how quickly it reads does not hang on them.
    """
    tagger = Tagger.load(DEFAULT)
    labels = sum(len(axis.labels) for axis in tagger.export.taxonomy.axes)
    network = TaggingNetwork(load_encoder(str(encoder)), labels, TrainSettings.head).eval()
    with TemporaryDirectory() as folder:
        write_graph(network, Path(folder, "graph.onnx"))
        other = Tagger(tagger.export, engine=Engine(Path(folder, "graph.onnx")))
        reads = rate(lambda r: other.tag(r, "none"), reports, 512)
    return {
        "parameters": sum(p.numel() for p in network.encoder.parameters()) / 1e6,
        "mb": (encoder / "model.safetensors").stat().st_size / 1e6,
        "reports": reads,
    }


def judged(encoder: Path, kept: Path, args: argparse.Namespace) -> dict[str, list[float]]:
    """Mean average precision by axis, of each seed; what was measured is kept."""
    runs = json.loads(kept.read_text()) if kept.is_file() else []
    for seed in range(len(runs), args.seeds):
        runs.append(on_gold(encoder, args.data, True, seed))
        kept.write_text(json.dumps(runs))
        print(encoder, seed, runs[-1], flush=True)
    return {axis: [run[axis] for run in runs] for axis in runs[0]}


def minutes(encoder: Path) -> str:
    """Of pretraining; empty for an encoder that was not pretrained here."""
    log = encoder.parent / "log.jsonl"
    return f"{json.loads(log.read_text().splitlines()[-1])['minutes']:.0f}" if log.is_file() else ""


def main() -> None:
    """Pretrain what is missing, measure, and write the section `sizes`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/ and reports/")
    parser.add_argument("--streams", type=Path, default=Path("artifacts/pretrain"))
    parser.add_argument("--out", type=Path, default=Path("artifacts/sizes"))
    parser.add_argument("--tokens", type=int, default=5_000_000, help="of each size's pretraining")
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reports = real_reports(args.data, EACH)
    rows: list[list[object]] = []
    encoders = {str(size): of_size(size, args) for size in SIZES} | {SHIPPED: ENCODER}
    for name, encoder in encoders.items():
        scores = judged(encoder, args.out / f"{encoder.parent.name}.json", args)
        costs = taken(encoder, reports)
        rows.append([
            name, f"{costs['parameters']:.1f} M", f"{costs['mb']:.0f} MB", minutes(encoder),
            f"{costs['reports']:.0f}", *(told(scores[axis]) for axis in ("domain", "misconduct")),
        ])  # fmt: skip
        print(rows[-1], flush=True)
    heads = ["encoder", "parameters", "fp16", "minutes of pretraining", "reports/s"]
    body = table([*heads, "domain, mean AP", "misconduct, mean AP"], rows) + (
        f"\n\n{args.tokens:,} tokens of pretraining for each but the one that ships, from skip-gram vectors "
        f"of its width; fine-tuned with {args.seeds} seed(s): two epochs of 4,949 gold reports, no linear "
        "part (mean average precision on gold/dev: mean, smallest, largest). Reports/s: fp32 on ONNX "
        "Runtime, real lengths, no evidence."
    )
    command = f"python -m benchmarks.sizes --data ../shared/data --tokens {args.tokens} --seeds {args.seeds}"
    keep("sizes", "Sizes of encoders", command, body, {"rows": rows})
    print(body)


if __name__ == "__main__":
    main()
