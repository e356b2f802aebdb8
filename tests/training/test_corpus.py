"""Texts become streams of token ids; held-out reports stay out."""

from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from tests.training.conftest import write_jsonl
from training.corpus import WORDS, corpus_lines, dropped_ids, encode_stream, report_lines, write_stream


def test_reports_of_dev_and_test_are_left_out_and_each_id_stands_once(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    write_jsonl(
        folder / "a.jsonl", [{"id": "1", "text": "学校"}, {"id": "2", "text": "医院", "title": "挂号"}]
    )
    write_jsonl(folder / "b.jsonl", [{"id": "2", "text": "又一次"}, {"id": "3", "text": "物业"}])
    held = write_jsonl(tmp_path / "dev.jsonl", [{"id": "1", "text": "学校"}])

    assert list(report_lines(folder, [held])) == ["挂号[SEP]医院", "物业"]
    assert dropped_ids([held]) == {"1"}


def test_parts_are_read_in_order_without_blank_lines(tmp_path: Path) -> None:
    for name, text in (("part-01", "乙\n\n"), ("part-00", " 甲 \n\n丙\n")):
        with lzma.open(tmp_path / f"{name}.txt.xz", "wt", encoding="utf-8") as out:
            out.write(text)

    assert list(corpus_lines(tmp_path)) == ["甲", "丙", "乙"]


def test_a_stream_comes_back_from_its_file(tmp_path: Path, tokenizer_file: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    lines = ["学校没人处理", "关于医院[SEP]要求严查", ""]
    total = write_stream(tmp_path / "s.u16", iter(lines), tokenizer)
    ids = np.fromfile(tmp_path / "s.u16", np.uint16)
    wanted = [i for line in lines for i in [*tokenizer.encode(line, add_special_tokens=False).ids, 3]]

    assert ids.tolist() == wanted and total == len(wanted)
    assert ids.tolist().count(3) == 4  # the one between title and body too
    assert [p.name for p in tmp_path.iterdir()] == ["s.u16"]


def test_a_token_that_does_not_fit_is_refused(tokenizer_file: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.add_tokens([f"tok{i}" for i in range(66_000)])

    with pytest.raises(OverflowError):
        list(encode_stream(["tok65999"], tokenizer))


def test_pieces_that_go_on_with_a_word_are_marked(tmp_path: Path) -> None:
    pieces = [("[UNK]", 0.0), ("[SEP]", 0.0), *((c, -2.0) for c in "医院门口没人处理A"), ("没人", -1.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.add_special_tokens(["[SEP]"])
    lines = ["医院门口[SEP]没人处理", "处理"]
    total = write_stream(tmp_path / "s.u16", iter(lines), tokenizer, words=True)
    ids = np.fromfile(tmp_path / "s.u16", np.uint16).tolist()
    marks = np.fromfile(tmp_path / f"s{WORDS}", np.uint8).tolist()

    # 医 院 | 门 口 | [SEP] | 没人 | 处 理 | [SEP]; 处 理 | [SEP]
    assert [tokenizer.id_to_token(i) for i in ids[4:6]] == ["[SEP]", "没人"]
    assert marks == [0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0]
    assert total == len(ids) == len(marks)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.u16", f"s{WORDS}"]
