"""Writes the files of this folder by the tools' own code; see README.md.

python write.py doccano-*.whl
"""

from __future__ import annotations

import json
import sys
import types
import uuid
import zipfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace as Made
from typing import Any

HERE = Path(__file__).parent
LAMP = "😀幸福路的路灯坏了半年，打了三次热线都没人来修。"
STAMP = '村委会给材料盖章, 说要收"工本费"二十元。\n我没有给。'
QUEUE = "人民医院挂号排队要三个小时。"
MARKED = "都没人来修"


def label_studio() -> None:
    """Two people on one task, a cancelled annotation, marked words, nothing ticked; by the converter."""
    from label_studio_sdk.converter import Converter

    config = """<View><Text name="text" value="$text"/>
    <Choices name="domain" toName="text" choice="multiple"><Choice value="住建"/><Choice value="医疗"/>
    <Choice value="三农"/></Choices>
    <Choices name="misconduct" toName="text" choice="multiple"><Choice value="不作为"/>
    <Choice value="吃拿卡要"/></Choices>
    <Labels name="misconduct_evidence" toName="text"><Label value="不作为"/></Labels>
    <TextArea name="remark" toName="text"/></View>"""
    start = LAMP.index(MARKED)
    mark = {"start": start, "end": start + len(MARKED), "text": MARKED, "labels": ["不作为"]}
    said = [
        [
            ticked("domain", "住建"),
            ticked("misconduct", "不作为"),
            result("misconduct_evidence", "labels", mark),
        ],
        [ticked("domain", "住建"), result("remark", "textarea", {"text": ["应当转城管"]})],
        [ticked("domain", "三农"), ticked("misconduct", "吃拿卡要")],
        [ticked("domain", "医疗")],
    ]
    tasks = [
        task(1, LAMP, annotation(said[0], 10), annotation(said[1], 11)),
        task(2, STAMP, annotation(said[2], 10), annotation(said[3], 11, was_cancelled=True)),
        task(3, QUEUE, annotation(said[3], 11)),
    ]
    with TemporaryDirectory() as folder:
        given = Path(folder, "tasks.json")
        given.write_text(json.dumps(tasks), encoding="utf-8")
        for form in ("json", "json_min"):
            converter = Converter(config, project_dir=folder)
            getattr(converter, f"convert_to_{form}")(str(given), f"{folder}/{form}", is_dir=False)
            put(f"label_studio.{form}.json", Path(folder, form, "result.json").read_bytes())


def result(question: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{question}-{kind}", "from_name": question, "to_name": "text", "type": kind, "value": value,
        "origin": "manual",
    }  # fmt: skip


def ticked(question: str, *names: str) -> dict[str, Any]:
    return result(question, "choices", {"choices": [*names]})


