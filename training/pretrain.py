"""Pretrain the compact encoder by masked language modelling; goes on after kill -9.

    python -m training.pretrain --streams artifacts/pretrain --tokenizer FILE --vectors vectors.npy \
        --run artifacts/pretrain/run --tokens 60_000_000

Weights are bf16 with fp32 masters in the optimizer. The learning rate warms up, stays, and falls to
zero over the last part of the run ("warm-up, stable, decay"), so that a longer run can go on from
the checkpoint kept before the fall.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.corpus import WORDS
from training.encoder import MaskedLm, encoder_config
from training.memory import keep_freed_memory
from training.muon import Muon
from training.replaced import ReplacedLm
from training.settings import add_setting_flags

MASK, FIRST_PIECE = 4, 5
MASKED, REPLACED = "masked", "replaced"
TOKENS = "pretrained_tokens"
"""In config.json: all tokens that an encoder was pretrained on, runs that it went on from included."""
HELD_OUT = 400_000  # tokens at the end of each stream, never trained on
MAY_CHANGE = ("tokens", "matrix_lr", "other_lr", "decay")
"""Settings that say how a run goes on; with others it would be another run."""


@dataclass(frozen=True)
class PretrainSettings:
    """One pretraining run. Sizes in tokens where not said otherwise."""

    width: int = 384
    """Of the states."""
    depth: int = 4
    """Layers."""
    heads: int = 6
    """Attention heads."""
    hidden: int = 768
    """Width of the gated feed-forward."""
    length: int = 128
    """Of a sequence."""
    batch: int = 48
    """Sequences a step."""
    mask_rate: float = 0.2
    """Share of the tokens to be guessed."""
    whole_words: bool = False
    """Mask all pieces of a word or none (Cui et al. 2021, "Pre-Training With Whole Word Masking for Chinese
    BERT"); the streams need the marks of `training.corpus --words`."""
    report_share: float = 0.4
    """Share of sequences drawn from reports.u16 instead of corpus.u16."""
    objective: str = MASKED
    """masked: masked language modelling; replaced: replaced-token detection (training/replaced.py)."""
    tokens: int = 32_000_000
    """To read in all."""
    optimizer: str = "muon"
    """muon, or adamw for every parameter."""
    matrix_lr: float = 4e-3
    """Highest learning rate of the layers' matrices."""
    other_lr: float = 2e-3
    """Highest learning rate of all other parameters."""
    warmup_tokens: int = 800_000
    """Tokens over which the rates rise."""
    decay: float = 0.2
    """Share of the steps, the last ones, over which the rates fall."""
    weight_decay: float = 0.02
    """Of the layers' matrices; decoupled, in parts of the learning rate."""
    seed: int = 0
    """Of all that is drawn at random."""


class Streams:
    """Random crops of the two token streams; step k always gives the same batch."""

    def __init__(self, folder: Path, settings: PretrainSettings) -> None:
        """Map corpus.u16 and reports.u16 of a folder, and the marks of their words where those are asked for.

        Raises:
            FileNotFoundError: the folder lacks one of them.
        """
        self.settings = settings
        paths = [folder / f"{name}.u16" for name in ("corpus", "reports")]
        self.parts = [np.memmap(path, np.uint16, "r") for path in paths]
        self.marks: list[np.ndarray] = []
        if settings.whole_words:
            self.marks = [np.memmap(path.with_suffix(WORDS), np.uint8, "r") for path in paths]

    def _starts(self, rng: np.random.Generator, part: int, count: int, held_out: bool) -> np.ndarray:
        length, size = self.settings.length, self.parts[part].size
        border = size - min(HELD_OUT, size // 10)
        low, high = (border, size - length) if held_out else (0, border - length)
        return rng.integers(low, high, count)

    def batch(self, step: int, vocab: int, held_out: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Masked ids [batch, length], flat masked positions [n], their true ids [n].

        Of the chosen positions 80 % become [MASK], 10 % a random piece, 10 % stay (Devlin et al. 2019).
        """
        s = self.settings
        rng = np.random.default_rng((s.seed, step, int(held_out)))
        from_reports = round(s.batch * s.report_share)
        counts = (s.batch - from_reports, from_reports)
        starts = [self._starts(rng, part, count, held_out) for part, count in enumerate(counts)]

        def crops(streams: Sequence[np.ndarray]) -> np.ndarray:
            return np.stack(
                [
                    stream[at : at + s.length]
                    for stream, some in zip(streams, starts, strict=True)
                    for at in some
                ]
            ).astype(np.int64)

        ids = crops(self.parts)
        # A fixed number of positions a sequence keeps every shape static for torch.compile.
        order = rng.random(ids.shape)
        if self.marks and not held_out:  # scores stay comparable
            # The pieces of a word share their first piece's number, so they are chosen together.
            word = np.maximum.accumulate(np.where(crops(self.marks) == 0, np.arange(s.length), 0), axis=1)
            order = np.take_along_axis(order, word, axis=1)
        order[ids < FIRST_PIECE] += 1  # special tokens come last
        count = round(s.length * s.mask_rate)
        columns = np.argpartition(order, count, axis=1)[:, :count]
        where = (columns + np.arange(s.batch)[:, None] * s.length).ravel()
        flat = ids.ravel()
        targets = flat[where].copy()
        dice = rng.random(where.size)
        flat[where[dice < 0.8]] = MASK
        swap = where[(dice >= 0.8) & (dice < 0.9)]
        flat[swap] = rng.integers(FIRST_PIECE, vocab, swap.size)
        return torch.from_numpy(ids), torch.from_numpy(where), torch.from_numpy(targets)


def rate(step: int, steps: int, settings: PretrainSettings) -> float:
    """Learning-rate factor at `step`: warm-up, stable, then linear to zero."""
    warm = max(1, settings.warmup_tokens // (settings.batch * settings.length))
    fall = max(1, round(steps * settings.decay))
    return min(1.0, (step + 1) / warm, (steps - step) / fall)


def make_optimizer(network: nn.Module, settings: PretrainSettings) -> Muon:
    """Muon on the layers' matrices, AdamW on token vectors, norms and the prediction heads."""
    blocks = {"Wqkv": 3, "Wi": 2}
    matrices: dict[str, tuple[Tensor, int]] = {}
    others: dict[str, Tensor] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        if settings.optimizer == "muon" and ".layers." in name and parameter.ndim == 2:
            matrices[name] = (parameter, blocks.get(name.split(".")[-2], 1))
        else:
            others[name] = parameter
    return Muon(matrices, others, settings.weight_decay)


def save_checkpoint(path: Path, step: int, optimizer: Muon, settings: PretrainSettings) -> None:
    """Write to a temporary name, then rename: a kill at any moment leaves a whole file."""
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "optimizer": optimizer.state_dict(), "settings": asdict(settings)}, partial)
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    partial.replace(path)


def refuse_other(run: Path, begun: Mapping[str, Any], settings: PretrainSettings) -> None:
    """Let a run go on with the settings that it was begun with.

    Args:
        begun: those of its checkpoint.

    Raises:
        SystemExit: others were given; it names those to give again.
    """
    before = asdict(PretrainSettings()) | dict(begun)  # a checkpoint may be older than a setting
    again = [
        f"--{name.replace('_', '-')} {before[name]}"
        for name, value in asdict(settings).items()
        if name not in MAY_CHANGE and before[name] != value
    ]
    if again:
        raise SystemExit(
            f"{run} was begun with {', '.join(again)}: give the same again, or another --run, with "
            f"--start {run / 'encoder'} to go on from its weights"
        )


def reached(run: Path, step: int) -> dict[str, float]:
    """The last line of a run's log up to a step; empty where there is none."""
    log, found = run / "log.jsonl", dict[str, float]()
    for text in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        with suppress(ValueError):  # a kill may cut a line off
            line: dict[str, float] = json.loads(text)
            found = line if line["step"] <= step else found
    return found


def tokens_before(start: Path | None) -> int:
    """Tokens that a saved encoder was pretrained on, 0 where none is given or its folder does not say."""
    if start is None:
        return 0
    return int(json.loads((start / "config.json").read_text(encoding="utf-8")).get(TOKENS, 0))


def save_encoder(
    folder: Path, network: MaskedLm, tokenizer: Path, reached: Mapping[str, float] | None = None
) -> None:
    """Write a folder that transformers' AutoModel and AutoTokenizer load; weights in fp16, with a card.

    Args:
        reached: the last line of the run's log, for the card; `tokens_in_all` goes into config.json.
    """
    from transformers import ModernBertForMaskedLM, PreTrainedTokenizerFast

    config = copy.deepcopy(network.model.config)
    if reached:
        setattr(config, TOKENS, int(reached["tokens_in_all"]))
    model = ModernBertForMaskedLM(config)
    missing, unexpected = model.load_state_dict(network.to_transformers(), strict=False)
    if unexpected or set(missing) - {"decoder.weight"}:
        raise RuntimeError(f"weights do not fit ModernBERT: missing {missing}, unexpected {unexpected}")
    model.half().save_pretrained(folder)  # load_state_dict copied, so the network keeps its own precision
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=512,
    ).save_pretrained(folder)  # fmt: skip
    (folder / "README.md").write_text(encoder_card(network, reached or {}), encoding="utf-8")


