"""A whole training run: labelled files in; a run folder, an Export and an MLflow record out.

    python -m training.train --labelled train.jsonl --dev dev.jsonl --out artifacts/runs/first

Weakly labelled reports come first, where given (with heads of their own, thrown away after), the
labelled ones after. The run folder holds network.safetensors, config.json (the encoder's shape), wide.npz
(where used), tokenizer.json, taxonomy.yaml and run.json, all that `training.to_onnx` needs, and the Export
in export/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from data.errors import DataError
from data.labelled import LabelledReport, read_labelled
from data.taxonomy import Taxonomy
from model.encode import Encoder
from model.export import DEFAULT, TAXONOMY, TOKENIZER, WIDE, Export
from model.wide import Wide
from training.augment import Augmented
from training.carry import carry_start, carry_wide
from training.dataset import build_dataset, data_hash
from training.fit import Fitted, encoder_rate, fit, set_seed, weak_rate
from training.flags import Flags
from training.network import TaggingNetwork, load_encoder, load_tokenizer, ready_encoder
from training.plant import CONTRAST, Planter
from training.settings import TrainSettings, add_setting_flags, whole_number
from training.soft import SOFT, read_soft
from training.start import Start, start_from_run
from training.trained_on import read_train, without
from training.weak import WeakSource, read_weak
from training.wide import feature_matrix, fit_buckets, fit_linear, out_of_fold, pack

if TYPE_CHECKING:
    from datasets import Dataset

NETWORK, RUN, LOGITS = "network.safetensors", "run.json", "dev_logits.npy"
NO_SCOPE = "none"
ENCODER = DEFAULT.parent / "encoder"
"""The pretrained encoder that ships, wherever the package is installed."""


def train_run(
    labelled: Sequence[Path],
    dev_file: Path,
    out: Path,
    encoder_name: str,
    settings: TrainSettings,
    taxonomy: Taxonomy,
    weak: Sequence[WeakSource] = (),
    allow_download: bool = False,
    pretrained: bool = True,
    on_epoch: Callable[[dict[str, float], str], None] = lambda line, stage: None,
    start: Start | None = None,
    soft: Path | None = None,
) -> Fitted:
    """Train, and write the run folder.

    Args:
        encoder_name: folder or hub name; its tokenizer cuts the texts.
        pretrained: False starts from fresh weights, for ablations.
        on_epoch: told each epoch's figures and its stage, weak or gold.
        start: a model to go on from, perhaps of another taxonomy; encoder_name is its encoder.
        soft: what other models say of unlabelled reports (training/soft.py).

    Raises:
        EncoderNotFound: no such encoder.
        DataError: no labelled report to train on, or none to judge by; windows longer than the
            encoder reads.
    """
    set_seed(settings.seed)
    dev_rows = list(read_labelled(dev_file, taxonomy))
    trained = read_train(labelled, dev_rows, taxonomy)
    print(trained.said(), flush=True)
    rows = [*trained.rows]
    for name, part in (("labelled", rows), ("dev", dev_rows)):
        if not any(given is not None for row in part for given in row.labels.values()):
            raise DataError(f"no report with labels of this taxonomy in {name}, reports of dev left out")
    tokenizer = load_tokenizer(encoder_name, allow_download)
    encoder = Encoder(tokenizer, settings.window, settings.overlap, blind=settings.blind)
    labelled_rows, said = trained.rows, None
    if soft is not None:
        more, said = read_soft(soft, taxonomy, {row.report.id for row in [*rows, *dev_rows]})
        rows += without(more, dev_rows)
    train, dev = build_dataset(rows, taxonomy, encoder, said), build_dataset(dev_rows, taxonomy, encoder)
    out.mkdir(parents=True, exist_ok=True)

    wide_scores, wide = None, None
    if start is not None and start.wide is not None:
        wide = carry_wide(start.wide, start.taxonomy or taxonomy, taxonomy)
        scores, dev_scores = (np.stack([wide.logits(text) for text in part["text"]]) for part in (train, dev))
        wide_scores = (scores, dev_scores)
    elif settings.wide:
        wide, scores, dev_scores = fit_wide(train, dev["text"], settings)
        wide_scores = (scores, dev_scores)

    if start is not None:  # its layers have the size that training gave them
        settings = replace(settings, layer_rms=0.0)
    body = ready_encoder(encoder_name, settings, allow_download, pretrained)
    positions = getattr(body.config, "max_position_embeddings", settings.window)
    if settings.window > positions:
        raise DataError(f"--window {settings.window}: the encoder reads {positions} tokens at most; lower it")
    if weak and settings.weak_epochs:
        weak_rows, weak_taxonomy = read_weak(weak, {row.report.id for row in dev_rows})
        weak_rows = without(weak_rows, dev_rows)
        labels = sum(len(axis.labels) for axis in weak_taxonomy.axes)
        first = TaggingNetwork(body, labels, settings.head, settings.dropout)
        fit(
            first, build_dataset(weak_rows, weak_taxonomy, encoder), weak_taxonomy, encoder,
            replace(
                settings, max_windows=settings.weak_windows, encoder_lr=weak_rate(settings, body)
            ),
            settings.weak_epochs, on_epoch=lambda line: on_epoch(line, "weak"),
        )  # fmt: skip

    forms = forms_of(rows, settings, taxonomy)

    def anew(epoch: int) -> Dataset:
        return build_dataset(forms(epoch), taxonomy, encoder, said)

    labels = sum(len(axis.labels) for axis in taxonomy.axes)
    network = TaggingNetwork(body, labels, settings.head, settings.dropout)
    if start is not None:
        carry_start(network, start, taxonomy)
    settings = replace(settings, encoder_lr=encoder_rate(settings, body, start is not None))
    fitted = fit(
        network, train, taxonomy, encoder, settings, settings.epochs, dev, wide_scores,
        lambda line: on_epoch(line, "gold"), anew if settings.changes else None,
    )  # fmt: skip

    save_run(out, network, wide, taxonomy, tokenizer)
    facts = {
        "encoder": encoder_name,
        "settings": asdict(settings),
        "data_hash": data_hash(labelled_rows),
        "rows": len(labelled_rows),
        "soft_rows": len(rows) - len(labelled_rows),
        "dev_f1": fitted.dev_f1,
        "history": fitted.history,
    }
    (out / RUN).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    np.save(out / LOGITS, fitted.logits)
    return fitted


def forms_of(
    rows: Sequence[LabelledReport], settings: TrainSettings, taxonomy: Taxonomy
) -> Callable[[int], list[LabelledReport]]:
    """The rows as each epoch, counted from 0, reads them: changed by `augment`, `misspell`, then `plant`."""
    changed = (
        Augmented(rows, settings.seed, settings.augment, settings.misspell)
        if settings.augment or settings.misspell
        else lambda epoch: list(rows)
    )
    many = [axis.id for axis in taxonomy.axes if axis.kind == "many"] if settings.plant else []
    planters = [planter for axis in many if (planter := Planter(rows, axis)).labels]
    if not planters:
        return changed

    def forms(epoch: int) -> list[LabelledReport]:
        rng = np.random.default_rng((settings.seed, epoch, 3))
        found = []
        for row in changed(epoch):
            if row.source not in (CONTRAST, SOFT) and rng.random() < settings.plant:
                row = planters[int(rng.integers(len(planters)))](row, rng)
            found.append(row)
        return found

    return forms


def fit_wide(
    train: Dataset, dev_texts: Sequence[str], settings: TrainSettings
) -> tuple[Wide, NDArray[np.float32], NDArray[np.float32]]:
    """Fit the wide part; return it, its out-of-fold scores on train rows, and its scores on dev rows.

    Rows of source `contrast` (see training/contrast) are scored, not learnt from: pairs that differ in a
    word or two teach the network what to look at, and teach a linear model wrong weights.
    """
    texts, targets = list(train["text"]), np.asarray(train["targets"])
    real = ~np.isin(train["source"], (CONTRAST, SOFT))
    learnt = [text for text, one in zip(texts, real, strict=True) if one]
    buckets = fit_buckets(learnt, settings.wide_bits, settings.wide_least)
    features, dev_features = feature_matrix(texts, buckets), feature_matrix(list(dev_texts), buckets)
    scores = out_of_fold(features, targets, real, strength=settings.wide_strength, seed=settings.seed)
    weights, bias = fit_linear(features[real], targets[real], settings.wide_strength, settings.seed)
    dev_scores = np.asarray(dev_features @ weights + bias, dtype=np.float32)
    return pack(weights, bias, buckets), scores, dev_scores


def save_run(
    out: Path, network: TaggingNetwork, wide: Wide | None, taxonomy: Taxonomy, tokenizer: Tokenizer
) -> None:
    """Write weights, the encoder's shape, tokenizer and taxonomy into the run folder."""
    from safetensors.torch import save_file

    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, out / NETWORK)
    config: Any = network.encoder.config
    config.save_pretrained(out)
    if wide is not None:
        wide.save(out / WIDE)
    taxonomy.dump(out / TAXONOMY)
    tokenizer.save(str(out / TOKENIZER))


