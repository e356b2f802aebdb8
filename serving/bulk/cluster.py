"""Cluster: the missing parts of a job made by Ray's workers, on this machine's cores or on many machines.

Ray Data deals out the numbers of chunks, starts a lost worker again and repeats its task; how often it may,
the workers count themselves. What a job keeps, how it goes on and in which order its rows come out is the
business of parts and merge, as in one process: docs/decisions/0006-ray.md.

Ray's driver is a process of its own: when its machine's part of the cluster goes, Ray ends that process at
once with code 1, which would say that the job is done.
"""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from model.cores import usable_cores
from serving.bulk.choices import LOCAL
from serving.bulk.faults import JobFault, NotInstalled, WorkerFault
from serving.bulk.inputs import Inputs
from serving.bulk.manifest import Manifest
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.settings import Settings
from serving.bulk.work import Counted
from serving.bulk.worker import Order, Worker, end_with_parent, runs_of
from serving.faults import Code, WrongUse, explain

MOST_THREADS = 4  # of a worker, unless told; what evidence costs is one thread's work
MEMORY = 1 << 30  # bytes that Ray sets aside for a worker, where a machine has them
SILENCE_S = 600.0  # between two looks at whether there are new parts, while nothing is heard
LOOK_S = 10.0  # between two looks at the machines
LOST_S = 120.0  # without a machine that a worker fits on before the job ends; one may be starting anew
WAIT_S = 90.0  # for what others have written to be seen here; NFS keeps a list of a folder up to 60 s
END_S = 20.0  # for the driver to end before it is killed
_STORE = 80 << 20  # bytes of the object store, which carries numbers alone; Ray takes no less
_SET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing about its use leaves the machine
    "RAY_worker_niceness": "0",  # 15 by default: behind everything else on a machine
}


class Share(NamedTuple):
    """What the machines have room for.

    Attributes:
        threads: of a worker.
        memory: bytes set aside for each.
        workers: on all machines.
    """

    threads: int
    memory: int
    workers: int


@dataclass(frozen=True)
class Told:
    """What a driver sends: counts of a chunk, or an error in our words with its exit code."""

    made: Counted | None = None
    fault: str = ""
    code: int = 0


def on_ray(
    told: Settings,
    places: Places,
    manifest: Manifest,
    inputs: Inputs,
    known: bool,
    missing: Set[int],
    remark: Callable[[str], None],
) -> Iterator[Counted]:
    """Make the missing parts, in whatever order; tell of each, and by `remark` of silence.

    Raises:
        NotInstalled: the extra `ray` is missing.
        WrongUse: the job cannot be done by other processes, or no machine is large enough.
        JobFault: the cluster cannot be reached or has gone, or a worker met an error. Finished parts stay.
    """
    if importlib.util.find_spec("ray") is None:
        raise NotInstalled("--ray 需要另装 ray：pip install 'petition-tagger[ray]'")
    order = Order(_whole(told), places, manifest, _with_whole_paths(inputs), known, told.threads)
    parts = Parts(places.folder, manifest.job)
    address = told.ray or LOCAL
    folder = tempfile.mkdtemp(prefix="ray-") if address == LOCAL else ""
    try:
        yield from _driven(order, address, folder, sorted(missing), partial(_received, parts, remark))
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    parts.wait_for(missing, WAIT_S)


def _driven(
    order: Order,
    address: str,
    folder: str,
    missing: Sequence[int],
    received: Callable[[Connection], Told],
) -> Iterator[Counted]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    driver = context.Process(target=_drive, args=(order, address, folder, missing, there), daemon=True)
    driver.start()
    there.close()
    try:
        while (told := received(here)).made is not None:
            yield told.made
        if told.fault:
            raise WorkerFault(told.fault, Code(told.code))
        driver.join(END_S)
    finally:
        driver.terminate()
        driver.join(END_S)
        driver.kill()
        here.close()


def _received(parts: Parts, remark: Callable[[str], None], here: Connection) -> Told:
    """What the driver sends next; while it says nothing, and no part is made either, the user is told so."""
    made: int | None = None
    try:
        while not here.poll(SILENCE_S):
            before, made = made, parts.made()
            if made == before:
                minutes = round(SILENCE_S / 60)
                remark(f"Ray 已有 {minutes} 分钟没有做完新的部分；请用 ray status 看各机器是否还在工作")
        told: Told = here.recv()
    except EOFError:
        raise JobFault(
            "Ray 集群断了，或不再有放得下一个工作进程的机器；已完成的部分没有丢，"
            "集群恢复后用同样的命令继续，或不加 --ray"
        ) from None
    return told


