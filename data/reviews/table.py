"""Table: where reviews lie, as the newest migration leaves it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring to UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
_OBJECT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

METADATA = MetaData()
REVIEWS = Table(
    "reviews",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("report_id", Text(), nullable=False),
    Column("report_hash", String(64), nullable=False, index=True),
    Column("labels", _OBJECT, nullable=False),
    Column("reviewer", Text(), nullable=False),
    Column("key_name", Text(), nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("model", Text(), nullable=False),
    Column("taxonomy", Text(), nullable=False),
    Column("prediction", _OBJECT),
    Column("title", Text()),
    Column("text", Text()),
    Column("note", Text(), nullable=False),
    Column("unsure", Boolean(), nullable=False),
    Column("undoes", String(64), ForeignKey("reviews.id", name="reviews_undoes_fkey"), unique=True),
    CheckConstraint("undoes IS NULL OR undoes <> id", name="reviews_undoes_other"),
    sqlite_autoincrement=True,
)
