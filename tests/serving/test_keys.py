"""Keys: kept as hashes, shown once, read strictly."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from serving.faults import WrongUse
from serving.keys import BadKeys, KeyRing, Role, list_keys, new_key, remove_key
from tests.serving.conftest import Petition


def test_a_new_key_is_found_and_stands_nowhere_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first, second = new_key(file, "hotline", Role.tag), new_key(file, "root", Role.admin, "9/minute")
    ring = KeyRing.load(file)

    assert first != second and first.split("_", 1)[1] not in file.read_text()
    found = ring.find(second)
    assert found is not None and (found.name, found.role, found.rate) == ("root", Role.admin, "9/minute")
    assert ring.find(first[:-1]) is None and ring.find("") is None and ring.find("\udc80") is None


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX modes")
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for name in ("one", "two"):
        new_key(file, name, Role.tag)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX modes")
def test_a_group_that_may_read_the_file_still_may_when_it_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "one", Role.tag)
    file.chmod(0o640)
    before = file.stat()
    new_key(file, "two", Role.tag)
    remove_key(file, "one")

    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_name_is_taken_once_and_is_plain(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "hotline", Role.tag)
    for name in ("hotline", "", "张三", "a b", "-a", "x" * 41):
        with pytest.raises(WrongUse, match="--name："):
            new_key(file, name, Role.tag)

    assert [key.name for key in list_keys(file)] == ["hotline"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--name", "张三"), "--name：请用 1 至 40 个小写字母"),
        (("--name", "hotline"), "--name：已有名为 hotline 的密钥"),
        (("--name", "desk", "--role", "god"), "--role 只能是 tag、review、admin"),
        (("--name", "desk", "--rate", "often"), "--rate：请写成 件数/时间"),
        (("--name", "desk", "--rate", "0/minute"), "--rate：请写成 件数/时间"),
        (("--name", "desk", "--rate", "9/minute;1/second"), "只写一个，件数至少为 1"),
    ],
)
def test_wrong_use_is_told_in_chinese(
    petition: Petition, tmp_path: Path, wrong: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "hotline", Role.tag)
    ended = petition("key", "new", *wrong, "--keys", file)

    assert ended.code == 2 and said in ended.err and "god" not in ended.err
    assert [key.name for key in list_keys(file)] == ["hotline"]


def test_a_key_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = new_key(file, "hotline", Role.tag)
    new_key(file, "other", Role.tag)
    remove_key(file, "hotline")

    assert KeyRing.load(file).find(key) is None
    with pytest.raises(WrongUse, match="没有名为 hotline 的密钥；用 petition key list 看有哪些"):
        remove_key(file, "hotline")
    with pytest.raises(WrongUse) as refused:
        remove_key(file, key)
    assert key not in str(refused.value)


def test_removing_what_is_not_there_is_told_in_chinese(petition: Petition, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "hotline", Role.tag)
    ended = petition("key", "remove", "desk", "--keys", file)

    assert ended.code == 2 and ended.err == (
        "错误：密钥文件里没有名为 desk 的密钥；用 petition key list 看有哪些\n"
    )
    assert [key.name for key in list_keys(file)] == ["hotline"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"keys": [1]}', '{"keys": []}', '{"keys": [{"name": "a", "role": "god"}]}',
     '{"keys": [{"name": "a", "role": "tag", "sha256": "12", "created": ""}]}'],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)

    with pytest.raises(BadKeys):
        KeyRing.load(file)
    with pytest.raises(BadKeys):
        KeyRing.load(tmp_path / "missing.json")


@pytest.mark.parametrize("rate", ["lots", "0/minute", "1000/minute;5/second", None, 5])
def test_a_rate_that_is_none_keeps_a_service_from_starting_and_can_be_mended(
    petition: Petition, tmp_path: Path, rate: object
) -> None:
    file = tmp_path / "keys.json"
    new_key(file, "hotline", Role.tag)
    new_key(file, "desk", Role.tag, "9/minute")
    rows = json.loads(file.read_text())
    rows["keys"][1]["rate"] = rate
    file.write_text(json.dumps(rows))

    with pytest.raises(BadKeys, match="a rate in it is none"):
        KeyRing.load(file)
    assert petition("key", "list", "--keys", file).code == 0
    assert petition("key", "remove", "desk", "--keys", file).code == 0
    assert [key.name for key in KeyRing.load(file).keys] == ["hotline"]
