"""A place is told by its look, and named without a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReviewLogAway
from data.reviews.database import Mode, connect
from data.reviews.place import is_sqlite, is_url, shown
from data.reviews.schema import migrate


def test_urls_and_paths_are_told_apart() -> None:
    assert is_url("postgresql://office@db/petition")
    assert not is_url("C:\\复核.db") and not is_url("reviews.db")


def test_a_password_is_never_shown() -> None:
    assert shown("postgresql://office:s3cret@db:5432/petition?sslpassword=s3cret") == (
        "postgresql://db:5432/petition"
    )


def test_a_database_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    migrate(str(path))
    other = tmp_path / "other.db"
    other.write_text("SQLite", encoding="utf-8")

    assert is_sqlite(path) and not is_sqlite(other)


@pytest.mark.parametrize("url", ["mysql://a:s3cret@b/c", "postgresql://a:s3cret@b:port/c"])
def test_another_kind_of_database_is_refused_by_name(url: str) -> None:
    with pytest.raises(ReviewLogAway) as caught:
        connect(url, Mode.write)
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(ReviewLogAway) as caught:
        migrate("postgresql://a:s3cret@127.0.0.1:1/c")
    assert "127.0.0.1:1/c" in str(caught.value) and "s3cret" not in str(caught.value)
