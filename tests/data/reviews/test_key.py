"""The hashes of a log are made with a key: without it what is under its stars cannot be tried out."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from data.errors import BadReviewKey
from data.imports.originals import Originals
from data.report import Report
from data.reviews.key import ReviewKey, key_beside, key_of
from data.reviews.review import report_hash
from tests.data.reviews.conftest import LAMP, QUEUE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.db.key"


def test_a_key_is_made_once_for_this_account_alone(path: Path) -> None:
    first = ReviewKey.made(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ReviewKey.made(path).of(LAMP) == ReviewKey.load(path).of(LAMP) == first.of(LAMP)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_all_who_make_it_at_once_have_the_same(path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ReviewKey.made(path).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8 and len({*found}) == 1


def test_another_key_gives_another_hash_of_the_same_form(path: Path, tmp_path: Path) -> None:
    one, other = ReviewKey.made(path), ReviewKey.made(tmp_path / "other.key")
    hash = one.of(LAMP)

    assert len(hash) == 64 and hash != other.of(LAMP) and hash != one.of(QUEUE)
    assert report_hash(LAMP) not in hash and key_of(hash) == one.id and key_of(report_hash(LAMP)) == ""
    assert one.keyed(report_hash(LAMP)) == one.keyed(hash) == hash
    one.check([hash, report_hash(LAMP)])
    with pytest.raises(BadReviewKey, match="another key"):
        other.check([hash])


@pytest.mark.parametrize("content", ["", "short", "two words of more than thirty-two characters"])
def test_what_is_no_key_is_refused_without_showing_it(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadReviewKey) as caught:
        ReviewKey.made(path)
    assert not content or content not in str(caught.value)


def test_a_key_that_is_gone_is_not_made_anew_by_who_only_reads(path: Path) -> None:
    with pytest.raises(BadReviewKey, match="no such file"):
        ReviewKey.load(path)
    assert not path.exists()


def test_a_folder_that_takes_no_key_says_how_to_put_one_there(tmp_path: Path) -> None:
    with pytest.raises(BadReviewKey, match="openssl rand"):
        ReviewKey.made(tmp_path / "none" / "reviews.key")


def test_a_key_lies_beside_a_file_and_nowhere_of_itself_for_a_server() -> None:
    assert key_beside("/srv/复核.db") == Path("/srv/复核.db.key")
    assert key_beside("sqlite:////srv/reviews.db?timeout=3") == Path("/srv/reviews.db.key")
    assert key_beside("postgresql://office@db/petition") is None and key_beside("") is None


def test_originals_are_found_by_keyed_and_by_plain_hashes(path: Path) -> None:
    key, originals = ReviewKey.made(path), Originals([LAMP, Report("B1", LAMP.text, LAMP.title), QUEUE])

    for hash in (key.of(LAMP), report_hash(LAMP)):
        assert originals.by_hash(hash, "B1", key) == Report("B1", LAMP.text, LAMP.title)
    assert originals.by_hash(report_hash(LAMP), "A1") == LAMP
    with pytest.raises(BadReviewKey, match="--reviews-key"):
        originals.by_hash(key.of(LAMP), "A1")
