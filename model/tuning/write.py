"""A tuned Export: the files of one, with other thresholds, the promises, and a version that says so."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import CARD, Export
from model.promise import Promise

HEADING = "## Promises"


def write_tuned(
    export: Export, out: Path, decisions: Mapping[str, AxisDecision], promises: Sequence[Promise]
) -> Export:
    """Write a new Export into the folder `out`; it appears whole or not at all.

    Its version is that of `export` with +tuned. and 8 digits of a hash of decisions and promises.

    Raises:
        FileExistsError: something stands there; the old Export is never changed.
    """
    if out.exists():
        raise FileExistsError(17, "File exists", str(out))
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        for name in export.files:
            shutil.copyfile(export.folder / name, partial / name)
        version = f"{export.version}+tuned.{_digest(export, decisions, promises)}"
        card = (partial / CARD).read_text(encoding="utf-8").rstrip()
        # The figures on dev were measured with the thresholds of before.
        card = card.replace(f"# {export.model}\n", f"# {export.name}@{version}\n", 1)
        (partial / CARD).write_text(f"{card}\n\n{card_lines(promises, export)}", encoding="utf-8")
        tuned = replace(
            export, folder=partial, version=version, decisions=decisions, promises=tuple(promises)
        )
        tuned.save()
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Export.load(out)


def card_lines(promises: Sequence[Promise], export: Export) -> str:
    """The promises in Markdown, for the model card."""
    lines = [
        HEADING, "",
        f"Thresholds and review borders of {export.model}, tuned. The figures on dev above are those of "
        "the thresholds of before. For reports like those of the labelled file, all of this together with "
        f"confidence {promises[0].confidence:g}:", "",
    ]  # fmt: skip
    for promise in promises:
        what = f"the label {promise.label}" if promise.label else "any label"
        how = "get the tag" if promise.by == "tag" else "get the tag or go to a person"
        lines.append(
            f"- {promise.axis}: at least {promise.caught:.1%} of the reports with {what} {how} "
            f"({promise.positives} such reports, {promise.missed} missed; {promise.read:.1%} of the file is "
            f"to be read, {promise.precision:.1%} of that rightly)."
        )
    return "\n".join(lines) + "\n"


def _digest(export: Export, decisions: Mapping[str, AxisDecision], promises: Sequence[Promise]) -> str:
    taxonomy: Taxonomy = export.taxonomy
    shape = {
        "decisions": {axis.id: decisions[axis.id].to_dict(axis) for axis in taxonomy.axes},
        "promises": [promise.to_dict() for promise in promises],
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:8]
