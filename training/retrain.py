"""Corrections in, a candidate out; it takes the champion's place only where the gate lets it.

python -m training.retrain --site artifacts/site --labels labels.jsonl
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, fields
from datetime import datetime
from functools import partial
from pathlib import Path

from data.frozen_split import Role
from data.taxonomy import Taxonomy
from model.export import DEFAULT
from training.cycle import Plan, retrain
from training.gate import GateSettings
from training.publish import NOT_SERVED
from training.registry import Registry
from training.settings import TrainSettings, add_setting_flags, whole_number
from training.site import Given, Site
from training.to_onnx import SAMPLE
from training.tracking import connect, tracked
from training.train import ENCODER
from training.verdict_words import headline, reasons, remarks


def main() -> None:
    """Read the flags, retrain, and say what came of it; exit code 1 where the candidate was refused."""
    args = _parser().parse_args()
    if args.take_back:
        left = Site(args.site).take_back()
        print(f"已撤回上一次给出的标注。现有训练 {left[Role.train]} 件，开发集 {left[Role.dev]} 件，"
              f"测试集 {left[Role.test]} 件。")  # fmt: skip
        if not (args.labels or args.base or args.dev or args.test):
            return
    version = args.version or datetime.now().strftime("%Y.%m.%d-%H%M%S")
    settings = TrainSettings(**{f.name: getattr(args, f.name) for f in fields(TrainSettings)})
    gate = GateSettings(**{f.name: getattr(args, f.name) for f in fields(GateSettings)})
    taxonomy = Taxonomy.load(args.taxonomy) if args.taxonomy else None
    pinned = {Role.train: args.base, Role.dev: args.dev, Role.test: args.test}
    plan = Plan(
        args.site, Given(args.labels, pinned, args.dev_share, args.test_share),
        args.out or Path("artifacts/runs") / version, args.name, version, args.contrast,
        args.despite_survey,
        taxonomy, args.serving, args.encoder,
        args.start == "serving", args.keep_wide, tuple(args.cases), args.into, args.precision, args.golden,
        args.data_notes,
    )  # fmt: skip
    if args.threads:
        import torch

        torch.set_num_threads(args.threads)
    registry = Registry(connect(args.tracking), args.name)
    with tracked(version, args.tracking) as record:
        record.params({**asdict(settings), **{f"gate_{k}": v for k, v in asdict(gate).items()}})
        verdict, made = retrain(plan, settings, gate, record, registry)
    print(f"版本 {made.number}：{headline(verdict)}")
    for line in (*reasons(verdict), *remarks(verdict)):
        print(f"  {line}")
    print(f"评审报告：{plan.out / 'verdict.html'}")
    if verdict.promoted and args.into is None:
        print(NOT_SERVED)
    if not verdict.promoted and args.labels:
        print("这批标注留在本单位的数据里，下次一起训练；标注有错的，用 petition retrain --take-back 撤回。")
    if not verdict.promoted and not args.exit_zero:
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="petition retrain")
    files = partial(parser.add_argument, type=Path, nargs="+", default=[], metavar="FILE")
    files("--labels", help="new labelled JSONL, the oldest first")
    files("--base", help="labelled JSONL that earlier models learned from")
    parser.add_argument(
        "--contrast", action="store_true", help="training/contrast, which ships, is among the base"
    )
    files("--dev", help="labelled JSONL to tune by")
    files("--test", help="labelled JSONL to measure by")
    parser.add_argument("--dev-share", type=float, default=0.1, help="of the new reports")
    parser.add_argument("--test-share", type=float, default=0.2, help="of the new reports")
    parser.add_argument("--site", type=Path, default=Path("artifacts/site"), help="the site's folder")
    parser.add_argument("--take-back", action="store_true",
                        help="first put the site's data back as before the last import")  # fmt: skip
    parser.add_argument("--out", type=Path, help="run folder; default artifacts/runs/VERSION")
    parser.add_argument("--name", default="petition", help="of the registered model and the Export")
    parser.add_argument("--version", help="of the Export; default the time")
    parser.add_argument("--taxonomy", type=Path, help="YAML; the champion's where not given")
    parser.add_argument(
        "--serving", type=Path, default=DEFAULT, help="Export in service before the first time"
    )
    parser.add_argument(
        "--start",
        choices=["serving", "encoder"],
        default="serving",
        help="from the model in service, or from the pretrained encoder",
    )
    parser.add_argument("--encoder", default=str(ENCODER), help="folder of the encoder")
    parser.add_argument("--keep-wide", action=argparse.BooleanOptionalAction, help="the linear part as it is")
    files("--cases", help="YAML of further behaviour cases")
    parser.add_argument("--into", type=Path, help="folder that a service follows")
    parser.add_argument(
        "--precision",
        choices=["fp32", "fp16", "int8"],
        default="fp16",
        help="how the Export keeps its weights (default fp16)",
    )
    parser.add_argument("--golden", type=Path, default=SAMPLE, help="invented reports for the golden file")
    parser.add_argument("--data-notes", type=Path, help="Markdown for the model card")
    parser.add_argument("--threads", type=whole_number, default=0, help="0: torch's choice")
    parser.add_argument("--tracking", type=Path, default=Path("artifacts/mlflow"),
                        help="folder of the MLflow records; MLFLOW_TRACKING_URI goes before it")  # fmt: skip
    parser.add_argument("--despite-survey", action="store_true",
                        help="train although the data report finds what should stop it")  # fmt: skip
    parser.add_argument("--exit-zero", action="store_true", help="0 also where the candidate is refused")
    add_setting_flags(parser, GateSettings)
    add_setting_flags(parser, TrainSettings)
    return parser


if __name__ == "__main__":
    main()
