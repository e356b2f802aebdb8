"""Pretraining learns, goes on where it stopped, and saves what transformers loads."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.corpus import WORDS
from training.encoder import MaskedLm, encoder_config
from training.network import load_encoder
from training.pretrain import (
    FIRST_PIECE,
    MASK,
    MASKED,
    REPLACED,
    PretrainSettings,
    Streams,
    pretrain,
    rate,
    save_encoder,
    start_network,
    tokens_before,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
TINY = PretrainSettings(
    width=32, depth=1, heads=2, hidden=48, length=16, batch=8, tokens=16 * 8 * 24, warmup_tokens=16 * 8 * 4,
    matrix_lr=2e-2, other_lr=1e-2,
)  # fmt: skip


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two streams in which each piece foretells the next."""
    folder = tmp_path_factory.mktemp("streams")
    for name, start in (("corpus", 10), ("reports", 20)):
        ids = np.tile(np.arange(start, start + 8, dtype=np.uint16), 300)
        ids[::50] = 3
        ids.tofile(folder / f"{name}.u16")
    return folder


def arguments(run: Path, streams: Path, tokenizer: Path, **changes: object) -> argparse.Namespace:
    plain = {
        "streams": streams, "tokenizer": tokenizer, "run": run, "vectors": None, "start": None,
        "generator": None, "device": "cpu", "compile": False, "log_every": 8, "save_every": 8,
        "max_minutes": 0.0,
    }  # fmt: skip
    return argparse.Namespace(**plain | changes)


