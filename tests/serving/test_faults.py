"""Every error has one Chinese line and an exit code, and shows no report's words."""

from __future__ import annotations

import errno
import os

import pytest

import data.errors
from data.errors import BadTaxonomy, DataError, MissingFile
from model.export import BrokenExport
from model.golden import GoldenMismatch
from serving.faults import Code, WrongUse, explain, foreseen
from tests.serving.conftest import PLANTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongUse("x"), Code.WRONG_USE),
        (MissingFile("a.csv: no such file"), Code.NO_FILE),
        (BadTaxonomy("x"), Code.NO_FILE),
        (PermissionError(errno.EACCES, "", "out.csv"), Code.NO_FILE),
        (OSError(errno.ENOSPC, "", "out.csv"), Code.NO_FILE),
        (BrokenExport("x"), Code.NO_MODEL),
        (GoldenMismatch("x"), Code.NO_MODEL),
        (KeyboardInterrupt(), Code.INTERRUPTED),
        (RuntimeError("x"), Code.INTERNAL),
    ],
)
def test_an_error_has_its_code(error: BaseException, code: Code) -> None:
    assert explain(error)[1] is code
    assert foreseen(error) is (code is not Code.INTERNAL)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in vars(data.errors).values() if isinstance(kind, type) and issubclass(kind, DataError)],
)
def test_every_error_of_reading_has_chinese_words(kind: type[DataError]) -> None:
    if kind is DataError:
        return
    error = kind.__new__(kind)
    error.args = ("a.csv: detail",)
    message, code = explain(error)

    assert code is Code.NO_FILE and "（a.csv: detail）" in message and not message[0].isascii()


def test_system_errors_are_in_chinese() -> None:
    assert explain(PermissionError(errno.EACCES, "Permission denied", "out.csv"))[0] == "out.csv：没有权限"
    assert explain(OSError(errno.ENOSPC, "No space left"))[0] == "读写文件：磁盘已满"
    for number in (errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENOLCK):
        said = explain(OSError(number, os.strerror(number), "out.csv"))[0]
        assert said.startswith("out.csv：") and os.strerror(number) not in said


def test_the_message_of_an_unforeseen_error_is_not_shown() -> None:
    try:
        raise ValueError(PLANTED)
    except ValueError as error:
        message = explain(error)[0]

    assert PLANTED not in message and "ValueError，test_faults.py:" in message


def test_control_characters_of_a_file_name_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in explain(MissingFile("\x1b[2Ja.csv: no such file"))[0]
    assert "\x1b" not in explain(FileNotFoundError(errno.ENOENT, "", "\x1b[2Ja.csv"))[0]
