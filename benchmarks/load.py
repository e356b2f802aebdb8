"""Load on a service over loopback, and services to put it on; shared by the measurements of serving."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

from data.readers import read_reports
from data.report import Report

ENGINES = ("onnxruntime", "openvino")
HEADS = ("load", "answers by status", "p50 ms", "p95 ms", "p99 ms")


def as_ours(report: Report) -> object:
    """The body of /v1/tag."""
    return {"text": report.text, "title": report.title}


class Load:
    """Sends single reports over kept connections and notes status and seconds of each.

    As little Python as will do, since it shares the machine with what it measures.
    """

    def __init__(
        self,
        port: int,
        reports: Sequence[Report],
        path: str = "/v1/tag",
        shape: Callable[[Report], object] = as_ours,
    ) -> None:
        self._port, self._path = port, path
        self._bodies = cycle([json.dumps(shape(report)).encode() for report in reports])
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.refused = 0  # connections that were not taken: the port is closed
        self.broken = 0  # requests that were sent whole and got no answer

    async def send(self, due: float | None = None) -> None:
        """One request; the seconds of those that were answered with predictions are kept.

        Args:
            due: when it should have been sent, from which its seconds count: a load that comes late itself
                would leave out what a caller waits then. By default now.
        """
        body, began = next(self._bodies), time.perf_counter() if due is None else due
        # One that idled longer than the service keeps it has been closed.
        while self._idle and self._idle[-1][0].at_eof():
            self._idle.pop()[1].close()
        kept = bool(self._idle)
        try:
            reader, writer = (
                self._idle.pop() if kept else await asyncio.open_connection("127.0.0.1", self._port)
            )
        except OSError:
            self.refused += 1
            return
        head = f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        try:
            writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(answer.split(b"content-length:")[1].split(b"\r\n")[0]))
        except (OSError, EOFError):
            self.broken += 1
            return
        if b"connection: close" in answer:
            writer.close()
        else:
            self._idle.append((reader, writer))
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
            task = asyncio.create_task(self.send(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    def row(self, name: str) -> list[object]:
        """Name, statuses, and milliseconds at the 50th, 95th and 99th percentile."""
        told = [f"{status}: {count}" for status, count in sorted(self.statuses.items())]
        told += [f"no answer: {self.broken}"] * bool(self.broken)
        told += [f"port closed: {self.refused}"] * bool(self.refused)
        times = np.quantile(np.array(self.seconds or [np.nan]) * 1000, (0.5, 0.95, 0.99))
        return [name, ", ".join(told), *(f"{t:.0f}" for t in times)]


# wrk has no bodies of its own; each of its threads would read the file.
_WRK = """
bodies, at = {}, 0
for line in io.lines("%s") do bodies[#bodies + 1] = line end
request = function()
  at = at %% #bodies + 1
  return wrk.format("POST", "%s", {["Content-Type"] = "application/json"}, bodies[at])
end
done = function(summary, latency)
  print("wrk", summary.requests, summary.errors.status, summary.errors.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000)
end
"""


def by_wrk(
    port: int, reports: Sequence[Report], clients: int, seconds: int, path: str = "/v1/tag"
) -> tuple[list[object], float]:
    """`Load.closed` by wrk (https://github.com/wg/wrk): a row without a name, and reports per second."""
    with tempfile.TemporaryDirectory() as folder:
        bodies, script = Path(folder, "bodies.jsonl"), Path(folder, "post.lua")
        bodies.write_text("".join(f"{json.dumps(as_ours(report))}\n" for report in reports))
        script.write_text(_WRK % (bodies, path))
        told = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script),
             f"http://127.0.0.1:{port}"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    last = next(line for line in told.splitlines() if line.startswith("wrk\t"))
    requests, bad, late, took, *times = (float(word) for word in last.split()[1:])
    counts = {"200": requests - bad, "others": bad, "late": late}
    answers = ", ".join(f"{name}: {count:.0f}" for name, count in counts.items() if count or name == "200")
    return [answers, *(f"{t:.0f}" for t in times)], (requests - bad) / took


def real_reports(data: Path, each: int) -> list[Report]:
    """Up to `each` reports of every file in DATA/reports, in one random order."""
    reports: list[Report] = []
    for file in sorted((data / "reports").glob("*.jsonl")):
        reports += islice((r for r in read_reports(file) if isinstance(r, Report)), each)
    return [reports[i] for i in np.random.default_rng(0).permutation(len(reports))]


@dataclass
class Served:
    """A `petition serve`, its port and its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def events(self) -> list[dict[str, Any]]:
        """The log so far, without the line that is being written."""
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    @property
    def engine(self) -> str:
        """Name and version of the engine, as its log tells them."""
        return next(str(each["engine"]) for each in self.events() if each["event"] == "engine")


@contextmanager
def ours(*arguments: str, engine: str = "onnxruntime") -> Iterator[Served]:
    """A `petition serve` with these arguments.

    The engine is named, since `auto` takes another one on another machine; by default the one that every
    install has.
    """
    with tempfile.NamedTemporaryFile() as log:  # read by its name: a handle would move where it is written
        code = "import sys; from serving.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "serve", "--port", "0", "--log-format", "json", *arguments]
        command += ["--set", f"engine={engine}"]
        process = subprocess.Popen(command, stderr=log)
        served = Served(process, 0, Path(log.name))
        try:
            while not served.port and process.poll() is None:
                time.sleep(0.2)
                served.port = next((e["port"] for e in served.events() if e["event"] == "listening"), 0)
            if not served.port:
                sys.exit("petition serve did not start")
            yield served
        finally:
            process.terminate()
            process.wait(120)


@contextmanager
def other(command: Sequence[str], port: int, ready: str, patience: float = 600.0) -> Iterator[int]:
    """Another service on a port, which answers at the path `ready` when it is up."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until = time.monotonic() + patience
            while not _answers(f"http://127.0.0.1:{port}{ready}"):
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    sys.exit(f"{command[0]} did not start: {log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.5)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):
            return True
    except (URLError, OSError):
        return False


def resident(pid: int) -> int:
    """MiB that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024
