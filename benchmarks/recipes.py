"""Recipes of pretraining: each reads as many tokens, then is judged downstream.

    python -m benchmarks.recipes --data ../shared/data --streams artifacts/pretrain [NAME ...]

`training.corpus --words` makes the streams, `training.skipgram` the vectors. An encoder is judged
fine-tuned: mean average precision on gold/dev after two epochs of gold/train (one window of each
report a step, no linear part, no weak labels), and accuracy on two public sets of titles. What was run and
judged is kept in --out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.encoder import accuracy, prepared
from benchmarks.results import keep, table
from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.encode import Encoder
from model.export import DEFAULT, TAXONOMY, TOKENIZER
from training.dataset import Batches, build_dataset
from training.fit import fit, predict_logits, set_seed
from training.network import TaggingNetwork, ready_encoder
from training.settings import TrainSettings

Floats = NDArray[np.float32]
ENCODER = DEFAULT.parent / "encoder"
TITLES = ("tnews", "thucnews_titles")
TITLE_ROWS = 10_000
FRESH, SHIPPED = "no pretraining", "what ships"


@dataclass(frozen=True)
class Recipe:
    """One way to pretrain.

    Attributes:
        goes_on: from the encoder that ships, not from fresh weights.
        vectors: fresh weights begin with skip-gram token vectors.
        flags: of `training.pretrain`.
    """

    goes_on: bool = False
    vectors: bool = True
    flags: tuple[str, ...] = ()


LOW = ("--matrix-lr", "1.5e-3", "--other-lr", "8e-4", "--decay", "0.8")
RECIPES = {
    "random token vectors": Recipe(vectors=False),
    "skip-gram token vectors": Recipe(),
    "whole words": Recipe(flags=("--whole-words",)),
    "a tenth masked": Recipe(flags=("--mask-rate", "0.1")),
    "three tenths masked": Recipe(flags=("--mask-rate", "0.3")),
    "replaced tokens": Recipe(flags=("--objective", "replaced")),
    "AdamW": Recipe(flags=("--optimizer", "adamw", "--other-lr", "1e-3")),
    "on: plain": Recipe(True, flags=LOW),
    "on: whole words": Recipe(True, flags=(*LOW, "--whole-words")),
    "on: replaced tokens": Recipe(True, flags=(*LOW, "--objective", "replaced")),
    "on: reports alone": Recipe(True, flags=(*LOW, "--report-share", "1.0")),
}


def place(name: str, args: argparse.Namespace) -> Path:
    """Where what was run by a recipe lies; its figures lie beside, see `kept`."""
    return Path(args.out) / name.replace(" ", "-").replace(":", "")


def kept(name: str, args: argparse.Namespace) -> Path:
    """Where the figures of an encoder lie."""
    folder = place(name, args)
    return folder.with_name(f"{folder.name}.{args.seeds}.json")


def run(name: str, args: argparse.Namespace) -> Path:
    """Pretrain by a recipe unless that is done; the folder of the encoder."""
    recipe = RECIPES[name]
    begins: tuple[str, ...] = ()
    if recipe.goes_on:
        begins = ("--start", str(ENCODER))
    elif recipe.vectors:
        begins = ("--vectors", str(args.vectors))
    return pretrain_once(place(name, args), args, *recipe.flags, *begins)


def pretrain_once(folder: Path, args: argparse.Namespace, *flags: str) -> Path:
    """Pretrain in this folder unless that is done; the folder of the encoder.

    Args:
        args: streams, and tokens to read.
        flags: of `training.pretrain`, beside what all that is compared shares.
    """
    if not (folder / "done").is_file():
        on_streams(
            "training.pretrain", args.streams, "--run", str(folder), "--tokens", str(args.tokens),
            "--log-every", "200", "--save-every", "1000000", "--decay", "0.3", "--report-share", "0.33",
            "--warmup-tokens", "300000", *flags,
        )  # fmt: skip
        (folder / "done").touch()
    return folder / "encoder"


def on_streams(module: str, streams: Path, *flags: str) -> None:
    """Run what learns from token streams, with the tokenizer that made them."""
    shared = ["--streams", str(streams), "--tokenizer", str(ENCODER / TOKENIZER)]
    subprocess.run([sys.executable, "-m", module, *shared, *flags], check=True)


def on_gold(encoder_name: Path, data: Path, pretrained: bool, seed: int) -> dict[str, float]:
    """Mean average precision on gold/dev for each axis."""
    logits, targets = gold_logits(encoder_name, data, pretrained, seed)
    return {
        axis.id: float(average_precision_score(targets[:, columns], logits[:, columns]))
        for axis, columns in Taxonomy.load(DEFAULT / TAXONOMY).columns()
    }


def gold_logits(
    encoder_name: Path, data: Path, pretrained: bool, seed: int, **changed: Any
) -> tuple[Floats, Floats]:
    """Logits on gold/dev after two epochs of gold/train, and what holds there, both [reports, labels].

    Args:
        changed: settings that differ from those of all recipes.
    """
    settings = replace(TrainSettings(wide=False, max_windows=1, seed=seed), **changed)
    taxonomy = Taxonomy.load(DEFAULT / TAXONOMY)
    encoder = Encoder.from_file(
        encoder_name / TOKENIZER, settings.window, settings.overlap, blind=settings.blind
    )
    train, dev = (
        build_dataset(read_labelled(data / "gold" / f"{part}.jsonl", taxonomy), taxonomy, encoder)
        for part in ("train", "dev")
    )
    set_seed(seed)
    network = TaggingNetwork(
        ready_encoder(str(encoder_name), settings, pretrained=pretrained),
        sum(len(axis.labels) for axis in taxonomy.axes), settings.head, settings.dropout,
    )  # fmt: skip
    fit(network, train, taxonomy, encoder, settings, epochs=2)
    batches = Batches(dev, encoder, 8192, 0, 64, 0)
    network.encoder.bfloat16()
    return predict_logits(network, batches, None), batches.targets


def judged(name: str, encoder: Path, args: argparse.Namespace) -> dict[str, float]:
    """What an encoder is worth downstream, by mean of the seeds; kept beside what was run."""
    pretrained = name != FRESH
    if kept(name, args).is_file():
        return dict(json.loads(kept(name, args).read_text()))
    every: list[dict[str, float]] = []
    for seed in range(args.seeds):
        figures = on_gold(encoder, args.data, pretrained, seed)
        for title in TITLES:
            train, dev, taxonomy = prepared(args.data / "bench" / title, TITLE_ROWS)
            settings = TrainSettings(epochs=2, reports=64, wide=False, positive_cap=1.0, seed=seed)
            figures[title] = accuracy(str(encoder), pretrained, train, dev, taxonomy, settings)
        every.append(figures)
        print(name, seed, figures, flush=True)
    means = {key: float(np.mean([figures[key] for figures in every])) for key in every[0]}
    log = encoder.parent / "log.jsonl"
    if log.is_file():
        last = json.loads(log.read_text().splitlines()[-1])
        means |= {key: last[key] for key in ("minutes", "held_loss")}
    kept(name, args).write_text(json.dumps(means))
    return means


def write(names: Iterable[str], args: argparse.Namespace) -> None:
    """Write the section `recipes` from all that was judged."""
    rows, figures = [], {}
    for name in names:
        if not kept(name, args).is_file():
            continue
        found = figures[name] = json.loads(kept(name, args).read_text())
        minutes, loss = found.get("minutes", ""), found.get("held_loss", "")
        rows.append([name, minutes, loss, found["domain"], found["misconduct"], *(found[t] for t in TITLES)])
    body = table(
        ["recipe", "minutes", "held-out loss", "domain, mean AP", "misconduct, mean AP", *TITLES], rows
    )
    body += (
        f"\n\n{args.tokens:,} tokens for each recipe, fine-tuned with {args.seeds} seed(s): two epochs of "
        "4,949 gold reports, first window, no linear part (mean average precision on gold/dev); two of "
        f"{TITLE_ROWS:,} titles (accuracy). Recipes `on` go on from the encoder that ships, at lower rates "
        "that fall; the others begin anew. Held-out losses of replaced tokens are of another kind."
    )
    command = f"python -m benchmarks.recipes --data ../shared/data --tokens {args.tokens}"
    keep("recipes", "Recipes of pretraining", command, body, figures)
    print(body)


def main() -> None:
    """Run, judge and write the section `recipes`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/ and bench/")
    parser.add_argument("--streams", type=Path, default=Path("artifacts/pretrain"))
    parser.add_argument("--vectors", type=Path, default=Path("artifacts/vectors.npy"))
    parser.add_argument("--out", type=Path, default=Path("artifacts/recipes"))
    parser.add_argument("--tokens", type=int, default=4_000_000, help="of each recipe")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="only write down what is there")
    parser.add_argument("names", nargs="*", default=[FRESH, SHIPPED, *RECIPES])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in [] if args.write else args.names:
        encoder = ENCODER if name in (FRESH, SHIPPED) else run(name, args)
        judged(name, encoder, args)
    write([FRESH, SHIPPED, *RECIPES], args)


if __name__ == "__main__":
    main()
