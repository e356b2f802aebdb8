"""Processes: the missing parts of a job made by several processes of this machine, each on cores of its own.

The engine of one process uses every core, but shares the products of a small network badly among them, and
evidence and the making of rows are one thread's work whatever the machine has: docs/bulk.md has figures.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import accumulate
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

from model.cores import memory_limit, usable_cores
from serving.bulk.faults import JobFault, WorkerFault
from serving.bulk.inputs import Inputs, Source
from serving.bulk.settings import Settings
from serving.bulk.work import Counted
from serving.bulk.worker import Order, Table, Worker, end_with_parent, runs_of
from serving.faults import Code, WrongUse

LEAST_CHUNKS = 4  # for each process; with fewer, all is read before another has loaded the model
MEMORY = 1 << 29  # bytes that a process may take, beside a file that it holds: 230 to 370 MiB are usual
UNPACKED = 30  # times a workbook's size in memory
END_S = 5.0  # for a process to end before it is killed
_HELD = frozenset({".xlsx", ".xls", ".ods", ".json"})


class Share(NamedTuple):
    """How the cores are shared: so many processes, with so many threads each at least."""

    processes: int
    threads: int


def share_of(told: Settings, inputs: Inputs, missing: int) -> Share:
    """What the settings say; by default a process for each core, as far as chunks and free memory reach.

    Raises:
        WrongUse: the input lies in this process alone.
    """
    cores, here = usable_cores(), any(source.held is not None for source in inputs.sources)
    if told.processes > 1 and here:
        raise WrongUse("--processes 不能与密封模式下的标准输入一起用：信件内容只在一个进程里；请给文件")
    if told.processes or told.threads or here:
        return Share(told.processes or 1, told.threads or max(1, cores // (told.processes or 1)))
    held = max((source.path.stat().st_size for source in inputs.sources if _is_held(source)), default=0)
    most = (memory_limit() or MEMORY) // 2 // (MEMORY + UNPACKED * held)
    processes = max(1, min(cores, most, missing // LEAST_CHUNKS))
    return Share(processes, max(1, cores // processes))


def _is_held(source: Source) -> bool:
    return source.path.suffix.lower() in _HELD


def in_processes(order: Order, processes: int, missing: Set[int]) -> Iterator[Counted]:
    """Make the missing parts, in whatever order; tell of each.

    Raises:
        JobFault: a process was ended from outside.
        WorkerFault: one met an error. Finished parts stay.
    """
    runs = runs_of(sorted(missing), processes)[::-1]
    context = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    crew = []
    try:
        for count, cores in _dealt(min(processes, len(runs))):
            here, there = context.Pipe()
            told = order if order.told.threads else replace(order, threads=count)
            crew.append(context.Process(target=_work, args=(told, cores, there), daemon=True))
            crew[-1].start()
            there.close()
            here.send(runs.pop())
            lines.append(here)
        while lines:
            for line in wait(lines):
                assert isinstance(line, Connection)
                yield from _counts(_received(line))
                if runs:
                    line.send(runs.pop())
                else:
                    lines.remove(line)
                    line.close()
    finally:
        for process in crew:
            process.terminate()
        for process in crew:
            process.join(END_S)
            process.kill()


def _dealt(processes: int) -> list[tuple[int, Sequence[int]]]:
    """Of each process how many cores are its own, and which.

    Which is left to the system where there are fewer cores than processes, where nobody says which they are,
    and where a quota grants fewer than there are: every container of a machine would take the same ones.
    """
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    cores = usable_cores()
    size, more = divmod(cores, processes)
    counts = [max(1, size + (place < more)) for place in range(processes)]
    if not size or cores < len(usable):
        usable = []
    ends = list(accumulate(counts))
    return [(count, usable[end - count : end]) for count, end in zip(counts, ends, strict=True)]


def _received(line: Connection) -> Table:
    try:
        found: Table = line.recv()
    except (EOFError, ConnectionError):
        raise JobFault(
            "一个打标的进程被系统终止了，多半是内存不够；已完成的部分没有丢，"
            "用同样的命令继续，或加 --processes 1"
        ) from None
    return found


def _counts(table: Table) -> Iterator[Counted]:
    for number, rows, rejects, fault, code in zip(*table.values(), strict=True):
        if fault:
            raise WorkerFault(fault, Code(code))
        yield Counted(number, rows, rejects, False)


def _work(order: Order, cores: Sequence[int], line: Connection) -> None:
    """What each process does: make the parts that it is told of, and tell what became of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends the others
    threading.Thread(target=end_with_parent, daemon=True).start()
    if cores:
        os.sched_setaffinity(0, cores)
    worker = Worker(order)
    while True:
        try:
            run: Sequence[int] = line.recv()
        except EOFError:
            return
        line.send(worker({"chunk": run}))
