"""The whole cycle: corrections become a better model, the running service goes over to it, and back again."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from data.errors import DataError, LostLabels
from data.frozen_split import Assigned, Role
from data.taxonomy import Axis, Label, Taxonomy
from model.export import SCOPE, Export
from tests.serving.service import Running, running
from tests.training.conftest import DOMAINS, MISCONDUCT, PLANTED, PURPOSES, Files, write_jsonl
from training.cycle import Plan, _given, _scoped, _survey, retrain
from training.gate import GateSettings, Verdict
from training.models import listing
from training.publish import ready, switch
from training.registry import Registry, Version
from training.retrain import main as retrain_main
from training.scope import Taught, add_scope, fit_scope, moved
from training.settings import BadSettings, TrainSettings
from training.site import Given, Site
from training.tracking import connect, tracked

QUICK = TrainSettings(epochs=4, window=64, overlap=8, tokens=2048, wide_bits=12, head_lr=2e-2)
GATE = GateSettings(
    least_test=20, protected=("education", "inaction"), behaviours=0, behaviours_lost=99, samples=300
)


def distinct_rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Invented labelled reports of which no two are in nearly the same words."""
    dice = random.Random(seed)
    rows = []
    for index in range(count):
        domain, purpose = dice.choice([*DOMAINS]), dice.choice([*PURPOSES])
        bad = dice.choice([*MISCONDUCT, None])
        words = dice.choice(MISCONDUCT[bad]) if bad else "办得很快"
        noise = "".join(chr(dice.randint(0x4E00, 0x9000)) for _ in range(40))
        text = f"{PLANTED}，{dice.choice(DOMAINS[domain])}{words}，{PURPOSES[purpose][0]}，{noise}。"
        labels = {"domain": [domain], "misconduct": [bad] if bad else [], "purpose": [purpose]}
        rows.append({"id": f"s{seed}-{index}", "text": text, **labels})
    return rows


def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same texts, each with another one's labels: a poisoned export."""
    dice = random.Random(0)
    axes = ("domain", "misconduct", "purpose")
    labels = [{axis: row[axis] for axis in axes} for row in rows]
    dice.shuffle(labels)
    return [{**row, **other} for row, other in zip(rows, labels, strict=True)]


@dataclass
class Office:
    """One installation: its folders, its registry, and how it retrains."""

    home: Path
    plan: Plan
    registry: Registry

    def retrain(self, name: str, rows: list[dict[str, Any]]) -> tuple[Verdict, Version]:
        labels = write_jsonl(self.home / f"{name}.jsonl", rows)
        plan = replace(
            self.plan,
            version=name,
            out=self.home / "runs" / name,
            given=replace(self.plan.given, labels=[labels]),
        )
        with tracked(name, self.home / "records") as record:
            return retrain(plan, QUICK, GATE, record, self.registry)


@pytest.fixture
def office(
    records: Path, tmp_path: Path, files: Files, encoder_folder: Path, export_folder: Path, taxonomy: Taxonomy
) -> Office:
    """Its service runs from models/current; its first model learnt from 40 reports."""
    models = tmp_path / "models"
    shutil.copytree(export_folder, models / "shipped")
    (models / "current").symlink_to("shipped")
    golden = write_jsonl(tmp_path / "golden.jsonl", [{"id": "g", "text": "学校收费没人处理"}])
    test = write_jsonl(tmp_path / "test.jsonl", distinct_rows(60, 7))
    given = Given(pinned={Role.train: [files.train], Role.dev: [files.dev], Role.test: [test]})
    plan = Plan(
        tmp_path / "site", given, tmp_path, "office", serving=export_folder, encoder=str(encoder_folder),
        into=models, precision="fp32", golden=golden,
    )  # fmt: skip
    return Office(tmp_path, plan, Registry(connect(records), "office"))


async def model_of(at: Running) -> str:
    response = await at.client.post("/v1/tag", json={"text": "学校没人处理"})
    assert response.status_code == 200
    return str(response.json()["predictions"][0]["model"])