def annotation(results: list[dict[str, Any]], by: int, was_cancelled: bool = False) -> dict[str, Any]:
    return {
        "id": by, "result": results, "completed_by": by, "was_cancelled": was_cancelled,
        "ground_truth": False, "lead_time": 4.2,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def task(id: int, text: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id,
        "data": {"report_id": f"A{id}", "text": text},
        "annotations": [*annotations],
        "predictions": [],
    }


def argilla() -> None:
    """Three people, one of whom only has a draft; a remark; suggestions; metadata; every way of export."""
    import argilla as rg
    from argilla.records._io import GenericIO, JsonIO
    from datasets import Dataset

    people = [uuid.UUID(int=number) for number in (1, 2, 3)]

    def said(question: str, value: Any, who: int, status: str = "submitted") -> Any:
        return rg.Response(question, value, user_id=people[who], status=status)

    records = [
        rg.Record(
            id="A1", fields={"text": LAMP}, metadata={"region": "岭安县"},
            suggestions=[rg.Suggestion("domain", ["医疗"], score=[0.5], agent="m")],
            responses=[
                said("domain", ["住建"], 0), said("misconduct", ["不作为"], 0),
                said("domain", ["住建"], 1), said("misconduct", ["不作为"], 1),
                said("domain", ["医疗"], 2, "draft"), said("remark", "应当转城管", 0),
            ],
        ),
        rg.Record(
            id="A2", fields={"text": STAMP}, metadata={"region": "岭安县"},
            responses=[said("domain", ["三农"], 1), said("misconduct", ["吃拿卡要"], 1)],
        ),
        rg.Record(id="A3", fields={"text": QUEUE}, suggestions=[rg.Suggestion("domain", ["医疗"])]),
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        put("argilla.json", JsonIO.to_json(records, Path(folder, "argilla.json")).read_bytes())
        flat = Dataset.from_dict(GenericIO.to_dict(records, flatten=True))  # as dataset.records.to_datasets()
        flat.to_json(f"{folder}/flat.jsonl", force_ascii=False)
        put("argilla.datasets.jsonl", Path(folder, "flat.jsonl").read_bytes())
    for name, shape in (
        ("list", GenericIO.to_list(records, flatten=True)),
        ("names", GenericIO.to_dict(records, orient="names")),
        ("index", GenericIO.to_dict(records, orient="index")),
    ):
        put(f"argilla.{name}.json", json.dumps(shape, default=str).encode())


def doccano(wheel: Path) -> None:
    """A project of categories in its four forms, one of spans, and one with a file for each person."""
    with TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        pipeline = Path(folder, "backend", "data_export", "pipeline")
        # Formatters and writers need no more of Django than the name of a column.
        for name in ("data_export", "data_export.pipeline"):
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = [str(pipeline.parent if name == "data_export" else pipeline)]
        models = types.ModuleType("data_export.models")
        models.DATA = "data"
        sys.modules["data_export.models"] = models
        import pandas

        formatters, writers = (import_module(f"data_export.pipeline.{x}") for x in ("formatters", "writers"))

        def write(
            name: str, column: str, formatter: str, comments: str, writer: str, rows: Iterable[Any]
        ) -> bytes:
            table = pandas.DataFrame(rows)
            table = getattr(formatters, formatter)(column).format(table)
            if comments:
                table = getattr(formatters, comments)("Comments").format(table)
                table = formatters.RenameFormatter(data="text", **{column: "label"}).format(table)
            file = Path(folder, name)
            getattr(writers, writer).write(file, table)
            return file.read_bytes()

        def rows(names: str = "住建 不作为") -> list[dict[str, Any]]:
            held = [names.split(), ["三农", "吃拿卡要"], ["医疗"], []]
            texts = [LAMP, STAMP, QUEUE, "附件看不了。"]
            notes = [["应当转城管"], [], [], []]
            return [
                {"id": 7 + place, "data": text, "region": "岭安县", "categories": [*map(Name, given)],
                 "Comments": [*map(Name, note)]}
                for place, (text, given, note) in enumerate(zip(texts, held, notes, strict=True))
            ]  # fmt: skip

        joined, listed = "JoinedCategoryFormatter", "ListedCategoryFormatter"
        forms = {
            "csv": (joined, joined, "CsvWriter"), "json": (listed, listed, "JsonWriter"),
            "jsonl": (listed, listed, "JsonlWriter"),
            "txt": ("FastTextCategoryFormatter", "", "FastTextWriter"),
        }  # fmt: skip
        for suffix, form in forms.items():
            put(f"doccano.{suffix}", write(f"all.{suffix}", "categories", *form, rows()))
        start = LAMP.index(MARKED)
        spans = [
            {"id": 7, "data": LAMP, "entities": [Name("不作为", start, start + len(MARKED))], "Comments": []}
        ]
        put(
            "doccano.spans.jsonl", write("s", "entities", "TupledSpanFormatter", listed, "JsonlWriter", spans)
        )
        with zipfile.ZipFile(HERE / "doccano.zip", "w") as archive:
            for who, names in (("anna", "住建 不作为"), ("bo", "住建"), ("chen", "住建 不作为")):
                member = zipfile.ZipInfo(f"{who}.jsonl")
                archive.writestr(member, write(who, "categories", *forms["jsonl"], rows(names)))


class Name(Made):
    """A label or comment, as doccano's models give it to its formatters."""

    def __init__(self, text: str, start: int = 0, end: int = 0) -> None:
        super().__init__(text=text, start=start, end=end)

    def to_string(self) -> str:
        return self.text

    def to_tuple(self) -> tuple[int, int, str]:
        return self.start, self.end, self.text


def put(name: str, content: bytes) -> None:
    (HERE / name).write_bytes(content)


if __name__ == "__main__":
    label_studio()
    argilla()
    doccano(Path(sys.argv[1]))
