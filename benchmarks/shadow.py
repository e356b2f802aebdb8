"""What a challenger that reads along costs those who wait for an answer.

python -m benchmarks.shadow [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.load import ENGINES
from benchmarks.results import keep, table
from data.readers import read_reports
from data.report import Report
from model.export import CARD, DEFAULT, MANIFEST, sha256
from serving.loaded import load_checked
from serving.service import Service
from serving.settings import ServeSettings

REQUESTS, PAUSE_S, CLIENTS = 300, 0.05, 16
SAMPLE = Path("data/sample/reports.csv")


def main() -> None:
    """Ask one by one with pauses, then with many clients; without a challenger and with one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="not used: the invented reports will do")
    parser.parse_args()
    reports = [row for row in read_reports(SAMPLE) if isinstance(row, Report)]
    with tempfile.TemporaryDirectory() as folder:
        challenger = copied(Path(folder) / "challenger")
        rows = [asyncio.run(measured(reports, path)) for path in (None, challenger)]
    heads = [
        "challenger", "one client: median ms", "90 %", "99 %", "read by both", "16 clients: reports/s",
        "read by both", "dropped",
    ]  # fmt: skip
    body = (
        f"{table(heads, rows)}\n\nOne client: {REQUESTS} single reports with pauses of {PAUSE_S * 1000:.0f} "
        f"ms on average, each drawn for the challenger. {CLIENTS} clients: without pauses, so that no idle "
        f"time comes. Both models on {ENGINES[0]}."
    )
    keep("shadow", "A challenger in the shadow", "python -m benchmarks.shadow", body, {"rows": rows})


def copied(folder: Path) -> Path:
    """The Export that ships with another card, so that it counts as another one."""
    shutil.copytree(DEFAULT, folder)
    (folder / CARD).write_text("challenger\n", encoding="utf-8")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][CARD] = sha256(folder / CARD)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


async def measured(reports: list[Report], challenger: Path | None) -> list[object]:
    """One row of the table."""
    settings = ServeSettings(shadow=challenger, shadow_share=1.0, engine=ENGINES[0])
    calm, loaded = (Service(settings, load_checked(settings)) for _ in range(2))
    calm.start()
    dice, seconds = random.Random(0), []
    for place in range(REQUESTS):
        began = time.perf_counter()
        await calm.tag([reports[place % len(reports)]], "misconduct")
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(dice.expovariate(1 / PAUSE_S))
    middle, high, highest = (float(x) for x in np.quantile(seconds, [0.5, 0.9, 0.99]) * 1000)
    scored = calm.shadow.counts.scored if calm.shadow else 0
    await calm.stop()

    loaded.start()

    async def client(number: int) -> None:
        for place in range(40):
            await loaded.tag([reports[(number * 40 + place) % len(reports)]], "misconduct")

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    speed = 40 * CLIENTS / (time.perf_counter() - began)
    counts = loaded.shadow.counts if loaded.shadow else None
    busy = (counts.scored, counts.dropped) if counts else (0, 0)
    await loaded.stop()
    name = "reads all" if challenger else "none"
    return [name, f"{middle:.1f}", f"{high:.1f}", f"{highest:.0f}", scored, f"{speed:.1f}", *busy]


if __name__ == "__main__":
    main()
