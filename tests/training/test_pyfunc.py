"""An Export logged in MLflow answers what the Tagger answers, in every form of MLflow's protocol."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas
import pytest
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from tokenizers import Tokenizer

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from tests.conftest import speaking_tables
from training.pyfunc import EXAMPLE
from training.tracking import tracked

ROOT = Path(__file__).parents[2]
TEXT = "学校收费，领导推诿没人处理。"
OTHER = "补贴名单造假，反映多次没人处理。"


@pytest.fixture
def export(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Export:
    return make_export(speaking_tables(tokenizer, {"学校": 0, "医院": 1, "推诿": 3, "造假": 4}, 7))


@pytest.fixture
def logged(records: Path, export: Export) -> str:
    """Where the registered model is."""
    with tracked("one", records) as run:
        version = run.model(export.folder, "office")
    return f"models:/office/{version}"


def labels(answer: Any, axis: str = "misconduct") -> list[list[str]]:
    return [[tag["label"] for tag in row["tags"][axis]] for row in answer.to_dict("records")]


def test_a_loaded_model_answers_what_the_tagger_answers(logged: str, export: Export) -> None:
    table = pandas.DataFrame({"id": ["1", "2"], "title": ["", "医院名单"], "text": [TEXT, OTHER]})
    reports = [Report("1", TEXT), Report("2", OTHER, "医院名单")]
    answer = mlflow.pyfunc.load_model(logged).predict(table)

    wanted = [prediction.to_dict() for prediction in Tagger(export, 1).tag(reports)]
    assert answer.to_dict("records") == wanted
    assert labels(answer) == [["inaction"], ["falsification"]]


def test_evidence_and_axes_are_parameters(logged: str) -> None:
    model = mlflow.pyfunc.load_model(logged)
    table = pandas.DataFrame({"text": [TEXT]})
    (all_of_it,) = model.predict(table, {"evidence": "all"}).to_dict("records")
    (one_axis,) = model.predict(table, {"evidence": "none", "axes": ["domain"]}).to_dict("records")

    assert "学校" in all_of_it["tags"]["domain"][0]["evidence"][0]["text"]
    assert list(one_axis["tags"]) == ["domain"] and "evidence" not in one_axis["tags"]["domain"][0]
    with pytest.raises(MlflowException, match="evidence must be one of"):
        model.predict(table, {"evidence": "some"})
    with pytest.raises(MlflowException, match="axes must be among domain, misconduct, purpose"):
        model.predict(table, {"axes": ["weather"]})


@pytest.mark.parametrize("mask", ["output", "input"])
def test_a_mask_that_is_asked_for_covers(logged: str, mask: str) -> None:
    model = mlflow.pyfunc.load_model(logged)
    phone = "13800138000"
    text = f"学校{phone}收费，领导推诿没人处理。"
    table = pandas.DataFrame({"text": [text]})
    open_, covered = (
        model.predict(table, {"evidence": "all", "mask": asked}).to_dict("records")
        for asked in ("none", mask)
    )

    assert phone in str(open_) and labels(model.predict(table)) == labels(
        model.predict(table, {"mask": mask})
    )
    assert phone not in str(covered) and covered[0]["tags"]["domain"][0]["evidence"]
    with pytest.raises(MlflowException, match="mask must be one of none, output, input"):
        model.predict(table, {"mask": "all"})


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["text"], "data": [[TEXT], [OTHER]]}},
        {"dataframe_records": [{"id": "1", "text": TEXT}, {"text": OTHER}]},
        {"inputs": {"text": [TEXT, OTHER]}},
        {"instances": [{"text": TEXT}, {"text": OTHER}]},
    ],
    ids=lambda body: next(iter(body)),
)
def test_every_form_of_the_protocol_is_read(logged: str, body: dict[str, Any]) -> None:
    model = mlflow.pyfunc.load_model(logged)
    parsed = infer_and_parse_data(body, model.metadata.get_input_schema())

    assert labels(model.predict(parsed)) == [["inaction"], ["falsification"]]


def test_the_model_has_signature_and_invented_example_but_no_pickle_and_no_code(
    logged: str, records: Path
) -> None:
    info = mlflow.models.get_model_info(logged)
    names = {path.name for path in (records / "mlruns").rglob("*") if path.is_file()}

    assert info.signature is not None and info.signature.inputs.input_names() == ["id", "title", "text"]
    assert [param.name for param in info.signature.params.params] == ["evidence", "axes", "mask"]
    assert list(mlflow.pyfunc.load_model(logged).input_example["text"]) == EXAMPLE["text"]
    assert {"export.json", "model.onnx", "pyfunc_code.py"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle"))]
    assert info.flavors["python_function"].get("code") is None


@pytest.mark.slow
def test_a_served_model_answers_over_http(logged: str, records: Path) -> None:
    """`mlflow models serve --env-manager local`, as a user starts it."""
    environment = {
        **os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{records / 'mlflow.db'}", "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    port = _free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", logged,
               "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    server = subprocess.Popen(
        command, env=environment, cwd=records, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        body = {"dataframe_records": [{"id": "7", "text": TEXT}], "params": {"evidence": "none"}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", json.dumps(body).encode(),
            {"content-type": "application/json"},
        )  # fmt: skip
        _wait_for(port, server)
        with urllib.request.urlopen(request, timeout=30) as answer:
            (prediction,) = json.load(answer)["predictions"]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)

    assert prediction["id"] == "7" and prediction["model"] == "tiny@1"
    assert [tag["label"] for tag in prediction["tags"]["domain"]] == ["education"]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail("mlflow models serve does not answer")
