"""A file appears whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.whole_file import is_device, open_text, whole_file


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with whole_file(path) as part:
        part.write_text("路灯", encoding="utf-8")
        assert not path.exists()

    assert path.read_text(encoding="utf-8") == "路灯"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named_and_no_part(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "none" / "out.csv"):
        pass
    assert caught.value.filename == str(tmp_path / "none")


def test_an_error_leaves_the_earlier_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("earlier", encoding="utf-8")

    def fail() -> None:
        with whole_file(path) as part:
            part.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text(encoding="utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_nobody_else_reads_a_file_that_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    for private, modes in ((False, [0o600, 0o640]), (True, [0o600, 0o600])):
        with whole_file(path, private) as part, open_text(part) as out:
            out.write("路灯")
            found = [mode(part)]
        assert [*found, mode(path)] == modes
        path.unlink()


@pytest.mark.usefixtures("umask")
def test_a_file_has_the_mode_of_the_one_that_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch()
    path.chmod(0o604)
    with whole_file(path) as part:
        part.write_text("路灯", encoding="utf-8")

    assert mode(path) == 0o604


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    with whole_file(link) as part:
        part.write_text("x", encoding="utf-8")

    assert link.is_symlink() and real.read_text(encoding="utf-8") == "x"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), whole_file(tmp_path):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with whole_file(pipe) as part:
        assert part == pipe

    assert is_device(pipe) and pipe.is_fifo()


def test_text_is_utf_8_with_line_ends_as_given_whatever_it_holds(tmp_path: Path) -> None:
    with open_text(tmp_path / "a") as out:
        out.write("路\r\n灯\n\ud800")

    assert (tmp_path / "a").read_bytes() == "路\r\n灯\n?".encode()
