"""Schema: which one a database has, and bringing it up to date by the migrations that ship."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from data.errors import NewReviewLog, OldReviewLog, ReviewLogAway
from data.reviews.database import Mode, away, connect
from data.reviews.place import shown
from data.reviews.table import REVIEWS

VERSION_TABLE = "petition_reviews_schema"
"""A name of our own, since the database may hold other programs' tables."""


def newest() -> str:
    """The schema that this program writes."""
    return _script().get_current_head() or ""


def migrate(database: str) -> tuple[str, str]:
    """Bring a database to the newest schema, in one transaction; a SQLite file is made where there is none.

    Returns:
        The schema before ("" where there was none) and after.

    Raises:
        ReviewLogAway: it cannot be reached or written, or has a table of that name that is not ours.
        NewReviewLog: its schema is newer than this program.
    """
    script = _script()
    engine = connect(database, Mode.make)
    with away(database):
        try:
            with engine.connect() as connection:
                before = _before(connection, script, database)
                connection.rollback()
                if before != newest():
                    _upgrade(connection, script)
                    connection.commit()
        finally:
            engine.dispose()
    return before, newest()


def check(connection: Connection, database: str) -> None:
    """Hold a database's schema against this program's.

    Raises:
        OldReviewLog: an older one, or none.
        NewReviewLog: a newer one.
    """
    found = _current(connection)
    if found == newest():
        return
    if found and found not in _known(_script()):
        raise _newer(database, found)
    has = f"its schema is {found}" if found else "it has no review log yet"
    raise OldReviewLog(
        f"{shown(database)}: {has}, this program writes {newest()}; run `petition reviews migrate`"
    )


def _before(connection: Connection, script: ScriptDirectory, database: str) -> str:
    before = _current(connection)
    if before and before not in _known(script):
        raise _newer(database, before)
    if not before and inspect(connection).has_table(REVIEWS.name):
        raise ReviewLogAway(f"{shown(database)}: its table reviews is not ours; give another database")
    return before


def _upgrade(connection: Connection, script: ScriptDirectory) -> None:
    def steps(revision: object, context: MigrationContext) -> object:
        return script._upgrade_revs(newest(), revision)  # type: ignore[arg-type]

    environment = EnvironmentContext(Config(), script)
    with environment:
        environment.configure(
            connection=connection, version_table=VERSION_TABLE, transactional_ddl=True, fn=steps
        )
        with environment.begin_transaction():
            environment.run_migrations()


def _current(connection: Connection) -> str:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() or ""


def _known(script: ScriptDirectory) -> set[str]:
    return {step.revision for step in script.walk_revisions()}


def _newer(database: str, found: str) -> NewReviewLog:
    return NewReviewLog(
        f"{shown(database)}: its schema {found} is newer than this program's {newest()}; "
        f"update the program, or use the one that wrote it"
    )


def _script() -> ScriptDirectory:
    folder = Path(__file__).with_name("migrations")
    return ScriptDirectory(str(folder), version_locations=[str(folder)])