def load_run(folder: Path) -> tuple[TaggingNetwork, dict[str, Any]]:
    """Read a run folder back: the network with its weights, and what run.json says."""
    from safetensors.torch import load_file

    facts = json.loads((folder / RUN).read_text(encoding="utf-8"))
    taxonomy = Taxonomy.load(folder / TAXONOMY)
    labels = sum(len(axis.labels) for axis in taxonomy.axes)
    # Runs made before 0.1 hold no config.json; their encoder's folder must still be there.
    shape = folder if (folder / "config.json").is_file() else facts["encoder"]
    network = TaggingNetwork(load_encoder(str(shape), pretrained=False), labels, facts["settings"]["head"])
    network.load_state_dict(load_file(folder / NETWORK))
    return network.eval(), facts


def wide_of(folder: Path, network: TaggingNetwork) -> Wide | None:
    """The run's wide part with the learnt gains folded in."""
    if not (folder / WIDE).is_file():
        return None
    wide = Wide.load(folder / WIDE)
    gain = network.wide_gain.detach().numpy().astype(np.float32)
    return Wide(wide.buckets, wide.weights, wide.scale * gain, wide.bias * gain)


def _parser() -> argparse.ArgumentParser:
    from training.to_onnx import add_export_flags

    parser = Flags(description=__doc__.splitlines()[0], prog="petition train")
    parser.add_argument("--labelled", type=Path, nargs="+", required=True, help="labelled JSONL files")
    parser.add_argument("--weak", type=WeakSource.parse, nargs="*", default=[], metavar="FILE:FIELD[/LEVEL]",
                        help="JSONL files with another system's label in a field")  # fmt: skip
    parser.add_argument(
        "--soft", type=Path, help="what other models say of unlabelled reports, from python -m training.soft"
    )
    parser.add_argument("--encoder", default=str(ENCODER), help="folder or hub name")
    parser.add_argument("--start-from", type=Path, metavar="RUN",
                        help="folder of an earlier run, of this taxonomy or another: start from its encoder "
                             "and from the heads of the labels that this one continues")  # fmt: skip
    parser.add_argument("--allow-download", action="store_true", help="ask the hub for the encoder")
    parser.add_argument("--from-scratch", action="store_true", help="fresh weights in the encoder's shape")
    parser.add_argument("--taxonomy", type=Path, help="YAML; the default taxonomy where not given")
    parser.add_argument("--threads", type=whole_number, default=0, help="0: torch's choice")
    parser.add_argument("--scope-from", default=str(DEFAULT), metavar="EXPORT",
                        help=f"Export whose scope (what is no petition) the new one takes over where it fits "
                             f"--dev; {NO_SCOPE}: it knows none and tags all")  # fmt: skip
    parser.add_argument("--tracking", type=Path, default=Path("artifacts/mlflow"),
                        help="folder of the MLflow records; MLFLOW_TRACKING_URI goes before it")  # fmt: skip
    add_export_flags(parser)
    add_setting_flags(parser, TrainSettings)
    return parser


