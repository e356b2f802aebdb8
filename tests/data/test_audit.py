"""The audit log holds who, when and how many; whatever is done to it later is found, by line."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.audit import START, Action, AuditLog, BadAudit, Deed, head_path, write_line
from data.audit_check import Fault, check_audit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of six lines."""
    path = tmp_path / "audit.jsonl"
    written = AuditLog(path)
    for count in range(1, 5):
        written.append([Deed(Action.tag, "hotline", count, {"model": "tiny@1"})])
    written.append([Deed(Action.review, "user:li", 1), Deed(Action.promote, "ops", 1)])
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def faults(path: Path) -> list[tuple[str, int, int]]:
    return [(fault.kind, fault.place, fault.line) for fault in check_audit(path).faults]


def test_a_line_says_who_did_what_to_how_many(log: Path) -> None:
    first, last = json.loads(lines(log)[0]), json.loads(lines(log)[-1])

    assert (first["line"], first["action"], first["who"], first["count"]) == (1, "tag", "hotline", 1)
    assert first["before"] == START and first["model"] == "tiny@1"
    assert (last["line"], last["action"], last["who"]) == (6, "promote", "ops")
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    check = check_audit(log)

    assert check.faults == [] and check.lines == 6
    assert check.head == AuditLog(log).head() == (6, json.loads(lines(log)[-1])["hash"])


def test_no_text_fits_into_a_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    words = "独角鲸，穿过 玻璃桥\n" * 20
    AuditLog(path).append([Deed(Action.tag, words, 1, {"model": words})])
    line = json.loads(path.read_text(encoding="utf-8"))

    assert len(line["who"]) == len(line["model"]) == 80
    assert not any(mark in line["who"] for mark in "， \n") and len(lines(path)) == 1


@pytest.mark.parametrize("number", range(6))
def test_an_edit_is_found(log: Path, number: int) -> None:
    found = lines(log)
    found[number] = found[number].replace(b'"count":', b'"count": ')
    log.write_bytes(b"".join(found))

    # One change is one fault: nothing is missing, and nothing was cut off.
    assert faults(log) == [("changed", number + 1, number + 1)]


def test_lines_changed_side_by_side_have_the_numbers_that_they_should_have(log: Path) -> None:
    found = lines(log)
    for number in (2, 3, 5):
        found[number] = b"nothing\n"
    log.write_bytes(b"".join(found))

    assert faults(log) == [("changed", 3, 3), ("changed", 4, 4), ("changed", 6, 6)]


def test_a_line_that_was_put_in_takes_no_number_of_another(log: Path) -> None:
    found = lines(log)
    log.write_bytes(b"".join([*found[:2], b"nothing\n", *found[2:]]))
    assert faults(log) == [("changed", 3, 0)]

    # Put in the place of a line that is gone, it cannot be told from that one changed.
    log.write_bytes(b"".join([*found[:2], b"nothing\n", *found[4:]]))
    assert faults(log) == [("changed", 3, 3), ("missing", 0, 4)]


@pytest.mark.parametrize("number", range(6))
def test_an_edit_with_a_right_hash_of_its_own_is_found(log: Path, number: int) -> None:
    found = lines(log)
    before = json.loads(found[number])["before"]
    found[number], _ = write_line(number + 1, Deed(Action.tag, "nobody", 99), before)
    log.write_bytes(b"".join(found))

    expected = ("unchained", number + 2, number + 2) if number < 5 else ("replaced", 0, 6)
    assert expected in faults(log)


@pytest.mark.parametrize("number", range(5))
def test_a_removed_line_is_found(log: Path, number: int) -> None:
    found = lines(log)
    del found[number]
    log.write_bytes(b"".join(found))

    assert ("missing", 0, number + 1) in faults(log)


@pytest.mark.parametrize("left", range(6))
def test_a_cut_end_is_found_by_the_head_beside_it(log: Path, left: int) -> None:
    log.write_bytes(b"".join(lines(log)[:left]))

    assert check_audit(log).faults == [Fault("cut", left, left + 1, 6)]


def test_a_cut_inside_a_line_is_found(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-10])

    assert faults(log) == [("broken_off", 6, 6)]


def test_swapped_and_doubled_lines_are_found(log: Path) -> None:
    found = lines(log)
    log.write_bytes(b"".join([found[0], found[2], found[1], *found[3:]]))
    assert ("out_of_order", 3, 2) in faults(log)

    log.write_bytes(b"".join([*found, found[1]]))
    assert ("repeated", 7, 2) in faults(log)


def test_a_log_written_anew_from_the_start_is_found_by_a_head_kept_elsewhere(log: Path) -> None:
    anchor = AuditLog(log).head()
    log.unlink()
    head_path(log).unlink()
    AuditLog(log).append([Deed(Action.tag, "hotline", 1)] * 7)

    assert check_audit(log).faults == []
    assert check_audit(log, dict([anchor])).faults == [Fault("replaced", 0, 6)]
    assert check_audit(log, {9: anchor[1]}).faults == [Fault("cut", 7, 8, 9)]


def test_a_changed_head_is_found_and_stops_writing(log: Path) -> None:
    head_path(log).write_bytes(b"0\n")

    assert ("head", 0, 0) in faults(log)
    with pytest.raises(BadAudit, match="head"):
        AuditLog(log)


@pytest.mark.parametrize("damage", ["cut", "gone", "changed", "other"])
def test_nothing_is_written_on_a_damaged_log(log: Path, damage: str) -> None:
    if damage == "gone":
        log.unlink()
    elif damage == "cut":
        log.write_bytes(b"".join(lines(log)[:3]))
    elif damage == "changed":
        log.write_bytes(log.read_bytes().replace(b'"ops"', b'"opz"'))
    else:
        log.write_bytes(b"a list of things to do\n")

    with pytest.raises(BadAudit):
        AuditLog(log)


def test_a_line_that_broke_off_is_accounted_for_by_the_next(log: Path) -> None:
    with log.open("ab") as out:
        out.write(b'{"line":7,"time":"2026')
    assert faults(log) == [("broken_off", 7, 7)]

    AuditLog(log).append([Deed(Action.tag, "hotline", 3)])
    check = check_audit(log)
    assert check.faults == [] and check.recovered == 1 and check.lines == 8

    log.write_bytes(log.read_bytes().replace(b'"2026\n', b'"2027\n'))
    assert faults(log) == [("changed", 7, 0)]


def test_a_full_disk_leaves_no_half_line(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = log.read_bytes(), os.write

    def full(file: int, out: bytes) -> int:
        if len(out) > 40:
            return write(file, out[:40])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="full"):
        AuditLog(log).append([Deed(Action.tag, "hotline", 1)])

    assert log.read_bytes() == before


def test_a_log_that_was_moved_away_goes_on_in_a_new_file(log: Path, tmp_path: Path) -> None:
    written = AuditLog(log)
    log.rename(tmp_path / "old.jsonl")
    head_path(log).rename(head_path(tmp_path / "old.jsonl"))
    written.append([Deed(Action.tag, "hotline", 1)])

    assert check_audit(log).lines == 1 and check_audit(tmp_path / "old.jsonl").faults == []


def test_several_processes_and_threads_write_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from data.audit import Action, AuditLog, Deed\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "def work():\n"
        "    for n in range(10): log.append([Deed(Action.tag, sys.argv[2], n)])\n"
        "threads = [threading.Thread(target=work) for _ in range(3)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, path, f"p{n}"], cwd=ROOT) for n in range(3)]

    assert [each.wait(60) for each in running] == [0, 0, 0]
    check = check_audit(path)
    assert check.faults == [] and check.lines == 90
