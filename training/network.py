"""The tagging network: any Chinese BERT, and a label-wise attention head that reads any length."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import ModernBertConfig

from training.encoder import Encoder, encoder_config, shrink_layers
from training.settings import TrainSettings

_NOT_FOUND = (
    "encoder {!r}: not a folder with config.json, weights and tokenizer, nor in the local hub cache; "
    "give a folder, or --allow-download where there is a network"
)


class EncoderNotFound(Exception):
    """The encoder is neither a folder nor allowed to be downloaded."""


class AutoEncoder(nn.Module):
    """Any encoder that transformers' AutoModel loads, with our calling convention."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.config = model.config

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Token ids and mask [windows, length] to states [windows, length, width]."""
        states: Tensor = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return states


def load_encoder(name: str, allow_download: bool = False, pretrained: bool = True) -> nn.Module:
    """Load an encoder by folder or hub name.

    Args:
        name: a folder, or a hub name such as hfl/chinese-roberta-wwm-ext.
        allow_download: ask the hub (or the mirror that HF_ENDPOINT names); otherwise only local files.
        pretrained: False gives the same architecture with fresh weights, for ablations.

    Raises:
        EncoderNotFound: no such folder, and nothing in the local cache.
    """
    if not allow_download:
        _stay_offline()
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(name, local_files_only=not allow_download)
        if _is_own(config):
            return _own_encoder(_folder(name, allow_download), config, pretrained)
        if not pretrained:
            return AutoEncoder(AutoModel.from_config(config))
        return AutoEncoder(AutoModel.from_pretrained(name, local_files_only=not allow_download).float())
    except (OSError, ValueError) as error:  # ValueError: a folder of something else
        raise EncoderNotFound(_NOT_FOUND.format(name)) from error


def ready_encoder(
    name: str, settings: TrainSettings, allow_download: bool = False, pretrained: bool = True
) -> nn.Module:
    """An encoder as fine-tuning begins with it: ours with layers of the size that the settings give.

    Raises:
        EncoderNotFound: as `load_encoder`.
    """
    encoder = load_encoder(name, allow_download, pretrained)
    if settings.layer_rms and isinstance(encoder, Encoder):
        shrink_layers(encoder, settings.layer_rms)
    return encoder


def load_tokenizer(name: str, allow_download: bool = False) -> Tokenizer:
    """The encoder's tokenizer: its tokenizer.json, or what transformers makes of its vocab.txt.

    Raises:
        EncoderNotFound: no such folder, and nothing in the local cache.
    """
    file = Path(name) / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    if not allow_download:
        _stay_offline()
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(name, local_files_only=not allow_download)
    except (OSError, ValueError) as error:
        raise EncoderNotFound(_NOT_FOUND.format(name)) from error
    tokenizer: Tokenizer = found.backend_tokenizer
    return tokenizer


def _stay_offline() -> None:
    """Keep the hub's client from asking anything: `local_files_only` alone still calls out.

    The variable is read when the client is imported, which has happened by now; so its constant is set too.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = True


def _folder(name: str, allow_download: bool) -> Path:
    """The folder of an encoder of ours: itself, or where the hub's client keeps it."""
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    wanted = ["config.json", "model.safetensors"]
    return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=not allow_download))


def _is_own(config: Any) -> bool:
    """Whether `Encoder` computes what a ModernBERT of this configuration does: it has but one shape."""
    return bool(
        config.model_type == "modernbert"
        and set(config.layer_types) == {"full_attention"}
        and not (config.attention_bias or config.mlp_bias or config.norm_bias)
        and config.hidden_activation == "gelu"
        and math.isclose(config.norm_eps, ModernBertConfig().norm_eps)
    )


def _own_encoder(folder: Path, config: object, pretrained: bool) -> Encoder:
    from safetensors.torch import load_file

    rope = config.rope_parameters["full_attention"]  # type: ignore[attr-defined]
    own = encoder_config(
        config.vocab_size, config.hidden_size, config.num_hidden_layers,  # type: ignore[attr-defined]
        config.num_attention_heads, config.intermediate_size,  # type: ignore[attr-defined]
    )  # fmt: skip
    own.rope_parameters["full_attention"] = rope  # type: ignore[index]
    encoder = Encoder(own)
    if pretrained:
        state = load_file(folder / "model.safetensors")
        state = {k.removeprefix("model."): v.float() for k, v in state.items()}
        names = set(encoder.state_dict())
        encoder.load_state_dict({k: v for k, v in state.items() if k in names})
    return encoder


