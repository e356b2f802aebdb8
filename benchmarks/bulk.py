"""Bulk jobs: reports a second end to end, growth in rows, killed runs, full disks.

    python -m benchmarks.bulk [speed] [pinned] [growth] [kills] [full] --data ../shared/data

Every part can be run alone; its figures stay beside those of the others. `speed` and `pinned` read reports/
of --data, `speed` needs the training extra; the others read the invented reports of this repository.
`growth`, `kills` and `full` use a stand-in Export that costs nothing, or the one given by --export. `full`
mounts small file systems and needs the right to.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.load import ENGINES
from benchmarks.recombined import stand_in, write_rows
from benchmarks.results import HERE, keep, table
from data.readers import read_reports
from data.report import Report
from model.cores import usable_cores
from model.export import DEFAULT
from model.openvino_engine import installed

COMMAND = [sys.executable, "-c", "from serving.cli import main; raise SystemExit(main())", "bulk"]
TIME = ["--time", "2026-11-01T08:00:00+08:00"]
PARTS = ("speed", "pinned", "growth", "kills", "full")
FORMS = ("csv", "parquet", "xlsx", "jsonl")
ROUNDS = 3
ENCODER = "model/encoder"
REPORTS_PER_SVM_LABEL = 2000
CORE_SECONDS = 16.0


class Ran(NamedTuple):
    """How a command ended: exit code (negative: signal), seconds, of which of processors, and most memory of
    all its processes together in MiB, looked at every second; what they share counts once."""

    code: int
    seconds: float
    core_seconds: float
    memory: float


def run(arguments: Sequence[object], kill_after: float | None = None) -> Ran:
    """Run `petition bulk`, and kill it after so many seconds."""
    began, most = time.perf_counter(), [0.0]
    process = subprocess.Popen([*COMMAND, *map(str, arguments), "--quiet"], stderr=subprocess.DEVNULL)
    threading.Thread(target=_watch_memory, args=(process.pid, most), daemon=True).start()
    if kill_after is not None:
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    _, status, usage = (0, None, None) if process.returncode is not None else os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status is None or usage is None:
        return Ran(process.returncode, seconds, 0.0, 0.0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(
        process.returncode, seconds, usage.ru_utime + usage.ru_stime, max(most[0], usage.ru_maxrss / 1024)
    )


def _watch_memory(pid: int, most: list[float]) -> None:
    with contextlib.suppress(OSError):
        while held := resident(pid):
            most[0] = max(most[0], held)
            time.sleep(1)


def resident(pid: int) -> float:
    """MiB of a process and those that it started, with what several share counted once; 0: it ended."""
    folder, held = Path("/proc", str(pid)), 0.0
    with contextlib.suppress(OSError):
        lines = (folder / "smaps_rollup").read_text().splitlines()
        held = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        for child in (folder / "task" / str(pid) / "children").read_text().split():
            held += resident(int(child))
    return held


def left(target: Path) -> dict[str, bytes]:
    """What a finished job has left, by name."""
    return {
        path.name: path.read_bytes() for path in target.parent.iterdir() if path.name.startswith(target.stem)
    }


def speed(data: Path, export: Path, reports: int, folder: Path) -> dict[str, Any]:
    """Real reports in a second of one core, from a cold start to the renamed output, beside others'.

    Processor time of all threads, which other programs on the machine hardly change.
    """
    from benchmarks.speed import pipeline_work

    found, source = real_reports(data, reports), folder / "in.jsonl"
    write_reports(source, found)
    rates: dict[str, float] = {}
    for engine in ENGINES[: 1 + installed()]:
        for evidence in ("misconduct", "none"):
            told = ["--model", export, "--evidence", evidence, "--engine", engine]
            ran = run([source, folder / f"{engine}-{evidence}.jsonl", *told])
            assert ran.code == 0, ran
            rates[f"petition bulk, {engine}, evidence on {evidence}"] = len(found) / ran.core_seconds
            print(rates, flush=True)
    for name, encoder in (("same encoder", ENCODER), ("base-size BERT, random weights", None)):
        for batch in (1, 8, 32):
            work = pipeline_work(encoder, ENCODER, 21, batch)
            rates[f"transformers pipeline, {name}, batch {batch}"] = core_rate(work, found, batch)
            print(rates, flush=True)
    rates["TF-IDF + linear SVM, 21 labels"] = svm_rate(found)
    return {"reports": len(found), "rates": rates}


def real_reports(data: Path, count: int) -> list[Report]:
    """So many reports of all files, in a mixed order."""
    found: list[Report] = []
    for file in sorted((data / "reports").glob("*.jsonl")):
        found += islice((r for r in read_reports(file) if isinstance(r, Report)), count // 4)
    random.Random(0).shuffle(found)
    return found[:count]


def write_reports(path: Path, reports: Sequence[Report]) -> None:
    """Write them as JSONL."""
    rows = ({"id": str(n), "title": r.title, "text": r.text} for n, r in enumerate(reports))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def pinned(data: Path, export: Path, reports: int, engine: str, folder: Path) -> dict[str, Any]:
    """One process with a thread for each core against a process on each core.

    Seconds of the clock, so nothing else may run; memory of all processes together. In turns, medians.
    """
    found, cores = real_reports(data, reports), usable_cores()
    write_reports(folder / "in.jsonl", found)
    ways: dict[str, list[tuple[float, float]]] = {"one": [], "many": []}
    for turn in range(ROUNDS):
        for way, processes in (("one", 1), ("many", cores)):
            told = ["--model", export, "--processes", processes, "--engine", engine]
            ran = run([folder / "in.jsonl", folder / f"{way}-{turn}.jsonl", *told])
            assert ran.code == 0, ran
            ways[way].append((ran.seconds, ran.memory))
        print(ways, flush=True)
    medians = {name: [median(values) for values in zip(*runs, strict=True)] for name, runs in ways.items()}
    return {"reports": len(found), "cores": cores, "ways": medians}


def core_rate(work: Callable[[Sequence[Report]], object], reports: Sequence[Report], batch: int) -> float:
    """Reports in a second of one core's time, after one batch of warm-up."""
    from benchmarks.speed import rate

    return rate(work, reports, batch, time.process_time, CORE_SECONDS)


