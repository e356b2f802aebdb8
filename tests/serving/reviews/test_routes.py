"""Reviews over HTTP: what is taken is in the log, what is refused is a problem, tagging goes on."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.report import Report
from data.reviews.database import Mode
from data.reviews.key import ReviewKey
from data.reviews.log import ReviewLog
from data.reviews.review import Review, report_hash
from data.reviews.schema import VERSION_TABLE, migrate
from model.export import Export
from serving.keys import Role, new_key
from serving.problem import KINDS, MEDIA_TYPE
from serving.settings import ServeSettings
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, write_csv
from tests.serving.service import Lines, Running, running

Ask = Callable[[Running], Awaitable[Any]]
NAMED = f"{SCHOOL}我叫王小明，电话13800138000。"
BODY: dict[str, Any] = {
    "report": {"id": "A1", "title": "收费", "text": NAMED},
    "labels": {"domain": ["education"], "misconduct": []},
    "reviewer": "0317",
}


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "reviews.db")
    migrate(path)
    return path


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines, logger = Lines(), logging.getLogger("petition")
    logger.addHandler(lines)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.setLevel(before)
    logger.removeHandler(lines)


def run(export: Export, ask: Ask, **settings: object) -> Any:
    async def go() -> Any:
        async with running(export, **settings) as at:  # type: ignore[arg-type]
            return await ask(at)

    return asyncio.run(go())


def key(database: str) -> ReviewKey:
    return ReviewKey.load(Path(f"{database}.key"))


def rows(database: str) -> list[Review]:
    with ReviewLog(database) as log:
        return list(log.read())


def held(response: httpx.Response, code: str) -> dict[str, Any]:
    """The problem of a response, without a report's words."""
    body: dict[str, Any] = response.json()
    assert (body["code"], response.status_code) == (code, KINDS[code].status), body
    assert response.headers["content-type"] == MEDIA_TYPE and PLANTED not in response.text
    return body


def test_a_review_is_kept_with_who_when_and_the_prediction_it_corrects(export: Export, database: str) -> None:
    async def ask(at: Running) -> httpx.Response:
        tagged = await at.client.post("/v1/tag", json={"reports": [BODY["report"]], "evidence": "all"})
        body = BODY | {
            "prediction": tagged.json()["predictions"][0],
            "note": "电话13800138000",
            "unsure": True,
        }
        return await at.client.post("/v1/reviews", json=body)

    answer = run(export, ask, reviews_database=database)
    (kept,) = rows(database)

    assert answer.status_code == 201 and answer.json()["id"] == kept.id and answer.json()["number"] == 1
    assert (kept.reviewer, kept.model, kept.taxonomy, kept.unsure) == ("0317", "tiny@1", "t1", True)
    assert kept.labels == {"domain": ("education",), "misconduct": ()}
    assert kept.report_hash == key(database).of(Report("A1", NAMED, "收费")) == answer.json()["report_hash"]
    assert kept.prediction is not None and kept.prediction["tags"]["misconduct"][0]["label"] == "inaction"
    assert kept.note == "电话***********"


def test_without_the_sites_word_no_text_is_kept(export: Export, database: str) -> None:
    async def ask(at: Running) -> Any:
        tagged = await at.client.post("/v1/tag", json={"reports": [BODY["report"]], "evidence": "all"})
        return await at.client.post(
            "/v1/reviews", json=BODY | {"prediction": tagged.json()["predictions"][0]}
        )

    run(export, ask, reviews_database=database)
    (kept,) = rows(database)

    assert (kept.title, kept.text) == (None, None)
    assert PLANTED.encode() not in Path(database).read_bytes()


def test_a_kept_text_is_covered_and_the_evidence_still_points_at_its_words(
    export: Export, database: str
) -> None:
    async def ask(at: Running) -> Any:
        tagged = await at.client.post("/v1/tag", json={"reports": [BODY["report"]], "evidence": "all"})
        prediction = tagged.json()["predictions"][0]
        await at.client.post("/v1/reviews", json=BODY | {"prediction": prediction})
        return prediction

    prediction = run(export, ask, reviews_database=database, reviews_text=True)
    (kept,) = rows(database)

    assert kept.text is not None and "王小明" not in kept.text and "138" not in kept.text
    assert kept.prediction is not None
    words = prediction["tags"]["misconduct"][0]["evidence"][0]
    place = kept.prediction["tags"]["misconduct"][0]["evidence"][0]
    assert kept.text[place["start"] : place["end"]] == words["text"] and "text" not in place


