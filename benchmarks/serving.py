"""`petition serve` under load, asked over loopback: throughput, latency, and what ten times too much does.

python -m benchmarks.serving --data ../shared/data [--seconds 40] [--overload 120]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.load import HEADS, Load, ours, real_reports, resident
from benchmarks.results import keep, table
from data.report import Report
from model.tagger import Tagger

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


def saturate(port: int, reports: Sequence[Report], seconds: float) -> tuple[Load, list[float], list[float]]:
    """The load of all turns together; reports per second of each turn over HTTP, and in bulk."""
    tagger, total = Tagger.load(), Load(port, reports)
    tagger.tag(reports[:64])
    asyncio.run(Load(port, reports).closed(8, 5))
    served, plain = [], []
    for turn in range(TURNS):
        at = turn * len(reports) // TURNS
        turned = [*reports[at:], *reports[:at]]
        plain.append(bulk(tagger, turned, seconds / 2))
        load = Load(port, turned)
        served.append(asyncio.run(load.closed(CLIENTS, seconds / 2)))
        total.statuses += load.statuses
        total.seconds += load.seconds
    return total, served, plain


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
    parser.add_argument("--seconds", type=float, default=40.0, help="of each load")
    parser.add_argument("--overload", type=float, default=120.0, help="seconds of ten times too much")
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    with ours() as served:
        pid = served.process.pid
        first = resident(pid)
        full, rates, plain = saturate(served.port, reports, args.seconds)
        saturation = sum(rates) / TURNS
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
        f"\n\nSingle reports over HTTP: {saturation:.1f} a second at saturation ({CLIENTS} clients); "
        f"`Tagger.tag` on lists of 512: {sum(plain) / TURNS:.1f}; so {sum(rates) / sum(plain):.0%} of it "
        f"(means of {TURNS} turns each, {spread(rates)} and {spread(plain)}). Memory: {first} MiB when "
        f"started; {memory[0]} before the overload of {args.overload:.0f} s, {max(memory)} at most in it, "
        f"{memory[-1]} at its end. {len(reports)} real reports, half of them longer than {lengths[0]:.0f} "
        f"characters, one in twenty longer than {lengths[1]:.0f}. The load comes from a second process on "
        "the same cores, from 25 % on at random times. Latencies are of answered requests."
    )
    figures = {"bulk": plain, "served": rates, "saturation": saturation, "memory": memory, "rows": rows}
    keep("serving", "Serving", "python -m benchmarks.serving --data ../shared/data", body, figures)
    print(body)


def spread(speeds: Sequence[float]) -> str:
    """Least and most of the turns."""
    return f"{min(speeds):.1f} to {max(speeds):.1f}"


if __name__ == "__main__":
    main()
