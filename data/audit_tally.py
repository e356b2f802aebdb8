"""Tally: a command's one line in the audit log, with as many reports as it came to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.audit import ENVIRONMENT, Action, AuditLog, Deed


@dataclass
class Tally:
    """How many reports a command has worked on so far."""

    count: int = 0


def audit_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The audit log that the environment names; None where it names none."""
    return Path(named) if (named := environment.get(ENVIRONMENT, "")) else None


@contextmanager
def recorded(path: Path | None, action: Action, facts: Mapping[str, str | int]) -> Iterator[Tally]:
    """Record a command in the audit log, with as many reports as the tally says, also where it fails.

    Leave it before the output appears: what cannot be recorded is then not given out.

    Args:
        path: of the log; None records nothing.

    Raises:
        OSError, BadAudit: the log cannot be written; at the beginning, so that nothing is done then.
    """
    log = AuditLog(path) if path is not None else None
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
    """Who works at a command line, for the audit log: the account that the system runs it under, whatever the
    environment calls it."""
    import pwd  # where there is none, there is no audit log: it cannot be locked either

    number = os.getuid()
    try:
        return f"user:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # an account without a name, as in a container
        return f"user:{number}"
