"""Runs in MLflow: settings, figures per epoch and label, the data's hash, the Export. Never texts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXPERIMENT = "petition-tagger"
MOST_SLICES = 40  # of an axis, the largest
_ODD = re.compile(r"[^\w\- ]")  # what MLflow does not take in a name, and a little more


class Run:
    """One MLflow run; a thin face so that only this file knows mlflow."""

    def __init__(self, client: Any) -> None:
        self._mlflow = client

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings; those that `mlflow run -P` logged already stay as they were typed."""
        run = self._mlflow.active_run()
        known = self._mlflow.get_run(run.info.run_id).data.params
        self._mlflow.log_params({name: value for name, value in values.items() if name not in known})

    def tag(self, name: str, value: str) -> None:
        """Set a tag."""
        self._mlflow.set_tag(name, value)

    def epoch(self, line: Mapping[str, float], stage: str) -> None:
        """Log one epoch's figures."""
        step = int(line["epoch"])
        for name, value in line.items():
            if name != "epoch":
                self._mlflow.log_metric(f"{stage}_{name}", value, step=step)

    def metrics(self, summary: Mapping[str, Any]) -> None:
        """Log the figures of `Metrics.summary`, label by label and slice by slice."""
        values = {"review_share": summary["review_share"]}
        for axis, figures in summary["axes"].items():
            for name, value in figures.items():
                if isinstance(value, int | float):
                    values[f"{axis}_{name}"] = value
            for label, row in figures["labels"].items():
                values |= {f"{axis}_{label}_{k}": v for k, v in row.items() if v is not None}
            slices = sorted(figures.get("slices", {}).items(), key=lambda pair: -pair[1]["reports"])
            for name, row in slices[:MOST_SLICES]:
                values[f"{axis}_{_ODD.sub('_', name)[:100]}_micro_f1"] = row["micro_f1"]
        self._mlflow.log_metrics(values)

    def model(self, folder: Path, registered: str | None = None) -> str | None:
        """Log an Export as the run's pyfunc model; register it under a name, and give its version.

        Raises:
            BrokenExport: the folder cannot be used.
        """
        from training.pyfunc import log_export

        version = log_export(folder, registered).registered_model_version
        return None if version is None else str(version)

    def figures(self, values: Mapping[str, float]) -> None:
        """Log plain figures."""
        self._mlflow.log_metrics(dict(values))

    @contextmanager
    def beside(self, name: str) -> Iterator[Run]:
        """A run of its own under this one."""
        with self._mlflow.start_run(run_name=name, nested=True):
            yield self

    def page(self, content: str, name: str) -> None:
        """Keep a text file, an HTML page for one; it must hold no report's words."""
        self._mlflow.log_text(content, name)

    def shape(self, content: Mapping[str, Any], name: str) -> None:
        """Keep an object as a JSON file."""
        self._mlflow.log_dict(dict(content), name)

    def files(self, folder: Path, name: str) -> None:
        """Keep a folder as artifacts."""
        self._mlflow.log_artifacts(str(folder), name)


def connect(home: Path) -> Any:
    """mlflow, speaking to MLFLOW_TRACKING_URI, or to a sqlite file under `home` where that is not set."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    if not os.environ.get("MLFLOW_TRACKING_URI"):
        home.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(f"sqlite:///{(home / 'mlflow.db').resolve()}")
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            mlflow.create_experiment(EXPERIMENT, artifact_location=(home / "mlruns").resolve().as_uri())
    return mlflow


@contextmanager
def tracked(name: str, home: Path) -> Iterator[Run]:
    """Open a run at MLFLOW_TRACKING_URI, or in a sqlite file under `home` where that is not set."""
    mlflow = connect(home)
    # Under `mlflow run` the run is already made, and its experiment chosen.
    if not os.environ.get("MLFLOW_RUN_ID"):
        mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=None if os.environ.get("MLFLOW_RUN_ID") else name):
        yield Run(mlflow)


@contextmanager
def joined() -> Iterator[Run | None]:
    """The run that `mlflow run` opened for this program; None where it was not started so."""
    if not os.environ.get("MLFLOW_RUN_ID"):
        yield None
        return
    with tracked("", Path("artifacts/mlflow")) as run:
        yield run