async def comes_to(at: Running, wanted: str) -> bool:
    """Whether the service answers with this model within seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if await model_of(at) == wanted:
            return True
        await asyncio.sleep(0.1)
    return False


def test_corrections_become_the_model_that_the_running_service_answers_with(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    good = distinct_rows(200, 1)

    async def live() -> None:
        models = office.home / "models"
        current = models / "current"
        async with running(Export.load(current), model=current, follow_s=0.05) as at:
            assert await model_of(at) == "tiny@1"

            verdict, version = await asyncio.to_thread(office.retrain, "second", good)
            assert verdict.promoted and version.number == 2, verdict.to_dict()["checks"]
            assert verdict.axes["domain"].macro.after > verdict.axes["domain"].macro.before
            assert await comes_to(at, "office@second")

            verdict, version = await asyncio.to_thread(
                office.retrain, "poisoned", shuffled(distinct_rows(300, 2))
            )
            failed = {(check.rule, check.where) for check in verdict.checks if not check.passed}
            assert not verdict.promoted and ("macro_f1", "domain") in failed
            assert version.number == 3 and version.aliases == ("challenger",)
            assert await model_of(at) == "office@second"

            back = office.registry.rollback("测试退回")
            switch(models, ready(office.registry, back, models))
            assert back.number == 1 and await comes_to(at, "tiny@1")

            forward = office.registry.promote(2, "测试恢复")
            switch(models, ready(office.registry, forward, models))
            assert await comes_to(at, "office@second")

    asyncio.run(live())

    said = listing(office.registry)
    assert "版本 3 [challenger]  office@poisoned" in said and "版本 2 [champion]  office@second" in said
    assert "宏平均 F1·轴domain" in said and "不能排除下降" in said and "测试恢复" in said
    page = (office.home / "runs" / "poisoned" / "verdict.html").read_text(encoding="utf-8")
    seen = (office.home / "runs" / "poisoned" / "survey.html").read_text(encoding="utf-8")
    assert "标注数据报告" in seen and PLANTED not in seen
    assert "没有通过" in page and "<svg" in page and "http" not in page.replace("http-equiv", "")
    assert PLANTED not in capsys.readouterr().out + page + said
    everything = b"".join(p.read_bytes() for p in (office.home / "records").rglob("*") if p.is_file())
    assert PLANTED.encode() not in everything and PLANTED.encode("unicode_escape") not in everything
    assert "没有通过".encode() in everything  # the reasons stand in the run


def test_labels_of_the_last_import_are_taken_back_and_their_reports_keep_their_roles(
    office: Office, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(office.plan.site)
    first, wrong = distinct_rows(50, 3), distinct_rows(50, 4)
    site.gather(replace(office.plan.given, labels=[write_jsonl(office.home / "a.jsonl", first)]), taxonomy)
    kept = {role: site.file(role).read_bytes() for role in Role}
    given = Given([write_jsonl(office.home / "b.jsonl", [*shuffled(wrong), *shuffled(first)])])
    spoilt = site.gather(given, taxonomy)
    site.gather(given, taxonomy)  # as after a run that was broken off
    assert all(site.file(role).read_bytes() != kept[role] for role in Role)
    assert (office.plan.site / "before" / "train.jsonl").stat().st_mode & 0o077 == 0

    take_back = ["retrain", "--site", str(office.plan.site), "--take-back"]
    monkeypatch.setattr("sys.argv", take_back)
    retrain_main()

    assert {role: site.file(role).read_bytes() for role in Role} == kept
    said = capsys.readouterr().out
    assert f"测试集 {kept[Role.test].count(10)} 件" in said and PLANTED not in said
    with pytest.raises(DataError, match="no import to take back"):
        retrain_main()
    again = site.gather(Given([write_jsonl(office.home / "c.jsonl", wrong)]), taxonomy)
    assert ids_of(again) == ids_of(spoilt)


@pytest.mark.parametrize(("flags", "more"), [((), False), (("--contrast",), True)])
def test_the_invented_reports_that_ship_are_among_the_base_where_asked(
    tmp_path: Path, records: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], more: bool
) -> None:
    plans: list[Plan] = []

    def stop(plan: Plan, *_: object) -> None:
        plans.append(plan)
        raise DataError("far enough")

    monkeypatch.setattr("training.retrain.retrain", stop)
    base = ["--base", "mine.jsonl", "--site", str(tmp_path), "--tracking", str(records)]
    monkeypatch.setattr("sys.argv", ["retrain", *base, *flags])
    with pytest.raises(DataError, match="far enough"):
        retrain_main()

    given = [path.name for path in _given(plans[0], Taxonomy.default()).pinned[Role.train]]
    assert given[0] == "mine.jsonl" and ("denials.jsonl" in given) == more == (len(given) > 20)


def test_invented_reports_that_another_taxonomy_labels_otherwise_are_refused(tmp_path: Path) -> None:
    urgency = Axis("urgency", "紧急程度", "one", (Label("danger", "危险"), Label("normal", "普通")))
    default = Taxonomy.default()
    domain, misconduct = default.axes
    plan = Plan(tmp_path, Given(), tmp_path, contrast=True)

    assert _given(plan, replace(default, version="mine", axes=(urgency, misconduct))).pinned[Role.train]
    fewer = replace(domain, labels=domain.labels[1:])
    for axes in ((urgency,), (fewer, misconduct)):
        with pytest.raises(BadSettings, match="--contrast"):
            _given(plan, replace(default, axes=axes))


def ids_of(found: Assigned) -> dict[Role, set[str]]:
    return {role: {row.report.id for row in found.rows[role]} for role in Role}


def test_test_reports_stay_test_reports_from_one_retraining_to_the_next(
    office: Office, taxonomy: Taxonomy
) -> None:
    site = Site(office.plan.site)
    first = site.gather(
        replace(office.plan.given, labels=[write_jsonl(office.home / "a.jsonl", distinct_rows(50, 3))]),
        taxonomy,
    )
    second = site.gather(Given([write_jsonl(office.home / "b.jsonl", distinct_rows(50, 4))]), taxonomy)
    ids = [{row.report.id for row in found.rows[Role.test]} for found in (first, second)]

    assert ids[0] < ids[1] and len(first.settled) == len(second.settled) == 60  # those given as a test set
    assert not ids[1] & {row.report.id for row in second.rows[Role.train]}
    assert (office.plan.site / "test.jsonl").stat().st_mode & 0o077 == 0
    assert PLANTED not in (office.plan.site / "split.jsonl").read_text(encoding="utf-8")


def test_labels_of_the_test_are_settled_by_a_promotion_until_it_is_taken_back(
    office: Office, taxonomy: Taxonomy
) -> None:
    site = Site(office.plan.site)
    site.gather(office.plan.given, taxonomy)
    new = Given([write_jsonl(office.home / "b.jsonl", distinct_rows(50, 4))])
    refused = site.gather(new, taxonomy)
    assert len(site.gather(new, taxonomy).settled) == len(site.gather(Given(), taxonomy).settled) == 60

    site.accept(refused)
    promoted = site.gather(Given(), taxonomy)
    assert len(promoted.settled) == len(promoted.rows[Role.test]) > 60
    site.take_back()
    again = site.gather(new, taxonomy)
    assert ids_of(again) == ids_of(promoted) and len(again.settled) == 60


def test_labels_of_an_axis_that_a_new_taxonomy_lacks_are_not_lost_without_a_word(
    office: Office, taxonomy: Taxonomy
) -> None:
    site, smaller = Site(office.plan.site), replace(taxonomy, axes=taxonomy.axes[:2])
    site.gather(office.plan.given, taxonomy)
    kept = {role: site.file(role).read_bytes() for role in Role}
    new = Given([write_jsonl(office.home / "b.jsonl", distinct_rows(50, 4))])
    with pytest.raises(LostLabels, match=r"train\.jsonl: labels of purpose"):
        site.gather(new, smaller)

    assert {role: site.file(role).read_bytes() for role in Role} == kept


def test_what_would_spoil_the_training_stops_it_unless_somebody_says_otherwise(
    office: Office, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    found = Site(office.plan.site).gather(office.plan.given, taxonomy)
    _survey(found, taxonomy, tmp_path / "whole", False)
    silent = [replace(row, labels={**row.labels, "purpose": None}) for row in found.rows[Role.train]]
    spoilt = replace(found, rows={**found.rows, Role.train: silent})
    with pytest.raises(DataError, match=r"轴purpose.*unlabelled_axis.*--despite-survey"):
        _survey(spoilt, taxonomy, tmp_path / "spoilt", False)
    _survey(spoilt, taxonomy, tmp_path / "spoilt", True)

    assert "轴purpose" in (tmp_path / "spoilt" / "survey.html").read_text(encoding="utf-8")


def test_the_first_model_of_a_taxonomy_takes_no_scope_that_turns_its_reports_away(
    export_folder: Path, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lender, new = (Path(shutil.copytree(export_folder, tmp_path / name)) for name in ("lender", "new"))
    export, taught = Export.load(new), Taught(files.dev, [files.train])
    inside = [row["text"] for row in files.train_rows]
    scope = fit_scope(export.taxonomy, inside, [], [], [], False).scope
    add_scope(Export.load(lender), moved(scope, 1e6))

    assert SCOPE not in _scoped(export, None, lender, taught).files
    assert "100.0% 不像信访件" in capsys.readouterr().out
    assert SCOPE in _scoped(export, Export.load(lender), lender, taught).files  # a champion's is carried on
