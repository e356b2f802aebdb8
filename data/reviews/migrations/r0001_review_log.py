"""The review log: one table, to which rows are only added; the database itself refuses anything else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite's REPLACE deletes rows without a trigger of DELETE, so a row in the way of a new one stops that one.
_SQLITE = (
    """CREATE TRIGGER reviews_keep_update BEFORE UPDATE ON reviews
       BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END""",
    """CREATE TRIGGER reviews_keep_delete BEFORE DELETE ON reviews
       BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END""",
    """CREATE TRIGGER reviews_keep_replace BEFORE INSERT ON reviews
       WHEN EXISTS (SELECT 1 FROM reviews
                    WHERE id = NEW.id OR number = NEW.number OR undoes = NEW.undoes)
       BEGIN SELECT RAISE(ABORT, 'reviews are only added'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION reviews_keep() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'reviews are only added' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER reviews_keep_rows BEFORE UPDATE OR DELETE ON reviews
       FOR EACH ROW EXECUTE FUNCTION reviews_keep()""",
    """CREATE TRIGGER reviews_keep_all BEFORE TRUNCATE ON reviews
       FOR EACH STATEMENT EXECUTE FUNCTION reviews_keep()""",
)


def upgrade() -> None:
    """Make the table and its guards."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "reviews",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("report_hash", sa.String(64), nullable=False),
        sa.Column("labels", json, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("taxonomy", sa.Text(), nullable=False),
        sa.Column("prediction", json),
        sa.Column("title", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column(
            "undoes", sa.String(64), sa.ForeignKey("reviews.id", name="reviews_undoes_fkey"), unique=True
        ),
        sa.CheckConstraint("undoes IS NULL OR undoes <> id", name="reviews_undoes_other"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_report_hash", "reviews", ["report_hash"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """There is no way back that would not lose reviews."""
    raise NotImplementedError("reviews are never dropped; restore a backup of the database instead")
