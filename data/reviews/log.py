"""ReviewLog: reviews to and from a database. It adds and reads; nothing here changes or removes a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, Select, exists, func, insert, select
from sqlalchemy.exc import IntegrityError

from data.errors import ReviewConflict, UnknownReview
from data.reviews.database import READS, Mode, away, connect
from data.reviews.key import ID_CHARS, MARK
from data.reviews.review import Review
from data.reviews.schema import check
from data.reviews.table import REVIEWS

_AT_ONCE = 500  # SQLite's older builds take 999 variables
_UNDO = REVIEWS.alias("undo")
_STANDS = REVIEWS.c.undoes.is_(None) & ~exists().where(_UNDO.c.undoes == REVIEWS.c.id)


class ReviewLog:
    """One database. Safe to use from several threads and processes at once."""

    def __init__(self, database: str, mode: Mode = Mode.read) -> None:
        """Take the path of a SQLite file or a URL of PostgreSQL; it is opened when it is used.

        Raises:
            ReviewLogAway: a URL of another kind, or PostgreSQL without its driver.
        """
        self.database = database
        self._engine = connect(database, mode)
        self._reader = self._engine.execution_options(**READS)

    def check(self) -> None:
        """Hold the schema against this program's.

        Raises:
            ReviewLogAway, OldReviewLog, NewReviewLog: reviews can be neither read nor written.
        """
        with away(self.database), self._reader.connect() as connection:
            check(connection, self.database)

    def add(self, review: Review, record: Callable[[Review], None] | None = None) -> Review:
        """Add a review, and give it with its number and time; one that is there already is given as it is, as
        `repeated`.

        Args:
            record: called with the review as it will be given, before the database keeps it; what it raises
                leaves nothing added.

        Raises:
            ReviewConflict: there is another review of that id.
            ReviewLogAway: it could not be written, and is not there.
        """
        with away(self.database):
            try:
                with self._engine.begin() as connection:
                    found = _of(connection, review.id)
                    added = _same(found, review) if found else self._insert(connection, review)
                    if record is not None:
                        record(added)
                    return added
            except IntegrityError:
                # Another process was quicker by a moment.
                with self._reader.connect() as connection:
                    found = _of(connection, review.id)
                if found is None and review.undoes:
                    raise ReviewConflict("that review is retracted already") from None
                if found is None:
                    raise
                added = _same(found, review)
                if record is not None:
                    record(added)
                return added

    def undo(
        self,
        id: str,
        undone: str,
        reviewer: str,
        key: str = "",
        note: str = "",
        record: Callable[[Review], None] | None = None,
    ) -> Review:
        """Add the retraction, called `id`, of the review called `undone`; give it with its number and time.

        Args:
            record: as of `add`.

        Raises:
            UnknownReview: there is none of that id.
            ReviewConflict: it is a retraction itself, is retracted already, or was given by another.
            ReviewLogAway: as `add`.
        """
        with away(self.database), self._reader.connect() as connection:
            found = _of(connection, undone)
            earlier = connection.execute(
                select(REVIEWS.c.id).where(REVIEWS.c.undoes == undone)
            ).scalar_one_or_none()
        if found is None:
            raise UnknownReview("there is no review of that id")
        if found.undoes:
            raise ReviewConflict("that is itself a retraction; send the review anew instead")
        if (found.reviewer, found.key) != (reviewer, key):
            raise ReviewConflict("a review is retracted by who gave it; send another review instead")
        if earlier not in (None, id):
            raise ReviewConflict("that review is retracted already")
        bare = Review(id, found.report_id, found.report_hash, {}, reviewer, key, note=note, undoes=undone)
        return self.add(bare, record)

    def read(self) -> Iterator[Review]:
        """Give every row in the order in which it was added, retractions too.

        Raises:
            ReviewLogAway, OldReviewLog, NewReviewLog: it cannot be read.
        """
        with away(self.database), self._reader.connect() as connection:
            check(connection, self.database)
            rows = connection.execution_options(yield_per=_AT_ONCE).execute(
                select(REVIEWS).order_by(REVIEWS.c.number)
            )
            for row in rows.mappings():
                yield _review(row)

    def keys(self) -> set[str]:
        """Give the beginnings of the keyed hashes, by which `ReviewKey.check` knows the key.

        Raises:
            ReviewLogAway: it cannot be read.
        """
        start = func.substr(REVIEWS.c.report_hash, 1, len(MARK) + ID_CHARS)
        wanted = select(start).where(REVIEWS.c.report_hash.startswith(MARK)).distinct()
        with away(self.database), self._reader.connect() as connection:
            return {*connection.execute(wanted).scalars()}

    def standing(self, *hashes: str) -> list[Review]:
        """Give the reviews of a report that are not retracted, oldest first.

        Args:
            hashes: that the report has, keyed and plain.

        Raises:
            ReviewLogAway: it cannot be read.
        """
        wanted = select(REVIEWS).where(_STANDS, REVIEWS.c.report_hash.in_(hashes))
        with away(self.database), self._reader.connect() as connection:
            return [_review(row) for row in _ordered(connection, wanted)]

    def reviewed(self, hashes: Collection[str]) -> set[str]:
        """Give those of the hashes whose report has a review that stands.

        Raises:
            ReviewLogAway: it cannot be read.
        """
        wanted, found = [*hashes], set()
        with away(self.database), self._reader.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = REVIEWS.c.report_hash.in_(wanted[start : start + _AT_ONCE])
                found |= {*connection.execute(select(REVIEWS.c.report_hash).where(_STANDS, some)).scalars()}
        return found

    def counts(self) -> tuple[int, int, datetime | None]:
        """Count reviews and retractions; give also the time of the last row.

        Raises:
            ReviewLogAway, OldReviewLog, NewReviewLog: it cannot be read.
        """
        with away(self.database), self._reader.connect() as connection:
            check(connection, self.database)
            rows, undone, last = connection.execute(
                select(func.count(REVIEWS.c.number), func.count(REVIEWS.c.undoes), func.max(REVIEWS.c.at))
            ).one()
        return rows - undone, undone, last

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def __enter__(self) -> ReviewLog:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @staticmethod
    def _insert(connection: Connection, review: Review) -> Review:
        at = datetime.now(UTC)
        number = connection.execute(
            insert(REVIEWS).returning(REVIEWS.c.number),
            {
                "id": review.id, "report_id": review.report_id, "report_hash": review.report_hash,
                "labels": _plain(review), "reviewer": review.reviewer, "key_name": review.key, "at": at,
                "model": review.model, "taxonomy": review.taxonomy,
                "prediction": None if review.prediction is None else dict(review.prediction),
                "title": review.title, "text": review.text, "note": review.note, "unsure": review.unsure,
                "undoes": review.undoes or None,
            },
        ).scalar_one()  # fmt: skip
        return replace(review, at=at, number=number)


def _of(connection: Connection, id: str) -> Review | None:
    found = _ordered(connection, select(REVIEWS).where(REVIEWS.c.id == id))
    return _review(found[0]) if found else None


def _ordered(connection: Connection, wanted: Select[tuple[object, ...]]) -> Sequence[RowMapping]:
    return connection.execute(wanted.order_by(REVIEWS.c.number)).mappings().all()


def _same(found: Review, review: Review) -> Review:
    if found != review:
        raise ReviewConflict("there is another review of that id; choose a new one")
    return replace(found, repeated=True)


def _plain(review: Review) -> dict[str, list[str] | None]:
    return {axis: None if labels is None else [*labels] for axis, labels in review.labels.items()}


def _review(row: RowMapping) -> Review:
    return Review(
        id=row["id"], report_id=row["report_id"], report_hash=row["report_hash"],
        labels={axis: None if held is None else tuple(held) for axis, held in row["labels"].items()},
        reviewer=row["reviewer"], key=row["key_name"], at=row["at"], model=row["model"],
        taxonomy=row["taxonomy"], prediction=row["prediction"], title=row["title"], text=row["text"],
        note=row["note"], unsure=row["unsure"], undoes=row["undoes"] or "", number=row["number"],
    )  # fmt: skip
