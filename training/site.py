"""Site: the folder in which an installation keeps what it trains on, and what each report is for.

    split.jsonl                          hash and role of every report there ever was, and the settled labels
                                         of test reports; no words
    train.jsonl, dev.jsonl, test.jsonl   the labelled reports, with words, for their owner's eyes only
    before/                              all four as they were before the last import, to go back to

The next retraining begins with these files, so that only what is new needs to be given. Whoever must delete
reports deletes their lines, in before/ too; the hashes keep their roles.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import DataError, LostLabels
from data.frozen_split import Assigned, Frozen, Role, assign, load_frozen, save_frozen
from data.imports.line import to_line
from data.imports.merge import Merged
from data.imports.own import BEFORE as BEFORE_LABELS
from data.imports.own import READINGS
from data.labelled import LabelledReport, read_labelled
from data.pool import pool
from data.taxonomy import Taxonomy

SPLIT = "split.jsonl"
BEFORE = "before"
_NEW = "labels"
_BESIDE = (BEFORE_LABELS, READINGS)


@dataclass(frozen=True)
class Given:
    """Files of labelled reports that a retraining is given.

    Attributes:
        labels: new ones, the oldest first; they are dealt out to train, dev and test.
        pinned: files whose reports have a role already: what earlier models learned from, dev and test sets.
        dev, test: shares of the new reports that tune and that measure.
    """

    labels: Sequence[Path] = ()
    pinned: Mapping[Role, Sequence[Path]] = field(default_factory=dict)
    dev: float = 0.1
    test: float = 0.2


class Site:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        """Name it; `gather` makes it where there is none."""
        self.folder = folder

    def file(self, role: Role) -> Path:
        """The labelled reports of a role."""
        return self.folder / f"{role.value}.jsonl"

    def gather(self, given: Given, taxonomy: Taxonomy) -> Assigned:
        """Join what is kept with what is given, deal out what is new, and write the folder anew.

        Raises:
            LostLabels: what is kept is labelled on an axis that the taxonomy does not have.
            DataError: a file cannot be used, or nothing is left to train on or to tune by.
        """
        sources: list[tuple[str, list[LabelledReport]]] = []
        for role in Role:
            if self.file(role).is_file():
                sources.append((role.value, self._kept(role, taxonomy)))
            sources += [
                (_given(role), list(read_labelled(path, taxonomy))) for path in given.pinned.get(role, ())
            ]
        sources += [(_NEW, list(read_labelled(path, taxonomy))) for path in given.labels]
        pins = {name: role for role in Role for name in (role.value, _given(role))}
        found = assign(
            pool(sources), load_frozen(self.folder / SPLIT), pins, taxonomy, given.dev, given.test,
            trusted=[_given(Role.test)],
        )  # fmt: skip
        for role in (Role.train, Role.dev):
            if not any(held is not None for row in found.rows[role] for held in row.labels.values()):
                raise DataError(
                    f"no labelled report for {role.value}; give more with --labels or --base, --dev"
                )
        self._write(found, taxonomy)
        return found

    def take_back(self) -> dict[Role, int]:
        """Put the labelled reports back as they were before the last import.

        Roles stay: a model has learned from these reports or was measured on them, whatever they are
        labelled next. Labels are settled as they were then.

        Returns:
            how many labelled reports each role has now.

        Raises:
            DataError: nothing was imported since the last time, or ever.
        """
        before = self.folder / BEFORE
        if not before.is_dir():
            raise DataError(f"{self.folder}: no import to take back; only the last one can be")
        for role in Role:
            kept = before / self.file(role).name
            # Copied, not moved: broken off half-way, it can be done again.
            if kept.is_file():
                self._put(role, kept.read_text(encoding="utf-8"))
            else:
                self.file(role).unlink(missing_ok=True)
        now, then = load_frozen(self.folder / SPLIT), load_frozen(before / SPLIT)
        save_frozen(self.folder / SPLIT, Frozen(now.roles, then.settled))
        shutil.rmtree(before)
        return {role: self._held(role).count("\n") for role in Role}

    def accept(self, found: Assigned) -> None:
        """Settle the labels of all test reports: a candidate that they measured was promoted."""
        save_frozen(self.folder / SPLIT, found.accepted())

    def _write(self, found: Assigned, taxonomy: Taxonomy) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        after = {
            role: "".join(f"{to_line(Merged(row), taxonomy)}\n" for row in found.rows[role]) for role in Role
        }
        # A run that was broken off and is given the same again must not hide what was there before it.
        if any(self._held(role) != after[role] for role in Role):
            self._remember()
        # The roles first: what is trained on must be known as such, whatever happens later.
        save_frozen(self.folder / SPLIT, found.frozen)
        for role in Role:
            self._put(role, after[role])

    def _remember(self) -> None:
        before, partial = self.folder / BEFORE, self.folder / f"{BEFORE}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        for file in (self.folder / SPLIT, *map(self.file, Role)):
            if file.is_file():
                shutil.copy(file, partial)  # with its mode
        shutil.rmtree(before, ignore_errors=True)
        partial.rename(before)

    def _kept(self, role: Role, taxonomy: Taxonomy) -> list[LabelledReport]:
        rows = list(read_labelled(self.file(role), taxonomy))
        # What is no field of a report is an axis here, and would be gone when the files are written anew.
        extra = [item for row in rows for item in row.report.extra.items()]
        lost = sorted({key for key, said in extra if said[:1] in ("[", "{") and key not in _BESIDE})
        if lost:
            raise LostLabels(
                f"{self.file(role)}: labels of {', '.join(lost)}, which the taxonomy does not have, would be "
                f"lost; migrate the site's files first, as docs/taxonomy.md says"
            )
        return rows

    def _held(self, role: Role) -> str:
        file = self.file(role)
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def _put(self, role: Role, lines: str) -> None:
        partial = self.file(role).with_suffix(".partial")
        with open(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(lines)
        partial.replace(self.file(role))


def _given(role: Role) -> str:
    """Name of the sources that are given with their role, as --test, beside those that are kept."""
    return f"--{role.value}"