def svm_rate(reports: Sequence[Report]) -> float:
    """Reports in a second of one core of the SVM baseline; what its labels say does not matter to that."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    texts = [f"{report.title}\n{report.text}" for report in reports]
    train = texts[:REPORTS_PER_SVM_LABEL]
    words = (
        "学校 医院 小区 公交 工资 噪音 路灯 补贴 社保 养老 "
        "村委 街道 开发商 物业 拆迁 投诉 无人 收费 领导 没有 处理"
    ).split()
    targets = np.array([[word in text for word in words] for text in train], dtype=int)
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    kept = targets.any(axis=0) & ~targets.all(axis=0)
    machine = OneVsRestClassifier(LinearSVC(C=1.0)).fit(vectorizer.fit_transform(train), targets[:, kept])
    began = time.process_time()
    machine.decision_function(vectorizer.transform(texts))
    return len(texts) / (time.process_time() - began)


def growth(export: Path, sizes: Sequence[int], forms: Sequence[str], folder: Path) -> dict[str, Any]:
    """Rows a second and memory for more and more rows, to each form of output."""
    rows = []
    for size in sizes:
        source = folder / f"in-{size}.csv"
        write_rows(source, size)
        for form in forms:
            ran = run([source, folder / f"out-{size}.{form}", "--model", export])
            assert ran.code in (0, 1), ran  # 1: one row in a thousand has no text
            rows.append([size, form, size / ran.seconds, ran.memory])
            print(rows[-1], flush=True)
            # By name: what this process has held in memory counts as the next one's, until that begins.
            for path in folder.glob(f"out-{size}*"):
                path.unlink()
        source.unlink()
    return {"export": export.name, "rows": rows}


def kills(export: Path, runs: int, rows: int, seed: int, folder: Path) -> dict[str, Any]:
    """Kill jobs of one and of two processes at random moments until each has ended; hold every output against
    an unbroken one's."""
    source, told = folder / "in.csv", ["--model", export, *TIME, "--chunk-rows", "50", "--threads", "1"]
    write_rows(source, rows, bad=100)
    draw = random.Random(seed)
    killed = same = tries = 0
    whole: dict[str, dict[str, bytes]] = {}
    for form in FORMS:
        (folder / form).mkdir()
        ran = run([source, folder / form / f"out.{form}", *told])
        assert ran.code == 1, ran
        whole[form] = left(folder / form / f"out.{form}")
    for number in range(runs):
        form = FORMS[number % len(FORMS)]
        home = folder / f"run-{number}"
        home.mkdir()
        code = -signal.SIGKILL
        job = [source, home / f"out.{form}", *told, "--processes", 1 + number // len(FORMS) % 2]
        for _ in range(20):
            code = run(job, draw.uniform(0.1, 1.1) * ran.seconds).code
            tries += 1
            killed += code == -signal.SIGKILL
            if code != -signal.SIGKILL:
                break
        else:
            code = run(job).code
        same += code == 1 and left(home / f"out.{form}") == whole[form]
        shutil.rmtree(home)
        print(f"{number + 1} jobs, {killed} kills, {same} as an unbroken one", flush=True)
    return {"jobs": runs, "kills": killed, "runs": tries, "identical": same, "rows": rows}


def full(export: Path, runs: int, rows: int, seed: int, folder: Path) -> dict[str, Any]:
    """Run jobs on disks that are too small, enlarge them, go on; hold outputs against an unbroken one's."""
    source, told = folder / "in.csv", ["--model", export, *TIME, "--chunk-rows", "50", "--threads", "1"]
    write_rows(source, rows, bad=100)
    whole: dict[str, dict[str, bytes]] = {}
    for form in FORMS:
        (folder / form).mkdir()
        assert run([source, folder / form / f"out.{form}", *told]).code == 1
        whole[form] = left(folder / form / f"out.{form}")
    draw, disk = random.Random(seed), folder / "disk"
    disk.mkdir()
    codes: list[int] = []
    same = 0
    for number in range(runs):
        form = FORMS[number % len(FORMS)]
        out, needed = disk / f"out.{form}", 2 * sum(map(len, whole[form].values()))
        size = int(draw.uniform(0.02, 1.0) * needed)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
            sys.exit("full: mounting small file systems is not permitted here")
        try:
            codes.append(run([source, out, *told]).code)
            subprocess.run(["mount", "-o", "remount,size=1g", str(disk)], check=True)
            code = run([source, out, *told]).code
            same += code == 1 and left(out) == whole[form]
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        print(f"{number + 1} jobs, ended at first with {codes[-1]}, {same} as an unbroken one", flush=True)
    return {"jobs": runs, "full": codes.count(4), "enough": codes.count(1), "identical": same, "rows": rows}


def body(figures: Mapping[str, Any]) -> str:
    """The section, with whatever parts there are."""
    parts = []
    if "speed" in figures:
        rates = figures["speed"]["rates"]
        ours = {name: value for name, value in rates.items() if name.endswith("evidence on misconduct")}
        rows = [
            [name, f"{value:.1f}", *(f"{mine / value:.1f}" for mine in ours.values())]
            for name, value in rates.items()
        ]
        engines = [name.split(", ")[1] for name in ours]
        parts += [
            "All per core, in processor time. `petition bulk` on "
            f"{figures['speed']['reports']} real reports, from a cold start to the renamed output; "
            "the others loaded and warm, without reading, writing and evidence, cut at 512 tokens.",
            table(["", "reports/s", *(f"bulk with evidence, {name}, to it" for name in engines)], rows),
        ]
    if "pinned" in figures:
        rows = [
            [engine, name, f"{found['reports'] / found['ways'][way][0]:.1f}", f"{found['ways'][way][1]:.0f}"]
            for engine, found in sorted(figures["pinned"].items())
            for way, name in (
                ("one", f"one process, {found['cores']} threads"),
                ("many", f"{found['cores']} processes, each kept on a core"),
            )
        ]
        parts += [
            "### Threads against processes\n\nReal reports, from a cold start to the renamed output; medians "
            f"of {ROUNDS} runs each, in turns.",
            table(["engine", "", "reports/s", "most memory of all, MiB"], rows),
        ]
    if "growth" in figures:
        rows = [
            [f"{n:,}", form, f"{rate:.0f}", f"{memory:.0f}"]
            for n, form, rate, memory in figures["growth"]["rows"]
        ]
        which = figures["growth"]["export"]
        parts += [
            f"### Growth\n\nRecombined invented reports, Export `{which}`"
            + (" (costs nothing: all but the engine is measured)." if which == "stand-in" else "."),
            table(["rows", "output", "rows/s, start and end included", "most memory, MiB"], rows),
            *([figures["growth"]["remark"]] if "remark" in figures["growth"] else []),
        ]
    if "kills" in figures:
        k = figures["kills"]
        parts.append(
            f"### Killed runs\n\n{k['jobs']} jobs of {k['rows']:,} rows, killed {k['kills']} times with "
            f"SIGKILL at random moments and run again ({k['runs']} runs). {k['identical']} of {k['jobs']} "
            "ended with all files byte for byte as those of an unbroken run."
        )
    if "full" in figures:
        f = figures["full"]
        parts.append(
            f"### Full disks\n\n{f['jobs']} jobs of {f['rows']:,} rows on file systems of random size. "
            f"{f['full']} were full and said so with code 4, {f['enough']} had room. After enlarging, "
            f"{f['identical']} of {f['jobs']} ended as an unbroken run."
        )
    return "\n\n".join(parts)


def main() -> None:
    """Measure the parts asked for and write the section `bulk`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=PARTS)
    parser.add_argument("--data", type=Path, help="folder with reports/, for `speed` and `pinned`")
    parser.add_argument(
        "--export", type=Path, help="instead of the stand-in; `speed` and `pinned` use the default"
    )
    parser.add_argument("--reports", type=int, default=2000, help="of `speed` and `pinned`")
    parser.add_argument(
        "--engine", choices=ENGINES, default=ENGINES[0], help="of `pinned`; `speed` has all that there are"
    )
    parser.add_argument("--forms", default=",".join(FORMS), help="outputs of `growth`")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="rows of `growth`")
    parser.add_argument("--runs", type=int, default=200, help="jobs of `kills`")
    parser.add_argument("--disks", type=int, default=20, help="jobs of `full`")
    parser.add_argument("--rows", type=int, default=2000, help="of `kills` and `full`")
    parser.add_argument("--seed", type=int, default=2026, help="of the draws; with --more those go on")
    parser.add_argument(
        "--more", action="store_true", help="count the jobs of `kills` and `full` with those measured before"
    )
    parser.add_argument("--scratch", type=Path, help="where the files go; gigabytes for a million rows")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {' '.join(unknown)}; there are {' '.join(PARTS)}")
    kept = HERE / "results" / "bulk.json"
    for part in args.parts:
        figures: dict[str, Any] = json.loads(kept.read_text())["figures"] if kept.is_file() else {}
        before = figures.get(part, {}) if args.more else {}
        seed = args.seed + before.get("jobs", 0)  # not the moments and the disks that have been tried
        with tempfile.TemporaryDirectory(dir=args.scratch) as name:
            folder = Path(name)
            if part in ("speed", "pinned"):
                if args.data is None:
                    parser.error(f"{part} needs --data")
                given = (args.data, args.export or DEFAULT, args.reports)
                if part == "speed":
                    figures[part] = speed(*given, folder)
                else:
                    figures[part] = {
                        **figures.get(part, {}),
                        args.engine: pinned(*given, args.engine, folder),
                    }
            else:
                export = args.export or stand_in(folder / "stand-in", whole=part == "growth")
            if part == "growth":
                sizes = [int(size) for size in args.sizes.split(",")]
                figures[part] = growth(export, sizes, args.forms.split(","), folder)
            elif part == "kills":
                figures[part] = kills(export, args.runs, args.rows, seed, folder)
            elif part == "full":
                figures[part] = full(export, args.disks, args.rows, seed, folder)
        if before:
            figures[part] = {key: figures[part][key] + before[key] * (key != "rows") for key in before}
        keep("bulk", "Bulk jobs", "python -m benchmarks.bulk --data ../shared/data", body(figures), figures)
    print(body(figures))


if __name__ == "__main__":
    main()