class LabelAttention(nn.Module):
    """Label-wise attention (Mullenbach et al. 2018, "CAML"), with values mixed by their own vector.

    For label l and token t: a_tl = softmax over all tokens of h_t.q_l; logit_l = sum a_tl (h_t.w_l) + b_l.
    So a_tl (h_t.w_l) is token t's exact part of the logit.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, labels, bias=False)
        self.value = nn.Linear(width, labels, bias=False)
        self.bias = nn.Parameter(torch.zeros(labels))
        nn.init.normal_(self.query.weight, std=0.02)
        nn.init.normal_(self.value.weight, std=0.02)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """States [windows, length, width] to attention scores and values, each [windows, length, labels]."""
        states = states.float()  # the encoder may compute in bf16; the head is small and stays exact
        return self.query(states), self.value(states)

    def merge(self, scores: Tensor, values: Tensor, counted: Tensor, owner: Tensor, reports: int) -> Tensor:
        """Logits [reports, labels] from the windows' scores and values.

        Args:
            counted: [windows, length], True on tokens this window counts.
            owner: [windows], the index of each window's report.
        """
        weight, total = _attention(scores, counted, owner, reports)
        mixed = torch.zeros_like(total).index_add(0, owner, (weight * values.float()).sum(1))
        return mixed / total + self.bias

    def evidence_loss(
        self, scores: Tensor, counted: Tensor, owner: Tensor, reports: int, evidence: Tensor
    ) -> Tensor:
        """How far the attention lies from the words that readers marked.

        -log of the attention mass on the marked tokens, summed over the labels that have any and averaged
        over reports (rationale supervision; Strout et al. 2019, "Do human rationales improve machine
        explanations?").

        Args:
            evidence: [windows, length, labels], True on marked tokens.
        """
        weight, total = _attention(scores, counted, owner, reports)
        zero = torch.zeros_like(total)
        marked = zero.index_add(0, owner, (weight * evidence).sum(1))
        known = zero.index_add(0, owner, evidence.any(1).float()) > 0
        lost = total.log() - marked.clamp_min(1e-9).log()
        return (lost * known).sum() / reports

    def token_loss(
        self,
        values: Tensor,
        counted: Tensor,
        owner: Tensor,
        targets: Tensor,
        evidence: Tensor,
        marked: Tensor,
    ) -> Tensor:
        """How far each token's own value is from saying what its report says of the label.

        Binary cross-entropy of value + bias: marked tokens should speak for their label, all tokens of a
        report without the label against it; unmarked tokens of a report with the label are left alone,
        since readers mark the shortest words only. Both sides are means per report and label, summed over
        labels and averaged over reports.

        Args:
            targets: [reports, labels], NaN where the report does not label the axis.
            evidence: [windows, length, labels], True on marked tokens.
            marked: [labels], True on labels for which readers mark words at all; others take no loss, since
                they would hear only what speaks against them.
        """
        values = values.float() + self.bias
        reports = len(targets)
        absent = ((targets == 0) & marked).float()
        each = counted[:, :, None].float()
        zero = torch.zeros_like(absent)
        tokens = zero.index_add(0, owner, each.sum(1).expand(-1, absent.shape[1]))
        against = zero.index_add(0, owner, (F.softplus(values) * each).sum(1)) / tokens.clamp_min(1)
        words = zero.index_add(0, owner, evidence.sum(1).float())
        speak = zero.index_add(0, owner, (F.softplus(-values) * evidence).sum(1)) / words.clamp_min(1)
        return (against * absent + speak).sum() / reports


def _attention(scores: Tensor, counted: Tensor, owner: Tensor, reports: int) -> tuple[Tensor, Tensor]:
    """Unnormalised attention weights [windows, length, labels] and their sums [reports, labels].

    Every report needs a counted token. Shifting by its largest counted score keeps exp in range, whatever
    the scores, and cancels in the ratio.
    """
    scores = scores.float().masked_fill(~counted[:, :, None], float("-inf"))
    index = owner[:, None].expand(-1, scores.shape[-1])
    top = torch.full((reports, scores.shape[-1]), float("-inf"), device=scores.device)
    top = top.scatter_reduce(0, index, scores.detach().amax(1), "amax")
    weight = (scores - top[owner][:, None, :]).exp()
    return weight, torch.zeros_like(top).index_add(0, owner, weight.sum(1))


class ClsHead(nn.Module):
    """The usual [CLS] head, kept as a baseline: a long report is judged by its first window.

    It speaks the other head's language, all attention on [CLS], so that it exports and serves alike.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, labels)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """States to scores and values, each [windows, length, labels]: 0 on [CLS], next to none elsewhere."""
        values = self.linear(states.float())
        first = torch.zeros_like(values[:, :1])
        return torch.cat([first, torch.full_like(values[:, 1:], -1e4)], dim=1), values

    def merge(self, scores: Tensor, values: Tensor, counted: Tensor, owner: Tensor, reports: int) -> Tensor:
        """[CLS] of each report's first window, which must be among the windows."""
        first = counted[:, 0].float()[:, None]
        mixed = torch.zeros(reports, values.shape[-1], device=scores.device)
        return mixed.index_add(0, owner, values[:, 0].float() * first)


HEADS: dict[str, type[LabelAttention] | type[ClsHead]] = {"label-attention": LabelAttention, "cls": ClsHead}


class TaggingNetwork(nn.Module):
    """Encoder, dropout and one head over the labels of all axes, in taxonomy order."""

    def __init__(self, encoder: nn.Module, labels: int, head: str = "label-attention", dropout: float = 0.1):
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        config: Any = encoder.config
        self.head = HEADS[head](config.hidden_size, labels)
        self.wide_gain = nn.Parameter(torch.ones(labels))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and values per window and token; this is what ONNX exports."""
        scores, values = self.head(self.dropout(self.encoder(ids, mask)))
        return scores, values

    def logits(
        self, ids: Tensor, mask: Tensor, counted: Tensor, owner: Tensor, reports: int, wide: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [reports, labels]; attention scores and values, each [windows, length, labels].

        Args:
            wide: [reports, labels], the wide part's scores.
        """
        scores, values = self(ids, mask)
        logits: Tensor = self.head.merge(scores, values, counted, owner, reports)
        return (logits if wide is None else logits + wide * self.wide_gain), scores, values
