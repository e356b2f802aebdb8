"""What bulk jobs are measured on: recombined invented reports, and an Export that costs nothing.

The stand-in has the default's tokenizer and taxonomy and a graph that looks scores up by token, so that a job
with it measures everything but the engine.
"""

from __future__ import annotations

import csv
import random
import re
import shutil
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from data.readers import read_reports
from data.report import Report
from model.export import CARD, DEFAULT, GOLDEN, GRAPH, SCOPE, TAXONOMY, TOKENIZER, WIDE, Export

# The graph is written byte by byte there, so that nothing of the training extra is needed.
from tests.model.tiny_graph import write_table_graph

SAMPLE = Path("data/sample/reports.csv")
HEADING = ("工单编号", "标题", "诉求内容", "受理时间", "所属区域", "承办单位")
_SENTENCE = re.compile(r"[^。！？]+[。！？]")


def write_rows(path: Path, rows: int, seed: int = 2026, bad: int = 1000) -> None:
    """Write a CSV file of so many recombined reports of one to eight sentences; one in `bad` has no text."""
    source = [row for row in read_reports(SAMPLE) if isinstance(row, Report)]
    sentences = [found for report in source for found in _SENTENCE.findall(report.text)]
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADING)
        for number in range(rows):
            like = draw.choice(source)
            text = "" if number % bad == bad - 1 else "".join(draw.choices(sentences, k=draw.randint(1, 8)))
            title = "" if not text else like.title
            writer.writerow((f"G{number:08}", title, text, like.time, like.region, f"{number % 40} 科"))


def stand_in(folder: Path, whole: bool) -> Path:
    """Make the Export whose engine costs nothing; give its folder.

    Args:
        whole: it reads blind, and has the linear part and the scope of the one that ships, which take some
            milliseconds a report; without, it does as little as an Export can.
    """
    folder.mkdir()
    export = Export.load(DEFAULT)
    for name in (TOKENIZER, TAXONOMY, CARD, *((WIDE, SCOPE) if whole else ())):
        shutil.copy(DEFAULT / name, folder / name)
    (folder / GOLDEN).write_text("")
    tokens = Tokenizer.from_file(str(folder / TOKENIZER)).get_vocab_size()
    labels = sum(len(axis.labels) for axis in export.taxonomy.axes)
    scores, values = np.random.default_rng(0).normal(0, 2, (2, tokens, labels)).astype(np.float32)
    write_table_graph(folder / GRAPH, scores, values)
    made = Export(
        folder, "stand-in", "1", "none", export.window, export.overlap, export.taxonomy, export.decisions,
        blind=whole and export.blind,
    )  # fmt: skip
    made.save()
    return folder
