"""Another taxonomy through the same code: the public 7-class forum set, one axis of kind `one`.

    python -m benchmarks.teddy7 --data ../shared/data [--encoder model/encoder] [--no-cls | --only-cls]

A tenth of the public training file, chosen by a hash of the id, is held out as dev; pretraining did
not see its texts either. With --weak-epochs weak labels of other sources come first: a hotline's
departments and categories and a message board's fields. The same encoder is trained with a [CLS] head
too. A run that is finished in --out is not made again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.export import MANIFEST
from model.tagger import Tagger
from training.baselines import svm_scores
from training.evaluate import evaluate
from training.settings import TrainSettings
from training.to_onnx import export_run
from training.train import train_run
from training.weak import WeakSource

HERE = Path(__file__).parent
WEAK = ("hotline_haikou.jsonl:dept", "hotline_haikou.jsonl:label", "board_hangzhou.jsonl:domain")


def held_out(report_id: str) -> bool:
    """One id in ten."""
    return int(hashlib.sha256(report_id.encode()).hexdigest(), 16) % 10 == 0


def cut(source: Path, folder: Path) -> tuple[Path, Path]:
    """Write the train and dev rows as two files."""
    folder.mkdir(parents=True, exist_ok=True)
    train, dev = folder / "teddy7-train.jsonl", folder / "teddy7-dev.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    sides: dict[bool, list[str]] = {True: [], False: []}
    for line in lines:
        sides[held_out(json.loads(line)["id"])].append(line)
    train.write_text("".join(sides[False]), encoding="utf-8")
    dev.write_text("".join(sides[True]), encoding="utf-8")
    return train, dev


def main() -> None:
    """Train, export, measure and write the section `teddy7`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with teddy7/")
    parser.add_argument("--encoder", default="model/encoder")
    parser.add_argument("--out", type=Path, default=Path("artifacts/runs/teddy7"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--weak-epochs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--augment", type=float, default=0.4)
    parser.add_argument("--average", type=float, default=0.995)
    parser.add_argument(
        "--cls", action=argparse.BooleanOptionalAction, default=True,
        help="the same encoder with a [CLS] head beside",
    )  # fmt: skip
    parser.add_argument("--only-cls", action="store_true", help="train that one, and write nothing")
    args = parser.parse_args()
    taxonomy = Taxonomy.load(HERE / "teddy7.yaml")
    train_file, dev_file = cut(args.data / "teddy7" / "train.jsonl", args.out / "cut")
    settings = TrainSettings(
        epochs=args.epochs,
        weak_epochs=args.weak_epochs,
        seed=args.seed,
        max_windows=2,
        augment=args.augment,
        average=args.average,
    )
    weak = [WeakSource.parse(str(args.data / "reports" / source)) for source in WEAK]

    def trained(out: Path, head: str) -> Tagger:
        if not (out / "export" / MANIFEST).is_file():
            train_run([train_file], dev_file, out, args.encoder, replace(settings, head=head), taxonomy, weak,
                      on_epoch=lambda line, stage: print(stage, line, flush=True))  # fmt: skip
            export_run(out, dev_file, out / "export", "teddy7", "0")
        return Tagger.load(out / "export")

    cls_out = args.out.with_name(f"{args.out.name}-cls")
    if args.only_cls:
        trained(cls_out, "cls")
        return
    tagger = trained(args.out, "label-attention")
    train, dev = list(read_labelled(train_file, taxonomy)), list(read_labelled(dev_file, taxonomy))
    ours = evaluate(tagger, dev).axes["label"]
    texts = [e.plain for e in tagger.encoder.encode([row.report for row in train])]
    dev_texts = [e.plain for e in tagger.encoder.encode([row.report for row in dev])]
    targets = np.array([label_targets(row, taxonomy) for row in train], dtype=np.float32)
    truth = np.array([label_targets(row, taxonomy) for row in dev], dtype=np.float32).argmax(1)
    svm = svm_scores(texts, targets, dev_texts).argmax(1)
    rows: list[list[object]] = [["ours", ours.exact_match, ours.macro_f1]]
    if args.cls:
        cls = evaluate(trained(cls_out, "cls"), dev).axes["label"]
        rows.append(["same encoder, [CLS] head", cls.exact_match, cls.macro_f1])
    rows.append(["TF-IDF + SVM", float((svm == truth).mean()), float(f1_score(truth, svm, average="macro"))])
    body = table(["model", "accuracy", "macro-F1"], rows)
    low, high = ours.macro_interval
    body += (
        f"\n\n{len(train)} rows trained on, {len(dev)} measured; ours' 95 % interval {low:.3f} to {high:.3f}."
    )
    command = "python -m benchmarks.teddy7 --data ../shared/data" + ("" if args.cls else " --no-cls")
    command += f" --epochs {args.epochs} --augment {args.augment} --average {args.average}"
    keep("teddy7", "Another taxonomy: seven forum classes", command, body, {"ours": ours.summary()})
    print(body)


if __name__ == "__main__":
    main()
