"""Migrations bring a database to the schema that the code writes; an older or newer one is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from data.errors import NewReviewLog, OldReviewLog, ReviewLogAway
from data.reviews.database import Mode, connect
from data.reviews.log import ReviewLog
from data.reviews.schema import VERSION_TABLE, migrate, newest
from data.reviews.table import METADATA


def execute(database: str, *statements: str) -> None:
    engine = connect(database, Mode.make)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def test_the_migrations_make_the_tables_of_the_code(database: str) -> None:
    migrate(database)
    engine = connect(database, Mode.write)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(database: str) -> None:
    assert migrate(database) == ("", newest())
    assert migrate(database) == (newest(), newest())


def test_a_database_without_a_log_says_to_migrate(database: str) -> None:
    execute(database, "CREATE TABLE other (number INTEGER)")

    with ReviewLog(database) as log:
        with pytest.raises(OldReviewLog, match=r"no review log yet.*petition reviews migrate"):
            log.check()
        migrate(database)
        log.check()


def test_a_newer_schema_is_refused_and_left_alone(database: str) -> None:
    migrate(database)
    execute(database, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")

    with ReviewLog(database) as log, pytest.raises(NewReviewLog, match="9999 is newer"):
        log.check()
    with pytest.raises(NewReviewLog):
        migrate(database)


def test_a_migration_that_fails_leaves_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "migrations"
    broken.mkdir()
    (broken / "r0001.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision, down_revision = '0001', None\n"
        "def upgrade():\n    op.create_table('half', sa.Column('a', sa.Integer))\n"
        "    op.execute('NONSENSE')\n"
    )
    monkeypatch.setattr("data.reviews.schema.__file__", str(tmp_path / "schema.py"))
    with pytest.raises(ReviewLogAway):
        migrate(database)
    monkeypatch.undo()

    engine = connect(database, Mode.write)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_another_programs_table_is_not_taken_over(database: str) -> None:
    execute(database, "CREATE TABLE reviews (number INTEGER)")

    with pytest.raises(ReviewLogAway, match="not ours"):
        migrate(database)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "in.db"
    path.write_text("路灯坏了半年。" * 200, encoding="utf-8")

    for use in (lambda: migrate(str(path)), lambda: ReviewLog(str(path)).check()):
        with pytest.raises(ReviewLogAway) as caught:
            use()
        assert "路灯" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == "路灯坏了半年。" * 200