def encoder_card(network: MaskedLm, reached: Mapping[str, float]) -> str:
    """What an encoder is and how far its pretraining came, in Markdown."""
    config: Any = network.model.config
    layers = f"{config.num_hidden_layers} layers of {config.hidden_size}, {config.num_attention_heads} heads"
    rows = [
        (
            "shape",
            f"{layers}, gated feed-forward {config.intermediate_size} wide, pre-norm, rotary positions",
        ),
        ("vocabulary", f"{config.vocab_size} pieces, words and characters (tokenizer.json)"),
        ("parameters", f"{sum(p.numel() for p in network.model.parameters()) / 1e6:.1f} M, in fp16"),
    ]
    if reached:
        held = f"loss {reached['held_loss']:.3f}, {reached['held_accuracy']:.1%} right"
        rows += [
            ("pretrained on", f"{reached['tokens_in_all'] / 1e6:.1f} M tokens"),
            ("masked pieces of held-out text", held),
        ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return (
        "# Encoder\n\nA compact Chinese encoder for fine-tuning, made by `python -m training.pretrain`;\n"
        f"`transformers.AutoModel` loads it (ModernBERT).\n\n| | |\n|---|---|\n{table}\n"
    )


def start_network(
    settings: PretrainSettings, vocab: int, vectors: Path | None, start: Path | None
) -> MaskedLm:
    """A new network, with skip-gram token vectors or a saved encoder's weights where given."""
    torch.manual_seed(settings.seed)
    config = encoder_config(vocab, settings.width, settings.depth, settings.heads, settings.hidden)
    network = MaskedLm(config)
    if vectors:
        table = torch.from_numpy(np.load(vectors))
        # Scaled to the usual spread of fresh embeddings, so that logits start small.
        table *= 0.03 / table[table.abs().sum(1) > 0].std()
        with torch.no_grad():
            seen = table.abs().sum(1) > 0
            network.model.embeddings.tok_embeddings.weight[seen] = table[seen]
    if start:
        from safetensors.torch import load_file

        network.from_transformers({k: v.float() for k, v in load_file(start / "model.safetensors").items()})
    return network


def batch_of(
    streams: Streams, step: int, vocab: int, device: torch.device, held_out: bool = False
) -> list[Tensor]:
    """What the network of the objective takes in step `step`, the same each time."""
    tensors = list(streams.batch(step, vocab, held_out))
    if streams.settings.objective == REPLACED:
        rng = np.random.default_rng((streams.settings.seed, step, 2 + held_out))
        tensors.append(torch.from_numpy(rng.random(tensors[1].numel(), dtype=np.float32)))
    return [tensor.to(device) for tensor in tensors]


def held_out_scores(
    network: nn.Module, streams: Streams, vocab: int, device: torch.device
) -> tuple[float, float]:
    """Loss and accuracy on 8 fixed batches of held-out text."""
    with torch.no_grad():
        pairs = [network(*batch_of(streams, i, vocab, device, held_out=True)) for i in range(8)]
    loss, accuracy = (float(torch.stack(column).mean()) for column in zip(*pairs, strict=True))
    return loss, accuracy


def learn(forward: nn.Module, batch: list[Tensor]) -> Tensor:
    """Leave the gradients of a batch at the parameters; return the loss."""
    loss: Tensor = forward(*batch)[0]
    loss.backward()
    return loss.detach()


def finite_gradients(network: nn.Module) -> bool:
    """Whether no gradient is NaN or infinite."""
    return all(bool(torch.isfinite(p.grad).all()) for p in network.parameters() if p.grad is not None)


def compiled(network: nn.Module) -> nn.Module:
    """The network under torch.compile, for shapes that never change."""
    from torch._inductor import config

    # torch 2.13 picks AMX for element-wise loops too where it finds it, and their backward is NaN.
    config.cpp.simdlen = 512 if "AVX512" in torch.backends.cpu.get_cpu_capability() else None
    return torch.compile(network, dynamic=False)  # type: ignore[return-value]


def pretrain(args: argparse.Namespace, settings: PretrainSettings) -> None:
    """Train until settings.tokens, from the run's last checkpoint where there is one.

    Raises:
        SystemExit: the loss is no number any more, or the run was begun with other settings.
    """
    from tokenizers import Tokenizer

    args.run.mkdir(parents=True, exist_ok=True)
    vocab = Tokenizer.from_file(str(args.tokenizer)).get_vocab_size()
    streams = Streams(args.streams, settings)
    device = torch.device(args.device)
    body = start_network(settings, vocab, args.vectors, args.start)
    network: nn.Module = body
    if settings.objective == REPLACED:
        drawer = start_network(settings, vocab, None, args.generator) if args.generator else None
        network = ReplacedLm(body, MASK, drawer)
    network = network.to(device, torch.bfloat16)
    optimizer = make_optimizer(network, settings)
    checkpoint, first = args.run / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        refuse_other(args.run, saved["settings"], settings)
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["step"]
    forward: nn.Module = compiled(network) if args.compile else network
    steps = settings.tokens // (settings.batch * settings.length)
    before = tokens_before(args.start)
    if first >= steps:
        print(f"{args.run} has its {settings.tokens:,} tokens; give more to go on", file=sys.stderr)
        # Once more: a kill between the last checkpoint and its encoder leaves an older one there.
        save_encoder(args.run / "encoder", body.float(), args.tokenizer, reached(args.run, first))
        return
    fall_starts = steps - round(steps * settings.decay)
    began, losses, marks = time.time(), [], time.time()
    line = reached(args.run, first)
    for step in range(first, steps):
        batch = batch_of(streams, step, vocab, device)
        loss = learn(forward, batch)
        if step == first and forward is not network and not finite_gradients(network):
            # Seen on processors with AMX: an update that looks right must not be learnt from unlooked at.
            print(
                "torch.compile gives no usable gradients on this machine; going on without", file=sys.stderr
            )
            network.zero_grad()
            forward = network
            loss = learn(forward, batch)
        if not torch.isfinite(loss):
            raise SystemExit(
                f"the loss of step {step + 1} is {float(loss)}: the run stops here, its last checkpoint is "
                "good; lower --matrix-lr and --other-lr, or try --no-compile"
            )
        factor = rate(step, steps, settings)
        optimizer.step(settings.matrix_lr * factor, settings.other_lr * factor)
        losses.append(float(loss))
        if (step + 1) % args.log_every == 0 or step + 1 == steps:
            held_loss, held_accuracy = held_out_scores(network, streams, vocab, device)
            done = (step + 1) * settings.batch * settings.length
            rate_now = len(losses) * settings.batch * settings.length / (time.time() - marks)
            line = {
                "step": step + 1, "tokens": done, "tokens_in_all": before + done,
                "loss": round(float(np.mean(losses)), 4), "held_loss": round(held_loss, 4),
                "held_accuracy": round(held_accuracy, 4),
                "tokens_per_s": round(rate_now), "minutes": round((time.time() - began) / 60, 1),
            }  # fmt: skip
            with (args.run / "log.jsonl").open("a") as log:
                print(json.dumps(line), file=log)
            print(json.dumps(line), flush=True)
            losses, marks = [], time.time()
        if (step + 1) % args.save_every == 0 or step + 1 in (steps, fall_starts):
            save_checkpoint(checkpoint, step + 1, optimizer, settings)
            save_encoder(args.run / "encoder", body, args.tokenizer, line)
            if step + 1 == fall_starts:
                save_checkpoint(args.run / "before-decay.pt", step + 1, optimizer, settings)
        if args.max_minutes and time.time() - began > args.max_minutes * 60:
            save_checkpoint(checkpoint, step + 1, optimizer, settings)
            break
    save_encoder(args.run / "encoder", body.float(), args.tokenizer, line)


def main() -> None:
    """Read the flags and pretrain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=Path, required=True, help="folder of corpus.u16 and reports.u16")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints, log and encoder/")
    parser.add_argument("--vectors", type=Path, help="skip-gram vectors to start the token vectors from")
    parser.add_argument("--start", type=Path, help="encoder folder to go on from")
    parser.add_argument(
        "--generator", type=Path,
        help="encoder folder that draws the words of --objective replaced; none: a small generator learns to",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--log-every", type=int, default=100, help="steps")
    parser.add_argument("--save-every", type=int, default=200, help="steps")
    parser.add_argument("--max-minutes", type=float, default=0, help="stop early after so long; 0: never")
    add_setting_flags(parser, PretrainSettings)
    args = parser.parse_args()
    keep_freed_memory()
    settings = PretrainSettings(**{name: getattr(args, name) for name in asdict(PretrainSettings())})
    pretrain(args, settings)


if __name__ == "__main__":
    main()
