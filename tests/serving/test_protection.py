"""Masking, the watch list and the audit log of `petition tag` and of the service."""

from __future__ import annotations

import csv
import errno
import json
import os
import pwd
from pathlib import Path

import httpx
import pytest

from data.audit import AuditLog, head_path
from data.audit_check import check_audit
from data.privacy.masked_report import Masking
from model.export import Export
from serving.faults import WrongUse
from serving.protection import Protection
from serving.settings import ServeSettings
from tests.serving.conftest import PLANTED, SCHOOL, Petition, write_csv
from tests.serving.service import Running
from tests.serving.test_app import JSON, post, problem, run

NAME, NUMBER = "王小明", "13800138000"
LETTER = f"我叫{NAME}，电话{NUMBER}推诿没人处理，村支书赵大海不管。"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def deeds(path: Path) -> list[tuple[str, str, int]]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(line["action"], line["who"], line["count"]) for line in lines]


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Two letters; the third row has more cells than headings."""
    heading = ("编号", "内容", "来电人", "联系电话")
    found = [("A1", LETTER, NAME, NUMBER), ("A2", SCHOOL, "匿名", ""), ("A3", SCHOOL, NAME, NUMBER, NAME)]
    return write_csv(tmp_path / "in.csv", found, heading)


@pytest.mark.parametrize("how", ["output", "input"])
def test_tag_masks_columns_and_evidence(tag: Petition, letters: Path, tmp_path: Path, how: str) -> None:
    out = tmp_path / "out.csv"
    ended = tag(letters, "-o", out, "--mask", how)
    first, second = rows(out)

    assert ended.code == 1 and first["内容"] == LETTER.replace(NAME, "【姓名】").replace(NUMBER, "【手机号】")
    assert (first["来电人"], first["联系电话"], second["来电人"]) == ("【姓名】", "【手机号】", "匿名")
    assert "【手机号】推诿没人处理" in first["证据"] and first["编号"] == "A1"
    kept = "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.glob("out.csv*"))
    assert NAME not in kept and NUMBER not in kept and "赵大海" in kept


def test_rejected_rows_keep_no_words_where_something_is_masked(
    tag: Petition, letters: Path, tmp_path: Path
) -> None:
    tag(letters, "-o", tmp_path / "out.csv", "--mask", "output")
    (line,) = (tmp_path / "out.csv.rejects.jsonl").read_text(encoding="utf-8").splitlines()

    assert set(json.loads(line)) == {"file", "row", "reason", "message"}


def test_masked_lines_point_into_the_report_as_received(tag: Petition, letters: Path) -> None:
    first = json.loads(tag(letters, "--mask", "output", "--quiet").out.splitlines()[0])
    evidence = first["tags"]["misconduct"][0]["evidence"][0]

    assert LETTER[evidence["start"] : evidence["end"]] == f"电话{NUMBER}推诿没人处理"
    assert evidence["text"] == "电话【手机号】推诿没人处理"


def test_the_environment_may_ask_for_more_than_the_flag(
    tag: Petition, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_MASK", "output")

    assert NUMBER not in tag(letters, "--mask", "none", "--quiet").out
    monkeypatch.setenv("PETITION_MASK", "all")
    assert tag(letters).code == 2


def test_flags_and_environment_are_put_together() -> None:
    chosen = Protection.chosen(
        Masking.output, environment={"PETITION_SEALED": "yes", "PETITION_MASK": "input"}
    )

    assert chosen == Protection(Masking.input, sealed=True)
    assert Protection.chosen(environment={}) == Protection()
    with pytest.raises(WrongUse):
        Protection.chosen(environment={"PETITION_SEALED": "2"})


ACCUSED = "我叫王小明，村支书赵大海的推诿没人处理。"
SHOWN = {"keep": "村支书赵大海", "names": "村支书【被反映人】", "all": "【职务】【被反映人】"}


@pytest.mark.parametrize("officials", SHOWN)
@pytest.mark.parametrize("command", ["tag", "bulk", "mask", "queue"])
def test_officials_are_covered_as_far_as_is_asked_for_wherever_something_is_masked(
    tag: Petition, petition: Petition, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    command: str, officials: str,
) -> None:  # fmt: skip
    source = write_csv(tmp_path / "in.csv", [("A1", "", ACCUSED)])
    out = tmp_path / ("out.jsonl" if command == "queue" else "out.csv")
    model = ("--model", export.folder)
    asked: dict[str, tuple[object, ...]] = {
        "tag": (source, "-o", out, *model, "--mask", "output"), "mask": (source, out),
        "bulk": (source, out, *model, "--mask", "input", "--overwrite"), "queue": (source, "-o", out, *model),
    }  # fmt: skip
    for way in ("flag", "environment"):
        flag: tuple[object, ...] = ("--officials", officials)
        if way == "environment":
            monkeypatch.setenv("PETITION_OFFICIALS", officials)
            flag = ("--officials", "keep")  # a flag takes nothing from what the environment demands
        assert petition(command, *asked[command], *flag).code == 0
        words = out.read_text(encoding="utf-8-sig")
        assert f"{SHOWN[officials]}的推诿" in words and ("赵大海" in words) == (officials == "keep")
        assert "王小明" not in words


def test_officials_without_masking_and_an_unknown_word_are_wrong_use(
    tag: Petition, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tag(letters, "--officials", "names").code == 2
    monkeypatch.setenv("PETITION_OFFICIALS", "some")
    ended = tag(letters)
    assert ended.code == 2 and "PETITION_OFFICIALS" in ended.err


@pytest.mark.parametrize("officials", SHOWN)
def test_the_service_covers_officials_as_it_is_set(export: Export, officials: str) -> None:
    found = post(export, {"text": ACCUSED, "mask": "output"}, officials=officials)
    (evidence,) = first(found)["tags"]["misconduct"][0]["evidence"]  # type: ignore[index]

    assert evidence["text"] == f"{SHOWN[officials]}的推诿没人处理"


def test_tag_leaves_a_report_on_the_watch_list_to_a_person(
    tag: Petition, letters: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    ended = tag(letters, "-o", out, "--watch-list", names)
    first, second = rows(out)

    assert "涉及名单的 1 件没有打标，请由人办理" in ended.err
    assert (first["编号"], first["需人工复核"], first["复核原因"]) == ("A1", "是", "请人工办理")
    assert {name for name, cell in first.items() if cell} == {"编号", "需人工复核", "复核原因", "未读字数"}
    assert second["领域"] == "教育"
    assert "赵大海" not in "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.glob("out*"))
    assert tag(letters, "--watch-list", tmp_path / "gone.txt").code == 4


def test_tag_writes_a_line_of_audit(
    tag: Petition, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))
    monkeypatch.setenv("LOGNAME", "zhang")  # whoever types it may claim to be anybody
    tag(letters, "-o", tmp_path / "out.csv")

    assert deeds(audit) == [("tag", f"user:{pwd.getpwuid(os.getuid()).pw_name}", 2)]
    assert PLANTED not in audit.read_text(encoding="utf-8") and "in.csv" not in audit.read_text(
        encoding="utf-8"
    )


def test_nothing_comes_out_where_the_audit_log_cannot_be_written(
    tag: Petition, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "gone" / "audit.jsonl"))
    ended = tag(letters, "-o", tmp_path / "out.csv")

    assert ended.code == 4 and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("command", ["tag", "mask"])
def test_no_output_gets_its_name_before_the_line_is_written(
    command: str,
    tag: Petition,
    petition: Petition,
    letters: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out.csv"

    def full(log: AuditLog, lines: object) -> None:
        assert not out.exists()
        raise OSError(errno.ENOSPC, "No space left on device", str(log.path))

    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "audit.jsonl"))
    monkeypatch.setattr(AuditLog, "append", full)
    ended = tag(letters, "-o", out) if command == "tag" else petition("mask", letters, out)

    assert ended.code == 4 and not out.exists()


def test_mask_and_keys_are_recorded_too(
    petition: Petition, letters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))
    petition("mask", letters, tmp_path / "masked.csv")
    petition("key", "new", "--name", "hotline", "--keys", tmp_path / "keys.json")
    petition("key", "remove", "hotline", "--keys", tmp_path / "keys.json")

    assert [(action, count) for action, _, count in deeds(audit)] == [
        ("mask", 3), ("key_new", 1), ("key_remove", 1),
    ]  # fmt: skip


def first(response: httpx.Response) -> dict[str, object]:
    assert response.status_code == 200
    found: dict[str, object] = response.json()["predictions"][0]
    return found


@pytest.mark.parametrize("how", ["output", "input"])
def test_a_request_may_ask_for_masking(export: Export, how: str) -> None:
    plain, masked = post(export, {"text": LETTER}), post(export, {"text": LETTER, "mask": how})

    assert NUMBER in plain.text and NUMBER not in masked.text and "【手机号】" in masked.text
    inside = post(export, {"instances": [LETTER], "params": {"mask": how}}, "/invocations")
    assert inside.json()["predictions"][0]["tags"] == masked.json()["predictions"][0]["tags"]


def test_a_request_cannot_ask_for_less_than_is_set(export: Export) -> None:
    assert NUMBER not in post(export, {"text": LETTER, "mask": "none"}, mask="output").text


def test_what_is_no_masking_is_a_problem(export: Export) -> None:
    problem(post(export, {"text": LETTER, "mask": "all"}), "invalid")
    problem(post(export, {"instances": [LETTER], "params": {"mask": 1}}, "/invocations"), "invalid")


def test_the_service_leaves_a_report_on_the_watch_list_to_a_person(export: Export, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")

    async def ask(at: Running) -> tuple[httpx.Response, str]:
        body = {"reports": [{"id": "1", "text": SCHOOL}, {"id": "2", "text": LETTER}, {"text": SCHOOL}]}
        found = await at.client.post("/v1/tag", json=body)
        return found, (await at.client.get("/metrics")).text

    found, metrics = run(export, ask, watch_list=names)
    by_hand = found.json()["predictions"][1]

    assert [p["review_reasons"] for p in found.json()["predictions"]] == [[], ["handle_by_hand"], []]
    assert by_hand["id"] == "2" and by_hand["model"] == "" and not any(by_hand["tags"].values())
    assert LETTER[:4] not in found.text and "handle_by_hand" not in metrics


def test_a_reload_reads_the_watch_list_anew_and_keeps_the_old_one_where_it_is_bad(
    export: Export, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")

    async def ask(at: Running) -> list[object]:
        async def reasons() -> object:
            found = await at.client.post("/v1/tag", json={"texts": [SCHOOL + "钱大有", LETTER]})
            return [p["review_reasons"] for p in found.json()["predictions"]]

        told: list[object] = [await reasons()]
        names.write_text("", encoding="utf-8")
        problem(await at.client.post("/v1/model/reload"), "model_refused")
        told.append(await reasons())
        names.write_text("钱大有\n", encoding="utf-8")
        assert (await at.client.post("/v1/model/reload")).status_code == 200
        return [*told, await reasons()]

    listed, before = ["handle_by_hand"], [[], ["handle_by_hand"]]
    assert run(export, ask, watch_list=names) == [before, before, [listed, []]]


def test_the_service_records_who_tagged_how_many(export: Export, tmp_path: Path, petition: Petition) -> None:
    audit, keys = tmp_path / "audit.jsonl", tmp_path / "keys.json"
    key = petition("key", "new", "--name", "hotline", "--role", "admin", "--keys", keys).out.strip()

    async def ask(at: Running) -> None:
        at.client.headers["X-API-Key"] = key
        for count in (1, 3):
            await at.client.post("/v1/tag", json={"texts": [SCHOOL] * count})
        await at.client.post("/v1/tag", json={"texts": 7})
        await at.client.post("/v1/model/reload")

    run(export, ask, audit=audit, keys=keys)

    assert deeds(audit) == [
        ("start", "service", 0), ("tag", "hotline", 1), ("tag", "hotline", 3), ("reload", "hotline", 1),
        ("stop", "service", 0),
    ]  # fmt: skip
    assert check_audit(audit).faults == [] and PLANTED not in audit.read_text(encoding="utf-8")


def test_many_requests_at_once_make_one_chain(export: Export, tmp_path: Path) -> None:
    import asyncio

    audit = tmp_path / "audit.jsonl"

    async def ask(at: Running) -> list[int]:
        asked = [at.client.post("/v1/tag", json={"text": SCHOOL}) for _ in range(40)]
        return [found.status_code for found in await asyncio.gather(*asked)]

    assert run(export, ask, audit=audit) == [200] * 40
    check = check_audit(audit)
    assert check.faults == [] and check.lines == 42


def test_no_tag_is_given_without_its_line(export: Export, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"

    async def ask(at: Running) -> tuple[httpx.Response, httpx.Response, str]:
        whole = audit.read_bytes()
        audit.write_bytes(b"")
        refused = await at.client.post("/v1/tag", content=json.dumps({"text": SCHOOL}), headers=JSON)
        metrics = (await at.client.get("/metrics")).text
        audit.write_bytes(whole)
        return refused, await at.client.post("/v1/tag", json={"text": SCHOOL}), metrics

    refused, mended, metrics = run(export, ask, audit=audit)

    problem(refused, "unrecorded")
    assert mended.status_code == 200
    assert "petition_audit_failures_total 1.0" in metrics and "petition_reports_total 0.0" in metrics


def test_the_service_does_not_start_where_the_audit_log_cannot_be_written(
    export: Export, tmp_path: Path, petition: Petition
) -> None:
    audit = tmp_path / "audit.jsonl"
    AuditLog(audit).append([])
    head_path(audit).write_text("0\n", encoding="utf-8")
    serve = ("serve", "--model", export.folder, "--threads", 1, "--port", 0)

    assert petition(*serve, "--audit", tmp_path / "gone" / "audit.jsonl").code == 4
    ended = petition(*serve, "--audit", audit)
    assert ended.code == 4 and "审计记录不能续写" in ended.err


def test_settings_of_the_service_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_SEALED", "1")
    monkeypatch.setenv("PETITION_MASK", "input")

    settings = ServeSettings()
    assert settings.sealed and settings.mask is Masking.input
