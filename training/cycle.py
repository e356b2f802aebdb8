"""One turn of the cycle: labels in, a candidate out, judged against the champion and promoted or not.

The site's reports and the new ones are split once and for all, a model is trained and exported as
`training.train` does it, registered in MLflow, and judged on the frozen test reports.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import DataError
from data.frozen_split import Assigned, Role
from data.survey.page import survey_page
from data.survey.rules import Level, check
from data.survey.survey import survey
from data.survey.words import finding_words
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import DEFAULT, Export
from model.tagger import Tagger
from training.behaviour import Case, read_cases, shipped_cases
from training.carry import sources
from training.gate import GateSettings, Verdict, judge
from training.publish import ready, switch
from training.registry import MODEL, Registry, Version
from training.scope import LENT, Taught, carry_scope, contrast_files, lend_scope
from training.settings import BadSettings, TrainSettings
from training.site import Given, Site
from training.start import NoWeights, Start, start_from
from training.to_onnx import SAMPLE, export_run, golden_reports, notes_of
from training.tracking import Run
from training.train import ENCODER, train_run
from training.verdict_page import verdict_page
from training.verdict_words import headline, reasons, remarks

_ENOUGH = 0.5  # of the champion's training reports; with fewer a new linear part would know less than the old


@dataclass(frozen=True)
class Plan:
    """What to retrain, from what, into what.

    Attributes:
        site: the site's folder.
        given: files of labelled reports.
        despite_survey: train although a rule of the data report is broken that should stop it.
        contrast: the invented reports that ship are among what earlier models learned from.
        out: run folder; must not hold an earlier run.
        name: of the registered model and of the Export.
        version: of the Export.
        taxonomy: None is the champion's.
        serving: Export in service, registered first where the registry has no champion.
        encoder: folder of the encoder (its shape is needed to go on from a champion).
        go_on: start from the champion's weights, not from the encoder's; under another taxonomy from the
            heads of the labels that it continues.
        keep_wide: keep the champion's linear part; None decides by the number of reports.
        cases: files of behaviour cases beside those that ship.
        into: folder that a service follows; None where none is on this machine.
    """

    site: Path
    given: Given
    out: Path
    name: str = "petition"
    version: str = "0"
    contrast: bool = False
    despite_survey: bool = False
    taxonomy: Taxonomy | None = None
    serving: Path = DEFAULT
    encoder: str = str(ENCODER)
    go_on: bool = True
    keep_wide: bool | None = None
    cases: tuple[Path, ...] = ()
    into: Path | None = None
    precision: str = "fp16"
    golden: Path | None = SAMPLE
    data_notes: Path | None = None


def retrain(
    plan: Plan, settings: TrainSettings, gate: GateSettings, record: Run, registry: Registry
) -> tuple[Verdict, Version]:
    """Train a candidate, register it, judge it, and promote it or say why not.

    Returns:
        what the gate says, and the registered version.

    Raises:
        DataError: labelled files that cannot be used, or that would spoil the training.
        BadSettings: a label to protect that there is not, or contrast reports that do not fit the taxonomy.
        EncoderNotFound, NoWeights: nothing to start from.
        RegistryAway: MLflow cannot be reached.
        BrokenExport, GoldenMismatch: the gate lets it pass, but it cannot be used on this machine; nothing is
            promoted.
    """
    champion = _champion(plan, record, registry)
    taxonomy = plan.taxonomy or (champion.taxonomy if champion else Taxonomy.default())
    gate.refuse_unknown(taxonomy)
    found = Site(plan.site).gather(_given(plan, taxonomy), taxonomy)
    record.figures(_counts(found))
    print(_said(found), flush=True)
    _survey(found, taxonomy, plan.out, plan.despite_survey)

    start = _start(plan, settings, champion, taxonomy, len(found.rows[Role.train]))
    site = Site(plan.site)
    dev = site.file(Role.dev)

    def tell(line: dict[str, float], stage: str) -> None:
        record.epoch(line, stage)
        print(stage, " ".join(f"{k}={v:.4g}" for k, v in line.items()), flush=True)

    train_run(
        [site.file(Role.train)], dev, plan.out, start.encoder if start else plan.encoder, settings, taxonomy,
        on_epoch=tell, start=start,
    )  # fmt: skip
    export, metrics = export_run(
        plan.out, dev, plan.out / "export", plan.name, plan.version, plan.precision,
        golden_reports(plan.golden), notes_of(plan.data_notes),
        _prior(start, champion, taxonomy),
    )  # fmt: skip
    taught = Taught(dev, [site.file(Role.train)], settings.hint_below)
    export = _scoped(export, champion, plan.serving, taught)
    record.tag("data_hash", export.data_hash)
    record.metrics(metrics)
    number = int(record.model(export.folder, plan.name) or 0)
    registry.note(number, **{MODEL: export.model})

    cases = [*shipped_cases(taxonomy), *(case for path in plan.cases for case in read_cases(taxonomy, path))]
    verdict = _judged(export, champion, found, cases, gate)
    _record(record, verdict, plan.out)
    why = headline(verdict) + "；".join(reasons(verdict))
    if not verdict.promoted:
        return verdict, registry.challenge(number, why)
    version = _promote(registry, number, why, plan.into)
    site.accept(found)
    return verdict, version


def _champion(plan: Plan, record: Run, registry: Registry) -> Export | None:
    """The Export in service; where the registry knows none, the one that the plan names is registered."""
    version = registry.champion()
    if version is not None:
        shutil.rmtree(plan.out / "champion", ignore_errors=True)
        return Export.load(registry.fetch(version.number, plan.out / "champion"))
    export = Export.load(plan.serving)
    if plan.taxonomy is not None and _labels(plan.taxonomy) != _labels(export.taxonomy):
        return None  # the one that ships answers other questions
    with record.beside("serving") as run:
        if "axes" in export.dev_metrics:
            run.metrics(export.dev_metrics)
        number = int(run.model(export.folder, plan.name) or 0)
    registry.note(number, **{MODEL: export.model})
    registry.promote(number, "第一次重新训练之前的现用模型")
    return export


def _given(plan: Plan, taxonomy: Taxonomy) -> Given:
    """What is given, with the invented reports that ship where they are asked for."""
    if not plan.contrast:
        return plan.given
    files = contrast_files(taxonomy)
    if not files:
        raise BadSettings("--contrast: the reports that ship are not labelled by this taxonomy; leave it out")
    base = [*plan.given.pinned.get(Role.train, ()), *files]
    return replace(plan.given, pinned={**plan.given.pinned, Role.train: base})


def _labels(taxonomy: Taxonomy) -> list[tuple[str, tuple[str, ...]]]:
    return [(axis.id, tuple(axis.label_ids)) for axis in taxonomy.axes]


def _survey(found: Assigned, taxonomy: Taxonomy, out: Path, despite: bool) -> None:
    """Write what the reports to train on are like, without their words, before anybody trains on them.

    A correction of a test report stays in test and so is no leak here.

    Raises:
        DataError: a rule of level fail is broken, and `despite` is not given.
    """
    train, *measures = Role
    surveyed = survey(found.rows[train], taxonomy, {role.value: found.rows[role] for role in measures})
    findings, page = check(surveyed), out / "survey.html"
    out.mkdir(parents=True, exist_ok=True)
    page.write_text(survey_page(surveyed, findings, [train.value]), encoding="utf-8")
    print(f"训练数据报告：{page}", flush=True)
    broken = [finding_words(finding) for finding in findings if finding.level is Level.fail]
    if broken and not despite:
        raise DataError(f"{'；'.join(broken)}。详见 {page}；改好标注再来，或加 --despite-survey 照样训练")


def _start(
    plan: Plan, settings: TrainSettings, champion: Export | None, taxonomy: Taxonomy, rows: int
) -> Start | None:
    if not plan.go_on:
        return None
    # Under another taxonomy the one that ships is no champion, and still the best place to start from.
    export = champion or Export.load(plan.serving)
    taken = sources(export.taxonomy, taxonomy)
    if not any(taken):
        return None
    keep = plan.keep_wide
    if keep is None:
        # A label that is new would have no linear part for ever.
        keep = all(taken) and rows < _ENOUGH * float(export.dev_metrics.get("rows", 0))
    try:
        return start_from(export, plan.encoder, plan.out / "start", settings.head, keep and settings.wide)
    except NoWeights:
        if champion is not None:
            raise
        return None  # the site's first model, of an encoder of its own


def _prior(
    start: Start | None, champion: Export | None, taxonomy: Taxonomy
) -> Mapping[str, AxisDecision] | None:
    """Decisions of the model that training went on from, where they are about the same labels."""
    if start is None or champion is None or _labels(champion.taxonomy) != _labels(taxonomy):
        return None
    return champion.decisions


def _scoped(export: Export, champion: Export | None, serving: Path, taught: Taught) -> Export:
    """With the champion's scope; the first model of a taxonomy takes that of `serving` where it fits."""
    if champion is not None:
        return carry_scope(champion, export, taught)
    scoped, fallen = lend_scope(Export.load(serving), export, taught)
    if fallen > LENT:
        said = f"现用模型认为开发集里 {fallen:.1%} 不像信访件：新模型不沿用这一判断，来件一律打标。"
        print(said, flush=True)
    return scoped


