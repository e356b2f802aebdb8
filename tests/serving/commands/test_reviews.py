"""`petition reviews` as the shell sees it, and the way of a review from its log to labelled data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.labelled import read_labelled
from data.report import Report
from data.reviews.database import Mode
from data.reviews.key import ReviewKey
from data.reviews.log import ReviewLog
from data.reviews.review import Review, report_hash
from data.reviews.schema import newest
from data.taxonomy import Taxonomy
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv

REPORTS = [Report("1", SCHOOL), Report("2", HOSPITAL, "名单"), Report("3", QUIET)]


@pytest.fixture
def database(petition: Petition, tmp_path: Path) -> str:
    """A log made by the command, with two reviews of 1, one of 2 that keeps words, and one undone of 3."""
    path = str(tmp_path / "reviews.db")
    assert petition("reviews", "migrate", "--database", path).code == 0
    with ReviewLog(path, Mode.write) as log:
        given = [
            (0, "medical", None),
            (1, "medical", HOSPITAL),
            (2, "transport", None),
            (0, "education", None),
        ]
        for number, (place, domain, text) in enumerate(given):
            report = REPORTS[place]
            labels = {"domain": (domain,), "misconduct": ()}
            log.add(
                Review(f"r{number}", report.id, report_hash(report), labels, "0317",
                       title=report.title if text else None, text=text)
            )  # fmt: skip
        log.undo("u", "r2", "0317")
    return path


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "in.csv", [(one.id, one.title, one.text) for one in REPORTS])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_database_is_made_once_and_looked_at(petition: Petition, tmp_path: Path) -> None:
    path = tmp_path / "复核.db"
    first, again = (petition("reviews", "migrate", "--database", path) for _ in range(2))
    status = petition("reviews", "status", "--database", path)

    assert (first.code, again.code, status.code) == (0, 0, 0)
    assert f"已建立，结构 {newest()}" in first.out and "已是最新" in again.out
    assert "复核 0 次，撤销 0 次" in status.out


def test_the_database_of_the_services_settings_is_used(
    petition: Petition, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_REVIEWS_DATABASE", database)

    assert "复核 4 次，撤销 1 次" in petition("reviews", "status").out


@pytest.mark.parametrize("command", ["migrate", "status"])
def test_no_database_given_is_wrong_use(petition: Petition, command: str) -> None:
    ended = petition("reviews", command)

    assert ended.code == 2 and "--database" in ended.err


def test_a_database_that_is_not_there_ends_with_four(petition: Petition, tmp_path: Path) -> None:
    ended = petition("reviews", "status", "--database", tmp_path / "none.db")

    assert ended.code == 4 and "petition reviews migrate" in ended.err


def test_postgresql_is_made_looked_at_and_imported(
    petition: Petition, new_postgresql: Callable[[], str], tmp_path: Path, originals: Path
) -> None:
    url = new_postgresql()
    assert petition("reviews", "migrate", "--database", url).code == 0
    with ReviewLog(url, Mode.write) as log:
        labels = {"domain": ("education",), "misconduct": ()}
        log.add(Review("r1", "1", report_hash(REPORTS[0]), labels, "0317"))
    out = tmp_path / "labels.jsonl"
    status = petition("reviews", "status", "--database", url)
    brought = petition("import", url, "--to", out, "--reports", originals)

    assert "复核 1 次" in status.out and url not in status.out
    assert brought.code == 0 and "复核记录（reviews）" in brought.err
    assert lines(out)[0]["domain"] == ["education"]


def test_the_export_has_the_last_word_on_each_report(
    petition: Petition, database: str, originals: Path, tmp_path: Path
) -> None:
    out = tmp_path / "reviews.jsonl"
    ended = petition("reviews", "export", "--database", database, "--reports", originals, "--to", out)
    labelled = {one.report.id: one for one in read_labelled(out, Taxonomy.default())}

    assert ended.code == 0 and "写出 2 行，结果" in ended.err and PLANTED not in ended.err + ended.out
    assert {id: one.labels["domain"] for id, one in labelled.items()} == {
        "1": {"education"},
        "2": {"medical"},
    }
    assert labelled["1"].report.text == SCHOOL


def test_the_export_says_how_many_have_no_text(petition: Petition, database: str, tmp_path: Path) -> None:
    out = tmp_path / "reviews.jsonl"
    ended = petition("reviews", "export", "--database", database, "--to", out)

    assert "写出 2 行，其中 1 行没有正文" in ended.err
    assert ["text" in line for line in lines(out)] == [True, False]


def test_all_has_every_row_and_imports_to_the_same(
    petition: Petition, database: str, originals: Path, tmp_path: Path
) -> None:
    every, labels, direct = (tmp_path / name for name in ("all.jsonl", "labels.jsonl", "direct.jsonl"))
    petition("reviews", "export", "--database", database, "--all", "--to", every)
    for source, target in ((every, labels), (database, direct)):
        key = ("--reviews-key", f"{database}.key")
        assert petition("import", source, "--reports", originals, *key, "--to", target, "-q").code == 0

    assert [line["review"].get("undoes", "") for line in lines(every)] == ["", "", "", "", "r2"]
    assert lines(labels) == lines(direct)
    assert {line["id"]: line["domain"] for line in lines(direct)} == {"1": ["education"], "2": ["medical"]}


NAMED = Report("9", "我叫王小明，电话13800138000，学校收费。")


@pytest.fixture
def named(database: str, tmp_path: Path) -> Path:
    """The originals, when one report that tells who wrote it has been reviewed too."""
    with ReviewLog(database, Mode.write) as log:
        labels = {"domain": ("education",), "misconduct": ()}
        log.add(Review("r9", NAMED.id, report_hash(NAMED), labels, "0317"))
    return write_csv(tmp_path / "all.csv", [(one.id, one.title, one.text) for one in [*REPORTS, NAMED]])


@pytest.mark.parametrize(("flags", "floor", "covered"), [
    ((), "", True), (("--unmasked",), "", False), (("--unmasked",), "output", True),
])  # fmt: skip
def test_words_of_the_originals_are_covered_unless_asked_for(
    petition: Petition, database: str, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...], floor: str, covered: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("PETITION_MASK", floor)
    out = tmp_path / "out.jsonl"
    ended = petition("reviews", "export", "--database", database, "--reports", named, "--to", out, *flags)
    (line,) = [one for one in lines(out) if one["id"] == "9"]

    assert ended.code == 0 and len(line["text"]) == len(NAMED.text)
    assert (line["text"] == "我叫***，电话***********，学校收费。") == covered
    assert (line["text"] == NAMED.text) != covered


def test_an_export_is_in_the_audit_log_and_does_not_run_sealed(
    petition: Petition, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit, out = tmp_path / "audit.jsonl", tmp_path / "out.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(audit))
    assert petition("reviews", "export", "--database", database, "--to", out).code == 0
    (deed,) = lines(audit)
    assert (deed["action"], deed["count"]) == ("export", len(lines(out)))

    monkeypatch.setenv("PETITION_SEALED", "1")
    ended = petition("reviews", "export", "--database", database, "--to", tmp_path / "sealed.jsonl")
    assert ended.code == 2 and not (tmp_path / "sealed.jsonl").exists()


def test_an_export_has_no_plain_hash_and_is_joined_again_with_the_key(
    petition: Petition, database: str, originals: Path, tmp_path: Path
) -> None:
    out, labels = tmp_path / "out.jsonl", tmp_path / "labels.jsonl"
    assert petition("reviews", "export", "--database", database, "--all", "--to", out).code == 0

    assert not any(report_hash(report) in out.read_text(encoding="utf-8") for report in REPORTS)
    given = ("import", out, "--reports", originals, "--to", labels, "-q")
    ended = petition(*given)
    assert ended.code == 4 and "--reviews-key" in ended.err and not labels.exists()
    assert petition(*given, "--reviews-key", f"{database}.key").code == 0
    assert {line["id"]: line["text"] for line in lines(labels)} == {"1": SCHOOL, "2": HOSPITAL}


def test_reports_on_the_watch_list_have_no_words_in_an_export(
    petition: Petition, database: str, originals: Path, tmp_path: Path
) -> None:
    names, out = tmp_path / "names.txt", tmp_path / "out.jsonl"
    names.write_text("医院名单\n", encoding="utf-8")
    given = ("reviews", "export", "--database", database, "--to", out, "--watch-list", names)
    for more in ((), ("--reports", originals)):
        assert petition(*given, *more).code == 0
        assert {line["id"]: line.get("text") for line in lines(out)}["2"] is None
    assert {line["id"]: line.get("text") for line in lines(out)}["1"] == SCHOOL


def test_notes_that_name_the_watch_list_or_stand_beside_such_a_report_are_not_exported(
    petition: Petition, database: str, tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("钱多多\n", encoding="utf-8")
    labels, out = {"domain": ("education",), "misconduct": ()}, tmp_path / "out.jsonl"
    with ReviewLog(database, Mode.write) as log:
        log.add(Review("r8", "8", "0" * 64, labels, "0317", title="", text="钱多多不管。", note="转上级"))
        log.add(Review("r9", "9", "1" * 64, labels, "0317", title="", text="路灯坏了。", note="钱多多的亲戚"))
    given = ("reviews", "export", "--database", database, "--to", out, "--watch-list", tmp_path / "names.txt")
    assert petition(*given).code == 0
    written = out.read_text(encoding="utf-8")

    assert "路灯坏了" in written and not any(words in written for words in ("转上级", "钱多多"))


def test_an_export_makes_no_key_for_a_log_that_has_one(
    petition: Petition, database: str, tmp_path: Path
) -> None:
    key = Path(f"{database}.key")
    secret = ReviewKey.made(key)
    with ReviewLog(database, Mode.write) as log:
        log.add(Review("r8", "8", secret.keyed("0" * 64), {"domain": (), "misconduct": ()}, "0317"))
    key.unlink()
    ended = petition("reviews", "export", "--database", database, "--to", tmp_path / "out.jsonl")

    assert ended.code == 4 and "no such file" in ended.err and not key.exists()


def test_an_export_takes_the_key_that_it_is_told_for_postgresql(
    petition: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_REVIEWS_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    given = ("reviews", "export", "--to", tmp_path / "out.jsonl")

    assert petition(*given).code == 2
    assert petition(*given, "--reviews-key", tmp_path / "reviews.key").code == 4  # there is no such server


def test_an_export_covers_officials_in_kept_and_in_joined_words_where_asked(
    petition: Petition, database: str, tmp_path: Path
) -> None:
    report, kept = Report("8", "村支书赵大海不管，学校收费。"), "我叫***，村支书赵大海不管。"
    with ReviewLog(database, Mode.write) as log:
        labels = {"domain": ("education",), "misconduct": ()}
        log.add(Review("r8", "8", report_hash(report), labels, "0317"))
        log.add(Review("r9", "9", "0" * 64, labels, "0317", title="", text=kept, note="赵大海是村支书赵大海"))
    originals, out = write_csv(tmp_path / "all.csv", [("8", "", report.text)]), tmp_path / "out.jsonl"
    given = ("reviews", "export", "--database", database, "--reports", originals, "--to", out)
    assert petition(*given).code == 0
    assert out.read_text(encoding="utf-8").count("村支书赵大海不管") == 2
    assert petition(*given, "--officials", "names").code == 0
    found = {line["id"]: line for line in lines(out)}

    assert (
        found["8"]["text"] == "村支书***不管，学校收费。" and found["9"]["text"] == "我叫***，村支书***不管。"
    )
    assert "赵大海" not in out.read_text(encoding="utf-8")


def test_an_export_leaves_no_key_where_there_is_no_log(petition: Petition, tmp_path: Path) -> None:
    ended = petition("reviews", "export", "--database", tmp_path / "no.db", "--to", tmp_path / "out.jsonl")

    assert ended.code == 4 and not [*tmp_path.glob("no.db*")]


def test_an_export_does_not_write_over_what_it_reads(petition: Petition, database: str) -> None:
    before = Path(database).read_bytes()
    ended = petition("reviews", "export", "--database", database, "--to", database)

    assert ended.code == 2 and Path(database).read_bytes() == before


def test_an_import_does_not_write_over_the_log(petition: Petition, database: str) -> None:
    before = Path(database).read_bytes()

    assert petition("import", database, "--to", database).code == 2
    assert Path(database).read_bytes() == before
