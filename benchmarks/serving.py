"""`petition serve` under load, asked over loopback: throughput, latency, and what ten times too much does.

python -m benchmarks.serving --data ../shared/data [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import HEADS, Load, ours, real_reports, resident
from benchmarks.results import keep, table
from data.report import Report
from model.tagger import Tagger

CLIENTS = 48  # of the measurement at saturation
OVERLOAD = 10


def bulk(reports: Sequence[Report], seconds: float) -> float:
    """Reports per second of `Tagger.tag` on lists of 512."""
    tagger = Tagger.load()
    tagger.tag(reports[:64])
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        done += len(tagger.tag(reports[done % (len(reports) - 512) :][:512]))
    return done / (time.perf_counter() - began)


def main() -> None:
    """Measure and write the section `serving`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load; six times that overload")
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    # Before and after, since a machine is not always as fast.
    first = bulk(reports, args.seconds)
    with ours() as served:
        rows, saturation, memory = measure(served.port, served.process.pid, reports, args.seconds)
    speeds = [first, bulk(reports, args.seconds)]
    mean = sum(speeds) / 2
    body = table(HEADS, rows)
    body += (
        f"\n\nSingle reports over HTTP: {saturation:.1f} a second at saturation ({CLIENTS} clients), beside "
        f"{speeds[0]:.1f} (before) and {speeds[1]:.1f} (after) with `Tagger.tag` on lists of 512: "
        f"{saturation / mean:.0%} of their mean. Memory: {memory[0]} MiB at "
        f"first, {memory[1]} MiB after the load, {memory[2]} MiB after {6 * args.seconds:.0f} s of overload. "
        f"{len(reports)} real "
        "reports; the load comes from a second process on the same cores. Latencies are of answered requests."
    )
    figures = {"bulk": speeds, "saturation": saturation, "memory": memory, "rows": rows}
    keep("serving", "Serving", "python -m benchmarks.serving --data ../shared/data", body, figures)
    print(body)


def measure(
    port: int, pid: int, reports: Sequence[Report], seconds: float
) -> tuple[list[list[object]], float, list[int]]:
    """Rows of the table, reports per second at saturation, memory before, after load, after overload."""
    asyncio.run(Load(port, reports).closed(8, 5))
    memory = [resident(pid)]
    full = Load(port, reports)
    saturation = asyncio.run(full.closed(CLIENTS, seconds))
    rows = [full.row(f"{CLIENTS} clients")]
    for share in (0.25, 0.5, 0.75, 1.0, OVERLOAD):
        if share == OVERLOAD:
            memory.append(resident(pid))
        load = Load(port, reports)
        asyncio.run(load.open(share * saturation, seconds * (6 if share == OVERLOAD else 1)))
        rows.append(load.row(f"{share:.0%} of saturation"))
        print(rows[-1], flush=True)
    return rows, saturation, [*memory, resident(pid)]


if __name__ == "__main__":
    main()
