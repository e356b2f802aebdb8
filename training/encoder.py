"""The compact encoder as plain torch, quick on a CPU, with ModernBERT's layout and parameter names.

Pre-norm, rotary positions, gated feed-forward, no biases (Warner et al. 2024, "ModernBERT"). Weights
move to and from transformers' `ModernBertForMaskedLM` by name, so that `AutoModel` loads what
`training.pretrain` saves. transformers' own module is not trained here because it spends a third
more CPU time on masks, casts and attention back ends that fixed-length training does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import ModernBertConfig


def encoder_config(vocab_size: int, width: int, depth: int, heads: int, hidden: int) -> ModernBertConfig:
    """A ModernBERT configuration with global attention in every layer (windows are short)."""
    rope = {"rope_type": "default", "rope_theta": 10_000.0}
    return ModernBertConfig(  # type: ignore[call-arg]
        vocab_size=vocab_size, hidden_size=width, intermediate_size=hidden, num_hidden_layers=depth,
        num_attention_heads=heads, max_position_embeddings=512, global_attn_every_n_layers=1,
        pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3,
        rope_parameters={"full_attention": rope, "sliding_attention": rope},
    )  # fmt: skip


def rotary_tables(length: int, head_width: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and signed sines [length, 2, head_width / 2] (Su et al. 2021, "RoFormer")."""
    rates = theta ** (-torch.arange(0, head_width, 2).float() / head_width)
    angles = torch.arange(length).float()[:, None] * rates
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([cos, cos], dim=1), torch.stack([-sin, sin], dim=1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Apply rotary positions to [..., length, head_width]."""
    halves = x.unflatten(-1, (2, -1))
    return (halves * cos + halves.flip(-2) * sin).flatten(-2)


class Attention(nn.Module):
    """Multi-head self-attention with a plain softmax: on CPU its backward beats SDPA's."""

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.Wqkv = nn.Linear(config.hidden_size, 3 * config.hidden_size, bias=False)
        self.Wo = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        """Mix states [batch, length, width]; `bias` is added to the scores."""
        batch, length, width = x.shape
        q, k, v = self.Wqkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        scores = q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5
        if bias is not None:
            scores = scores + bias
        mixed = scores.softmax(-1) @ v
        return self.Wo(mixed.transpose(1, 2).reshape(batch, length, width))


class Mlp(nn.Module):
    """Gated feed-forward (GeGLU)."""

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        self.Wi = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.Wo = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each state."""
        value, gate = self.Wi(x).chunk(2, dim=-1)
        return self.Wo(F.gelu(value) * gate)


class Layer(nn.Module):
    """One pre-norm transformer layer; the first has no attention norm (the embeddings have one)."""

    def __init__(self, config: ModernBertConfig, first: bool) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.norm_eps
        self.attn_norm = nn.Identity() if first else nn.LayerNorm(width, eps=eps, bias=False)
        self.attn = Attention(config)
        self.mlp_norm = nn.LayerNorm(width, eps=eps, bias=False)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, bias: Tensor | None) -> Tensor:
        """Attend, then transform, each added to what came in."""
        x = x + self.attn(self.attn_norm(x), cos, sin, bias)
        return x + self.mlp(self.mlp_norm(x))


class Embeddings(nn.Module):
    """Token vectors and their norm."""

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids [batch, length] to vectors [batch, length, width]."""
        return self.norm(self.tok_embeddings(ids))


class Rotary(nn.Module):
    """The rotary tables, kept: a compiled pass would take their cosines again for every state.

    They stay fp32 when the encoder is cast: rounded once, they would be so for good, in the Export too.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        rope: Any = config.rope_parameters
        cos, sin = rotary_tables(
            config.max_position_embeddings,
            config.hidden_size // config.num_attention_heads,
            float(rope["full_attention"]["rope_theta"]),
        )
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Tables for states [batch, length, width], in their precision."""
        return self.cos[: x.shape[1]].to(x.dtype), self.sin[: x.shape[1]].to(x.dtype)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Rotary:
        exact = self.cos, self.sin
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.cos, self.sin = (table.to(self.cos.device) for table in exact)
        return self


class Encoder(nn.Module):
    """Token ids [batch, length] to states [batch, length, width]."""

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        self.config = config
        self.rotary = Rotary(config)
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config, i == 0) for i in range(config.num_hidden_layers))
        self.final_norm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps, bias=False)
        self.apply(self._init)

    def _init(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Encode; `mask` [batch, length] is 1 on real tokens, None when there is no padding."""
        return self.layers_on(self.embeddings(ids), mask)

    def layers_on(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """What the layers make of token vectors [batch, length, width]."""
        cos, sin = self.rotary(x)
        bias = None
        if mask is not None:
            bias = (1 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, cos, sin, bias)
        return self.final_norm(x)


@torch.no_grad()
def shrink_layers(encoder: Encoder, rms: float) -> float:
    """Multiply all matrices of the layers by one factor, so that their root mean square is `rms` at most.

    Muon with little weight decay leaves them at 0.25 (fresh ones have 0.02), and states in which the token
    below is hardly left: fine-tuning then moves too little. docs/decisions/0003 has the figures.

    Returns:
        The factor, 1 where they are small enough.
    """
    matrices = [p for p in encoder.layers.parameters() if p.ndim == 2]
    squares, entries = sum(float(p.square().sum()) for p in matrices), sum(p.numel() for p in matrices)
    factor = min(1.0, rms / max((squares / entries) ** 0.5, 1e-12))
    for matrix in matrices:
        matrix.mul_(factor)
    return factor


class TiedCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy of a decoder tied to the token vectors, on logits that stay in their own precision.

    Half of a step's time on a CPU goes into a usual loss over 16,000 pieces: it makes the logits float, keeps
    them twice and reads them four times. Here the probabilities stand in for them and become their gradient.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, table: Tensor, bias: Tensor, targets: Tensor) -> Tensor:  # type: ignore[override]
        """Loss of states [n, width] against the true ids [n]; table [pieces, width], bias [pieces]."""
        chances = torch.addmm(bias, states, table.t()).softmax(-1)
        rows = torch.arange(len(targets), device=targets.device)
        right = chances[rows, targets]
        chances[rows, targets] = right - 1
        ctx.save_for_backward(chances, states, table)
        return -right.float().clamp_min(1e-30).log().mean()

    @staticmethod
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        """Gradients of states, table and bias."""
        gradient, states, table = ctx.saved_tensors
        share = wanted / len(states)
        ones = gradient.new_ones(1, len(states))  # a product: bf16 columns add up slowly otherwise
        return (
            gradient @ table * share,
            gradient.t() @ (states * share),
            (ones @ gradient)[0] * share,
            None,
        )


@torch.compiler.disable
def tied_cross_entropy(states: Tensor, table: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """`TiedCrossEntropy`, never compiled: torch.compile would take it apart into its float form."""
    loss: Tensor = TiedCrossEntropy.apply(states, table, bias, targets)  # type: ignore[no-untyped-call]
    return loss


class MaskedLm(nn.Module):
    """Encoder, prediction head and a decoder tied to the token vectors."""

    def __init__(self, config: ModernBertConfig) -> None:
        super().__init__()
        self.model = Encoder(config)
        dense = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        nn.init.normal_(dense.weight, std=0.02)
        self.head = nn.ModuleDict(
            {
                "dense": dense,
                "norm": nn.LayerNorm(config.hidden_size, eps=config.norm_eps, bias=False),
            }
        )
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, ids: Tensor, where: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and accuracy at the flat positions `where` [n] whose true ids are `targets` [n].

        The accuracy is NaN while gradients are kept: a training step has no use for it.
        """
        if torch.is_grad_enabled():
            table = self.model.embeddings.tok_embeddings.weight
            loss = tied_cross_entropy(self.guesses(ids, where), table, self.bias, targets)
            return loss, loss.new_full((), torch.nan)
        logits = self.logits(ids, where).float()
        return F.cross_entropy(logits, targets), (logits.argmax(-1) == targets).float().mean()

    def guesses(self, ids: Tensor, where: Tensor) -> Tensor:
        """What is to be compared with the token vectors: [n, width] at the flat positions `where` [n]."""
        states: Tensor = self.head["norm"](F.gelu(self.head["dense"](self.model(ids).flatten(0, 1)[where])))
        return states

    def logits(self, ids: Tensor, where: Tensor) -> Tensor:
        """How well each piece fits [n, pieces] at the flat positions `where` [n]."""
        return F.linear(self.guesses(ids, where), self.model.embeddings.tok_embeddings.weight, self.bias)

    def to_transformers(self) -> dict[str, Tensor]:
        """State of a `ModernBertForMaskedLM` with these weights."""
        state = {name: tensor for name, tensor in self.state_dict().items() if name != "bias"}
        state["decoder.bias"] = self.bias.detach()
        return state

    def from_transformers(self, state: dict[str, Tensor]) -> None:
        """Take the weights of a `ModernBertForMaskedLM`."""
        own = dict(state)
        own["bias"] = own.pop("decoder.bias")
        own.pop("decoder.weight", None)
        self.load_state_dict(own)
