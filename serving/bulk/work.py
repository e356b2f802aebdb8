"""Work: the chunks of a job that are not done yet, read, tagged and written at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from serving.bulk.chunks import Chunk, chunks
from serving.bulk.inputs import Inputs
from serving.bulk.part import Parts
from serving.bulk.pipeline import overlap
from serving.bulk.progress import Watch
from serving.bulk.tagging import Begun, ChunkTagger
from serving.protection import Tally


class Counted(NamedTuple):
    """What became of a chunk.

    Attributes:
        rows: in it.
        rejects: among them.
        before: it was done by an earlier run.
    """

    rows: int
    rejects: int
    before: bool


@dataclass(frozen=True)
class Work:
    """Makes parts of chunks."""

    inputs: Inputs
    tagger: ChunkTagger
    parts: Parts

    def do(self, missing: set[int], chunk_rows: int, watch: Watch, tally: Tally) -> None:
        """Make the missing parts: reading, tokenizing, the engine, and evidence and writing overlap.

        Args:
            tally: counts the reports that this run tags.

        Raises:
            DataError, InputChanged: an input cannot be read as it was.
            OSError: a part cannot be written.
        """
        for counted in overlap(self._chunks(missing, chunk_rows), self._begin, self._read, self._keep):
            tally.count += 0 if counted.before else counted.rows - counted.rejects
            watch.rows(counted.rows, counted.rejects, counted.before)

    def _chunks(self, missing: set[int], chunk_rows: int) -> Iterator[Chunk | Counted]:
        last = max(missing)
        for chunk in chunks(self.inputs.lines(), chunk_rows):
            done = chunk.number not in missing
            yield Counted(len(chunk.lines), chunk.rejects, True) if done else chunk
            if chunk.number == last:
                return

    def _begin(self, item: Chunk | Counted) -> Begun | Counted:
        return item if isinstance(item, Counted) else self.tagger.begin(item)

    def _read(self, item: Begun | Counted) -> Begun | Counted:
        return item if isinstance(item, Counted) else self.tagger.read(item)

    def _keep(self, item: Begun | Counted) -> Counted:
        if isinstance(item, Counted):
            return item
        records = self.tagger.finish(item)
        # After the rows were read and before they are kept: no part is ever made of a changed file.
        self.inputs.check_files({line.file for line in item.chunk.lines})
        self.parts.write(item.chunk.number, records)
        return Counted(len(records), item.chunk.rejects, False)
