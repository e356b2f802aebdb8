"""Files that the tools' own libraries write are read; skipped where those are not installed."""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from data.imports.formats import Format
from tests.data.imports.conftest import LAMP, QUEUE, Labels, Read, held
from tests.data.imports.test_label_studio import annotation, task, ticked

CONFIG = """<View><Text name="text" value="$text"/>
<Choices name="domain" toName="text" choice="multiple"><Choice value="住建"/><Choice value="医疗"/></Choices>
<Choices name="misconduct" toName="text" choice="multiple">
<Choice value="不作为"/><Choice value="推诿"/></Choices>
</View>"""
TIMES = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "lead_time": 4.2}


@pytest.mark.parametrize("form", ["json", "json_min"])
def test_label_studios_own_converter(tmp_path: Path, read: Read, labels: Labels, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = pytest.importorskip("label_studio_sdk.converter", exc_type=ImportError).Converter(
            CONFIG, project_dir=str(tmp_path)
        )
        full = annotation(ticked("domain", "住建"), ticked("misconduct", "不作为", "推诿"), **TIMES)
        cancelled = annotation(ticked("domain", "医疗"), by=11, **{**TIMES, "was_cancelled": True})
        tasks = [task(full, cancelled), task(annotation(ticked("domain", "医疗"), **TIMES), id=2, text=QUEUE)]
        (tmp_path / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
        convert = getattr(converter, f"convert_to_{form}")
        convert(str(tmp_path / "tasks.json"), str(tmp_path / "out"), is_dir=False)
    readings, bad = read(tmp_path / "out" / "result.json")

    assert bad == [] and [one.annotator for one in readings] == ["10", "10"]
    assert held(labels(tmp_path / "out" / "result.json", format=Format.label_studio)) == [
        {"domain": {"housing"}, "misconduct": {"inaction", "evasion"}},
        {"domain": {"medical"}, "misconduct": set()},
    ]


@pytest.mark.parametrize("flatten", [False, True])
def test_argillas_own_records(put: Callable[..., Path], labels: Labels, flatten: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rg = pytest.importorskip("argilla", exc_type=ImportError)
        io = pytest.importorskip("argilla.records._io", exc_type=ImportError).GenericIO
        people = [uuid.uuid4() for _ in range(3)]
        said = [["住建"], ["住建"], ["医疗"]]
        responses = [
            rg.Response("domain", names, user_id=who, status="submitted")
            for names, who in zip(said, people, strict=True)
        ]
        records = [
            rg.Record(id="r1", fields={"text": LAMP}, responses=responses),
            rg.Record(id="r2", fields={"text": QUEUE}, suggestions=[rg.Suggestion("domain", ["医疗"])]),
        ]
        written = io.to_list(records, flatten=flatten)
    merged = labels(put("records.json", json.loads(json.dumps(written, default=str))))

    assert held(merged) == [{"domain": {"housing"}, "misconduct": None}]
    assert set(merged.reports[0].votes) == {str(who) for who in people}