def _drive(order: Order, address: str, folder: str, missing: Sequence[int], there: Connection) -> None:
    """What the driver's process does: join or start a cluster, deal out the chunks, tell what comes back."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Ray and its libraries speak there, in English and of their own insides.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.environ.update(_SET)
    if folder:
        # A token for this one job; Ray would leave one in the home.
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    try:
        import ray
        import ray.data

        _connect(ray, address, folder)
        over = threading.Event()
        try:
            share = _share(ray, order.threads)
            threading.Thread(target=_end_without_machines, args=(ray, share, over), daemon=True).start()
            runs = runs_of(missing, share.workers)
            for made in _made(ray, replace(order, threads=share.threads), runs, share):
                if made["fault"]:
                    there.send(Told(fault=made["fault"], code=made["code"]))
                    return
                there.send(Told(Counted(made["chunk"], made["rows"], made["rejects"], False)))
            there.send(Told())
        finally:
            over.set()
            ray.shutdown()
    except WrongUse as error:
        there.send(Told(fault=str(error), code=Code.WRONG_USE))
    except JobFault as error:
        there.send(Told(fault=str(error), code=explain(error)[1]))
    except Exception as error:
        said = f"Ray 集群出错（{type(error).__name__}）；已完成的部分没有丢，用同样的命令继续"
        there.send(Told(fault=said, code=Code.NO_FILE))


def _end_without_machines(ray: Any, share: Share, over: threading.Event) -> None:
    """End the driver where no worker fits on a machine that is left: Ray would wait without a word."""
    seen = time.monotonic()
    while not over.wait(LOOK_S):
        if _room(_machines(ray), share.threads, share.memory):
            seen = time.monotonic()
        elif time.monotonic() - seen > LOST_S:
            os._exit(1)


def _connect(ray: Any, address: str, folder: str) -> None:
    more: dict[str, Any] = {"address": address}
    if folder:
        more = {
            "address": LOCAL, "num_cpus": usable_cores(), "include_dashboard": False,
            "object_store_memory": _STORE, "_temp_dir": folder,
        }  # fmt: skip
    try:
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **more)
    except Exception as error:
        raise JobFault(
            f"连不上 Ray 集群 {address}（{type(error).__name__}）；要在集群的一台机器上运行，"
            "先用 ray status 看集群是否在"
        ) from None


def _machines(ray: Any) -> list[tuple[int, int]]:
    """Cores and bytes of memory of every machine that is there."""
    found = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [(int(one.get("CPU", 0)), int(one.get("memory", 0))) for one in found]


def _room(machines: Sequence[tuple[int, int]], threads: int, memory: int) -> int:
    """How many workers fit on these machines."""
    return sum(min(cores // threads, free // memory) for cores, free in machines)


def _share(ray: Any, threads: int) -> Share:
    machines = _machines(ray)
    most = max((cores for cores, _ in machines), default=0)
    if threads > most or not most:
        raise WrongUse(f"--threads {threads}：集群里最大的机器只有 {most} 个核心")
    threads = threads or min(MOST_THREADS, min(cores for cores, _ in machines if cores))
    memory = min(MEMORY, max(1, *(free for cores, free in machines if cores >= threads)))
    return Share(threads, memory, max(1, _room(machines, threads, memory)))


def _made(ray: Any, order: Order, runs: Sequence[Sequence[int]], share: Share) -> Iterator[dict[str, Any]]:
    import pyarrow as pa  # type: ignore[import-untyped]

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # It would end a job whose tasks are long, as those of careful evidence are; see `_received`.
    context.execution_no_progress_timeout_s = -1
    data = ray.data.from_arrow([pa.table({"chunk": run}) for run in runs])
    made = data.map_batches(
        Worker,
        fn_constructor_args=(order,),
        batch_size=None,
        num_cpus=share.threads,
        memory=share.memory,
        # One task waits behind the one at work: what is with a lost or slow worker is little.
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=share.workers, initial_size=share.workers, max_tasks_in_flight_per_actor=2
        ),
    )
    yield from made.iter_rows()


def _whole(told: Settings) -> Settings:
    """Settings with whole paths, since workers stand in other folders."""
    protection = told.protection
    if protection.watch_list is not None:
        protection = replace(protection, watch_list=protection.watch_list.absolute())
    model = told.model.absolute() if told.model is not None else None
    return replace(told, model=model, protection=protection)


def _with_whole_paths(inputs: Inputs) -> Inputs:
    """Inputs with whole paths, under their own names.

    Raises:
        WrongUse: they are in this process's memory alone.
    """
    if any(source.held is not None for source in inputs.sources):
        raise WrongUse("--ray 不能与密封模式下的标准输入一起用：信件内容不写入文件，别的机器读不到；请给文件")
    sources = [replace(source, path=Path(source.path).absolute()) for source in inputs.sources]
    return inputs.at(sources)
