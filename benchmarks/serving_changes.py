"""`petition serve` while it changes: models swapped under load, and its end under load.

python -m benchmarks.serving_changes --data ../shared/data [--swaps 1000] [--seconds 300] [--ends 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load import HEADS, Load, Served, ours, real_reports, resident
from benchmarks.results import keep, table
from data.report import Report
from model.export import DEFAULT
from tests.conftest import new_export, new_taxonomy, new_tokenizer

CLIENTS = 8


@dataclass
class Swaps:
    """How it went: requests meanwhile, the reloads, and MiB of the service after each."""

    name: str
    load: Load
    reloads: Load
    memory: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def rows(self) -> list[list[object]]:
        """Of the table: the requests, and the reloads."""
        count = sum(self.reloads.statuses.values())
        return [self.load.row(f"{count} swaps of {self.name}"), self.reloads.row("the reloads themselves")]

    def told(self) -> str:
        """Time and memory in words."""
        late = self.memory[len(self.memory) // 2 :]
        return (
            f"{self.name}: {len(self.memory)} reloads in {self.seconds:.0f} s; memory {self.memory[0]} MiB "
            f"after the first, {max(self.memory)} at most, {sum(late) / len(late):.0f} on average in the "
            "second half"
        )


async def swap(name: str, served: Served, reports: Sequence[Report], swaps: int, seconds: float) -> Swaps:
    """Reload under load so many times, or for so long."""
    reloads = Load(served.port, [Report("", "")], "/v1/model/reload", lambda report: {})
    found = Swaps(name, Load(served.port, reports), reloads)
    began = time.perf_counter()
    asking = [asyncio.create_task(ask_on(found.load)) for _ in range(CLIENTS)]
    while len(found.memory) < swaps and time.perf_counter() - began < seconds:
        await reloads.send()
        found.memory.append(resident(served.process.pid))
    found.seconds = time.perf_counter() - began
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return found


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
    parser.add_argument("--swaps", type=int, default=1000, help="of the tests' tiny model")
    parser.add_argument("--seconds", type=float, default=300.0, help="of swaps of the model that ships")
    parser.add_argument("--ends", type=int, default=3)
    parser.add_argument("--note", default="", help="what else ran on the machine; told below the table")
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    rows, told, figures = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        tiny = new_export(Path(folder) / "tiny", new_tokenizer(), new_taxonomy()).folder
        for name, model, swaps, seconds in (
            ("the tests' tiny model", tiny, args.swaps, float("inf")),
            ("the model that ships", DEFAULT, args.swaps, args.seconds),
        ):
            with ours("--model", str(model)) as served:
                found = asyncio.run(swap(name, served, reports, swaps, seconds))
                engine = served.engine
            rows += found.rows()
            told.append(found.told())
            figures[name] = {"memory": found.memory, "seconds": found.seconds}
            print(rows[-2:], told[-1], flush=True)
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
        f"\n\nAll on {engine}. {CLIENTS} clients without pauses, {len(reports)} real reports. "
        f"{'; '.join(told)}. 503 is new work that a service which is ending refused. Lost is what the "
        f"service's log has as answered and no client got. {args.note}"
    )
    command = "python -m benchmarks.serving_changes --data ../shared/data"
    keep("serving_changes", "Serving while it changes", command, body.rstrip(), {**figures, "rows": rows})
    print(body)


if __name__ == "__main__":
    main()
