"""A worker makes the parts of chunks by their numbers, and answers with counts alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data.columns import Columns
from model.export import Export
from serving.bulk.choices import Form
from serving.bulk.inputs import Inputs
from serving.bulk.manifest import Manifest
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.search import find_sources
from serving.bulk.settings import Settings
from serving.bulk.work import Walk
from serving.bulk.worker import TRIES, Order, Worker
from tests.conftest import speaking_tables
from tests.serving.bulk.conftest import TIME
from tests.serving.conftest import PLANTED, Petition


@pytest.fixture
def order(
    bulk: Petition, big: Path, tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> Order:
    """Of a job of nine chunks that has been begun and has no part yet."""

    def full(self: Parts, number: int, records: list[object]) -> None:
        raise OSError(28, "", str(self.folder))

    target = tmp_path / "out.csv"
    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", full)
        bulk(big, target, "--chunk-rows", 7)
    places = Places.of(target)
    manifest = Manifest.load(places.unfinished)
    assert manifest is not None and manifest.chunks == 9
    inputs = Inputs(find_sources([str(big)], places)[0], Columns(), 1_000_000, None)
    inputs.digests()
    told = Settings((str(big),), target, Form.csv, model=export.folder, time=TIME, chunk_rows=7)
    return Order(told, places, manifest, inputs, False, 1)


def test_parts_made_in_any_order_by_several_workers_give_the_output_of_one_process(
    bulk: Petition, order: Order, big: Path, tmp_path: Path
) -> None:
    first, second = Worker(order), Worker(order)
    made = [first({"chunk": [7, 8]}), second({"chunk": [0, 1, 2]}), first({"chunk": [4, 3]})]
    made.append(second({"chunk": [5, 6]}))
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)
    (tmp_path / "whole").mkdir()
    bulk(big, tmp_path / "whole" / "out.csv", "--chunk-rows", 7)

    assert sum(sum(table["rows"]) for table in made) == 60
    assert sum(sum(table["rejects"]) for table in made) == 6
    assert ended.code == 1 and "接着做" in ended.err
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole" / "out.csv").read_bytes()


def test_a_part_that_is_there_is_counted_and_not_made_again(order: Order) -> None:
    worker, part = Worker(order), order.places.folder / "000002.part"
    before = worker({"chunk": [2]})
    made = part.stat().st_ino
    again = Worker(order)({"chunk": [2, 3]})

    assert part.stat().st_ino == made
    assert again["chunk"][0] == 2 and again["rows"][0] == before["rows"][0] == 7
    assert again["rejects"][0] == before["rejects"][0] == 1


def test_a_part_that_is_damaged_is_made_again(order: Order) -> None:
    worker, part = Worker(order), order.places.folder / "000002.part"
    before = worker({"chunk": [2]})
    whole = part.read_bytes()
    part.write_bytes(whole[:-9])
    again = Worker(order)({"chunk": [2]})

    assert again == before and part.read_bytes() == whole


def test_an_error_is_an_answer_without_words_that_names_the_machine(
    order: Order, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError(PLANTED)

    worker = Worker(order)
    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", breaks)
        broken = worker({"chunk": [0]})
    big.write_bytes(big.read_bytes() + b"x")
    changed = worker({"chunk": [1]})

    assert broken["code"] == [70] and "ValueError" in broken["fault"][0]
    assert changed["code"] == [4] and "被改动" in changed["fault"][0]
    assert PLANTED not in str((broken, changed))


def test_chunks_over_which_workers_are_lost_are_given_up_until_the_next_run(order: Order) -> None:
    parts = Parts(order.places.folder, order.manifest.job)
    for _ in range(TRIES):
        parts.tried(3)  # as workers do that are killed on the way
    worker = Worker(order)
    lost, other = worker({"chunk": [3, 4]}), worker({"chunk": [5]})
    parts.sweep()

    assert lost["code"] == [4] and "工作进程中途消失" in lost["fault"][0]
    assert other["chunk"] == [5] and sorted(worker({"chunk": [3, 4]})["chunk"]) == [3, 4]


def test_a_worker_with_another_model_makes_nothing(
    order: Order, make_export: Callable[..., Export], tokenizer: object
) -> None:
    other = make_export(speaking_tables(tokenizer, {"学校": 1}), folder="other")  # type: ignore[arg-type]
    told = replace(order.told, model=other.folder)
    answer = Worker(replace(order, told=told))({"chunk": [0]})

    assert "同一个模型" in answer["fault"][0] and not list(order.places.folder.glob("*.part"))


def test_a_worker_with_another_version_of_the_program_makes_nothing(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.version.package_version", lambda: "0.0.1")
    answer = Worker(order)({"chunk": [0]})

    assert "同一版" in answer["fault"][0] and not list(order.places.folder.glob("*.part"))


def test_a_walk_reads_on_and_starts_anew_only_for_what_lies_behind(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, starts = Inputs.lines, 0

    def lines(self: Inputs) -> object:
        nonlocal starts
        starts += 1
        return real(self)

    monkeypatch.setattr(Inputs, "lines", lines)
    walk = Walk(order.inputs, 7)

    assert [chunk.number for chunk in walk.to(1, 2)] == [0, 1, 2]
    assert [chunk.number for chunk in walk.to(4, 5)] == [3, 4, 5] and starts == 1
    assert [chunk.number for chunk in walk.to(2, 3)] == [0, 1, 2, 3] and starts == 2
    assert [chunk.number for chunk in walk.to(8, 12)] == [4, 5, 6, 7, 8] and starts == 2