def test_officials_in_a_kept_text_are_covered_where_the_site_says_so(export: Export, database: str) -> None:
    text = f"{SCHOOL}我叫王小明，村支书赵大海不管。"
    body = BODY | {"report": {"id": "A1", "text": text}, "note": "村支书赵大海已核实"}

    async def ask(at: Running) -> Any:
        return await at.client.post("/v1/reviews", json=body)

    for officials in ("keep", "names", "all"):
        run(export, ask, reviews_database=database, reviews_text=True, officials=officials)
    kept, names, every = (row.text[len(SCHOOL) :] for row in rows(database) if row.text)

    assert (kept, names, every) == (
        "我叫***，村支书赵大海不管。", "我叫***，村支书***不管。", "我叫***，******不管。",
    )  # fmt: skip
    assert [row.note for row in rows(database)] == ["村支书赵大海已核实", "村支书***已核实", "******已核实"]


def test_sending_again_adds_nothing(export: Export, database: str, tmp_path: Path) -> None:
    async def ask(at: Running) -> Any:
        sent = [await at.client.post("/v1/reviews", json=BODY | {"id": "r1"}) for _ in range(2)]
        other = await at.client.post("/v1/reviews", json=BODY | {"id": "r1", "unsure": True})
        return *sent, other, at.service.metrics.text().decode()

    audit = tmp_path / "audit.jsonl"
    first, again, other, counted = run(export, ask, reviews_database=database, audit=audit)

    assert first.json() == again.json() and len(rows(database)) == 1
    held(other, "conflict")
    assert 'petition_reviews_total{kind="review"} 1.0' in counted
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    assert [one.get("repeated") for one in lines if one["action"] == "review"] == [None, 1]


