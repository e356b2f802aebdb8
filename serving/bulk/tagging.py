"""Tagging: a chunk of rows to the records of a part. A function of its arguments alone, so that any process,
on any machine with the same Export, makes the same part of the same chunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from data.report import Report
from model.tagger import EvidenceFor, Tagger, Work
from serving.bulk.chunks import Chunk
from serving.bulk.record import Record, rejected, tagged, text_hash, with_words


class Known(Protocol):
    """Tags of earlier runs."""

    def find(self, hashed: str) -> Mapping[str, Any] | None:
        """What `record.without_words` kept of a report with this text hash, or None."""


@dataclass(frozen=True)
class Stamp:
    """What every record of a job is told.

    Attributes:
        time: when its tags were made: one time for the whole job, so that a part made twice is the same.
        evidence: on which axes.
    """

    time: str
    evidence: EvidenceFor


@dataclass(frozen=True)
class Begun:
    """A chunk whose reports are cut into windows.

    Attributes:
        hashes: place in the chunk -> text hash of the report there.
        kept: place -> what was known of it.
        works: of the others, in order.
    """

    chunk: Chunk
    hashes: Mapping[int, str]
    kept: Mapping[int, Mapping[str, Any]]
    works: list[Work]


@dataclass(frozen=True)
class ChunkTagger:
    """Tags chunks; its three steps may run at once on three chunks.

    Batches are made of one chunk's windows, sorted by length: which other chunks are under way changes
    nothing in the figures.
    """

    tagger: Tagger
    stamp: Stamp
    known: Known | None = None

    def tag(self, chunk: Chunk) -> list[Record]:
        """Do all three steps."""
        return self.finish(self.read(self.begin(chunk)))

    def begin(self, chunk: Chunk) -> Begun:
        """Clean and cut the reports that are not known."""
        hashes, kept, unknown = {}, {}, []
        for place, line in enumerate(chunk.lines):
            if not isinstance(line.row, Report):
                continue
            hashes[place] = text_hash(line.row)
            found = self.known.find(hashes[place]) if self.known else None
            if found is None:
                unknown.append(line.row)
            else:
                kept[place] = found
        return Begun(chunk, hashes, kept, self.tagger.begin(unknown) if unknown else [])

    def read(self, begun: Begun) -> Begun:
        """Run the engine."""
        for batch in self.tagger.batches(begun.works):
            self.tagger.read(batch)
        return begun

    def finish(self, begun: Begun) -> list[Record]:
        """Decide, explain, and make the records in the order of the chunk."""
        predictions = iter(self.tagger.finish(begun.works, self.stamp.evidence))
        records = []
        for place, line in enumerate(begun.chunk.lines):
            if not isinstance(line.row, Report):
                records.append(rejected(line))
            elif place in begun.kept:
                known = begun.kept[place]
                shape = with_words(known, line.row)
                records.append(tagged(line, shape, begun.hashes[place], known["time"]))
            else:
                shape = next(predictions).to_dict()
                records.append(tagged(line, shape, begun.hashes[place], self.stamp.time))
        return records
