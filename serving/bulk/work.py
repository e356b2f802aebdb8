"""Work: the chunks of a job that are not done yet, read, tagged and written at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from serving.bulk.chunks import Chunk, chunks
from serving.bulk.inputs import Inputs
from serving.bulk.part import Parts
from serving.bulk.pipeline import overlap
from serving.bulk.tagging import Begun, ChunkTagger


class Counted(NamedTuple):
    """What became of a chunk.

    Attributes:
        number: of the chunk.
        rows: in it.
        rejects: among them.
        before: it was not to be made.
    """

    number: int
    rows: int
    rejects: int
    before: bool


@dataclass
class Walk:
    """The chunks of the inputs in order; it goes on where it stands, and starts anew for one behind it."""

    inputs: Inputs
    chunk_rows: int
    _ahead: Iterator[Chunk] | None = field(default=None, init=False)
    _next: int = field(default=0, init=False)

    def to(self, first: int, last: int) -> Iterator[Chunk]:
        """Every chunk from the place where it stands, which is at or before `first`, to `last`."""
        ahead = self._ahead
        if ahead is None or first < self._next:
            ahead, self._next = chunks(self.inputs.lines(), self.chunk_rows), 0
        self._ahead = None  # an error on the way leaves nothing to go on with
        while self._next <= last and (chunk := next(ahead, None)) is not None:
            self._next += 1
            yield chunk
        self._ahead = ahead


@dataclass(frozen=True)
class Work:
    """Makes parts of chunks."""

    walk: Walk
    tagger: ChunkTagger
    parts: Parts

    def do(self, missing: Set[int]) -> Iterator[Counted]:
        """Make the missing parts: reading, tokenizing, the engine, and evidence and writing overlap.

        Returns:
            What became of each chunk up to the last one that was missing, and of those passed over.

        Raises:
            DataError, InputChanged: an input cannot be read as it was.
            OSError: a part cannot be written.
        """
        return overlap(self._chunks(missing), self._begin, self._read, self._keep)

    def _chunks(self, missing: Set[int]) -> Iterator[Chunk | Counted]:
        for chunk in self.walk.to(min(missing), max(missing)):
            done = chunk.number not in missing
            yield Counted(chunk.number, len(chunk.lines), chunk.rejects, True) if done else chunk

    def _begin(self, item: Chunk | Counted) -> Begun | Counted:
        return item if isinstance(item, Counted) else self.tagger.begin(item)

    def _read(self, item: Begun | Counted) -> Begun | Counted:
        return item if isinstance(item, Counted) else self.tagger.read(item)

    def _keep(self, item: Begun | Counted) -> Counted:
        if isinstance(item, Counted):
            return item
        records = self.tagger.finish(item)
        # After the rows were read and before they are kept: no part is ever made of a changed file.
        self.walk.inputs.check_files({line.file for line in item.chunk.lines})
        self.parts.write(item.chunk.number, records)
        rejects = sum("reject" in record for record in records)
        return Counted(item.chunk.number, len(records), rejects, False)
