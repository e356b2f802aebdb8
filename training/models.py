"""The registered models at a terminal: list, promote, roll back, pull into the folder that a service follows.

    python -m training.models list | promote 3 --why ... | rollback --why ... | pull --into models

Needs mlflow alone, not torch, so that it also runs where a service runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from training.publish import CURRENT, NOT_SERVED, ready, switch
from training.registry import CHAMPION, ROLLED_BACK, WHY, WHY_BEFORE, Registry, Version
from training.tracking import connect


def main() -> None:
    """Read the flags and do it."""
    args = _parser().parse_args()
    registry = Registry(connect(args.tracking), args.name)
    if args.action == "list":
        print(listing(registry))
        return
    version = _wanted(registry, args)
    # Ready first: what cannot be used on this machine must not become the champion, which nobody would serve.
    export = ready(registry, version, args.into) if args.into is not None else None
    if args.action == "promote":
        registry.promote(version.number, args.why)
        print(f"版本 {version.number}（{version.model}）成为现用模型（champion）。")
    elif args.action == "rollback":
        registry.rollback(args.why)
        print(f"已退回版本 {version.number}（{version.model}）。")
    if export is None:
        print(NOT_SERVED)
        return
    switch(args.into, export)
    print(f"{args.into / CURRENT} 指向版本 {version.number}（{export.model}）。")


def _wanted(registry: Registry, args: argparse.Namespace) -> Version:
    if args.action == "rollback":
        return registry.replaced()
    return registry.find(str(args.version) if args.action == "promote" else args.which)


def listing(registry: Registry) -> str:
    """The versions as lines of text, the newest first: aliases, macro-F1 per axis, and why.

    Raises:
        RegistryAway: MLflow cannot be reached.
    """
    versions = registry.versions()
    if not versions:
        return "还没有登记过模型。"
    lines = []
    for one in versions:
        aliases = f" [{'、'.join(one.aliases)}]" if one.aliases else ""
        made = one.made.astimezone().strftime("%Y-%m-%d %H:%M")
        lines.append(f"版本 {one.number}{aliases}  {one.model}  {made}")
        back = f"退回：{one.tags[ROLLED_BACK]}" if ROLLED_BACK in one.tags else ""
        before = f"此前：{one.tags[WHY_BEFORE]}" if WHY_BEFORE in one.tags else ""
        told = (_figures(registry.figures(one)), one.tags.get(WHY, ""), before, back)
        lines += [f"  {said}" for said in told if said]
    return "\n".join(lines)


def _figures(metrics: Mapping[str, float]) -> str:
    """Macro-F1 per axis: on the frozen test where it was judged there, else on dev."""
    ends = "_macro_f1"
    test = {
        name.removeprefix("test_").removesuffix(ends): value
        for name, value in metrics.items()
        if name.startswith("test_") and name.endswith(ends)
    }
    dev = {
        name.removesuffix(ends): value
        for name, value in metrics.items()
        if name.endswith(ends) and "cross_fitted" not in name and not name.startswith("test_")
    }
    where, found = ("测试集", test) if test else ("开发集", dev)
    return (
        f"宏平均 F1（{where}）：" + "，".join(f"{axis} {x:.3f}" for axis, x in found.items()) if found else ""
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="petition models")
    parser.add_argument("--name", default="petition", help="of the registered model")
    parser.add_argument("--tracking", type=Path, default=Path("artifacts/mlflow"),
                        help="folder of the MLflow records; MLFLOW_TRACKING_URI goes before it")  # fmt: skip
    parser.set_defaults(into=None)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list")
    promote = actions.add_parser("promote")
    promote.add_argument("version", type=int)
    rollback = actions.add_parser("rollback")
    for action in (promote, rollback):
        action.add_argument("--why", required=True, help="kept beside the version")
        action.add_argument("--into", type=Path, help="folder that a service follows")
    pull = actions.add_parser("pull")
    pull.add_argument("--which", default=CHAMPION, help="number or alias")
    pull.add_argument("--into", type=Path, required=True, help="folder that a service follows")
    return parser


if __name__ == "__main__":
    main()