def test_reviews_and_undos_are_in_the_audit_log_without_words(
    export: Export, database: str, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"

    async def ask(at: Running) -> tuple[httpx.Response, httpx.Response]:
        added = (await at.client.post("/v1/reviews", json=BODY)).json()
        return (
            await at.client.post(f"/v1/reviews/{added['id']}/undo", json={"reviewer": "0317"}),
            await at.client.post("/v1/reviews", json={**BODY, "labels": {"domain": ["nothing"]}}),
        )

    undone, refused = run(export, ask, reviews_database=database, audit=audit)

    written = audit.read_text(encoding="utf-8")
    found = [json.loads(line) for line in written.splitlines()]
    assert (undone.status_code, refused.status_code) == (201, 422)
    assert [(one["action"], one["count"], one.get("number"), one.get("undo")) for one in found] == [
        ("start", 0, None, None), ("review", 1, 1, 0), ("review", 1, 2, 1), ("stop", 0, None, None),
    ]  # fmt: skip
    assert PLANTED not in written and "0317" not in written


def test_a_review_without_its_line_is_not_kept(export: Export, database: str, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"

    async def ask(at: Running) -> tuple[httpx.Response, int, httpx.Response]:
        whole, body = audit.read_bytes(), {**BODY, "id": "r1"}
        audit.write_bytes(b"")
        refused = await at.client.post("/v1/reviews", json=body)
        audit.write_bytes(whole)
        kept = len(rows(database))
        await at.client.post("/v1/reviews", json=body)
        return refused, kept, await at.client.post("/v1/reviews", json=body)

    refused, kept, again = run(export, ask, reviews_database=database, audit=audit)

    held(refused, "unrecorded")
    assert kept == 0, "no line, no review"
    assert again.status_code == 201 and len(rows(database)) == 1, "sent again by its id, it is added once"
    assert [json.loads(line).get("repeated") for line in audit.read_text().splitlines()] == [
        None, None, 1, None,
    ]  # fmt: skip


def test_undo_takes_back_ones_own_review_once(export: Export, database: str) -> None:
    async def ask(at: Running) -> Any:
        await at.client.post("/v1/reviews", json=BODY | {"id": "r1"})
        path = "/v1/reviews/r1/undo"
        return [
            await at.client.post(path, json={"reviewer": "0999"}),
            await at.client.post(path, json={"reviewer": "0317", "id": "u1"}),
            await at.client.post(path, json={"reviewer": "0317"}),
            await at.client.post("/v1/reviews/none/undo", json={"reviewer": "0317"}),
        ]

    other, mine, again, none = run(export, ask, reviews_database=database)

    held(other, "conflict")
    assert mine.status_code == 201 and mine.json()["undoes"] == "r1"
    held(again, "conflict")
    held(none, "unknown_review")
    assert [(row.id, row.undoes) for row in rows(database)] == [("r1", ""), ("u1", "r1")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"labels": {"domain": ["文教"]}}, "labels.domain[0]"),
        ({"labels": {PLANTED: []}}, "labels.?"),
        ({"labels": {PLANTED: 5}}, "labels.?"),
        ({"labels": {"Zhang_San-13800138000": 5}}, "labels.?"),
        ({"labels": {"13800138000": 5}}, "labels.?"),
        ({"labels": {"misconduct": 5}}, "labels.misconduct"),
        ({"prediction": {"model": "m", "tags": {"Zhang_San": 5}}}, "prediction.tags.?"),
        ({"prediction": {"model": "m", "tags": {"Zhang San": []}}}, "prediction.tags.?.?"),
        ({"Zhang_San": {"id": 1}}, "?"),
        ({"labels": {"domain": None}}, "labels"),
        ({"labels": {"domain": ["education", "education"]}}, "labels.domain"),
        ({"labels": {"purpose": []}}, "labels.purpose"),
        ({"reviewer": ""}, "reviewer"),
        ({"reviewer": "王\n"}, "reviewer"),
        ({"id": "../r1"}, "id"),
        ({"report": {"id": "", "text": SCHOOL}}, "report.id"),
        ({"report": {"id": "A1"}}, "report"),
        ({"report": {"id": "A1", "text": SCHOOL, "hash": "0" * 64}}, "report"),
        ({"report": {"id": "A1", "text": "字" * 300}}, "report.text"),
        ({"prediction": {"model": "m", "tags": {"domain": [{"label": "a b", "score": 1}]}}},
         "prediction.tags.domain[0].label"),
        ({PLANTED: 1}, "?"),
        ({"labels": {"domain": ["文教"] * 300}}, ""),
        ({"prediction": {"model": "m", "tags": {"domain": [{"label": "a", "score": 1}] * 201}}},
         "prediction.tags.domain"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_not_kept(
    export: Export, database: str, change: dict[str, Any], field: str
) -> None:
    found = run(
        export, lambda at: at.client.post("/v1/reviews", json=BODY | change),
        reviews_database=database, max_chars=250,
    )  # fmt: skip

    assert field in [each["field"] for each in held(found, "invalid")["errors"]]
    assert "Zhang" not in found.text and "13800138000" not in found.text
    assert rows(database) == []


def test_a_hash_stands_for_the_text(export: Export, database: str) -> None:
    body = BODY | {"report": {"id": "A1", "hash": "a" * 64}}
    run(
        export,
        lambda at: at.client.post("/v1/reviews", json=body),
        reviews_database=database,
        reviews_text=True,
    )
    (kept,) = rows(database)

    assert (kept.report_hash, kept.text) == (key(database).keyed("a" * 64), None)


def test_no_plain_hash_stands_beside_covered_words(export: Export, database: str, tmp_path: Path) -> None:
    """By a plain one the number under the stars is found: there are no more than 10^9 to try."""
    queue = write_csv(tmp_path / "named.csv", [("A1", "收费", NAMED)])

    async def ask(at: Running) -> str:
        dealt = await at.client.get("/v1/reviews/queue")
        item = dealt.json()["item"]
        sent = [BODY, BODY | {"report": {"id": "A1", "hash": item["hash"]}},
                BODY | {"report": {"id": "A1", "hash": plain}}]  # fmt: skip
        return dealt.text + "".join([(await at.client.post("/v1/reviews", json=one)).text for one in sent])

    plain = report_hash(Report("A1", NAMED, "收费"))
    given = {"reviews_database": database, "reviews_queue": queue, "reviews_text": True, "mask": "output"}
    answers = run(export, ask, **given)
    kept = rows(database)

    assert plain not in answers and plain.encode() not in Path(database).read_bytes()
    assert [row.text is not None for row in kept] == [True] * 3 and len(
        {row.report_hash for row in kept}
    ) == 1


def test_a_hash_of_another_key_is_refused(export: Export, database: str) -> None:
    body = BODY | {"report": {"id": "A1", "hash": "k" + "a" * 63}}
    answer = run(export, lambda at: at.client.post("/v1/reviews", json=body), reviews_database=database)

    assert [each["field"] for each in held(answer, "invalid")["errors"]] == ["report.hash"]
    assert rows(database) == []


def test_reviews_of_earlier_versions_count_and_are_taken_back(
    export: Export, database: str, queue: Path
) -> None:
    """They stand under plain hashes."""
    with ReviewLog(database, Mode.write) as log:
        earlier = Review("r1", "1", report_hash(Report("1", SCHOOL)), {"domain": ()}, "0317")
        log.add(earlier)

    async def ask(at: Running) -> Any:
        found = await ask_next(at)
        first = (await at.client.get("/v1/reviews/queue/0")).json()["item"]
        await at.client.post("/v1/reviews/r1/undo", json={"reviewer": "0317"})
        return found, first, await ask_next(at, holder="b")

    found, first, after = run(export, ask, reviews_database=database, reviews_queue=queue)

    assert (found["reviewed"], found["item"]["report"]["id"]) == (1, "2")
    assert [one["id"] for one in first["reviews"]] == ["r1"]
    assert (after["reviewed"], after["item"]["report"]["id"]) == (0, "1")


@pytest.mark.parametrize("how", ["another", "none", "gone"])
def test_a_log_whose_key_is_not_there_takes_no_reviews(
    export: Export, database: str, tmp_path: Path, how: str, lines: Lines
) -> None:
    run(export, lambda at: at.client.post("/v1/reviews", json=BODY), reviews_database=database)
    named = tmp_path / "named.key"
    if how == "none":
        named.write_text("", encoding="utf-8")
    if how == "another":
        ReviewKey.made(named)
    refused = run(export, lambda at: at.client.post("/v1/reviews", json=BODY), reviews_database=database,
                  reviews_key=named)  # fmt: skip

    held(refused, "reviews_away")
    assert len(rows(database)) == 1 and str(tmp_path) not in refused.text
    assert ("another key" if how == "another" else "named.key") in lines.text
    assert named.exists() is (how != "gone")  # a new key would fit none of the log's hashes


def test_postgresql_needs_a_key_that_is_named() -> None:
    with pytest.raises(ValueError, match="reviews_key"):
        ServeSettings(reviews_database="postgresql://office@db/petition")


def test_the_role_review_is_needed_and_the_key_is_kept_beside_the_name(
    export: Export, database: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    tags = new_key(keys, "hotline", Role.tag)
    reviews = new_key(keys, "office", Role.review)

    async def ask(at: Running) -> Any:
        found = []
        for key in ("", tags, reviews):
            headers = {"x-api-key": key} if key else {}
            found.append(await at.client.post("/v1/reviews", json=BODY, headers=headers))
            found.append(await at.client.get("/v1/reviews/queue", headers=headers))
        found.append(
            await at.client.post("/v1/reviews", json=BODY | {"reviewer": ""}, headers={"x-api-key": reviews})
        )
        return found

    none, none_q, tag, tag_q, taken, _, unnamed = run(export, ask, reviews_database=database, keys=keys)

    for response, code in ((none, "no_key"), (none_q, "no_key"), (tag, "forbidden"), (tag_q, "forbidden")):
        held(response, code)
    assert taken.status_code == unnamed.status_code == 201
    assert [(row.reviewer, row.key) for row in rows(database)] == [("0317", "office"), ("office", "office")]


def broken(tmp_path: Path, how: str) -> str:
    path = tmp_path / "reviews.db"
    if how == "absent":
        return str(path)
    if how == "no database":
        path.write_bytes(b"nonsense" * 1000)
    elif how == "server away":
        return "postgresql://office:s3cret@127.0.0.1:1/reviews"
    else:
        migrate(str(path))
        with sqlite3.connect(path) as connection:
            if how == "older":
                connection.execute(f"DELETE FROM {VERSION_TABLE}")
            else:
                connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        connection.close()
    return str(path)


@pytest.mark.parametrize("how", ["absent", "no database", "server away", "older", "newer"])
def test_a_database_that_cannot_be_used_leaves_tagging_alone(
    export: Export, tmp_path: Path, how: str, lines: Lines
) -> None:
    async def ask(at: Running) -> Any:
        return (
            await at.client.post("/v1/reviews", json=BODY),
            await at.client.post("/v1/tag", json={"text": SCHOOL}),
            await at.client.get("/readyz"),
        )

    refused, tagged, ready = run(
        export, ask, reviews_database=broken(tmp_path, how), reviews_key=tmp_path / "reviews.key"
    )

    problem = held(refused, "reviews_away")
    assert tagged.status_code == ready.status_code == 200
    assert str(tmp_path) not in refused.text and "s3cret" not in refused.text + lines.text
    assert [each["event"] for each in lines.fields].count("reviews_away") == 1
    if how in ("older", "newer"):
        assert how in problem["detail"]
        assert ("no review log yet" if how == "older" else "9999 is newer") in lines.text


@pytest.fixture
def blocked(database: str) -> Iterator[sqlite3.Connection]:
    """Holds the database until it commits."""
    blocker = sqlite3.connect(database, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    yield blocker
    if blocker.in_transaction:
        blocker.execute("COMMIT")
    blocker.close()


def test_tagging_answers_while_reviews_wait_and_too_many_do_not_wait(
    export: Export, database: str, blocked: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.reviews.desk.MOST_WAITING", 3)
    monkeypatch.setattr("serving.reviews.desk.ANSWER_S", 300)
    monkeypatch.setattr("data.reviews.database.WAIT_S", 300)

    async def ask(at: Running) -> Any:
        sent = [asyncio.ensure_future(at.client.post("/v1/reviews", json=BODY)) for _ in range(12)]
        while sum(one.done() for one in sent) < 9:
            await asyncio.sleep(0.01)
        tagged = await at.client.post("/v1/tag", json={"text": SCHOOL})
        waiting = sum(not one.done() for one in sent)
        blocked.execute("COMMIT")
        return tagged, waiting, await asyncio.gather(*sent)

    tagged, waiting, answers = run(export, ask, reviews_database=database)
    refused = [answer for answer in answers if answer.status_code != 201]

    # One place is taken by the look at the database at the start.
    assert tagged.status_code == 200 and waiting in (2, 3)
    assert len(rows(database)) == waiting == 12 - len(refused)
    assert all("Too many" in held(answer, "reviews_away")["detail"] for answer in refused)


def test_a_database_that_hangs_is_not_waited_for_without_end(
    export: Export, database: str, blocked: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.reviews.desk.ANSWER_S", 0.2)
    monkeypatch.setattr("data.reviews.database.WAIT_S", 300)

    async def ask(at: Running) -> Any:
        refused = await at.client.post("/v1/reviews", json=BODY)
        blocked.execute("COMMIT")
        return refused

    refused = run(export, ask, reviews_database=database)

    assert "does not answer" in held(refused, "reviews_away")["detail"]


def test_a_database_that_comes_back_is_used_again(export: Export, tmp_path: Path, lines: Lines) -> None:
    path = str(tmp_path / "reviews.db")

    async def ask(at: Running) -> Any:
        first = await at.client.post("/v1/reviews", json=BODY)
        migrate(path)
        return first, await at.client.post("/v1/reviews", json=BODY)

    first, second = run(export, ask, reviews_database=path)

    held(first, "reviews_away")
    assert second.status_code == 201 and len(rows(path)) == 1
    told = [f["event"] for f in lines.fields if "reviews" in str(f["event"])]
    # A service that another test has ended may still say of its own that it is ready.
    assert told.count("reviews_away") == 1 and told[-1] == "reviews_ready"


def test_the_schema_is_brought_up_to_date_where_asked(export: Export, tmp_path: Path) -> None:
    path = str(tmp_path / "reviews.db")
    answer = run(
        export,
        lambda at: at.client.post("/v1/reviews", json=BODY),
        reviews_database=path,
        reviews_migrate=True,
    )

    assert answer.status_code == 201 and len(rows(path)) == 1


def test_without_a_database_reviews_are_off(export: Export) -> None:
    held(run(export, lambda at: at.client.post("/v1/reviews", json=BODY)), "reviews_off")


def test_no_words_of_a_review_are_in_log_or_metrics(export: Export, database: str, lines: Lines) -> None:
    async def ask(at: Running) -> Any:
        await at.client.post("/v1/reviews", json=BODY | {"note": PLANTED, "reviewer": "独角兽"})
        await at.client.post("/v1/reviews", json=BODY | {"labels": {"domain": [PLANTED]}})
        return await at.client.get("/metrics")

    metrics = run(export, ask, reviews_database=database, reviews_text=True)

    for word in (PLANTED, "独角兽", "A1"):
        assert word not in lines.text and word not in metrics.text
    assert 'petition_reviews_total{kind="review"} 1.0' in metrics.text


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "queue.csv", [("1", "", SCHOOL), ("2", "名单", HOSPITAL), ("3", "", QUIET)])


async def ask_next(at: Running, after: int = -1, holder: str = "a") -> Any:
    answer = await at.client.get("/v1/reviews/queue", params={"after": after, "holder": holder})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def give(at: Running, item: Any, id: str = "") -> None:
    report = {key: item["report"][key] for key in ("id", "title", "text")}
    body = BODY | {"report": report, "prediction": item["prediction"]} | ({"id": id} if id else {})
    answer = await at.client.post("/v1/reviews", json=body)
    assert answer.status_code == 201, answer.text


def test_the_queue_is_worked_through_in_its_order(export: Export, database: str, queue: Path) -> None:
    async def ask(at: Running) -> Any:
        seen = []
        while (found := await ask_next(at))["item"]:
            seen.append((found["item"]["report"]["id"], found["reviewed"]))
            await give(at, found["item"])
        return seen, found

    seen, last = run(export, ask, reviews_database=database, reviews_queue=queue)

    assert seen == [("1", 0), ("2", 1), ("3", 2)]
    assert last == {"total": 3, "reviewed": 3, "item": None}
    assert [row.report_id for row in rows(database)] == ["1", "2", "3"]


def test_a_queued_report_comes_with_what_the_model_says_now(
    export: Export, database: str, queue: Path
) -> None:
    item = run(export, ask_next, reviews_database=database, reviews_queue=queue)["item"]

    assert item["report"]["text"] == SCHOOL and item["reviews"] == []
    assert item["prediction"]["tags"]["misconduct"][0]["label"] == "inaction"
    assert item["prediction"]["tags"]["domain"][0]["evidence"]


def test_what_is_masked_is_not_in_the_queues_answer_and_its_words_are_kept_by_their_hash(
    export: Export, database: str, tmp_path: Path
) -> None:
    queue = write_csv(tmp_path / "named.csv", [("1", "收费", NAMED)])

    async def ask(at: Running) -> Any:
        found = await at.client.get("/v1/reviews/queue")
        item = found.json()["item"]
        sent = {"id": item["report"]["id"], "hash": item["hash"]}
        await at.client.post("/v1/reviews", json=BODY | {"report": sent, "prediction": item["prediction"]})
        return found.text, item

    given = {"reviews_database": database, "reviews_queue": queue, "reviews_text": True, "mask": "output"}
    words, item = run(export, ask, **given)
    (row,) = rows(database)

    assert "王小明" not in words and "13800138000" not in words and item["covered"]
    assert {mark["part"] for mark in item["marks"]} == {"text"}
    assert item["hash"] == row.report_hash == key(database).of(Report("1", NAMED, "收费"))
    assert row.text == NAMED.replace("王小明", "***").replace("13800138000", "*" * 11)


def test_without_masking_the_marks_are_where_the_evidence_is(
    export: Export, database: str, queue: Path
) -> None:
    item = run(export, ask_next, reviews_database=database, reviews_queue=queue)["item"]
    spans = [
        (axis, tag["label"], span["start"], span["end"])
        for axis, tags in item["prediction"]["tags"].items()
        for tag in tags
        for span in tag.get("evidence", ())
    ]

    assert [(m["axis"], m["label"], m["start"], m["end"]) for m in item["marks"]] == spans != []
    assert not item["covered"]


def test_a_report_on_the_watch_list_is_neither_dealt_nor_kept(
    export: Export, database: str, queue: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("王小明\n", encoding="utf-8")
    write_csv(queue, [("1", "", NAMED), ("2", "", SCHOOL)])

    async def ask(at: Running) -> Any:
        found = await ask_next(at)
        await at.client.post("/v1/reviews", json=BODY | {"note": "转上级"})
        other = {"id": "2", "title": "", "text": SCHOOL}
        noted = BODY | {"report": other, "note": "王小明的亲戚", "id": "r2"}
        await at.client.post("/v1/reviews", json=noted)
        await at.client.post("/v1/reviews/r2/undo", json={"reviewer": "0317", "note": "与王小明无关"})
        names.write_text("李四\n", encoding="utf-8")
        await at.service.reload()
        return found, await ask_next(at)

    given = {"reviews_database": database, "reviews_queue": queue, "reviews_text": True}
    found, after = run(export, ask, **given, watch_list=names)

    assert (found["total"], found["item"]["report"]["id"]) == (1, "2")
    assert after["total"] == 2  # the new list names nobody here
    kept = [(row.report_id, row.text, row.note) for row in rows(database)]
    assert kept == [("A1", None, ""), ("2", SCHOOL, ""), ("2", None, "")]


def test_two_officers_get_different_reports_and_a_skipped_one_is_free_again(
    export: Export, database: str, queue: Path
) -> None:
    async def ask(at: Running) -> Any:
        places = []
        for after, holder in ((-1, "a"), (-1, "b"), (0, "a"), (-1, "c"), (0, "a")):
            places.append((await ask_next(at, after, holder))["item"]["place"])
        return places

    assert run(export, ask, reviews_database=database, reviews_queue=queue) == [0, 1, 2, 0, 2]


def test_an_undone_report_waits_again_and_shows_no_review(export: Export, database: str, queue: Path) -> None:
    async def ask(at: Running) -> Any:
        first = (await ask_next(at))["item"]
        await give(at, first, "r1")
        shown = (await at.client.get("/v1/reviews/queue/0")).json()
        await at.client.post("/v1/reviews/r1/undo", json={"reviewer": "0317"})
        return shown, await ask_next(at)

    shown, again = run(export, ask, reviews_database=database, reviews_queue=queue)

    assert [one["reviewer"] for one in shown["item"]["reviews"]] == ["0317"] and shown["reviewed"] == 1
    assert again["item"]["place"] == 0 and again["item"]["reviews"] == [] and again["reviewed"] == 0


def test_what_another_instance_took_is_not_dealt_again(export: Export, database: str, queue: Path) -> None:
    async def ask(at: Running) -> Any:
        await ask_next(at, holder="a")
        async with running(export, reviews_database=database) as other:
            await give(other, (await ask_next(at, after=0, holder="b"))["item"])
        return (await ask_next(at, after=0, holder="c"))["item"]["place"]

    assert run(export, ask, reviews_database=database, reviews_queue=queue) == 2


def test_a_new_file_of_the_queue_is_read_without_a_restart(
    export: Export, database: str, tmp_path: Path
) -> None:
    queue = tmp_path / "queue.jsonl"

    def write(*rows: dict[str, Any]) -> None:
        queue.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")

    async def ask(at: Running) -> Any:
        await give(at, (await ask_next(at))["item"])
        write({"id": "9", "text": QUIET, "prediction": {"model": "old@1"}}, {"id": "1", "text": SCHOOL})
        return await ask_next(at)

    write({"id": "1", "text": SCHOOL})
    found = run(export, ask, reviews_database=database, reviews_queue=queue)

    assert (found["total"], found["reviewed"], found["item"]["report"]["id"]) == (2, 1, "9")


@pytest.mark.parametrize("how", ["unset", "missing", "broken"])
def test_a_queue_that_cannot_be_read_is_a_problem_of_its_own(
    export: Export, database: str, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "queue.xlsx"
    if how == "broken":
        path.write_bytes(b"PK\x03\x04" + PLANTED.encode() * 100)
    settings = {} if how == "unset" else {"reviews_queue": path}

    async def ask(at: Running) -> Any:
        return await at.client.get("/v1/reviews/queue"), await at.client.post("/v1/reviews", json=BODY)

    found, taken = run(export, ask, reviews_database=database, **settings)

    held(found, "no_queue" if how == "unset" else "queue_away")
    assert taken.status_code == 201


def test_reviews_are_taken_by_postgresql(
    export: Export, new_postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url, named = new_postgresql(), tmp_path / "reviews.key"

    async def ask(at: Running) -> Any:
        found = [await at.client.post("/v1/reviews", json=BODY | {"id": "r1"}) for _ in range(2)]
        return *found, await at.client.post("/v1/reviews/r1/undo", json={"reviewer": "0317"})

    given = {"reviews_database": url, "reviews_key": named, "reviews_migrate": True, "reviews_text": True}
    answers = run(export, ask, **given)

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [(row.number, row.undoes) for row in rows(url)] == [(1, ""), (2, "r1")]
    with ReviewLog(url) as log:
        assert log.keys() == {"k" + ReviewKey.load(named).id}
