"""What pretraining is worth: public classification sets with and without it, beside SVM.

    python -m benchmarks.encoder --data ../shared/data [--encoder model/encoder] [--epochs 3] [--rows 20000]

Dev rows that also stand in train are left out. Published figures of other encoders are on other
preparations of the same sets (see the note under the table).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.results import keep, table
from data.labelled import LabelledReport
from data.report import Report
from data.taxonomy import Axis, Label, Taxonomy
from model.encode import Encoder
from model.export import TOKENIZER
from training.baselines import svm_classes
from training.dataset import Batches, build_dataset
from training.fit import fit, predict_logits, set_seed
from training.network import TaggingNetwork, ready_encoder
from training.settings import TrainSettings

PUBLISHED = {
    "tnews": "53.4 ALBERT-tiny, 56.6 BERT-base, 57.5 ERNIE-3.0-medium (CLUE, dev or test)",
    "chnsenticorp": "91.4 Tiny 2x128, 93.7 Mini 4x256, 93.4 Small 4x512, 95.2 Base (UER, characters)",
    "thucnews_titles": "",
}


def read_set(folder: Path, part: str) -> list[tuple[str, str]]:
    """(text, label) of each row."""
    with (folder / f"{part}.jsonl").open(encoding="utf-8") as stream:
        return [(row["text"], row["label"]) for row in map(json.loads, stream)]


def labelled(rows: list[tuple[str, str]]) -> list[LabelledReport]:
    """Rows as reports with one axis `class`."""
    return [
        LabelledReport(Report(id=str(i), text=text), {"class": frozenset([f"c{label}"])})
        for i, (text, label) in enumerate(rows)
    ]


def prepared(folder: Path, rows: int = 0) -> tuple[list[tuple[str, str]], list[tuple[str, str]], Taxonomy]:
    """Train and dev rows of a set, and its classes as a taxonomy.

    Args:
        rows: train rows at most, drawn once for all encoders; 0: all.
    """
    train = read_set(folder, "train")
    known = {text for text, _ in train}
    if rows and rows < len(train):
        chosen = np.random.default_rng(0).permutation(len(train))[:rows]
        train = [train[i] for i in chosen]
    dev = [pair for pair in read_set(folder, "dev") if pair[0] not in known]
    labels = tuple(Label(f"c{value}", value) for value in sorted({label for _, label in train}))
    return train, dev, Taxonomy(version=folder.name, axes=(Axis("class", "class", "one", labels),))


def accuracy(
    encoder_name: str, pretrained: bool, train: list[tuple[str, str]], dev: list[tuple[str, str]],
    taxonomy: Taxonomy, settings: TrainSettings,
) -> float:  # fmt: skip
    """Dev accuracy after fine-tuning for the settings' epochs (no choice of epoch on dev)."""
    set_seed(settings.seed)
    encoder = Encoder.from_file(Path(encoder_name) / TOKENIZER, settings.window, settings.overlap)
    body = ready_encoder(encoder_name, settings, pretrained=pretrained)
    network = TaggingNetwork(body, len(taxonomy.axes[0].labels), settings.head, settings.dropout)
    fit(
        network,
        build_dataset(labelled(train), taxonomy, encoder),
        taxonomy,
        encoder,
        settings,
        settings.epochs,
    )
    batches = Batches(build_dataset(labelled(dev), taxonomy, encoder), encoder, 8192, 0, 256, 0)
    network.encoder.bfloat16()
    found = predict_logits(network, batches, None).argmax(1)
    return float((found == batches.targets.argmax(1)).mean())


def main() -> None:
    """Measure and write the section `encoder`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/")
    parser.add_argument("--encoder", default="model/encoder")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=0, help="train rows of a set at most; 0: all")
    parser.add_argument("--sets", nargs="*", default=list(PUBLISHED))
    args = parser.parse_args()
    settings = TrainSettings(epochs=args.epochs, reports=64, wide=False, positive_cap=1.0)
    rows = []
    for name in args.sets:
        train, dev, taxonomy = prepared(args.data / "bench" / name, args.rows)
        values = [label.name for label in taxonomy.axes[0].labels]
        index = {value: i for i, value in enumerate(values)}
        svm = svm_classes([t for t, _ in train], [index[v] for _, v in train], [t for t, _ in dev])
        row = [
            name, len(train), len(dev),
            accuracy(args.encoder, True, train, dev, taxonomy, settings),
            accuracy(args.encoder, False, train, dev, taxonomy, settings),
            float((svm == np.array([index[v] for _, v in dev])).mean()),
            PUBLISHED[name],
        ]  # fmt: skip
        print(row, flush=True)
        rows.append(row)
    body = table(
        [
            "set",
            "train",
            "dev",
            "ours",
            "same network, no pretraining",
            "TF-IDF + SVM",
            "published elsewhere, %",
        ],
        rows,
    )
    body += (
        f"\n\nAccuracy on dev after {args.epochs} epochs, one seed, without dev rows that stand in train. "
        "The published figures were measured with other rows and much larger pretraining."
    )
    command = f"python -m benchmarks.encoder --data ../shared/data --epochs {args.epochs} --rows {args.rows}"
    figures = {row[0]: row[3:6] for row in rows}
    keep("encoder", "The encoder on public sets", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