def lines(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module", params=[MASKED, REPLACED])
def settings(request: pytest.FixtureRequest) -> PretrainSettings:
    return replace(TINY, objective=request.param)


@pytest.fixture(scope="module")
def whole_run(
    tmp_path_factory: pytest.TempPathFactory, streams: Path, tokenizer_file: Path, settings: PretrainSettings
) -> Path:
    """An unbroken run of 24 steps."""
    run = tmp_path_factory.mktemp("pretrain") / "run"
    pretrain(arguments(run, streams, tokenizer_file), settings)
    return run


def test_the_loss_falls(whole_run: Path, settings: PretrainSettings) -> None:
    first, *_, last = lines(whole_run)

    assert last["loss"] < 0.8 * first["loss"]
    if settings.objective == MASKED:  # a generator that learns makes the detector's work harder
        assert last["held_loss"] < first["held_loss"] < 6
    assert last["tokens"] == TINY.tokens


def state(run: Path) -> dict[str, torch.Tensor]:
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 24
    return saved["optimizer"]["masters"] | saved["optimizer"]["other_masters"]


@pytest.mark.parametrize("changes", [{"save_every": 8}, {"save_every": 1000}], ids=["saved", "between saves"])
def test_a_stopped_run_ends_with_the_weights_of_an_unbroken_one(
    whole_run: Path, tmp_path: Path, streams: Path, tokenizer_file: Path, settings: PretrainSettings,
    changes: dict[str, int],
) -> None:  # fmt: skip
    run = tmp_path / "run"
    stop_at_once = arguments(run, streams, tokenizer_file, max_minutes=1e-9, **changes)
    for _ in range(3):
        pretrain(stop_at_once, settings)
    step = torch.load(run / "checkpoint.pt", weights_only=True)["step"]
    pretrain(arguments(run, streams, tokenizer_file, **changes), settings)

    assert step == 3
    wanted = state(whole_run)
    assert state(run).keys() == wanted.keys()
    for name, tensor in state(run).items():
        assert torch.equal(tensor, wanted[name]), name


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(
    tmp_path: Path, streams: Path, tokenizer_file: Path
) -> None:
    """SIGKILL, at once after a checkpoint came to be; the same command then goes on."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    given: list[object] = ["--streams", streams, "--tokenizer", tokenizer_file]
    given += ["--no-compile", "--save-every", 1]
    given += [part for field in fields(TINY) for part in _flag(field.name, getattr(TINY, field.name))]
    command = [sys.executable, "-m", "training.pretrain", *map(str, given), "--run"]
    process = subprocess.Popen([*command, str(run)], stdout=subprocess.DEVNULL, cwd=ROOT)
    until = time.monotonic() + 120
    while not (run / "checkpoint.pt").is_file() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 0 < torch.load(run / "checkpoint.pt", weights_only=True)["step"] < 24

    for folder in (run, whole):
        subprocess.run([*command, str(folder)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    wanted = state(whole)
    for name, tensor in state(run).items():
        assert torch.equal(tensor, wanted[name]), name


def _flag(name: str, value: object) -> list[object]:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", value]


def test_what_is_saved_loads_in_transformers_with_the_same_states(whole_run: Path) -> None:
    from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

    folder = whole_run / "encoder"
    theirs = AutoModel.from_pretrained(folder, local_files_only=True).float().eval()
    ours = load_encoder(str(folder)).eval()
    ids = torch.randint(5, 40, (3, 12))
    mask = torch.ones(3, 12, dtype=torch.long)
    mask[1, 7:] = 0
    with torch.no_grad():
        wanted, found = theirs(input_ids=ids, attention_mask=mask).last_hidden_state, ours(ids, mask)

    assert float((wanted - found)[mask.bool()].abs().max()) < 1e-3
    assert AutoModelForMaskedLM.from_pretrained(folder, local_files_only=True).config.hidden_size == 32
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert tokenizer.mask_token_id == MASK and tokenizer("学校")["input_ids"][0] == 2


def test_a_run_may_start_from_a_saved_encoder(whole_run: Path) -> None:
    saved = load_encoder(str(whole_run / "encoder")).state_dict()
    pieces = len(saved["embeddings.tok_embeddings.weight"])
    begun = start_network(TINY, pieces, None, whole_run / "encoder").model.state_dict()

    assert begun.keys() == saved.keys()
    assert all(torch.equal(begun[name], saved[name].float()) for name in saved)


def test_a_saved_encoder_may_draw_the_words_to_be_found(
    whole_run: Path, tmp_path: Path, streams: Path, tokenizer_file: Path
) -> None:
    start = whole_run / "encoder"
    given = arguments(tmp_path / "run", streams, tokenizer_file, start=start, generator=start)
    pretrain(given, replace(TINY, objective=REPLACED))
    found = lines(tmp_path / "run")

    assert found[-1]["loss"] < found[0]["loss"] < 1, "the loss of the detector alone"


def test_tokens_of_earlier_runs_are_counted(
    whole_run: Path, tmp_path: Path, streams: Path, tokenizer_file: Path, settings: PretrainSettings
) -> None:
    start = whole_run / "encoder"
    pretrain(arguments(tmp_path / "run", streams, tokenizer_file, start=start), settings)

    assert tokens_before(start) == TINY.tokens
    assert (
        tokens_before(tmp_path / "run" / "encoder")
        == 2 * TINY.tokens
        == lines(tmp_path / "run")[-1]["tokens_in_all"]
    )
    assert tokens_before(None) == 0


def test_a_run_that_has_ended_is_left_as_it_is(
    whole_run: Path, streams: Path, tokenizer_file: Path, settings: PretrainSettings
) -> None:
    files = {path: path.read_bytes() for path in whole_run.rglob("*") if path.is_file()}
    pretrain(arguments(whole_run, streams, tokenizer_file), settings)

    assert {path: path.read_bytes() for path in whole_run.rglob("*") if path.is_file()} == files


def test_an_encoder_that_a_kill_left_behind_is_written_again(
    whole_run: Path, tmp_path: Path, streams: Path, tokenizer_file: Path, settings: PretrainSettings
) -> None:
    """Killed between the last checkpoint and its encoder, in the middle of a line of the log."""
    run = shutil.copytree(whole_run, tmp_path / "run")
    (run / "encoder" / "model.safetensors").write_bytes(b"half")
    (run / "encoder" / "README.md").unlink()
    with (run / "log.jsonl").open("a") as log:
        log.write('{"step": 2')
    pretrain(arguments(run, streams, tokenizer_file), settings)

    for file in (whole_run / "encoder").iterdir():
        assert (run / "encoder" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_run_goes_on_with_the_settings_that_it_was_begun_with(
    whole_run: Path, streams: Path, tokenizer_file: Path, settings: PretrainSettings
) -> None:
    given = arguments(whole_run, streams, tokenizer_file)
    with pytest.raises(SystemExit, match=r"begun with --length 16, --mask-rate 0\.2: give the same again"):
        pretrain(given, replace(settings, length=32, mask_rate=0.3))
    pretrain(given, replace(settings, matrix_lr=1e-3, decay=0.5))


def test_word_vectors_start_the_embeddings(tmp_path: Path) -> None:
    vectors = np.zeros((60, 32), dtype=np.float32)
    vectors[7] = np.random.default_rng(0).normal(size=32)
    np.save(tmp_path / "v.npy", vectors)
    plain, begun = (start_network(TINY, 60, file, None) for file in (None, tmp_path / "v.npy"))
    rows = [n.model.embeddings.tok_embeddings.weight.detach().numpy() for n in (plain, begun)]

    np.testing.assert_array_equal(np.delete(rows[0], 7, 0), np.delete(rows[1], 7, 0))
    np.testing.assert_allclose(np.corrcoef(rows[1][7], vectors[7])[0, 1], 1, atol=1e-5)


def test_a_step_always_gives_the_same_batch_and_masks_no_control_token(streams: Path) -> None:
    first, again, other = (Streams(streams, TINY).batch(step, 60) for step in (3, 3, 4))
    ids, where, targets = first

    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(ids, other[0])
    assert (targets >= FIRST_PIECE).all()
    assert where.numel() == 8 * round(16 * TINY.mask_rate) and where.unique().numel() == where.numel()
    assert 0.5 < float((ids.flatten()[where] == MASK).float().mean()) < 1


def test_held_out_tokens_are_never_trained_on(tmp_path: Path) -> None:
    for name in ("corpus", "reports"):
        np.arange(5, 2005, dtype=np.uint16).tofile(tmp_path / f"{name}.u16")
    streams = Streams(tmp_path, TINY)

    for step in range(30):
        _, _, seen = streams.batch(step, 3000)
        _, _, held = streams.batch(step, 3000, held_out=True)
        assert seen.max() < 1805 <= held.min()


def test_whole_words_are_masked_whole_or_not_at_all(tmp_path: Path) -> None:
    marks = np.tile(np.array([0, 1, 1, 0], np.uint8), 500)  # words of three pieces and of one
    for name in ("corpus", "reports"):
        np.full(2000, 30, np.uint16).tofile(tmp_path / f"{name}.u16")
        marks.tofile(tmp_path / f"{name}{WORDS}")
    settings = replace(TINY, length=40, mask_rate=0.2, whole_words=True)
    streams = Streams(tmp_path, settings)

    whole = cut = 0
    for step in range(20):
        _, where, _ = streams.batch(step, 60)
        chosen = np.zeros((settings.batch, settings.length), bool)
        chosen.ravel()[where.numpy()] = True
        assert (chosen.sum(1) == 8).all()  # shapes stay, so the last word of a sequence may be cut
        rng = np.random.default_rng((0, step, 0))
        starts = [rng.integers(0, 2000 - 200 - 40, count) for count in (5, 3)]
        for row, start in zip(chosen, np.concatenate(starts), strict=True):
            word = np.cumsum(marks[start : start + 40] == 0)
            parts = [row[word == number] for number in np.unique(word)]
            whole += sum(part.all() for part in parts)
            cut += sum(part.any() and not part.all() for part in parts)

    assert cut <= 20 * settings.batch and whole > 3 * cut


def test_the_rate_rises_stays_and_falls_to_nearly_nothing() -> None:
    factors = [rate(step, 100, TINY) for step in range(100)]

    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert set(factors[4:80]) == {1.0}
    assert factors[80:] == sorted(factors[80:], reverse=True) and 0 < factors[-1] <= 0.05


def test_a_saved_encoder_has_a_card(tmp_path: Path, tokenizer_file: Path) -> None:
    reached = {"tokens": 400_000.0, "tokens_in_all": 32_400_000.0, "held_loss": 3.25, "held_accuracy": 0.375}
    save_encoder(tmp_path, MaskedLm(encoder_config(60, 32, 1, 2, 48)), tokenizer_file, reached)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")

    assert "1 layers of 32, 2 heads" in card and "32.4 M tokens" in card and "loss 3.250, 37.5% right" in card


def test_weights_that_are_not_moderns_are_not_saved(tmp_path: Path, tokenizer_file: Path) -> None:
    network = MaskedLm(encoder_config(60, 32, 1, 2, 48))
    network.extra = torch.nn.Linear(2, 2)

    with pytest.raises(RuntimeError, match="do not fit ModernBERT"):
        save_encoder(tmp_path, network, tokenizer_file)


class NoGradients(torch.autograd.Function):
    """As a compiled backward that is wrong: the loss is right, its gradients are NaN."""

    @staticmethod
    def forward(ctx: object, loss: torch.Tensor) -> torch.Tensor:
        return loss.clone()

    @staticmethod
    def backward(ctx: object, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0] * torch.nan


def test_a_compiled_network_with_wrong_gradients_is_left_for_the_plain_one(
    tmp_path: Path,
    streams: Path,
    tokenizer_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def compiled(network: torch.nn.Module, dynamic: bool) -> object:
        def forward(*batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            loss, accuracy = network(*batch)
            return NoGradients.apply(loss), accuracy

        return forward

    monkeypatch.setattr(torch, "compile", compiled)
    pretrain(arguments(tmp_path / "run", streams, tokenizer_file, compile=True), TINY)

    assert "going on without" in capsys.readouterr().err
    assert lines(tmp_path / "run")[-1]["loss"] < 6


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path, streams: Path, tokenizer_file: Path) -> None:
    wild = replace(TINY, matrix_lr=1e30, other_lr=1e30, warmup_tokens=0)
    with pytest.raises(SystemExit, match="no-compile"):
        pretrain(arguments(tmp_path / "run", streams, tokenizer_file), wild)
