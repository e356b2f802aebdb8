"""The registry knows which version is in service, why, and which one it took the place of."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.report import Report
from model.export import GOLDEN, Export
from model.golden import GoldenMismatch, write_golden
from model.tagger import Tagger
from training.models import listing
from training.models import main as models_main
from training.publish import NOT_SERVED
from training.registry import CHAMPION, MODEL, Registry, RegistryAway, UnknownVersion
from training.tracking import connect, tracked

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture
def export(make_export: Callable[..., Export]) -> Export:
    return make_export(make_tables())


def make_tables() -> object:
    from tests.conftest import new_tokenizer, speaking_tables

    return speaking_tables(new_tokenizer(), {"学校": 0, "推诿": 3}, 7)


def register(records: Path, export: Export, count: int) -> Registry:
    registry = Registry(connect(records), "office")
    for index in range(count):
        with tracked(f"run{index}", records) as run:
            number = int(run.model(export.folder, "office") or 0)
            run.figures({"test_domain_macro_f1": 0.5 + index / 10, "domain_macro_f1": 0.1})
        registry.note(number, **{MODEL: f"office@{number}"})
    return registry


@pytest.fixture
def registry(records: Path, export: Export) -> Registry:
    """Three versions, none in service yet."""
    return register(records, export, 3)


def champion(registry: Registry) -> int | None:
    found = registry.champion()
    return None if found is None else found.number


def test_who_promoted_and_rolled_back_is_in_the_audit_log(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))
    registry.promote(1, "先用这个，王小明说的")
    registry.promote(2, "更好")
    registry.rollback("不好")
    found = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]

    assert [(one["action"], one["version"], one["from"], one["count"]) for one in found] == [
        ("promote", 1, 0, 1), ("promote", 2, 1, 1), ("rollback", 1, 2, 1),
    ]  # fmt: skip
    assert "王小明" not in audit.read_text(encoding="utf-8")


def test_nothing_is_promoted_where_the_audit_log_cannot_be_written(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "gone" / "audit.jsonl"))
    with pytest.raises(FileNotFoundError, match="gone"):
        registry.promote(1, "x")

    assert champion(registry) is None


def test_a_line_that_is_not_written_leaves_the_champion(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.promote(1, "第一个")
    registry.promote(2, "更好")
    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "audit.jsonl"))

    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("data.audit.AuditLog.append", full)
    before = registry.versions()
    with pytest.raises(OSError, match="full"):
        registry.promote(3, "x")
    with pytest.raises(OSError, match="full"):
        registry.rollback("x")

    assert registry.versions() == before


def test_a_promotion_that_fails_after_its_line_says_so(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))

    def away(*_: object, **__: object) -> None:
        raise RegistryAway("MLflow: no route")

    monkeypatch.setattr(registry, "note", away)
    with pytest.raises(RegistryAway):
        registry.promote(1, "x")
    found = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]

    assert [(one["count"], one.get("ended")) for one in found] == [(1, None), (0, "early")]


@pytest.fixture
def command(records: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run `petition models ...` on these records."""

    def run(*arguments: object) -> None:
        flags = ["models", "--name", "office", "--tracking", records, *arguments]
        monkeypatch.setattr("sys.argv", [str(flag) for flag in flags])
        models_main()

    return run


