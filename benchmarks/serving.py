"""`petition serve` under load, asked over loopback: throughput, latency, and what ten times too much does.

python -m benchmarks.serving --data ../shared/data [--engine onnxruntime] [--seconds 40] [--overload 120]

The service and `Tagger.tag`, which it is held against, compute with the same engine.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.load import ENGINES, HEADS, Load, Served, ours, real_reports, resident
from benchmarks.results import keep, table
from data.report import Report
from model.export import DEFAULT, Export
from model.tagger import BUDGET, Tagger
from serving.engine_choice import choose
from serving.help import Wanted
from serving.settings import ServeSettings

CLIENTS = 48  # of the measurement at saturation
TURNS = 4  # of it and of bulk, one after the other, since a machine is not always as fast
SHARES = (0.25, 0.5, 0.75, 1.0)
OVERLOAD = 10


def bulk(tagger: Tagger, reports: Sequence[Report], seconds: float) -> float:
    """Reports per second of `Tagger.tag` on lists of 512."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        done += len(tagger.tag(reports[done % (len(reports) - 512) :][:512]))
    return done / (time.perf_counter() - began)


def saturate(
    served: Served, engine: str, reports: Sequence[Report], seconds: float
) -> tuple[Load, list[float], list[float]]:
    """The load of all turns together; reports per second of each turn over HTTP, and in bulk."""
    port, tagger = served.port, choose(Export.load(DEFAULT), wanted=Wanted(engine)).tagger
    if served.engine != tagger.engine.name:
        sys.exit(f"two engines, {served.engine} and {tagger.engine.name}: nothing to compare")
    total = Load(port, reports)
    tagger.tag(reports[:64])
    asyncio.run(Load(port, reports).closed(8, 5))
    rates, plain = [], []
    for turn in range(TURNS):
        at = turn * len(reports) // TURNS
        turned = [*reports[at:], *reports[:at]]
        plain.append(bulk(tagger, turned, seconds / 2))
        load = Load(port, turned)
        rates.append(asyncio.run(load.closed(CLIENTS, seconds / 2)))
        total.statuses += load.statuses
        total.seconds += load.seconds
    return total, rates, plain


async def watched(load: Load, pid: int, rate: float, seconds: float) -> list[int]:
    """Put a load on; MiB of the service, second by second."""
    held: list[int] = []

    async def watch() -> None:
        while True:
            held.append(resident(pid))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    await load.open(rate, seconds)
    watching.cancel()
    return held


def main() -> None:
    """Measure and write the section `serving`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="of the service and of bulk")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each load")
    parser.add_argument("--overload", type=float, default=120.0, help="seconds of ten times too much")
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    with ours(engine=args.engine) as served:
        pid = served.process.pid
        first = resident(pid)
        full, rates, plain = saturate(served, args.engine, reports, args.seconds)
        saturation, engine = sum(rates) / TURNS, served.engine
        rows = [full.row(f"{CLIENTS} clients")]
        print(rows, rates, plain, flush=True)
        memory = []
        for share in (*SHARES, OVERLOAD):
            load = Load(served.port, reports)
            seconds = args.overload if share == OVERLOAD else args.seconds
            memory = asyncio.run(watched(load, pid, share * saturation, seconds))
            rows.append(load.row(f"{share:.0%} of saturation"))
            print(rows[-1], resident(pid), flush=True)
    lengths = np.quantile([len(report.title) + len(report.text) for report in reports], (0.5, 0.95))
    body = table(HEADS, rows)
    body += (
        f"\n\nBoth on {engine}. Single reports over HTTP: {saturation:.1f} a second at saturation "
        f"({CLIENTS} clients); `Tagger.tag` on lists of 512: {sum(plain) / TURNS:.1f}; so "
        f"{sum(rates) / sum(plain):.0%} of it (means of {TURNS} turns each, {spread(rates)} and "
        f"{spread(plain)}). One call of the engine has up to {ServeSettings().batch_tokens} tokens in the "
        f"service, {BUDGET} in `Tagger.tag`. Memory: {first} MiB when started; {memory[0]} before "
        f"the overload of {args.overload:.0f} s, {max(memory)} at most in it, "
        f"{memory[-1]} at its end. {len(reports)} real reports, half of them longer than {lengths[0]:.0f} "
        f"characters, one in twenty longer than {lengths[1]:.0f}. The load comes from a second process on "
        "the same cores, from 25 % on at random times. Latencies are of answered requests."
    )
    figures = {
        "engine": engine, "bulk": plain, "served": rates, "saturation": saturation, "memory": memory,
        "rows": rows,
    }  # fmt: skip
    command = f"python -m benchmarks.serving --data ../shared/data --engine {args.engine}"
    keep("serving", "Serving", command, body, figures)
    print(body)


def spread(speeds: Sequence[float]) -> str:
    """Least and most of the turns."""
    return f"{min(speeds):.1f} to {max(speeds):.1f}"


if __name__ == "__main__":
    main()