def _judged(
    export: Export, champion: Export | None, found: Assigned, cases: list[Case], gate: GateSettings
) -> Verdict:
    before = Tagger(champion) if champion is not None else None
    return judge(Tagger(export), before, found.rows[Role.test], cases, gate, found.settled)


def _promote(registry: Registry, number: int, why: str, into: Path | None) -> Version:
    """Make it the champion, and what the service follows; ready first, or nobody might serve the champion."""
    if into is None:
        return registry.promote(number, why)
    export = ready(registry, registry.find(str(number)), into)
    version = registry.promote(number, why)
    switch(into, export)
    return version


def _counts(found: Assigned) -> Mapping[str, float]:
    counts = {f"rows_{role.value}": float(len(found.rows[role])) for role in Role}
    unsettled = len(found.rows[Role.test]) - len(found.settled)
    return counts | {"rows_test_unsettled": float(unsettled), "rows_left_out": float(found.left_out)}


def _said(found: Assigned) -> str:
    train, dev, test = (len(found.rows[role]) for role in Role)
    unsettled = test - len(found.settled)
    said = f"训练 {train} 件，开发集 {dev} 件，测试集 {test} 件（其中标注未定的 {unsettled} 件）。"
    if found.changed:
        said += f"测试集里已定的标注有 {found.changed} 件改动，评审时按原来的另看一遍。"
    if found.left_out:
        said += f"与其他用途的报告雷同、因而不用的 {found.left_out} 件。"
    if gone := found.missing.get(Role.test, 0):
        said += f"以前的测试件中有 {gone} 件已经不在数据里。"
    return said


def _record(record: Run, verdict: Verdict, out: Path) -> None:
    """Keep the verdict in the run, and as files in the run folder; figures, ids and names of labels alone."""
    page = verdict_page(verdict)
    (out / "verdict.html").write_text(page, encoding="utf-8")
    record.page(page, "gate/verdict.html")
    record.shape(verdict.to_dict(), "gate/verdict.json")
    record.files(out / "report", "report")
    record.tag("verdict", "promoted" if verdict.promoted else "refused")
    record.tag("mlflow.note.content", "\n\n".join([headline(verdict), *reasons(verdict), *remarks(verdict)]))
    for axis, changes in verdict.axes.items():
        record.figures({f"test_{axis}_macro_f1": changes.macro.after,
                        f"test_{axis}_macro_f1_champion": changes.macro.before})  # fmt: skip
