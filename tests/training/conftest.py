"""Tiny real things: invented reports, a tokenizer of their words, an untrained encoder, whole runs."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from data.taxonomy import Axis, Label, Taxonomy

DOMAINS = {
    "education": "学校 老师 幼儿园 学费 校服".split(),
    "medical": "医院 医保 药费 门诊 挂号".split(),
    "housing": "物业 小区 电梯 房产证 漏水".split(),
}
MISCONDUCT = {
    "inaction": "没人处理 推诿 不予答复".split(),
    "falsification": "造假 虚报 冒领".split(),
}
PURPOSES = {"complaint": "要求严查".split(), "advice": "建议改进".split()}
PLANTED = "独角鲸穿过玻璃桥去岭上村"
"""Stands in every invented report; nothing that is recorded or exported may hold it."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterable[None]:
    """One thread, so that sums come in one order and tests disturb nobody."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    names = {"domain": DOMAINS, "misconduct": MISCONDUCT, "purpose": PURPOSES}
    return Taxonomy(
        "t1",
        tuple(
            Axis(
                id, f"轴{id}", "one" if id == "purpose" else "many", tuple(Label(x, f"名{x}") for x in labels)
            )
            for id, labels in names.items()
        ),
    )


def invented_rows(count: int, seed: int, prefix: str) -> list[dict[str, Any]]:
    """Labelled reports of a few words; one in eight does not say its misconduct, one in five is long."""
    dice = random.Random(seed)
    rows = []
    for index in range(count):
        domain, purpose = dice.choice(list(DOMAINS)), dice.choice(list(PURPOSES))
        bad = dice.choice([*MISCONDUCT, None])
        words = dice.choice(MISCONDUCT[bad]) if bad else "办得很快"
        about = dice.choice(DOMAINS[domain])
        text = f"{PLANTED}，我反映{about}的事，{about}{words}，{PURPOSES[purpose][0]}。"
        if index % 5 == 0:
            text = "去年到今年来过许多次，" * 12 + text
        rows.append(
            {
                "id": f"{prefix}{index}",
                "title": f"关于{about}" if index % 3 == 0 else "",
                "text": text,
                "source": "invented",
                "domain": [domain],
                "misconduct": None if index % 8 == 7 else {bad: words} if bad else [],
                "purpose": purpose,
            }
        )
    return rows


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.vocabulary import build_tokenizer, new_normalizer

    words = Counter(word for table in (DOMAINS, MISCONDUCT) for found in table.values() for word in found)
    text = "".join(row["text"] + row["title"] for row in invented_rows(40, 1, "t"))
    text = new_normalizer().normalize_str(text.replace(PLANTED, ""))
    counts = words + Counter(c for c in text if not c.isspace())
    total = counts.total()
    tokenizer = build_tokenizer({w: n / total for w, n in counts.items()}, 200, 150)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory, tokenizer_file: Path) -> Path:
    """An untrained encoder, 32 wide, one layer, as `training.pretrain` saves it."""
    from tokenizers import Tokenizer

    from training.encoder import MaskedLm, encoder_config
    from training.pretrain import save_encoder

    torch.manual_seed(0)
    size = Tokenizer.from_file(str(tokenizer_file)).get_vocab_size()
    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(folder, MaskedLm(encoder_config(size, 32, 1, 2, 48)), tokenizer_file)
    return folder


@pytest.fixture(scope="session")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database with its tables: making them takes seconds, so it is done once."""
    from mlflow import MlflowClient

    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def records(tmp_path: Path, _empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of MLflow records of one's own, empty; nothing in the environment names another."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    home = tmp_path / "records"
    home.mkdir()
    shutil.copyfile(_empty_store, home / "mlflow.db")
    return home


@dataclass(frozen=True)
class Files:
    """Labelled files and what they hold."""

    train: Path
    dev: Path
    train_rows: list[dict[str, Any]]
    dev_rows: list[dict[str, Any]]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """40 reports to train on and 24 of dev; the first four of dev stand in the train file too."""
    folder = tmp_path_factory.mktemp("labelled")
    train, dev = invented_rows(40, 1, "t"), invented_rows(24, 2, "d")
    write_jsonl(folder / "train.jsonl", [*train, *dev[:4]])
    write_jsonl(folder / "dev.jsonl", dev)
    return Files(folder / "train.jsonl", folder / "dev.jsonl", train, dev)


@pytest.fixture(scope="session")
def run_folder(
    tmp_path_factory: pytest.TempPathFactory, files: Files, encoder_folder: Path, taxonomy: Taxonomy
) -> Path:
    """A whole tiny run: wide part, two epochs, windows of 32 tokens."""
    from training.settings import TrainSettings
    from training.train import train_run

    out = tmp_path_factory.mktemp("runs") / "tiny"
    settings = TrainSettings(epochs=2, window=32, overlap=8, tokens=512, wide_bits=10, head_lr=2e-2)
    train_run([files.train], files.dev, out, str(encoder_folder), settings, taxonomy)
    return out


@pytest.fixture(scope="session")
def export_folder(tmp_path_factory: pytest.TempPathFactory, run_folder: Path, files: Files) -> Path:
    """The fp32 Export of the tiny run."""
    from data.report import Report
    from training.to_onnx import export_run

    out = tmp_path_factory.mktemp("exports") / "fp32"
    golden = [Report("g1", "学校没人处理。"), Report("g2", "医院造假，要求严查", "关于医院")]
    export_run(run_folder, files.dev, out, "tiny", "1", "fp32", golden)
    return out


@pytest.fixture(scope="session")
def int8_folder(tmp_path_factory: pytest.TempPathFactory, run_folder: Path, files: Files) -> Path:
    """The same run as an int8 Export."""
    from training.to_onnx import export_run

    out = tmp_path_factory.mktemp("exports") / "int8"
    export_run(run_folder, files.dev, out, precision="int8")
    return out
