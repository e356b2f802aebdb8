"""Reports per second on real lengths: the Export in several precisions, beside transformers' pipeline.

python -m benchmarks.speed --data ../shared/data [--export model/default]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.engine_kinds import widened
from benchmarks.load import real_reports
from benchmarks.results import keep, table
from data.report import Report
from model.engine import Engine
from model.export import DEFAULT, GRAPH
from model.tagger import Tagger
from training.quantize import quantize

SECONDS = 12.0
EACH = 600  # reports of each file


def rate(
    work: Callable[[Sequence[Report]], object], reports: Sequence[Report], batch: int,
    clock: Callable[[], float] = time.perf_counter, seconds: float = SECONDS,
) -> float:  # fmt: skip
    """Reports per second of a clock over so many seconds of batches, after one batch of warm-up."""
    work(reports[:batch])
    done, began = 0, clock()
    while clock() - began < seconds:
        start = done % max(1, len(reports) - batch)
        work(reports[start : start + batch])
        done += batch
    return done / (clock() - began)


def latency(tagger: Tagger, reports: Sequence[Report]) -> tuple[float, float]:
    """Milliseconds for one report with evidence: median and 95th percentile."""
    tagger.tag(reports[:5])
    times = []
    for report in reports[:300]:
        began = time.perf_counter()
        tagger.tag([report])
        times.append((time.perf_counter() - began) * 1000)
    return float(np.median(times)), float(np.quantile(times, 0.95))


def pipeline_work(
    encoder: str | None, tokenizer: str, labels: int, batch: int
) -> Callable[[Sequence[Report]], object]:
    """transformers' text-classification pipeline; encoder None: a base-size BERT with random weights."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        BertConfig,
        BertForSequenceClassification,
        TextClassificationPipeline,
    )

    cut = AutoTokenizer.from_pretrained(tokenizer, local_files_only=True)
    if encoder:
        model = AutoModelForSequenceClassification.from_pretrained(
            encoder, num_labels=labels, problem_type="multi_label_classification", local_files_only=True
        ).float()
    else:
        model = BertForSequenceClassification(
            BertConfig(vocab_size=21128, num_labels=labels, problem_type="multi_label_classification")
        )
    pipe = TextClassificationPipeline(
        model=model.eval(), tokenizer=cut, top_k=None, function_to_apply="sigmoid"
    )

    def work(reports: Sequence[Report]) -> object:
        texts = [f"{r.title}\n{r.text}" for r in reports]
        return pipe(texts, batch_size=batch, truncation=True, max_length=512)

    return work


def main() -> None:
    """Measure and write the section `speed`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--encoder", default="model/encoder")
    args = parser.parse_args()
    reports = real_reports(args.data, EACH)
    tagger = Tagger.load(args.export)
    labels = sum(len(axis.labels) for axis in tagger.export.taxonomy.axes)
    with TemporaryDirectory() as folder:
        fp32 = widened(tagger.export.folder / GRAPH, Path(folder, "fp32.onnx"))
        quantize(fp32, Path(folder, "int8.onnx"))
        ways = {
            "ours, as shipped": tagger,
            "ours, fp32": Tagger(tagger.export, engine=Engine(fp32)),
            "ours, int8": Tagger(tagger.export, engine=Engine(Path(folder, "int8.onnx"))),
        }
    rows: list[list[object]] = []
    for name, one in ways.items():
        median, late = latency(one, reports)
        rows.append([
            name, rate(lambda r, one=one: one.tag(r, "misconduct"), reports, 512),
            rate(lambda r, one=one: one.tag(r, "none"), reports, 512), f"{median:.1f}", f"{late:.1f}",
        ])  # fmt: skip
        print(rows[-1], flush=True)
    for name, encoder in (
        ("transformers pipeline, same encoder", args.encoder),
        ("transformers pipeline, base-size BERT", None),
    ):
        best = 0.0
        for batch in (1, 8, 32):
            best = max(best, rate(pipeline_work(encoder, args.encoder, labels, batch), reports, batch))
        rows.append([name, "no evidence", best, "", ""])
        print(rows[-1], flush=True)
    characters = np.array([len(r.text) for r in reports])
    body = table(
        ["model", "reports/s with evidence", "reports/s", "one report, ms (median)", "one report, ms (95 %)"],
        rows,
    )
    body += (
        f"\n\n{len(reports)} real reports, {np.median(characters):.0f} characters in the median, "
        f"{characters.mean():.0f} on average. The pipeline is shown at its best batch size of 1, 8 and 32; "
        "it cuts texts at 512 tokens, ours reads all of them. What ships keeps its weights in fp16 and "
        "computes in fp32; int8 changes too many tags to ship ([Engines](#engines))."
    )
    keep("speed", "Speed", "python -m benchmarks.speed --data ../shared/data", body,
         {str(row[0]): row[1:] for row in rows})  # fmt: skip
    print(body)


if __name__ == "__main__":
    main()
