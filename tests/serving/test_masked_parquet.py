"""`petition mask` on Parquet: columns and types stay, but for those that held an identifier."""

from __future__ import annotations

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.serving.conftest import PLANTED, Petition

TEXT = f"{PLANTED}，我叫王小明，电话13800138000。"
MASKED = f"{PLANTED}，我叫【姓名】，电话【手机号】。"


def masked(petition: Petition, tmp_path: Path, table: pa.Table) -> pa.Table:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source)
    ended = petition("mask", source, target)
    assert ended.code == 0 and not any(words in ended.err for words in (PLANTED, "王小明", "13800138000"))
    return pq.read_table(target)


def test_columns_rows_and_types_stay(petition: Petition, tmp_path: Path) -> None:
    day = datetime.date(2025, 3, 1)
    table = pa.table({
        "编号": pa.array([1, 2], pa.int64()), "内容": [TEXT, None], "分数": [0.5, None],
        "日期": pa.array([day, day]), "急": [True, False],
    })  # fmt: skip
    found = masked(petition, tmp_path, table)

    assert found.schema.names == table.schema.names and found.schema.types == table.schema.types
    assert found.to_pylist()[0] == {"编号": 1, "内容": MASKED, "分数": 0.5, "日期": day, "急": True}
    assert found.to_pylist()[1]["内容"] is None


def test_a_covered_number_makes_its_column_one_of_strings(petition: Petition, tmp_path: Path) -> None:
    table = pa.table(
        {"手机": pa.array([13800138000, None], pa.int64()), "出生日期": [datetime.date(1980, 1, 2)] * 2}
    )
    found = masked(petition, tmp_path, table)

    assert found.schema.types == [pa.string(), pa.string()]
    assert found.to_pylist() == [{"手机": "【手机号】", "出生日期": "【出生日期】"},
                                 {"手机": None, "出生日期": "【出生日期】"}]  # fmt: skip


def test_a_heading_covers_a_whole_column(petition: Petition, tmp_path: Path) -> None:
    table = pa.table({"来电人": pa.array(["王小明", "匿名"]).dictionary_encode(), "内容": [TEXT, "路灯"]})
    found = masked(petition, tmp_path, table)

    assert found.column("来电人").to_pylist() == ["【姓名】", "匿名"]
    assert "王小明" not in (tmp_path / "out.parquet").read_bytes().decode("utf-8", "ignore")


def test_a_name_in_a_column_of_its_own_is_covered_in_its_row_alone(
    petition: Petition, tmp_path: Path
) -> None:
    text = "岭上村王小明家低保被取消"
    found = masked(petition, tmp_path, pa.table({"内容": [text, text], "来电人": ["王小明", "李四"]}))

    assert found.column("内容").to_pylist() == [text.replace("王小明", "【姓名】"), text]


def test_what_lies_inside_lists_and_structs_is_covered(petition: Petition, tmp_path: Path) -> None:
    table = pa.table({"more": [{"姓名": "王小明", "tags": [TEXT]}], "内容": ["路灯"]})
    found = masked(petition, tmp_path, table)

    assert found.to_pylist()[0]["more"] == {"姓名": "【姓名】", "tags": [MASKED]}


def test_a_name_inside_a_struct_a_map_or_json_is_covered_in_its_row(
    petition: Petition, tmp_path: Path
) -> None:
    entries = pa.array([[("姓名", "李大力"), ("级别", "急")], None], pa.map_(pa.string(), pa.string()))
    text = "昝立平、王小明和李大力家的路灯坏了"
    table = pa.table({"内容": [text, text], "user": [{"name": "昝立平"}, None],
                      "more": ['{"姓名": "王小明"}', None], "表": entries})  # fmt: skip
    found = masked(petition, tmp_path, table)

    assert found.schema.types == table.schema.types
    assert found.to_pylist()[0] == {
        "内容": "【姓名】、【姓名】和【姓名】家的路灯坏了", "user": {"name": "【姓名】"},
        "more": '{"姓名": "【姓名】"}', "表": [("姓名", "【姓名】"), ("级别", "急")],
    }  # fmt: skip
    assert found.to_pylist()[1]["内容"] == text


def test_bytes_are_text_or_nothing(petition: Petition, tmp_path: Path) -> None:
    table = pa.table({"内容": [TEXT.encode(), TEXT.encode("gb18030"), b"\xff\xff\xff"]})

    assert masked(petition, tmp_path, table).column("内容").to_pylist() == [MASKED, MASKED, None]


def test_notes_of_the_file_are_left_out(petition: Petition, tmp_path: Path) -> None:
    table = pa.table({"内容": ["路灯"]}).replace_schema_metadata({"note": TEXT})
    masked(petition, tmp_path, table)

    assert "王小明".encode() not in (tmp_path / "out.parquet").read_bytes()


def test_findings_are_counted_once(petition: Petition, tmp_path: Path) -> None:
    pq.write_table(pa.table({"手机": [13800138000], "内容": [TEXT]}), tmp_path / "in.parquet")

    assert "遮盖 3 处" in petition("mask", tmp_path / "in.parquet", tmp_path / "out.parquet").err


@pytest.mark.parametrize(
    ("content", "target", "code"), [(b"PAR1 no", "out.parquet", 4), (b"PAR1", "out.csv", 2)]
)
def test_what_cannot_be_masked_is_told(
    petition: Petition, tmp_path: Path, content: bytes, target: str, code: int
) -> None:
    (tmp_path / "in.parquet").write_bytes(content)

    assert petition("mask", tmp_path / "in.parquet", tmp_path / target).code == code
    assert not (tmp_path / target).exists()
