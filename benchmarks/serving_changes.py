"""`petition serve` while it changes: models swapped under load, and its end under load.

python -m benchmarks.serving_changes --data ../shared/data [--swaps 1000] [--export FOLDER] [--ends 5]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import HEADS, Load, ours, real_reports, resident
from benchmarks.results import keep, table
from data.report import Report
from model.export import DEFAULT

CLIENTS = 8


async def swap(port: int, reports: Sequence[Report], swaps: int) -> tuple[Load, Load, float]:
    """The load, the reloads, and the seconds that they took."""
    load, reloads = Load(port, reports), Load(port, [Report("", "")], "/v1/model/reload", lambda report: {})
    began = time.perf_counter()
    asking = [asyncio.create_task(ask_on(load)) for _ in range(CLIENTS)]
    for _ in range(swaps):
        await reloads.send()
    seconds = time.perf_counter() - began
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return load, reloads, seconds


async def ask_on(load: Load) -> None:
    """Ask again and again, until the port is closed."""
    while not load.refused:
        await load.send()


async def end(port: int, pid: int, reports: Sequence[Report], seconds: float) -> Load:
    """The load, with SIGTERM sent after some seconds of it."""
    load = Load(port, reports)
    asking = [asyncio.create_task(ask_on(load)) for _ in range(CLIENTS)]
    await asyncio.sleep(seconds)
    os.kill(pid, signal.SIGTERM)
    await asyncio.gather(*asking)
    return load


def main() -> None:
    """Measure and write the section `serving_changes`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--export", type=Path, default=DEFAULT, help="the model that is loaded anew")
    parser.add_argument("--ends", type=int, default=5)
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    with ours("--model", str(args.export)) as served:
        before = resident(served.process.pid)
        load, reloads, seconds = asyncio.run(swap(served.port, reports, args.swaps))
        after = resident(served.process.pid)
    rows = [load.row(f"{args.swaps} swaps of the model"), reloads.row("the reloads themselves")]
    print(rows, flush=True)
    for _ in range(args.ends):
        # Time for clients to notice, as behind a load balancer.
        with ours("--set", "drain_wait_s=2") as served:
            load = asyncio.run(end(served.port, served.process.pid, reports, 10))
            code = served.process.wait(60)
            logged = sum(each["event"] == "request" for each in served.events())
        lost = logged - sum(load.statuses.values())
        rows.append(load.row(f"SIGTERM after 10 s (ended with {code}, lost {lost})"))
        print(rows[-1], flush=True)
    body = table(HEADS, rows)
    body += (
        f"\n\n{CLIENTS} clients without pauses. {args.swaps} reloads took {seconds:.0f} s; memory {before} "
        f"MiB before, {after} MiB after. 503 is new work that a service which is ending refused. Lost is "
        "what the service's log has as answered and no client got."
    )
    figures = {"rows": rows, "seconds": seconds, "memory": [before, after]}
    command = f"python -m benchmarks.serving_changes --data ../shared/data --swaps {args.swaps}"
    keep("serving_changes", "Serving while it changes", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
