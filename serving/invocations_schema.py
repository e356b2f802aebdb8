"""Invocations schema: MLflow's scoring protocol as the API's description shows it."""

from __future__ import annotations

from typing import Any, get_args

from data.privacy.masked_report import Masking
from model.tagger import EvidenceFor
from serving.invocations import FORMS
from serving.invocations_parquet import PARQUET
from serving.schema import EXAMPLE

_TEXT = {"type": "string"}
_CELL = {"type": ["string", "number", "null"]}  # null and NaN are an empty text
_ROW = {
    "type": "object", "required": ["text"],
    "properties": {"text": _CELL, "id": _CELL, "title": _CELL},
}  # fmt: skip
_MAYBE = {"type": ["string", "null"]}
# numpy writes a column as [["text"], ...].
_ITEM = {"anyOf": [_MAYBE, _ROW, {"type": "array", "minItems": 1, "maxItems": 1, "items": _MAYBE}]}
_COLUMN = {"type": "array", "items": _CELL}
_FORMS: dict[str, Any] = {
    "dataframe_split": {
        "type": "object",
        "description": "Rows as lists, each as long as `columns`.",
        "required": ["data"],
        "properties": {
            "columns": {"type": "array", "items": _TEXT, "contains": {"const": "text"}},
            "data": {"type": "array", "items": {"type": "array"}},
        },
    },
    "dataframe_records": {"type": "array", "items": _ROW},
    "instances": {"type": "array", "items": _ITEM},
    "inputs": {
        "anyOf": [
            _TEXT,
            {"type": "array", "items": _ITEM},
            {
                "type": "object",
                "description": "Columns of one length.",
                "required": ["text"],
                "properties": {
                    "text": _COLUMN, "id": _COLUMN, "title": _COLUMN,
                },
            },
        ]
    },
}  # fmt: skip
_PARAMS = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "evidence": {"enum": [*get_args(EvidenceFor)]}, "mask": {"enum": [*map(str, Masking)]},
        "axes": {"type": ["array", "null"], "items": _TEXT, "description": "Empty or null is all."},
        "matters": {"type": "boolean"},
    },
}  # fmt: skip

INVOCATION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {**_FORMS, "params": _PARAMS},
                    "oneOf": [{"required": [form]} for form in FORMS],
                },
                "example": {"dataframe_split": {"columns": ["id", "text"], "data": [["A-7", EXAMPLE]]}},
            },
            "text/csv": {"schema": _TEXT, "example": f"id,text\nA-7,{EXAMPLE}\n"},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""What the route adds to its entry in /openapi.json."""
