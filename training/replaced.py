"""Replaced-token detection: a generator fills masked places, the encoder finds what it changed.

Source: Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators".
The loss then falls on every token, not on the masked fifth alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.encoder import Encoder, MaskedLm, encoder_config

DETECTION_WEIGHT = 50.0
"""Of the detection loss against the generator's (same source)."""
GENERATOR_WIDTH, GENERATOR_DEPTH, GENERATOR_HEADS = 192, 2, 3


class Generator(nn.Module):
    """A narrow masked language model over the encoder's own token vectors."""

    def __init__(self, vocab: int, width: int) -> None:
        super().__init__()
        narrow = encoder_config(vocab, GENERATOR_WIDTH, GENERATOR_DEPTH, GENERATOR_HEADS, 2 * GENERATOR_WIDTH)
        self.narrowed = nn.Linear(width, GENERATOR_WIDTH, bias=False)
        self.model = Encoder(narrow)
        # Its tokens come as the wide encoder's vectors.
        del self.model.embeddings.tok_embeddings
        self.widened = nn.Linear(GENERATOR_WIDTH, width, bias=False)
        self.norm = nn.LayerNorm(width, bias=False)
        self.bias = nn.Parameter(torch.zeros(vocab))
        for linear in (self.narrowed, self.widened):
            nn.init.normal_(linear.weight, std=0.02)

    def forward(self, ids: Tensor, where: Tensor, vectors: Tensor) -> Tensor:
        """Logits [n, vocab] at the flat positions `where` [n]; `vectors` [vocab, width] are shared."""
        narrow = self.model.embeddings.norm(self.narrowed(F.embedding(ids, vectors)))
        states = self.model.layers_on(narrow).flatten(0, 1)[where]
        return F.linear(self.norm(F.gelu(self.widened(states))), vectors, self.bias).float()


class ReplacedLm(nn.Module):
    """Generator and detector; the detector's encoder is what pretraining is for.

    Args:
        body: the network whose encoder learns; its own prediction head rests meanwhile.
        drawer: a pretrained masked language model that draws the words and does not learn; where none is
            given, a small generator learns to beside the encoder.
    """

    def __init__(self, body: MaskedLm, mask: int, drawer: MaskedLm | None = None) -> None:
        super().__init__()
        config = body.model.config
        self.body, self.mask = body, mask
        self.body.head.requires_grad_(False)
        self.body.bias.requires_grad_(False)
        self.drawer = drawer.requires_grad_(False) if drawer else None
        self.generator = None if drawer else Generator(config.vocab_size, config.hidden_size)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.found = nn.Linear(config.hidden_size, 1)
        for linear in (self.dense, self.found):
            nn.init.normal_(linear.weight, std=0.02)

    def forward(self, ids: Tensor, where: Tensor, targets: Tensor, chance: Tensor) -> tuple[Tensor, Tensor]:
        """Loss, and the share of changed tokens that were found.

        Args:
            ids: [batch, length]; whatever stands at the flat positions `where` [n] is masked here.
            targets: true ids [n].
            chance: uniform numbers in [0, 1) [n] that draw the generator's words.
        """
        shape, flat = ids.shape, ids.flatten()
        masked = flat.scatter(0, where, torch.full_like(where, self.mask)).view(shape)
        if self.drawer is not None:
            with torch.no_grad():
                logits = self.drawer.logits(masked, where).float()
        else:
            assert self.generator is not None
            logits = self.generator(masked, where, self.body.model.embeddings.tok_embeddings.weight)
        drawn = draw(logits.detach(), chance)
        shown = flat.scatter(0, where, drawn).view(shape)
        changed = torch.zeros_like(flat).scatter(0, where, (drawn != targets).long())
        states = self.body.model(shown).flatten(0, 1)
        doubt = self.found(F.gelu(self.dense(states))).squeeze(-1).float()
        detection = F.binary_cross_entropy_with_logits(doubt, changed.float())
        seen = ((doubt.detach() > 0) & (changed == 1)).sum() / changed.sum().clamp(min=1)
        if self.drawer is not None:
            return detection, seen
        return F.cross_entropy(logits, targets) + DETECTION_WEIGHT * detection, seen


def draw(logits: Tensor, chance: Tensor) -> Tensor:
    """One id [n] from each row of logits [n, vocab], by the inverse of its distribution function."""
    below = logits.softmax(-1).cumsum(-1)
    # Scaled to the row's own total: rounding may leave it short of 1.
    ids = torch.searchsorted(below, (chance.float() * below[:, -1])[:, None]).squeeze(-1)
    return ids.clamp(max=logits.shape[-1] - 1)
