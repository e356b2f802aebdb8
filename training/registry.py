"""Registry: the versions of one registered model in MLflow, which of them is in service, and why."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.audit import Action, AuditLog, Deed
from data.audit_tally import audit_path, user
from model.export import MANIFEST

CHAMPION, CHALLENGER = "champion", "challenger"
WHY, WHY_BEFORE, REPLACED, MODEL, ROLLED_BACK = "why", "why_before", "replaced", "export", "rolled_back"
_LONGEST = 480  # characters of a reason; MLflow's databases hold 500 in some versions


class RegistryAway(Exception):
    """MLflow cannot be reached, or refuses."""


class UnknownVersion(Exception):
    """There is no such version, or no such alias."""


@dataclass(frozen=True)
class Version:
    """One registered version.

    Attributes:
        number: of the registry, from 1.
        model: name@version of its Export.
        aliases: champion, challenger, ...
        made: when it was registered.
        tags: why it was promoted or not, which version it replaced, and what else was noted.
        run: id of the run that made it.
    """

    number: int
    model: str
    aliases: tuple[str, ...]
    made: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    run: str = ""


class Registry:
    """The versions of one model."""

    def __init__(self, mlflow: Any, name: str) -> None:
        """Look at the registry that mlflow is set to; `tracking.connect` sets it."""
        self._mlflow, self.name = mlflow, name
        self._client = mlflow.MlflowClient()

    def versions(self) -> list[Version]:
        """All of them, the newest first; none where nothing was registered.

        Raises:
            RegistryAway: MLflow cannot be reached.
        """
        with _reached():
            found = self._client.search_model_versions(f"name = '{self.name}'")
            if not found:
                return []
            aliases: dict[int, list[str]] = {}
            for alias, number in self._client.get_registered_model(self.name).aliases.items():
                aliases.setdefault(int(number), []).append(alias)
        made = [_version(one, sorted(aliases.get(int(one.version), ()))) for one in found]
        return sorted(made, key=lambda one: -one.number)

    def figures(self, version: Version) -> Mapping[str, float]:
        """The metrics of the run that made a version; none where it is gone.

        Raises:
            RegistryAway: MLflow cannot be reached.
        """
        with _reached():
            found = self._client.search_runs(
                [one.experiment_id for one in self._client.search_experiments()],
                f"attributes.run_id = '{version.run}'",
            )
        return dict(found[0].data.metrics) if found else {}

    def find(self, wanted: str) -> Version:
        """A version by number or alias.

        Raises:
            UnknownVersion: there is none.
            RegistryAway: MLflow cannot be reached.
        """
        for one in self.versions():
            if wanted == str(one.number) or wanted in one.aliases:
                return one
        raise UnknownVersion(f"{self.name} has no version {wanted}; `petition models` lists them")

    def champion(self) -> Version | None:
        """The version in service; None where there is none yet."""
        return next((one for one in self.versions() if CHAMPION in one.aliases), None)

    def fetch(self, number: int, out: Path) -> Path:
        """Copy a version's Export to the folder `out`, which must not exist.

        Raises:
            RegistryAway: MLflow cannot be reached, or the version holds no Export.
        """
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".fetch-") as scratch, _reached():
            got = self._mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{self.name}/{number}", dst_path=scratch
            )
            folders = [path.parent for path in Path(got).rglob(MANIFEST)]
            if len(folders) != 1:
                raise RegistryAway(f"version {number} of {self.name} holds no export")
            shutil.move(folders[0], out)
        return out

    def note(self, number: int, **tags: str) -> None:
        """Keep short facts beside a version."""
        with _reached():
            for name, value in tags.items():
                self._client.set_model_version_tag(self.name, str(number), name, value[:_LONGEST])

    def promote(self, number: int, why: str) -> Version:
        """Make a version the champion; why is kept with it, and which one it replaced.

        What was said of it before, by the gate as a rule, is kept beside that.

        Raises:
            UnknownVersion: there is none of this number.
            RegistryAway: MLflow cannot be reached.
            OSError, BadAudit: the audit log cannot be written; nothing is changed.
        """
        version, before = self.find(str(number)), self.champion()
        with self._recorded(Action.promote, version, before):
            if before is not None and before.number != number:
                self.note(number, **{REPLACED: str(before.number)})
            said = {WHY_BEFORE: version.tags[WHY]} if WHY in version.tags else {}
            self.note(number, **said, **{WHY: f"{_now()} {why}"})
            with _reached():
                if CHALLENGER in version.aliases:
                    self._client.delete_registered_model_alias(self.name, CHALLENGER)
                self._client.set_registered_model_alias(self.name, CHAMPION, str(number))
        return self.find(str(number))

    def challenge(self, number: int, why: str) -> Version:
        """Make a version the challenger: it is kept, and not served.

        Raises:
            UnknownVersion, RegistryAway: as `promote`.
        """
        self.note(number, **{WHY: f"{_now()} {why}"})
        with _reached():
            self._client.set_registered_model_alias(self.name, CHALLENGER, str(number))
        return self.find(str(number))

    def replaced(self) -> Version:
        """The version that the champion replaced.

        Raises:
            UnknownVersion: there is no champion, or it replaced none.
            RegistryAway: MLflow cannot be reached.
        """
        now = self.champion()
        if now is None or REPLACED not in now.tags:
            raise UnknownVersion(f"{self.name} has no earlier champion to go back to")
        return self.find(now.tags[REPLACED])

    def rollback(self, why: str) -> Version:
        """Make the version that the champion replaced the champion again.

        Raises:
            UnknownVersion, RegistryAway: as `replaced`.
            OSError, BadAudit: the audit log cannot be written; nothing is changed.
        """
        back, now = self.replaced(), self.find(CHAMPION)
        with self._recorded(Action.rollback, back, now):
            self.note(now.number, **{ROLLED_BACK: f"{_now()} {why}"})
            with _reached():
                self._client.set_registered_model_alias(self.name, CHAMPION, str(back.number))
        return self.find(CHAMPION)

    @contextmanager
    def _recorded(self, action: Action, version: Version, before: Version | None) -> Iterator[None]:
        """Have the audit log say which version is in service and which was; no reason, which is text.

        It says so first: what cannot be recorded must not happen. Where it then fails, a second line says so.
        """
        facts: dict[str, str | int] = {
            "name": self.name,
            "version": version.number,
            "from": before.number if before else 0,
        }
        path = audit_path()
        log = AuditLog(path) if path is not None else None
        if log is not None:
            log.append([Deed(action, user(), 1, facts)])
        try:
            yield
        except BaseException:
            if log is not None:
                log.append([Deed(action, user(), 0, {**facts, "ended": "early"})])
            raise


def _version(found: Any, aliases: list[str]) -> Version:
    made = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC)
    tags = dict(found.tags)
    return Version(int(found.version), tags.get(MODEL, ""), tuple(aliases), made, tags, found.run_id or "")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _reached() -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, ConnectionError, TimeoutError) as error:
        # The message of a server may hold anything; its first line says what is wrong.
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise RegistryAway(f"MLflow: {said}") from None
