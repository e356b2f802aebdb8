"""One process at a time holds the lock, and a killed one holds it no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.bulk.faults import Busy
from serving.bulk.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from serving.bulk.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    path = tmp_path / ".out.lock"
    with locked(path), pytest.raises(Busy, match="另一个"), locked(path):
        pass
    with locked(path):
        assert path.is_file()
    assert not path.exists()


def test_a_lock_that_cannot_be_made_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, locked(tmp_path / "none" / ".out.csv.lock"):
        pass
    assert raised.value.filename == str(tmp_path / "none")


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".out.lock"
    root = Path(__file__).parents[3]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy), locked(path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with locked(path):
            assert path.is_file()


def test_a_lock_that_was_removed_while_we_took_it_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    path, real, calls = tmp_path / ".out.lock", fcntl.flock, []

    def flock(handle: int, how: int) -> None:
        calls.append(handle)
        if len(calls) == 1:
            path.unlink()  # the holder before ends between our open and our flock
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(path):
        assert len(calls) == 2 and path.is_file()
