"""Places: where a job keeps what, all beside its output."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from serving.rejects import rejects_path

MANIFEST = "manifest.json"
KEPT = (".rejects.jsonl", ".manifest.json", ".tags.gz", ".summary.html")  # what stays beside an output


@dataclass(frozen=True)
class Places:
    """The paths of one job.

    Attributes:
        target: the output, links resolved.
    """

    target: Path

    @classmethod
    def of(cls, target: Path) -> Places:
        """Resolve links, so that two names of one output are one job."""
        return cls(Path(os.path.realpath(target)))

    def _beside(self, ending: str) -> Path:
        return self.target.with_name(self.target.name + ending)

    @property
    def lock(self) -> Path:
        """Held by the process at work."""
        return self.target.with_name(f".{self.target.name}.lock")

    @property
    def folder(self) -> Path:
        """Parts of an unfinished job; gone when it is done."""
        return self._beside(".parts")

    @property
    def unfinished(self) -> Path:
        """Manifest of an unfinished job."""
        return self.folder / MANIFEST

    @property
    def manifest(self) -> Path:
        """Manifest of a finished job; its being there says that all else is whole."""
        return self._beside(".manifest.json")

    @property
    def tags(self) -> Path:
        """Tags by text hash, without words, for --only-changed."""
        return self._beside(".tags.gz")

    @property
    def summary(self) -> Path:
        """The page of figures."""
        return self._beside(".summary.html")

    @property
    def rejects(self) -> Path:
        """Rows that could not be read."""
        found = rejects_path(self.target)
        assert found is not None  # the command refuses a device as output
        return found

    @property
    def stopped(self) -> Path:
        """The rejects of a job that had too many; the other file of rejects may be another job's."""
        return self._beside(".stopped.rejects.jsonl")

    @property
    def kept(self) -> list[Path]:
        """What a finished job has beside its output."""
        return [self.manifest, self.rejects, self.tags, self.summary]

    def outputs(self, count: int) -> list[Path]:
        """The output in so many files: OUT.xlsx alone, or OUT-1.xlsx, OUT-2.xlsx and so on."""
        if count <= 1:
            return [self.target]
        stem, suffix = self.target.stem, self.target.suffix
        return [self.target.with_name(f"{stem}-{number}{suffix}") for number in range(1, count + 1)]

    @staticmethod
    def output_of(path: Path) -> Path | None:
        """The output of a finished job whose manifest names a file as its own: OUT.xlsx for OUT-2.xlsx.

        It may have been corrected since, so its bytes are not looked at.
        """
        whole = re.sub(r"-\d+$", "", path.stem) + path.suffix  # OUT.xlsx, of which OUT-2.xlsx is a part
        for name in (path.name, whole):
            try:
                manifest = json.loads(path.with_name(f"{name}.manifest.json").read_text(encoding="utf-8"))
                if any(output["file"] == path.name for output in manifest["outputs"]):
                    return path.with_name(name)
            except (OSError, ValueError, KeyError, TypeError):
                continue  # not there, or another program's
        return None

    def is_ours(self, path: Path) -> bool:
        """Tell whether a file in an input folder was written by this job or another one like it."""
        name = path.name
        split = name.startswith(f"{self.target.stem}-") and name.endswith(self.target.suffix)
        number = name[len(self.target.stem) + 1 : len(name) - len(self.target.suffix)]
        here = path.parent == self.target.parent
        return (
            name.endswith(KEPT)
            or any(p.name.endswith(".parts") and (p / MANIFEST).is_file() for p in path.parents)
            or (here and (name == self.target.name or (split and number.isdecimal())))
        )
