"""AuditCheck: reads an audit log from its first line and names every one that is not as it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from data.audit import START, Action, BadAudit, read_head, read_line
from data.errors import MissingFile

Kind = Literal[
    "changed", "broken_off", "missing", "out_of_order", "repeated", "unchained", "cut", "replaced", "head"
]


@dataclass(frozen=True)
class Fault:
    """What is wrong.

    Attributes:
        kind: changed: the line is not as it was written. broken_off: the last line has no end. missing: lines
            `line` to `last` are not there. out_of_order, repeated: the line stands in the wrong place, or
            twice. unchained: it does not hold the hash of the line before. cut: lines `line` to `last` were
            written and are gone from the end. replaced: the line is not the one whose hash was kept. head:
            the file beside the log that keeps its head is no such file.
        place: line of the file, from 1; 0 where none is there.
        line, last: the log's own numbers; of a line that was changed or broke off the number that it should
            have, 0 where no number is free for it: it was never the log's.
    """

    kind: Kind
    place: int
    line: int = 0
    last: int = 0


@dataclass
class AuditCheck:
    """What was found.

    Attributes:
        lines: whole lines read.
        head: number and hash of the last one.
        faults: in the order of the file.
        recovered: lines that broke off and were accounted for by the next.
    """

    lines: int = 0
    head: tuple[int, str] = (0, START)
    faults: list[Fault] = field(default_factory=list)
    recovered: int = 0


def check_audit(path: Path, anchors: Mapping[int, str] | None = None) -> AuditCheck:
    """Check a whole log.

    Args:
        path: the log; its head is looked for beside it.
        anchors: numbers and hashes of lines that were kept elsewhere.

    Raises:
        MissingFile: there is no such file.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise MissingFile(f"{path}: no such file; name the audit log")
    wanted = dict(anchors or {})
    check = AuditCheck()
    kept: tuple[int, str] | None = None
    try:
        kept = read_head(path)
    except BadAudit:
        check.faults.append(Fault("head", 0))
    seen: set[int] = set()
    hashes: dict[int, str] = {}
    watched = {*wanted, *([kept[0]] if kept else [])}
    highest = place = 0
    following = 1
    before: dict[str, Any] | None = None
    broken: tuple[int, bytes] | None = None
    # Place in the file to the number that its line would have, where the line cannot be read.
    unread: dict[int, int] = {}
    with path.open("rb") as file:
        for place, raw in enumerate(file, 1):
            fields = read_line(raw.rstrip(b"\n"))
            if fields is None or not raw.endswith(b"\n"):
                if broken is not None:
                    check.faults.append(Fault("changed", broken[0]))
                broken = place, raw
                unread[place] = following
                following += 1
                continue
            if broken is not None:
                if _accounts_for(fields, broken[1]):
                    check.recovered += 1
                    del unread[broken[0]]
                else:
                    check.faults.append(Fault("changed", broken[0]))
                    before = None
                broken = None
            number = fields["line"]
            if number in seen:
                check.faults.append(Fault("repeated", place, number))
            elif number < highest:
                check.faults.append(Fault("out_of_order", place, number))
            elif before is not None or number == 1:
                held = before["hash"] if before else START
                if number == (before["line"] + 1 if before else 1) and fields["before"] != held:
                    check.faults.append(Fault("unchained", place, number))
            seen.add(number)
            following = number + 1
            if number in watched:
                hashes[number] = fields["hash"]
            if number > highest:
                highest = number
                check.head = number, fields["hash"]
            check.lines += 1
            before = fields
    if broken is not None:
        kind: Kind = "changed" if broken[1].endswith(b"\n") else "broken_off"
        check.faults.append(Fault(kind, broken[0]))
    # A number that another line has was not this one's: the line was put in.
    unread = {place: number for place, number in unread.items() if number not in seen}
    check.faults = [replace(fault, line=unread.get(fault.place, fault.line)) for fault in check.faults]
    seen.update(unread.values())
    highest = max(seen, default=0)
    check.faults += _gaps(seen, highest)
    if kept is not None:
        wanted = {kept[0]: kept[1], **wanted} if kept[0] not in wanted else wanted
    for number, hash in sorted(wanted.items()):
        if number > highest:
            check.faults.append(Fault("cut", place, highest + 1, number))
        elif number and hashes.get(number, hash) != hash:
            check.faults.append(Fault("replaced", 0, number))
    return check


def _accounts_for(fields: Mapping[str, Any], raw: bytes) -> bool:
    torn = raw.rstrip(b"\n")
    return (
        fields.get("action") == Action.recovered
        and fields.get("torn") == len(torn)
        and fields.get("torn_sha256") == hashlib.sha256(torn).hexdigest()
    )


def _gaps(seen: set[int], highest: int) -> list[Fault]:
    gaps, start = [], 0
    for number in range(1, highest + 2):
        if number <= highest and number not in seen:
            start = start or number
        elif start:
            gaps.append(Fault("missing", 0, start, number - 1))
            start = 0
    return gaps
