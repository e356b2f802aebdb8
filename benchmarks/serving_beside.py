"""`petition serve` beside other ways to put the same encoder behind HTTP.

python -m benchmarks.serving_beside --data ../shared/data [--seconds 30] [--infinity PYTHON]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import HEADS, Load, as_ours, by_wrk, other, ours, real_reports
from benchmarks.results import keep, table
from data.report import Report
from model import openvino_engine
from model.export import DEFAULT, Export

CLIENTS = 8
ENCODER = Path("model/encoder")
Shape = Callable[[Report], object]


def as_instance(report: Report) -> object:
    """A body of MLflow's scoring protocol."""
    return {"dataframe_records": [as_ours(report)]}


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def naive(labels: int) -> Iterator[tuple[int, str, Shape]]:
    """transformers' pipeline behind one FastAPI route."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.naive_service", str(ENCODER), str(labels), str(port)]
    with other(command, port, "/ready"):
        yield port, "/tag", as_ours


@contextmanager
def mlflow_serve(labels: int) -> Iterator[tuple[int, str, Shape]]:
    """`mlflow models serve` of the shipped Export as it is logged by a training."""
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own, so that this one stays small.
        code = (
            "import sys, mlflow; from pathlib import Path; from training.pyfunc import log_export\n"
            "mlflow.set_tracking_uri(f'sqlite:///{sys.argv[1]}/mlflow.db')\n"
            "mlflow.create_experiment('e', f'file://{sys.argv[1]}/runs'); mlflow.set_experiment('e')\n"
            "with mlflow.start_run(): info = log_export(Path(sys.argv[2]))\n"
            "print(mlflow.artifacts.download_artifacts(info.model_uri, dst_path=f'{sys.argv[1]}/model'))"
        )
        logged = subprocess.run(
            [sys.executable, "-c", code, folder, str(DEFAULT)], capture_output=True, text=True, check=False
        )
        if logged.returncode:
            sys.exit(f"the model could not be logged: {logged.stderr[-1000:]}")
        port = free_port()
        command = [
            sys.executable, "-m", "mlflow", "models", "serve", "-m", logged.stdout.splitlines()[-1],
            "--env-manager", "local", "--port", str(port), "--workers", "1",
        ]  # fmt: skip
        # It calls uvicorn by name.
        command = ["env", f"PATH={Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", *command]
        with other(command, port, "/ping"):
            yield port, "/invocations", as_instance


@contextmanager
def infinity(labels: int, python: str) -> Iterator[tuple[int, str, Shape]]:
    """infinity_emb's /classify on the same encoder with a head of random weights, from a venv of its own."""
    with tempfile.TemporaryDirectory() as folder:
        code = (
            "import sys\nfrom transformers import AutoModelForSequenceClassification as M\n"
            "from transformers import PreTrainedTokenizerFast as T\n"
            "M.from_pretrained(sys.argv[1], num_labels=int(sys.argv[3]), "
            "problem_type='multi_label_classification').save_pretrained(sys.argv[2])\n"
            "T(tokenizer_file=sys.argv[1] + '/tokenizer.json', pad_token='[PAD]', unk_token='[UNK]', "
            "cls_token='[CLS]', sep_token='[SEP]', model_max_length=512).save_pretrained(sys.argv[2])"
        )
        subprocess.run([python, "-c", code, str(ENCODER), folder, str(labels)], check=True)
        port = free_port()
        command = [
            "env", "DO_NOT_TRACK=1", "HF_HUB_OFFLINE=1", str(Path(python).with_name("infinity_emb")), "v2",
            "--model-id", folder, "--served-model-name", "m", "--device", "cpu", "--port", str(port),
            "--no-bettertransformer",
        ]  # fmt: skip
        with other(command, port, "/health"):
            yield port, "/classify", lambda report: {
                "model": "m", "input": [f"{report.title}\n{report.text}"],
            }  # fmt: skip


@contextmanager
def petition(labels: int, engine: str = "onnxruntime") -> Iterator[tuple[int, str, Shape]]:
    """Ours, as shipped; the engine is named, since `auto` takes another one where it is installed."""
    with ours(engine=engine) as served:
        yield served.port, "/v1/tag", as_ours


def measure(
    port: int, path: str, shape: Shape, reports: Sequence[Report], seconds: float
) -> tuple[Load, float]:
    """The load after a warm-up, and reports per second."""
    asyncio.run(Load(port, reports, path, shape).closed(CLIENTS, 5))
    load = Load(port, reports, path, shape)
    return load, asyncio.run(load.closed(CLIENTS, seconds))


def main() -> None:
    """Measure and write the section `serving_beside`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--infinity", help="a Python that has infinity_emb")
    parser.add_argument("--note", default="", help="what else ran on the machine; told below the table")
    args = parser.parse_args()
    reports = real_reports(args.data, 300)
    labels = sum(len(axis.labels) for axis in Export.load(DEFAULT).taxonomy.axes)
    ways: dict[str, Callable[[int], object]] = {
        "petition serve, onnxruntime": petition,
        "transformers pipeline behind FastAPI": naive,
        "mlflow models serve, our pyfunc": mlflow_serve,
        "petition serve, onnxruntime, again": petition,
    }
    if openvino_engine.installed():
        ways["petition serve, openvino"] = lambda count: petition(count, "openvino")
    if args.infinity:
        ways["infinity_emb /classify"] = lambda count: infinity(count, args.infinity)
    rows = []
    for name, way in ways.items():
        with way(labels) as (port, path, shape):  # type: ignore[attr-defined]
            load, rate = measure(port, path, shape, reports, args.seconds)
            if not load.statuses[200]:
                sys.exit(f"{name} answers nothing with 200: {dict(load.statuses)}")
            rows.append([name, f"{rate:.1f}", *load.row(name)[1:]])
            if name.startswith("petition serve") and shutil.which("wrk"):
                row, rate = by_wrk(port, reports, CLIENTS, round(args.seconds), path)
                rows.append([f"{name}, load by wrk", f"{rate:.1f}", *row])
        print(rows[-1], flush=True)
    body = table(["service", "reports/s", *HEADS[1:]], rows)
    body += (
        f"\n\n{CLIENTS} clients without pauses, one report a request, {len(reports)} real reports. Ours "
        "reads every report whole and tells evidence; the pipeline and infinity_emb cut texts at 512 tokens, "
        "have a head of random weights and tell scores alone. The pyfunc computes with onnxruntime, the "
        "pipeline and infinity_emb with torch; openvino computes products in bf16 and is in an extra that "
        f"neither the base install nor the image has. {args.note}"
    )
    command = "python -m benchmarks.serving_beside --data ../shared/data"
    keep("serving_beside", "Serving beside others", command, body.rstrip(), {row[0]: row[1:] for row in rows})
    print(body)


if __name__ == "__main__":
    main()
