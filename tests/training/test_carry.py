"""Under another taxonomy a label that has not changed answers as before, until training goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from data.taxonomy import Axis, Label, Taxonomy
from model.export import Export
from model.wide import Buckets, Wide
from tests.training.conftest import Files, write_jsonl
from training.carry import carry_head, carry_start, carry_wide, sources
from training.cycle import Plan, _start
from training.network import EncoderNotFound, TaggingNetwork
from training.settings import TrainSettings
from training.site import Given
from training.start import Start, start_from_run
from training.train import load_run, train_run, wide_of

# Of `taxonomy` in conftest: education, medical, housing; inaction, falsification; complaint, advice.
NEXT = Taxonomy("t2", (
    Axis("misconduct", "轴", "many", (Label("bad", "坏", was=("inaction", "falsification")),)),
    Axis("domain", "轴", "many", (
        Label("sports", "体育"), Label("education", "名education"), Label("estate", "物业", was=("housing",)),
        Label("lifts", "电梯", was=("housing",)), Label("health", "名medical"),
    )),
))  # fmt: skip
TAKEN = [[3, 4], [], [0], [2], [2], [1]]


def windows() -> tuple[torch.Tensor, ...]:
    """Three windows of two reports: ids, mask, counted, owner."""
    ids = torch.randint(5, 60, (3, 12), generator=torch.Generator().manual_seed(1))
    mask = torch.ones(3, 12, dtype=torch.bool)
    return ids, mask, mask, torch.tensor([0, 0, 1])


def test_each_new_label_knows_what_it_continues(taxonomy: Taxonomy) -> None:
    assert sources(taxonomy, NEXT) == TAKEN
    assert sources(taxonomy, taxonomy) == [[place] for place in range(7)]


@pytest.mark.parametrize("head", ["label-attention", "cls"])
def test_labels_that_are_continued_answer_as_before(run_folder: Path, taxonomy: Taxonomy, head: str) -> None:
    torch.manual_seed(3)
    body = load_run(run_folder)[0].encoder
    before, after = (TaggingNetwork(body, size, head).eval() for size in (7, 6))
    for table in before.parameters():
        torch.nn.init.normal_(table, std=0.3)
    fresh = {name: table.clone() for name, table in after.head.state_dict().items()}
    gain = before.wide_gain.detach()
    carry_start(after, Start("", before.head.state_dict(), None, taxonomy, gain), NEXT)
    wide = torch.randn(2, 7)
    taken = wide[:, [place or 0 for place in (3, 0, 0, 2, 2, 1)]]
    with torch.no_grad():
        old, new = (
            each.logits(*windows(), 2, scores)[0] for each, scores in ((before, wide), (after, taken))
        )

    torch.testing.assert_close(new[:, 2:], old[:, [0, 2, 2, 1]])  # sums of another order of matrices
    for name, table in after.head.state_dict().items():
        assert torch.equal(table[1], fresh[name][1])  # sports, which is new
        torch.testing.assert_close(table[0], before.head.state_dict()[name][3:5].mean(0))
    assert after.wide_gain[1] == 1


def test_a_head_of_another_kind_is_refused(taxonomy: Taxonomy) -> None:
    one, other = {"linear.weight": torch.zeros(7, 4)}, {"query.weight": torch.zeros(6, 4)}

    with pytest.raises(ValueError, match="not of one kind"):
        carry_head(one, other, taxonomy, NEXT)
    with pytest.raises(ValueError, match="not of one kind"):
        carry_head(one, {"linear.weight": torch.zeros(6, 5)}, taxonomy, NEXT)


def test_the_linear_part_is_carried_too(taxonomy: Taxonomy) -> None:
    rng = np.random.default_rng(0)
    weights = rng.integers(-127, 128, (256, 7)).astype(np.int8)
    scale, bias = rng.uniform(0.01, 0.1, 7).astype(np.float32), rng.normal(size=7).astype(np.float32)
    every = Buckets(8, np.arange(256, dtype=np.uint32), np.ones(256, np.float16))
    wide = Wide(every, weights, scale, bias)
    old, new = wide.logits("学校没人处理"), carry_wide(wide, taxonomy, NEXT).logits("学校没人处理")

    np.testing.assert_array_equal(new[[2, 3, 4, 5]], old[[0, 2, 2, 1]])
    assert new[1] == 0
    np.testing.assert_allclose(new[0], old[3:5].mean(), atol=0.1)  # weights are rounded to 8 bits once more


def test_training_starts_from_a_run_of_another_taxonomy(
    run_folder: Path, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    def moved(rows: list[dict[str, object]], name: str) -> Path:
        lines = [{"id": r["id"], "text": r["text"], "domain": r["domain"]} for r in rows]
        heirs = {"housing": "estate", "medical": "health"}
        for line in lines:
            line["domain"] = [heirs.get(label, label) for label in line["domain"]]  # type: ignore[attr-defined]
        return write_jsonl(tmp_path / f"{name}.jsonl", lines)

    train, dev = moved(files.train_rows, "train"), moved(files.dev_rows, "dev")
    # A rate of nothing: what comes out is what training started from.
    still = TrainSettings(
        epochs=1, window=32, overlap=8, tokens=512, wide=False, head_lr=0, encoder_lr=0, dropout=0,
        layer_rms=0.001,
    )  # fmt: skip
    start = start_from_run(run_folder, tmp_path / "start", "label-attention")
    train_run([train], dev, tmp_path / "run", start.encoder, still, NEXT, start=start)
    (before, old_facts), (after, facts) = load_run(run_folder), load_run(tmp_path / "run")
    with torch.no_grad():
        old, new = (each.logits(*windows(), 2, None)[0] for each in (before, after))

    torch.testing.assert_close(new[:, 2:], old[:, [0, 2, 2, 1]], atol=1e-4, rtol=1e-4)
    assert Path(facts["encoder"]).name == Path(old_facts["encoder"]).name
    assert (tmp_path / "run" / "tokenizer.json").read_bytes() == (run_folder / "tokenizer.json").read_bytes()
    assert wide_of(tmp_path / "run", after) is None


def test_what_is_no_run_to_start_from_is_said(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFound, match=r"run\.json is missing"):
        start_from_run(tmp_path, tmp_path / "start", "label-attention")
    with pytest.raises(EncoderNotFound, match="its head is label-attention, not cls"):
        start_from_run(run_folder, tmp_path / "start", "cls")


def test_a_carried_linear_part_takes_part_in_training(
    run_folder: Path, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    start = replace(
        start_from_run(run_folder, tmp_path / "start", "label-attention"),
        wide=Wide.load(run_folder / "wide.npz"),
    )
    still = TrainSettings(epochs=1, window=32, overlap=8, tokens=512, head_lr=0, encoder_lr=0, dropout=0)
    train_run([files.train], files.dev, tmp_path / "run", start.encoder, still, taxonomy, start=start)
    before, after = (wide_of(folder, load_run(folder)[0]) for folder in (run_folder, tmp_path / "run"))

    assert before is not None and after is not None
    np.testing.assert_allclose(after.logits("学校没人处理"), before.logits("学校没人处理"), rtol=1e-6)


def test_retraining_goes_on_from_the_model_in_service_under_another_taxonomy(
    export_folder: Path, encoder_folder: Path, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    plan = Plan(tmp_path, Given([]), tmp_path / "run", serving=export_folder, encoder=str(encoder_folder))
    champion = Export.load(export_folder)
    own, other = TrainSettings(), TrainSettings(head="cls")
    # Whether the model in service is the champion, or only ships and answers other questions.
    for known in (champion, None):
        start = _start(plan, own, known, NEXT, 10)
        assert start is not None and start.taxonomy == taxonomy and start.head["bias"].shape == (7,)
        assert start.wide is None  # a label is new: a kept linear part would say nothing of it for ever
    strangers = Taxonomy("x", (Axis("topic", "主题", "many", (Label("a", "甲"),)),))
    assert _start(plan, own, champion, strangers, 10) is None
    assert _start(plan, other, None, NEXT, 10) is None  # weights that cannot be read back, and no champion
