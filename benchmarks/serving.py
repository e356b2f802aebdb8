"""`petition serve` under load, asked over loopback: throughput, latency, and what ten times too much does.

python -m benchmarks.serving --data ../shared/data [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks.results import keep, table
from data.readers import read_reports
from data.report import Report
from model.tagger import Tagger

CLIENTS = 48  # of the measurement at saturation
OVERLOAD = 10


class Load:
    """Sends single reports over kept connections and notes status and seconds of each.

    As little Python as will do, since it shares the machine with what it measures.
    """

    def __init__(self, port: int, reports: Sequence[Report]) -> None:
        self._port = port
        self._bodies = cycle([json.dumps({"text": r.text, "title": r.title}).encode() for r in reports])
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    async def send(self) -> None:
        """One request; the seconds of those that were answered with predictions are kept."""
        body, began = next(self._bodies), time.perf_counter()
        # One that idled longer than the service keeps it has been closed.
        while self._idle and self._idle[-1][0].at_eof():
            self._idle.pop()
        connection = (
            self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        )
        reader, writer = connection
        head = b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(answer.split(b"content-length:")[1].split(b"\r\n")[0]))
        self._idle.append(connection)
        self.statuses[status := int(answer[9:12])] += 1
        if status == 200:
            self.seconds.append(time.perf_counter() - began)

    async def closed(self, clients: int, seconds: float) -> float:
        """So many clients, each asking again when it has its answer; reports per second."""
        began = time.perf_counter()

        async def ask_on() -> None:
            while time.perf_counter() - began < seconds:
                await self.send()

        await asyncio.gather(*(ask_on() for _ in range(clients)))
        return self.statuses[200] / (time.perf_counter() - began)

    async def open(self, rate: float, seconds: float) -> None:
        """Requests at random times, `rate` a second, whether or not the earlier ones have been answered."""
        rng, tasks = np.random.default_rng(0), set()
        due = began = time.perf_counter()
        while due - began < seconds:
            due += float(rng.exponential(1 / rate))
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self.send())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    def row(self, name: str) -> list[object]:
        """Name, statuses, and milliseconds at the 50th, 95th and 99th percentile."""
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        times = np.quantile(np.array(self.seconds) * 1000, (0.5, 0.95, 0.99))
        return [name, told, *(f"{t:.0f}" for t in times)]


def resident(pid: int) -> int:
    """MiB that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def main() -> None:
    """Measure and write the section `serving`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--seconds", type=float, default=20.0)
    args = parser.parse_args()
    reports: list[Report] = []
    for file in sorted((args.data / "reports").glob("*.jsonl")):
        reports += islice((r for r in read_reports(file) if isinstance(r, Report)), 300)
    reports = [reports[i] for i in np.random.default_rng(0).permutation(len(reports))]
    tagger = Tagger.load()
    tagger.tag(reports[:64])
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < args.seconds:
        done += len(tagger.tag(reports[done % (len(reports) - 512) :][:512]))
    bulk = done / (time.perf_counter() - began)
    del tagger
    with tempfile.TemporaryFile("w+") as log:
        code = "import sys; from serving.cli import main; sys.exit(main())"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", "--log-format", "json"], stderr=log
        )
        try:
            port = None
            while port is None and process.poll() is None:
                time.sleep(0.2)
                log.seek(0)
                port = next((e["port"] for e in map(json.loads, log) if e["event"] == "listening"), None)
            if port is None:
                sys.exit("petition serve did not start")
            rows, saturation, memory = measure(port, process.pid, reports, args.seconds)
        finally:
            process.terminate()
            process.wait(60)
    body = table(["load", "answers by status", "p50 ms", "p95 ms", "p99 ms"], rows)
    body += (
        f"\n\nSingle reports over HTTP: {saturation:.1f} a second at saturation ({CLIENTS} clients), beside "
        f"{bulk:.1f} with `Tagger.tag` on lists of 512: {saturation / bulk:.0%}. Memory: {memory[0]} MiB at "
        f"first, {memory[1]} MiB after the load, {memory[2]} MiB after the overload. {len(reports)} real "
        "reports; the load comes from a second process on the same cores. Latencies are of answered requests."
    )
    figures = {"bulk": bulk, "saturation": saturation, "memory": memory, "rows": rows}
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
