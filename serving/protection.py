"""Protection: what a command was told about reporters: masking, sealed mode, watch list, audit log."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.audit import ENVIRONMENT as AUDIT
from data.audit import Action, AuditLog, Deed
from data.privacy.masked_report import Masking
from data.privacy.watch_list import WatchList
from model.guard import Guard
from serving.faults import WrongUse
from serving.sealed import seal, sealed_by

MASK, WATCH_LIST = "PETITION_MASK", "PETITION_WATCH_LIST"


@dataclass
class Tally:
    """How many reports a command has worked on so far."""

    count: int = 0


@dataclass(frozen=True)
class Protection:
    """Of one job.

    Attributes:
        masking: how much is masked.
        sealed: nothing of a report may be stored.
        watch_list: file of names whose reports a person handles.
        audit: the audit log.
    """

    masking: Masking = Masking.none
    sealed: bool = False
    watch_list: Path | None = None
    audit: Path | None = None

    @classmethod
    def chosen(
        cls,
        masking: Masking | None = None,
        sealed: bool = False,
        watch_list: Path | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Protection:
        """Put flags and environment together. A flag adds to what the environment demands, and takes nothing.

        Raises:
            WrongUse: a variable cannot be read.
        """
        asked = environment.get(MASK, "") or Masking.none.value
        if asked not in list(Masking):
            raise WrongUse(f"环境变量 {MASK} 只能是 {'、'.join(Masking)} 之一")
        list_path, audit = environment.get(WATCH_LIST, ""), environment.get(AUDIT, "")
        return cls(
            Masking(asked).stricter(masking or Masking.none),
            sealed or sealed_by(environment),
            watch_list or (Path(list_path) if list_path else None),
            Path(audit) if audit else None,
        )

    def guard(self, stored: bool) -> Guard:
        """The Guard of a job; seals the process where that is asked for.

        Args:
            stored: whether the output goes to a file. In sealed mode it then holds no words.

        Raises:
            BadWatchList: the list cannot be used.
        """
        if self.sealed:
            seal()
        names = WatchList.load(self.watch_list) if self.watch_list is not None else None
        return Guard(self.masking, names, wordless=self.sealed and stored)

    @contextmanager
    def recorded(self, action: Action, **facts: str | int) -> Iterator[Tally]:
        """Record a command in the audit log, with as many reports as the tally says, also where it fails.

        Leave it before the output appears: what cannot be recorded is then not given out.

        Raises:
            OSError, BadAudit: the log cannot be written; at the beginning, so that nothing is done then.
        """
        log = AuditLog(self.audit) if self.audit is not None else None
        tally = Tally()
        try:
            yield tally
        except BaseException:
            if log is not None and tally.count:
                log.append([Deed(action, user(), tally.count, {**facts, "ended": "early"})])
            raise
        if log is not None:
            log.append([Deed(action, user(), tally.count, facts)])


def user() -> str:
    """Who works at a command line, for the audit log: the account of the system."""
    try:
        return f"user:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in a container
        return f"user:{os.getuid()}"
