"""Export: the folder that a Tagger runs from, and the only contract between training and serving."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.figure import BadFigure, refuse_endless, switch, whole
from model.promise import Promise

FORMAT = 3
"""2 came with promises, 3 with blind reading: a program that knows nothing of them must not load them."""
MANIFEST = "export.json"
GRAPH, TOKENIZER, TAXONOMY, WIDE = "model.onnx", "tokenizer.json", "taxonomy.yaml", "wide.npz"
SCOPE = "scope.npz"
"""Optional, as WIDE is: what is no petition (model/scope.py)."""
GOLDEN, CARD = "golden.jsonl", "MODEL_CARD.md"
REQUIRED = (GRAPH, TOKENIZER, TAXONOMY, GOLDEN, CARD)
DEFAULT = Path(__file__).parent / "default"
WIDEST = 8192
"""Tokens of a window: one call of the engine takes no more (model/tagger.py)."""


class BrokenExport(Exception):
    """The folder is not a whole Export of a format that this version reads."""


@dataclass(frozen=True)
class Export:
    """What export.json says, checked against the folder.

    Attributes:
        folder: where it was loaded from.
        name, version: shown in every Prediction as name@version.
        encoder: name of the encoder that training started from.
        window, overlap: tokens.
        taxonomy: axes and labels, in the order of the graph's outputs.
        decisions: per axis id.
        data_hash: names the training data.
        dev_metrics: figures on the dev set at export time.
        files: file name to sha256.
        promises: what it guarantees to catch.
        blind: it reads reports without what tells who writes and from where (data/blind.py).
    """

    folder: Path
    name: str
    version: str
    encoder: str
    window: int
    overlap: int
    taxonomy: Taxonomy
    decisions: Mapping[str, AxisDecision]
    data_hash: str = ""
    dev_metrics: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    promises: tuple[Promise, ...] = ()
    blind: bool = False

    @property
    def model(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    def save(self) -> None:
        """Write export.json with the checksums of the files that lie in the folder.

        Raises:
            BrokenExport: a required file is missing, or a figure is one that `load` would refuse.
        """
        for name in REQUIRED:
            if not (self.folder / name).is_file():
                raise BrokenExport(f"{self.folder}: {name} is missing; export the model again")
        names = [*REQUIRED, *(name for name in (WIDE, SCOPE) if (self.folder / name).is_file())]
        manifest = {
            "format": FORMAT if self.blind else 2 if self.promises else 1,
            "name": self.name,
            "version": self.version,
            "encoder": self.encoder,
            "window": self.window,
            "overlap": self.overlap,
            "labels": {axis.id: [label.id for label in axis.labels] for axis in self.taxonomy.axes},
            "decisions": {axis.id: self.decisions[axis.id].to_dict(axis) for axis in self.taxonomy.axes},
            "data_hash": self.data_hash,
            "dev_metrics": dict(self.dev_metrics),
            "files": {name: sha256(self.folder / name) for name in sorted(names)},
        }
        if self.blind:
            manifest["blind"] = True
        if self.promises:
            manifest["promises"] = [promise.to_dict() for promise in self.promises]
        _parts(self.folder, manifest, self.taxonomy)
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (self.folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path | str) -> Export:
        """Read and check a folder.

        Raises:
            BrokenExport: files missing or changed, labels out of step, figures that cannot be meant, or a
                newer format.
        """
        folder = Path(folder)
        manifest = _read_manifest(folder)
        for name in REQUIRED:
            if name not in manifest["files"]:
                raise BrokenExport(f"{folder}: {MANIFEST} does not list {name}; copy the export again")
        for name, wanted in manifest["files"].items():
            path = folder / name
            if Path(name).name != name:
                raise BrokenExport(f"{folder}: {MANIFEST} names a file outside the folder")
            if not path.is_file():
                raise BrokenExport(f"{folder}: {name} is missing; copy the export again")
            if sha256(path) != wanted:
                raise BrokenExport(f"{path} does not match its checksum; copy the export again")
        for name in (WIDE, SCOPE):
            if name not in manifest["files"] and (folder / name).exists():
                # The Tagger would use it.
                raise BrokenExport(
                    f"{folder}: {name} is not of this export; remove it or copy the export again"
                )
        taxonomy = Taxonomy.load(folder / TAXONOMY)
        order = {axis.id: [label.id for label in axis.labels] for axis in taxonomy.axes}
        # As lists: two dicts are equal in any order, and the graph's outputs follow that of the axes too.
        if list(order.items()) != list(manifest["labels"].items()):
            raise BrokenExport(
                f"{folder}: {TAXONOMY} and {MANIFEST} do not list the same labels in the same order"
            )
        return cls(folder, taxonomy=taxonomy, files=manifest["files"], **_parts(folder, manifest, taxonomy))


def _parts(folder: Path, manifest: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    """What a manifest says beside files and labels, each figure looked at.

    Raises:
        BrokenExport: something is missing, or cannot be meant; it names the field.
    """
    try:
        refuse_endless(manifest)
        overlap = whole(manifest, "overlap")
        window = whole(manifest, "window", least=overlap + 3, most=WIDEST)
        return {
            "name": manifest["name"],
            "version": manifest["version"],
            "encoder": manifest["encoder"],
            "window": window,
            "overlap": overlap,
            "decisions": {
                axis.id: AxisDecision.from_dict(manifest["decisions"][axis.id], axis, f"decisions.{axis.id}")
                for axis in taxonomy.axes
            },
            "data_hash": manifest["data_hash"],
            "dev_metrics": manifest["dev_metrics"],
            "promises": tuple(
                Promise.from_dict(shape, f"promises[{number}]")
                for number, shape in enumerate(manifest.get("promises", ()))
            ),
            "blind": switch(manifest, "blind"),
        }
    except KeyError as error:
        raise BrokenExport(f"{folder / MANIFEST}: {error} is missing; export the model again") from None
    except (BadFigure, TypeError, AttributeError) as error:
        raise BrokenExport(f"{folder / MANIFEST}: {error}; export the model again") from None


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise BrokenExport(f"{folder}: no {MANIFEST} there; give the folder of an export")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found = whole(manifest, "format", least=1)
    except (ValueError, KeyError, TypeError):
        raise BrokenExport(f"{path} is not a manifest; copy the export again") from None
    if found > FORMAT:
        raise BrokenExport(f"{path}: format {found} is newer than {FORMAT}; install a newer petition-tagger")
    for key in ("files", "labels", "decisions"):
        if not isinstance(manifest.get(key), dict):
            raise BrokenExport(f"{path} has no {key}; copy the export again")
    return dict(manifest)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
