"""Worker: makes the parts of chunks by their numbers, in a process of its own on this machine or another.

It reads the inputs, the Export and every list itself, from the storage that all machines share. What it is
given are paths, settings and numbers, and what it answers are counts: no word of a report goes to another
process, or through Ray, whose object store spills to disk and whose logs stay.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from serving.bulk.faults import JobFault
from serving.bulk.inputs import Inputs
from serving.bulk.manifest import Manifest, Model
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.settings import Settings
from serving.bulk.work import Walk, Work
from serving.faults import Code, explain

Table = dict[str, list[Any]]
RUN = 16  # chunks of one task at most: what a lost worker costs, and what reading ahead needs
TRIES = 4  # to make a run of chunks, each ended with the worker


@dataclass(frozen=True)
class Order:
    """What every worker of a job is told.

    Attributes:
        told: settings, with whole paths.
        places: of the job.
        manifest: of the job.
        inputs: as the job found them.
        known: whether there is an index of tags of an earlier output.
        threads: of the engine.
    """

    told: Settings
    places: Places
    manifest: Manifest
    inputs: Inputs
    known: bool
    threads: int


class Worker:
    """Makes parts. Its errors are answers too: a traceback in a log of Ray's could show a report's words."""

    def __init__(self, order: Order) -> None:
        """Load what is needed."""
        self._parts = Parts(order.places.folder, order.manifest.job)
        self._here = f"{socket.gethostname()}：" if order.told.ray is not None else ""
        self._work: Work | None = None
        self._fault: Table | None = None
        try:
            self._work = self._load(order)
        except Exception as error:
            self._fault = self._told(error)

    def _load(self, order: Order) -> Work:
        # The libraries of the machine's own arithmetic start no threads beyond the engine's.
        os.environ["OMP_NUM_THREADS"] = str(order.threads)
        from serving.bulk import known
        from serving.bulk.tagging import ChunkTagger, Stamp
        from serving.exports import bulk_tagger
        from serving.help import Wanted
        from serving.version import package_version

        told, manifest = order.told, order.manifest
        guard = told.protection.guard(stored=True)
        wanted = Wanted(manifest.model.engine.partition(" ")[0])
        tagger = bulk_tagger(told.model, order.threads, wanted)
        model = Model.of(tagger)
        if model.engine != manifest.model.engine:
            before = manifest.model.engine
            raise JobFault(f"推理引擎是 {model.engine}，作业开始时是 {before}；各机器要装同一版")
        if model != manifest.model:
            raise JobFault("这台机器上的模型不是作业开始时的那个；各机器要用同一个模型")
        if package_version() != manifest.program:
            raise JobFault("这台机器上的程序不是作业开始时的那一版；各机器要装同一版")
        names = guard.watch_list
        if (names.fingerprint() if names else "") != manifest.settings["watch_list"]:
            raise JobFault("名单文件在作业开始后变了")
        index = known.KnownTags(order.places.folder / known.INDEX) if order.known else None
        stamp = Stamp(manifest.started, told.evidence, told.matters)
        chunks = ChunkTagger(tagger, stamp, index, guard)
        return Work(Walk(order.inputs, told.chunk_rows), chunks, self._parts)

    def __call__(self, batch: Mapping[str, Sequence[int]]) -> Table:
        """Make the parts of these chunks; tell of each its number, rows and rejects, or of a fault."""
        if self._work is None:
            return self._fault or {}
        numbers = {int(number) for number in batch["chunk"]}
        try:
            # Made already where this is the second try of a task whose worker was lost.
            there = ((n, self._parts.count(n)) for n in numbers)
            made = [(n, *counts) for n, counts in there if counts is not None]
            missing = numbers - {number for number, *_ in made}
            if missing:
                self._count_try(min(missing))
                made += [(c.number, c.rows, c.rejects) for c in self._work.do(missing) if not c.before]
        except Exception as error:
            return self._told(error)
        return _table([(*counts, "", 0) for counts in made])

    def _told(self, error: Exception) -> Table:
        said, code = explain(error)
        return _table([(-1, 0, 0, f"{self._here}{said}", int(code or Code.INTERNAL))])

    def _count_try(self, first: int) -> None:
        """Note that a run of chunks is begun.

        Raises:
            JobFault: as often before a worker has been lost over it; Ray would try for ever.
        """
        tries = self._parts.tried(first)
        if tries > TRIES:
            raise JobFault(
                f"从第 {first} 部分起的几部分已有 {TRIES} 次让工作进程中途消失，多半是内存不够；"
                "可加大 --threads，让每台机器少起几个工作进程，或不加 --ray；"
                "已完成的部分没有丢，用同样的命令继续"
            )


def _table(rows: Sequence[tuple[int, int, int, str, int]]) -> Table:
    names = ("chunk", "rows", "rejects", "fault", "code")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def runs_of(missing: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Neighbouring chunks, for one task each: long enough to read ahead, short enough to share evenly."""
    size = max(1, min(RUN, len(missing) // (4 * workers)))
    return [missing[start : start + size] for start in range(0, len(missing), size)]


def end_with_parent() -> None:
    """End this process when the one that started it ends, however that happens; does not return before."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