def test_without_a_folder_it_is_said_that_the_service_has_not_changed(
    registry: Registry, command: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    for given in (["promote", 1], ["promote", 2], ["rollback"]):
        command(*given, "--why", "更好")
        assert NOT_SERVED in capsys.readouterr().out
    command("pull", "--into", models)
    command("promote", 3, "--why", "更好", "--into", models)

    assert NOT_SERVED not in capsys.readouterr().out
    assert champion(registry) == 3 and (models / "current").readlink() == Path("3")
    command("rollback", "--why", "不好", "--into", models)
    assert champion(registry) == 1 and (models / "current").readlink() == Path("1")


def test_what_cannot_be_used_here_does_not_become_the_champion(
    records: Path, make_export: Callable[..., Export], command: Callable[..., None], tmp_path: Path
) -> None:
    export = make_export(make_tables())
    registry = register(records, export, 1)
    registry.promote(1, "第一个")
    golden = export.folder / GOLDEN
    write_golden(golden, Tagger(export, 1), [Report("g", "学校推诿")])
    golden.write_text(re.sub("0[.]9[0-9]*", "0.5", golden.read_text(encoding="utf-8")), encoding="utf-8")
    export.save()
    register(records, export, 1)
    with pytest.raises(GoldenMismatch):
        command("promote", 2, "--why", "更好", "--into", tmp_path / "models")

    assert champion(registry) == 1 and not (tmp_path / "models" / "current").exists()


def test_an_empty_registry_has_no_versions(records: Path) -> None:
    registry = Registry(connect(records), "office")

    assert registry.versions() == [] and registry.champion() is None
    assert listing(registry) == "还没有登记过模型。"
    with pytest.raises(UnknownVersion, match="office has no version 1"):
        registry.find("1")


def test_a_promotion_by_hand_keeps_what_the_gate_said(registry: Registry) -> None:
    registry.challenge(2, "没有通过：教育更差")
    registry.promote(2, "换了辖区，人工核对过")

    told = listing(registry)
    assert "换了辖区" in told and "此前：" in told and "教育更差" in told


def test_promotion_rollback_and_their_reasons(registry: Registry) -> None:
    assert champion(registry) is None
    for number in (1, 2, 3):
        registry.promote(number, f"理由{number}")
        assert champion(registry) == number

    assert registry.rollback("错标太多").number == 2
    assert "退回：" in listing(registry) and "错标太多" in listing(registry)
    assert registry.rollback("还是太多").number == 1
    with pytest.raises(UnknownVersion, match="no earlier champion"):
        registry.rollback("再退")

    third = registry.find("3")
    assert third.tags["why"].endswith("理由3") and third.tags["rolled_back"].endswith("错标太多")
    with pytest.raises(UnknownVersion, match="no version 9"):
        registry.promote(9, "没有")
    assert champion(registry) == 1


def test_a_challenger_that_is_promoted_is_none_any_more(registry: Registry) -> None:
    registry.promote(1, "第一个")
    assert registry.challenge(2, "没有通过").aliases == ("challenger",)
    assert champion(registry) == 1

    assert registry.promote(2, "人工核对过").aliases == (CHAMPION,)
    assert registry.find("1").aliases == ()


def test_the_list_shows_aliases_figures_and_reasons(registry: Registry) -> None:
    registry.promote(2, "更好")
    said = listing(registry)

    assert [line.split()[1] for line in said.splitlines() if line.startswith("版本")] == ["3", "2", "1"]
    assert "版本 2 [champion]  office@2" in said and "更好" in said
    assert "宏平均 F1（测试集）：domain 0.700" in said  # and not that of dev


def test_the_export_of_a_version_comes_back_whole(registry: Registry, export: Export, tmp_path: Path) -> None:
    folder = registry.fetch(2, tmp_path / "got" / "2")

    assert Export.load(folder).files == export.files
    with pytest.raises(RegistryAway):
        registry.fetch(9, tmp_path / "got" / "9")
    assert [path.name for path in (tmp_path / "got").iterdir()] == ["2"]


def test_a_registry_that_is_away_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow = connect(tmp_path)
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    try:
        with pytest.raises(RegistryAway, match="MLflow"):
            Registry(mlflow, "office").versions()
    finally:
        mlflow.set_tracking_uri(None)


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of one's own, as MLflow's URI; it never runs as root."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if not POSTGRES:
        pytest.skip("no PostgreSQL in /usr/lib/postgresql")
    binaries = POSTGRES[-1].parent
    as_other: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no runuser")
        as_other = ["runuser", "-u", "nobody", "--"]
    # Not below pytest's own folder, into which nobody else may look.
    home = Path(
        subprocess.check_output([*as_other, "mktemp", "-d", "/tmp/petition-pg-XXXXXX"], text=True).strip()
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    data = str(home / "data")

    def run(*command: str) -> None:
        subprocess.run([*as_other, *command], check=True, capture_output=True, cwd="/", timeout=120)

    try:
        run(str(binaries / "initdb"), "-D", data, "-U", "office", "-A", "trust", "--no-sync")
        options = f"-p {port} -k {home} -h 127.0.0.1 -c fsync=off"
        run(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://office@127.0.0.1:{port}/postgres"
        finally:
            run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        subprocess.run([*as_other, "rm", "-rf", str(home)], check=False)


@pytest.mark.slow
def test_postgresql_keeps_the_registry_as_sqlite_does(
    postgres: str, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    mlflow = connect(tmp_path)
    mlflow.set_tracking_uri(postgres)
    try:
        registry = register(tmp_path, export, 2)
        registry.promote(1, "第一个")
        registry.promote(2, "更好")
        assert registry.rollback("退回").number == 1
        assert Export.load(registry.fetch(1, tmp_path / "got")).files == export.files
    finally:
        mlflow.set_tracking_uri(None)
