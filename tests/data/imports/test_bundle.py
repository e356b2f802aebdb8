"""A zip from outside is not trusted."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from data.errors import BrokenFile, EmptyFile, SuspiciousFile
from data.imports import bundle
from data.imports.bundle import annotator_of, open_bundle


def write(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_members_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.zip",
        ("bo.jsonl", b"{}"), ("anna.jsonl", b"{}"), ("notes.pdf", b"%"), ("__MACOSX/._bo.jsonl", b"x"),
    )  # fmt: skip
    sources = list(open_bundle(path))

    assert [(one.name, annotator_of(one)) for one in sources] == [
        ("a.zip/anna.jsonl", "anna"),
        ("a.zip/bo.jsonl", "bo"),
    ]


@pytest.mark.parametrize("name", ["../x.jsonl", "/x.jsonl", "a/../../x.jsonl", "..\\x.jsonl", "C:\\x.jsonl"])
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SuspiciousFile, match="leads out"):
        list(open_bundle(write(tmp_path / "a.zip", (name, b"{}"))))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("anna.jsonl")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(SuspiciousFile, match="a link"):
        list(open_bundle(write(tmp_path / "a.zip", (link, b"/etc/passwd"))))


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", ("anna.jsonl", b"0" * (1 << 25)))

    with pytest.raises(SuspiciousFile, match="would unpack"):
        list(open_bundle(path))


def test_a_member_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", ("anna.jsonl", b"0123456789" * 100))
    said = bytearray(path.read_bytes())
    for place in (said.index(b"PK\x03\x04") + 22, said.index(b"PK\x01\x02") + 24):
        said[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(said)

    with pytest.raises((SuspiciousFile, BrokenFile)):
        list(open_bundle(path))


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_MEMBERS", 1)

    with pytest.raises(SuspiciousFile, match="holds 2 files"):
        list(open_bundle(write(tmp_path / "a.zip", ("a.jsonl", b"{}"), ("b.jsonl", b"{}"))))


def test_no_zip_and_no_labels_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")

    with pytest.raises(BrokenFile, match="not a whole zip"):
        list(open_bundle(tmp_path / "a.zip"))
    with pytest.raises(EmptyFile, match=r"holds no \.jsonl"):
        list(open_bundle(write(tmp_path / "b.zip", ("a.pdf", b"x"))))
