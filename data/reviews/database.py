"""Database: from a file's path (SQLite) or a URL (PostgreSQL) to an engine, and its errors to ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from json import dumps
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from data.errors import ReviewLogAway
from data.reviews.place import is_url, shown

WAIT_S = 5
"""Seconds to wait for a connection, or for another writer."""
STATEMENT_MS = 10_000
READS = {"petition_reads": True}
"""Execution options of a connection that only reads, and waits for no writer, whatever its engine may do."""
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


class Mode(StrEnum):
    """What an engine may do, by SQLite's own names."""

    read = "ro"
    write = "rw"
    make = "rwc"  # makes the file where there is none


def connect(database: str, mode: Mode) -> Engine:
    """Make the engine of a database; nothing is opened yet.

    Raises:
        ReviewLogAway: a URL of another kind, or PostgreSQL without its driver.
    """
    if not is_url(database):
        return _sqlite(Path(database), mode)
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        raise ReviewLogAway("the database's URL cannot be read; write postgresql://USER@HOST/NAME") from None
    if url.drivername == "sqlite" and url.database:
        return _sqlite(Path(url.database), mode)
    if url.drivername not in _POSTGRESQL:
        raise ReviewLogAway(f"{url.drivername}: give the path of a SQLite file, or postgresql://…")
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            json_serializer=partial(dumps, ensure_ascii=False),
            hide_parameters=True,  # they are words of reports
            pool_size=4, max_overflow=0, pool_timeout=WAIT_S, pool_pre_ping=True,
            connect_args={
                "connect_timeout": WAIT_S,
                "application_name": "petition",
                "options": f"-c statement_timeout={STATEMENT_MS}",
            },
        )  # fmt: skip
    except ModuleNotFoundError:
        raise ReviewLogAway(
            "PostgreSQL needs its driver: pip install 'petition-tagger[postgres]', or psycopg[binary]"
        ) from None


def _sqlite(path: Path, mode: Mode) -> Engine:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"

    def open_file() -> sqlite3.Connection:
        # Transactions are begun below: sqlite3's own would not hold a migration together.
        connection = sqlite3.connect(
            uri, uri=True, timeout=WAIT_S, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    # A file is opened for each use, so that one that comes, goes or is put back from a backup is seen.
    engine = create_engine(
        "sqlite://", creator=open_file, poolclass=NullPool, hide_parameters=True,
        json_serializer=partial(dumps, ensure_ascii=False),
    )  # fmt: skip

    @event.listens_for(engine, "begin")
    def begin_here(connection: Connection) -> None:
        # Who writes asks for a turn first: who asks after having read may be refused, not made to wait.
        reads = mode is Mode.read or "petition_reads" in connection.get_execution_options()
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def away(database: str) -> Iterator[None]:
    """Turn the database's own errors into ours, without their words: they quote what was sent.

    Raises:
        ReviewLogAway: it cannot be reached, read or written.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        if not is_url(database) and not Path(database).is_file():
            advice = "there is no such database; make it with `petition reviews migrate`"
        else:
            advice = "it cannot be reached, read or written now; see that it runs and that access is allowed"
        raise ReviewLogAway(f"{shown(database)}: {advice} ({type(cause).__name__})") from None
