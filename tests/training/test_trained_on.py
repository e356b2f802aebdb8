"""Each report is learned from once, by its last labels, and none of dev is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data.labelled import LabelledReport, read_labelled
from data.taxonomy import Taxonomy
from tests.training.conftest import PLANTED, write_jsonl
from training.trained_on import TrainedOn, read_train

MATTER = f"{PLANTED}，村里的路灯坏了三个月，报了两次没有人来修。"


def read(
    folder: Path, taxonomy: Taxonomy, files: dict[str, list[dict[str, Any]]], dev: str = ""
) -> TrainedOn:
    paths = {}
    for name, rows in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        paths[name] = write_jsonl(folder / name, rows)
    held: Sequence[LabelledReport] = [*read_labelled(paths.pop(dev), taxonomy)] if dev else []
    return read_train(paths.values(), held, taxonomy)


def texts(found: TrainedOn) -> list[str]:
    return [row.report.text for row in found.rows]


def test_rows_without_an_id_in_files_of_one_name_are_all_kept(tmp_path: Path, taxonomy: Taxonomy) -> None:
    found = read(tmp_path, taxonomy, {
        "2024/labels.jsonl": [{"text": "学校收费"}, {"text": "医院收费"}],
        "2025/labels.jsonl": [{"text": "小区漏水"}],
    })  # fmt: skip

    assert texts(found) == ["学校收费", "医院收费", "小区漏水"] and found.replaced == 0


def test_numbers_that_begin_anew_every_year_are_no_ground_to_drop_a_row(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    found = read(tmp_path, taxonomy, {
        "a.jsonl": [{"id": "1", "text": "学校收费"}, {"id": "1", "text": "学校漏水"}],
        "b.jsonl": [{"id": "1", "text": "医院收费"}],
        "dev.jsonl": [{"id": "1", "text": "小区漏水"}],
    }, "dev.jsonl")  # fmt: skip

    assert texts(found) == ["学校收费", "学校漏水", "医院收费"]
    assert (found.replaced, found.held_out) == (0, 0)


@pytest.mark.parametrize("again", [MATTER, MATTER.replace("，", ", ")])
def test_a_second_reading_of_a_report_takes_the_place_of_the_first(
    tmp_path: Path, taxonomy: Taxonomy, again: str
) -> None:
    found = read(tmp_path, taxonomy, {
        "first.jsonl": [{"id": "1", "text": MATTER, "domain": ["housing"]}, {"id": "2", "text": "学校"}],
        "second.jsonl": [{"id": "1", "text": again, "domain": ["medical"]}],
    })  # fmt: skip

    assert [row.report.id for row in found.rows] == ["1", "2"]
    assert found.rows[0].labels["domain"] == {"medical"} and found.replaced == 1


def test_a_report_that_came_back_with_its_identifiers_covered_is_the_same(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    plain, covered = (f"我叫王建国，电话{number}。{MATTER}" for number in ("13800138000", "【手机号】"))
    found = read(tmp_path, taxonomy, {
        "a.jsonl": [{"id": "1", "text": plain}, {"id": "2", "text": f"{plain}一直没修。"}],
        "b.jsonl": [{"id": "1", "text": covered}],
        "dev.jsonl": [{"id": "2", "text": f"{covered}一直没修。"}],
    }, "dev.jsonl")  # fmt: skip

    assert texts(found) == [covered] and (found.replaced, found.held_out) == (1, 1)


def test_a_report_of_dev_is_known_under_another_id(tmp_path: Path, taxonomy: Taxonomy) -> None:
    found = read(tmp_path, taxonomy, {
        "a.jsonl": [{"id": "1", "text": "学校收费，没人管"}, {"id": "2", "text": "医院收费"}],
        "dev.jsonl": [{"id": "9", "text": "学校收费，没人管。"}],
    }, "dev.jsonl")  # fmt: skip

    assert texts(found) == ["医院收费"] and found.held_out == 1


def test_what_was_read_replaced_and_left_out_is_said(tmp_path: Path, taxonomy: Taxonomy) -> None:
    files = {
        "a.jsonl": [{"id": "1", "text": MATTER}, {"id": "2", "text": "学校"}],
        "b.jsonl": [{"id": "1", "text": MATTER}, {"id": "3", "text": "医院"}],
        "dev.jsonl": [{"id": "4", "text": "医院"}],
    }
    said = read(tmp_path, taxonomy, files, "dev.jsonl").said()
    plain = read(tmp_path, taxonomy, {"c.jsonl": files["a.jsonl"]}).said()

    assert said == (
        "标注数据 4 件：用于训练 2 件，同一件后面又有标注、以后面为准的 1 件，"
        "开发集里也有、不用于训练的 1 件。"
    )
    assert plain == "标注数据 2 件：用于训练 2 件。"
