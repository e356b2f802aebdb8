"""An Export as an MLflow pyfunc model, logged from code: no pickle, no copy of our packages.

Where it is loaded, petition-tagger must be installed; a base install with mlflow is enough, torch is not
needed. The folder of the Export is the model's only artifact.
"""

# No `from __future__ import annotations`: mlflow looks at the types of `predict` themselves.
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy
import pandas
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types.schema import (
    Array,
    ColSpec,
    DataType,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    TensorSpec,
)

from data.privacy.masked_report import Masking
from data.report import Report
from data.taxonomy import Taxonomy
from model.export import Export
from model.guard import Guard
from model.prediction import Prediction
from model.tagger import Tagger

EXPORT = "export"
"""Name of the artifact: the folder of the Export."""
CODE = Path(__file__).with_name("pyfunc_code.py")
EXAMPLE: Mapping[str, list[str]] = {
    "id": ["A-1", "A-2"],
    "title": ["", "关于路灯"],
    "text": ["领失业金，大厅喊我去街道，街道喊我去大厅。", "巷口的路灯坏了，晚上看不见路。"],
}
"""Invented: an input example lies open beside the model."""
EVIDENCE = ("misconduct", "all", "none", "careful")
# petition-tagger itself is not named: a public index may hold a stranger of that name.
_NEEDED = ("mlflow", "numpy", "onnxruntime", "pandas", "pyyaml", "tokenizers")


class PetitionModel(PythonModel):
    """Tags a table of reports; answers the same Predictions as every other face."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the Export.

        Raises:
            BrokenExport: the artifact is damaged.
        """
        self.tagger = Tagger.load(context.artifacts[EXPORT])

    def predict(
        self,
        context: PythonModelContext | None,
        model_input: pandas.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pandas.DataFrame:
        """Tag reports; one row a Prediction, in order, with the keys of its JSON shape as columns.

        Args:
            context: not looked at.
            model_input: columns text and, if there are any, id and title.
            params: evidence (misconduct, all, none or careful), axes (ids; empty means all) and mask (none;
                output: identifiers are covered in the answer; input: before the model reads, too).

        Raises:
            MlflowException: a parameter has a value that it cannot take.
        """
        wanted = params or {}
        evidence = wanted.get("evidence", "misconduct")
        known = [axis.id for axis in self.tagger.export.taxonomy.axes]
        axes = [str(axis) for axis in wanted.get("axes", ())]
        masking = wanted.get("mask", Masking.none)
        if masking not in list(Masking):
            raise _wrong(f"mask must be one of {', '.join(Masking)}")
        if evidence not in EVIDENCE:
            raise _wrong(f"evidence must be one of {', '.join(EVIDENCE)}")
        if set(axes) - set(known):
            raise _wrong(f"axes must be among {', '.join(known)}")
        guard = Guard(Masking(masking))
        predictions = [
            shown.prediction for shown in guard.stream(self.tagger, _reports(model_input), evidence)
        ]
        return pandas.DataFrame([_row(one, axes or known) for one in predictions], columns=_COLUMNS)


_COLUMNS = ["id", "tags", "needs_review", "review_reasons", "unread_chars", "model"]


def _row(prediction: Prediction, axes: Sequence[str]) -> dict[str, Any]:
    """The JSON shape, only of these axes, reasons for review among it."""
    row = prediction.to_dict()
    row["tags"] = {axis: row["tags"][axis] for axis in axes}
    row["review_reasons"] = [r for r in row["review_reasons"] if r.rpartition(":")[0] in {*axes, ""}]
    return row | {"needs_review": bool(row["review_reasons"])}


def _reports(table: pandas.DataFrame) -> list[Report]:
    given = [_cells(table[name]) if name in table else None for name in ("id", "text", "title")]
    size = len(given[1] or ())
    filled = [[""] * size if column is None else column for column in given]
    if any(len(column) != size for column in filled):
        raise _wrong("id, title and text must have as many values")
    return [Report(*row) for row in zip(*filled, strict=True)]


def _cells(column: pandas.Series) -> list[str]:
    """The texts of a column; mlflow hands over {"text": [...]} as one cell that holds them all."""
    cells: list[str] = []
    for value in column:
        if isinstance(value, list | tuple | numpy.ndarray):
            cells += ["" if one is None else str(one) for one in value]
        else:
            cells.append("" if value is None or value != value else str(value))
    return cells


def _wrong(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


def signature(taxonomy: Taxonomy) -> ModelSignature:
    """What goes in, what comes out, and the parameters."""
    text, number = DataType.string, DataType.double
    span = Object(
        [Property("start", DataType.long), Property("end", DataType.long), Property("text", text),
         Property("weight", number), Property("part", text)]
    )  # fmt: skip
    tag = Object(
        [Property("label", text), Property("name", text), Property("score", number),
         Property("evidence", Array(span), required=False)]
    )  # fmt: skip
    tags = Object([Property(axis.id, Array(tag), required=False) for axis in taxonomy.axes])
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(text, "id"), ColSpec(tags, "tags"), ColSpec(DataType.boolean, "needs_review"),
        ColSpec(Array(text), "review_reasons"), ColSpec(DataType.long, "unread_chars"),
        ColSpec(text, "model"),
    ]  # fmt: skip
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(text, name, required=name == "text") for name in ("id", "title", "text")
    ]
    params = [
        ParamSpec("evidence", text, "misconduct"), ParamSpec("axes", text, [], (-1,)),
        ParamSpec("mask", text, Masking.none.value),
    ]  # fmt: skip
    return ModelSignature(Schema(inputs), Schema(outputs), ParamSchema(params))


def log_export(folder: Path, registered: str | None = None) -> ModelInfo:
    """Log an Export's folder as the model of the active run, and register it where a name is given.

    Raises:
        BrokenExport: the folder cannot be used.
    """
    example = pandas.DataFrame(dict(EXAMPLE))
    # As objects: mlflow compares the names in a way that pandas warns of for its own texts.
    example.columns = pandas.Index(list(EXAMPLE), dtype=object)
    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(CODE),
        artifacts={EXPORT: str(folder)},
        signature=signature(Export.load(folder).taxonomy),
        input_example=example,
        pip_requirements=[f"{name}=={version(name)}" for name in _NEEDED],
        registered_model_name=registered,
    )