def main() -> None:
    """Read the flags, train, export and record."""
    from training.scope import LENT, Taught, lend_scope
    from training.to_onnx import export_run, golden_reports, notes_of
    from training.tracking import tracked

    args = _parser().parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    settings = TrainSettings(**{f.name: getattr(args, f.name) for f in fields(TrainSettings)})
    taxonomy = Taxonomy.load(args.taxonomy) if args.taxonomy else Taxonomy.default()
    with tracked(args.out.name, args.tracking) as record:
        start = None
        if args.start_from:
            start = start_from_run(args.start_from, args.out / "start", settings.head)
        encoder = start.encoder if start else args.encoder
        record.params({**asdict(settings), "encoder": Path(encoder).name if start else encoder})

        def tell(line: dict[str, float], stage: str) -> None:
            record.epoch(line, stage)
            print(stage, " ".join(f"{k}={v:.4g}" for k, v in line.items()), flush=True)

        train_run(
            args.labelled, args.dev, args.out, encoder, settings, taxonomy, args.weak,
            args.allow_download, not args.from_scratch, tell, start, args.soft,
        )  # fmt: skip
        export, metrics = export_run(
            args.out, args.dev, args.out / "export", args.name, args.version, args.precision,
            golden_reports(args.golden), notes_of(args.data_notes),
        )  # fmt: skip
        if args.scope_from != NO_SCOPE:
            taught = Taught(args.dev, args.labelled, settings.hint_below)
            export, fallen = lend_scope(Export.load(args.scope_from), export, taught)
            if fallen > LENT:
                print(
                    f"{args.scope_from} takes {fallen:.1%} of {args.dev} for no petitions: the Export "
                    "knows no scope and tags all; see docs/training.md",
                    flush=True,
                )
        record.tag("data_hash", export.data_hash)
        record.metrics(metrics)
        record.model(args.out / "export")
        record.files(args.out / "report", "report")
        print(f"{args.out / 'export'}: {export.model}")


if __name__ == "__main__":
    main()
