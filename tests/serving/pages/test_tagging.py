"""The page at /: what is pasted or handed in comes back tagged, escaped, and as a table."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from tokenizers import Tokenizer

from data.readers import read_reports
from data.taxonomy import Axis, Label, Taxonomy
from model.export import Export
from serving.keys import Role, new_key
from serving.pages import tagging
from serving.pages.problem_page import ADVICE
from serving.problem import KINDS
from tests.conftest import new_export
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL
from tests.serving.service import Running, running
from tests.serving.test_batcher import Gate

HTML = '<img src=x onerror="alert(1)">学校推诿</textarea></script><script>alert(2)</script>'


def go(export: Export, ask: Callable[[Running], Awaitable[Any]], **settings: object) -> Any:
    async def work() -> Any:
        async with running(export, **settings) as at:  # type: ignore[arg-type]
            return await ask(at)

    return asyncio.run(work())


def send(
    export: Export, fields: dict[str, str], file: tuple[str, bytes] | None = None, **settings: object
) -> httpx.Response:
    """Send the form as a browser does: always with a file, be it an empty one."""
    found: httpx.Response = go(
        export,
        lambda at: at.client.post("/", data=fields, files={"file": file or ("", b"")}),
        **settings,
    )
    return found


def table_of(page: httpx.Response, kind: str) -> bytes:
    (found,) = re.findall(rf'download="[^"]+\.{kind}" href="data:[^"]*?base64,([^"]+)"', page.text)
    return base64.b64decode(found)


def answer_of(page: httpx.Response) -> Any:
    return json.loads(page.text.split('id="answer">')[1].split("</script>")[0])


def csv_file(*texts: str) -> tuple[str, bytes]:
    rows = "".join(f'{number},"{text}"\n' for number, text in enumerate(texts, 1))
    return "来信.csv", f"编号,内容\n{rows}".encode()


def test_a_pasted_report_comes_back_with_its_tags_and_its_evidence_marked(export: Export) -> None:
    page = send(export, {"text": SCHOOL})

    assert page.status_code == 200
    assert '<span class="name">教育</span>' in page.text and "不作为" in page.text
    (marked,) = re.findall(r'<mark class="c0" title="不作为">(.*?)</mark>', page.text)
    assert "推诿" in marked and marked in SCHOOL
    assert answer_of(page)["predictions"][0]["tags"]["domain"][0]["label"] == "education"
    every = send(export, {"text": SCHOOL, "all": "on"}).text
    assert re.search(r'<mark class="c\d" title="[^"]*教育', every)


def test_a_report_that_holds_html_shows_as_text(export: Export) -> None:
    name = '"><script>alert(3)<script>.csv'
    for page in (send(export, {"text": HTML}), send(export, {}, (name, csv_file(HTML.replace('"', "'"))[1]))):
        body = page.text
        assert "<img" not in body and "&lt;img" in body
        assert re.findall(r"<script[^>]*>", body) == [
            '<script src="static/page.js" defer>',
            '<script type="application/json" id="answer">',
        ]
        assert "alert(3)<" not in body


def test_nothing_inline_runs_and_no_address_leads_elsewhere(export: Export) -> None:
    page = send(export, {"text": SCHOOL})
    policy = page.headers["content-security-policy"]

    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', page.text):
        assert re.match(r"(data:|#|static/|docs|\./)", address)


def test_lines_may_each_be_a_report(export: Export) -> None:
    page = send(export, {"text": f"{SCHOOL}\r\n\r\n{HOSPITAL}\r\n{QUIET}", "lines": "on"})

    assert "共 3 件" in page.text and page.text.count("<details") == 3
    assert [p["id"] for p in answer_of(page)["predictions"]] == ["1", "2", "3"]


def test_line_ends_count_as_in_the_text_area(export: Export) -> None:
    spans = [
        answer_of(send(export, {"text": f"一{ends}{ends}推诿"}))["predictions"][0]["tags"]["misconduct"][0]
        for ends in ("\n", "\r\n")
    ]

    assert spans[0] == spans[1] and spans[0]["evidence"][0]["start"] == 3


def test_a_file_comes_back_as_a_table_with_all_its_columns(export: Export) -> None:
    book = openpyxl.Workbook()
    book.active.append(["工单编号", "内容", "电话"])  # type: ignore[union-attr]
    book.active.append(["A-7", SCHOOL, "12345"])  # type: ignore[union-attr]
    book.active.append(["A-8", "＝1+1 医院造假", "0"])  # type: ignore[union-attr]
    raw = io.BytesIO()
    book.save(raw)
    page = send(export, {}, ("七月.xlsx", raw.getvalue()))

    assert "七月.xlsx：共 2 件" in page.text and 'download="七月-打标.xlsx"' in page.text
    rows = list(openpyxl.load_workbook(io.BytesIO(table_of(page, "xlsx"))).active.values)  # type: ignore[union-attr]
    assert rows[1][0] == "A-7" and "12345" in rows[1] and "教育" in rows[1]
    text = table_of(page, "csv").decode("utf-8-sig")
    assert "'＝1+1 医院造假" in text and text.count("\n") == 3


def test_sheets_that_were_not_read_are_named(export: Export) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "内容"])  # type: ignore[union-attr]
    book.active.append(["1", SCHOOL])  # type: ignore[union-attr]
    one, both = io.BytesIO(), io.BytesIO()
    book.save(one)
    book.copy_worksheet(book.active).title = "<b>二月"  # type: ignore[arg-type]
    book.save(both)

    assert "没有读：“&lt;b&gt;二月”。" in send(export, {}, ("a.xlsx", both.getvalue())).text
    assert "没有读" not in send(export, {}, ("a.xlsx", one.getvalue())).text


def test_rows_that_cannot_be_read_are_told_with_their_number(export: Export) -> None:
    page = send(export, {}, ("来信.csv", f"编号,内容\n1,{SCHOOL}\n2,\n3,{QUIET}\n".encode()))

    assert "共 2 件" in page.text and "读不了 1 行" in page.text and "文件 来信.csv 第 3 行" in page.text


@pytest.mark.parametrize(
    ("fields", "file", "said"),
    [
        ({"text": " \n"}, None, "请先粘贴"),
        ({"text": SCHOOL}, csv_file(QUIET), "请只给一样"),
        ({}, ("a.exe", b"MZ"), "不支持这种文件"),
        ({}, ("noname", b"MZ"), "不支持这种文件"),
        ({}, ("a.csv", "甲,乙\n1,2\n".encode()), "找不到正文一栏"),
        ({}, ("a.xlsx", b"PK\x03\x04" + bytes(90)), "文件已损坏"),
        ({}, ("a.csv", b"\xff\xfe\xfd" * 5), "认不出文件的编码"),
        ({}, ("../../a.csv", b"\n\n"), "没有内容"),
        ({}, csv_file(*[QUIET] * 9), "超过 8 件"),
        ({"text": "甲\n" * 9, "lines": "on"}, None, "超过 8 件"),
    ],
)
def test_what_cannot_be_tagged_is_told_and_what_was_pasted_stays(
    export: Export, fields: dict[str, str], file: tuple[str, bytes] | None, said: str
) -> None:
    page = send(export, fields, file, max_reports=8)

    assert page.status_code == 422 and said in page.text and 'role="alert"' in page.text
    assert fields.get("text", "").strip() in page.text and 'id="results"' not in page.text


def test_refusals_are_told_on_the_page_and_what_was_pasted_stays(export: Export) -> None:
    async def ask(at: Running) -> None:
        long = await at.client.post("/", data={"text": PLANTED * 20})
        assert long.status_code == 422 and ADVICE["invalid"] in long.text and PLANTED in long.text
        at.service.batcher.draining = True
        late = await at.client.post("/", data={"text": SCHOOL})
        assert late.status_code == 503 and ADVICE["draining"] in late.text and SCHOOL in late.text
        assert late.headers["retry-after"]
        huge = await at.client.post("/", files={"file": ("a.csv", bytes(70_000))})
        assert huge.status_code == 413 and ADVICE["too_large"] in huge.text

    go(export, ask, max_chars=100, max_body_bytes=65_536)


def test_what_is_no_form_is_refused(export: Export) -> None:
    async def ask(at: Running) -> None:
        for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "application/json"):
            answer = await at.client.post("/", content=b"{}\xff", headers={"content-type": kind})
            assert answer.status_code in (400, 415, 422)
            assert answer.headers["content-type"].startswith("text/html")

    go(export, ask)


def test_a_long_list_is_shown_in_part_and_given_whole(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "SHOWN", 2)
    page = send(export, {}, csv_file(SCHOOL, HOSPITAL, QUIET, SCHOOL, QUIET))

    assert "前 2 件" in page.text and page.text.count("data-marks") == 2
    assert len(answer_of(page)["predictions"]) == 5
    assert table_of(page, "csv").decode().count("\n") == 6


def test_a_file_that_was_begun_is_ended_by_a_service_that_is_ending(export: Export) -> None:
    async def ask(at: Running) -> None:
        gate = Gate(at.service.tagger)
        file = {"file": csv_file(*[SCHOOL] * 200)}
        sending = asyncio.create_task(at.client.post("/", files=file))
        await asyncio.to_thread(gate.entered.wait, 5)
        assert at.service.batcher.admission.outside > 0, "more of it than may be under way at a time"
        drain = asyncio.create_task(at.service.batcher.drain())
        await asyncio.sleep(0.05)
        assert (await at.client.post("/", files=file)).status_code == 503
        gate.open.set()
        page = await sending
        assert page.status_code == 200 and len(answer_of(page)["predictions"]) == 200
        await drain

    go(export, ask, queue_tokens=3000)


def test_a_file_finds_room_as_a_whole_or_not_at_all(export: Export) -> None:
    async def ask(at: Running) -> None:
        at.service.batcher.admission.pending = 19_999
        refused = await at.client.post("/", files={"file": csv_file(SCHOOL)})
        assert refused.status_code == 429 and ADVICE["busy"] in refused.text
        at.service.batcher.admission.pending = 0
        assert (await at.client.post("/", files={"file": csv_file(*[SCHOOL] * 5)})).status_code == 200

    go(export, ask)


def test_a_file_is_the_work_of_one_model_with_its_taxonomy(
    export: Export, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    other = Taxonomy(
        "t2", tuple(Axis(f"a{i}", "甲乙", "many", (Label("x", "丙"), Label("y", "丁"))) for i in range(3))
    )
    new_export(tmp_path / "two", tokenizer, other)
    current = tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask(at: Running) -> None:
        gate = Gate(at.service.tagger)
        sending = asyncio.create_task(at.client.post("/", files={"file": csv_file(*[SCHOOL] * 200)}))
        await asyncio.to_thread(gate.entered.wait, 5)
        current.unlink()
        current.symlink_to(tmp_path / "two")
        await at.service.reload()
        gate.open.set()
        page = await sending
        assert page.text.count('<span class="name">教育</span>') == tagging.SHOWN and "甲乙" not in page.text
        rows = table_of(page, "csv").decode("utf-8-sig").splitlines()
        assert len(rows) == 201 and all("教育" in row and "不作为" in row for row in rows[1:])
        assert "甲乙" in (await at.client.post("/", data={"text": SCHOOL})).text

    go(export, ask, model=current, queue_tokens=3000, follow_s=0)


def test_a_file_is_paid_for_as_a_whole_before_it_is_begun(export: Export, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys.json", "office", Role.review, "8/hour")

    async def ask(at: Running) -> None:
        async def send(count: int) -> httpx.Response:
            file = csv_file(*[SCHOOL] * count)
            return await at.client.post("/", files={"file": file}, headers={"x-api-key": key})

        assert (await send(5)).status_code == 200
        refused = await send(5)
        assert refused.status_code == 429 and ADVICE["rate"] in refused.text
        assert (await send(3)).status_code == 200, "of what was refused nothing was spent"

    go(export, ask, keys=tmp_path / "keys.json")


def test_an_upload_leaves_nothing_on_the_disk(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    for file in (csv_file(SCHOOL), ("a.xlsx", b"PK\x03\x04")):
        send(export, {}, file)

    assert list(folder.iterdir()) == []


def test_an_uploads_own_name_is_nowhere_on_the_disk(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[Path] = []

    def read(path: Path, **told: Any) -> Any:
        paths.append(path)
        return read_reports(path, **told)

    monkeypatch.setattr("serving.pages.intake.read_reports", read)
    good = send(export, {}, ("王小明举报.csv", f"编号,内容\n1,{SCHOOL}\n2,\n".encode()))
    send(export, {}, ("a.王小明", SCHOOL.encode()))

    assert [path.name for path in paths] == ["upload.csv", "upload"]
    assert "文件 王小明举报.csv 第 3 行" in good.text, "messages call the file what its sender does"


def test_every_advice_is_for_a_problem_of_the_table() -> None:
    assert set(ADVICE) <= set(KINDS)
