"""The network: heads merge windows exactly; any BERT drops in."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import ModernBertModel

from model.engine import Engine
from training.encoder import Encoder, encoder_config
from training.network import (
    ClsHead,
    EncoderNotFound,
    LabelAttention,
    TaggingNetwork,
    load_encoder,
    load_tokenizer,
    ready_encoder,
)
from training.settings import TrainSettings
from training.to_onnx import fold_bias, write_graph

COUNTED = torch.tensor([[True, True, False, False], [False, True, True, True], [True, True, True, True]])
OWNER = torch.tensor([0, 0, 1])


def random_states() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(3, 4, 8)


def slow_logits(head: LabelAttention, states: torch.Tensor) -> torch.Tensor:
    """The definition, report by report: softmax over counted tokens, weighted values, bias."""
    rows = []
    for report in range(2):
        mine = states[report == OWNER][COUNTED[report == OWNER]]
        scores, values = head(mine[None])
        rows.append((scores[0].softmax(0) * values[0]).sum(0) + head.bias)
    return torch.stack(rows)


def new_head() -> LabelAttention:
    torch.manual_seed(2)
    head = LabelAttention(8, 5)
    torch.nn.init.normal_(head.query.weight)
    torch.nn.init.normal_(head.bias)
    return head


def test_windows_merge_to_the_softmax_over_all_their_counted_tokens() -> None:
    head, states = new_head(), random_states()
    merged = head.merge(*head(states), COUNTED, OWNER, 2)

    torch.testing.assert_close(merged, slow_logits(head, states), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shift", [-3e4, -1e6, 1e6])
def test_extreme_scores_merge_and_learn(shift: float) -> None:
    head, states = new_head(), random_states()
    scores, values = head(states)
    # Uncounted tokens may score anything, higher or lower than all that count.
    scores = torch.where(COUNTED[:, :, None], scores * 16 + shift, -shift).round().detach().requires_grad_()
    merged = head.merge(scores, values, COUNTED, OWNER, 2)
    merged.sum().backward()
    plain = head.merge(scores.detach() - shift, values, COUNTED, OWNER, 2)

    torch.testing.assert_close(merged, plain, atol=1e-4, rtol=1e-4)
    assert scores.grad is not None and scores.grad.isfinite().all()
    assert (scores.grad[~COUNTED] == 0).all() and (scores.grad[COUNTED] != 0).any()


def test_the_evidence_loss_is_the_missing_attention_mass() -> None:
    head, states = new_head(), random_states()
    scores, _ = head(states)
    marks = torch.zeros(3, 4, 5, dtype=torch.bool)
    marks[0, 1, 2] = marks[1, 2, 2] = True
    mass = scores[OWNER == 0][COUNTED[OWNER == 0]].softmax(0)[[1, 3], 2].sum()

    torch.testing.assert_close(head.evidence_loss(scores, COUNTED, OWNER, 2, marks), -mass.log() / 2)
    assert head.evidence_loss(scores, COUNTED, OWNER, 2, torch.zeros_like(marks)).detach() == 0


def test_a_cls_head_reads_the_first_window_in_the_same_convention() -> None:
    head, states = ClsHead(8, 5), random_states()
    scores, values = head(states)
    merged = head.merge(scores, values, COUNTED, OWNER, 2)

    torch.testing.assert_close(merged, head.linear(states[[0, 2], 0]))
    # What the graph's outputs give under the other head's arithmetic, which the Tagger does.
    as_attention = LabelAttention(8, 5).merge(scores, values, COUNTED, OWNER, 2)
    torch.testing.assert_close(merged, as_attention)


def test_padding_changes_no_state() -> None:
    torch.manual_seed(0)
    encoder = Encoder(encoder_config(60, 32, 2, 2, 48)).eval()
    ids, mask = torch.randint(5, 60, (1, 9)), torch.ones(1, 9, dtype=torch.bool)
    longer = torch.cat([ids, torch.zeros(1, 5, dtype=torch.long)], 1)
    longer_mask = torch.cat([mask, torch.zeros(1, 5, dtype=torch.bool)], 1)
    with torch.no_grad():
        torch.testing.assert_close(
            encoder(longer, longer_mask)[:, :9], encoder(ids, mask), atol=1e-5, rtol=1e-5
        )


def test_folding_the_bias_leaves_logits_alone() -> None:
    torch.manual_seed(0)
    network = TaggingNetwork(Encoder(encoder_config(60, 32, 1, 2, 48)), 5).eval()
    torch.nn.init.normal_(network.head.bias)
    ids, mask = torch.randint(5, 60, (3, 4)), torch.ones(3, 4, dtype=torch.bool)
    with torch.no_grad():
        before = network.logits(ids, mask, COUNTED, OWNER, 2, None)[0]
        fold_bias(network)
        after = network.logits(ids, mask, COUNTED, OWNER, 2, None)[0]

    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-5)
    assert not network.head.bias.any()


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny untrained BERT, saved as the hub's Chinese BERTs are: weights, config, vocab.txt."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
    ).save_pretrained(folder)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"学校医院没人处理推诿，。"]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    return folder


def test_any_bert_drops_in_and_exports(bert_folder: Path, tmp_path: Path) -> None:
    network = TaggingNetwork(load_encoder(str(bert_folder)), 3).eval()
    write_graph(network, tmp_path / "model.onnx")
    ids = np.random.default_rng(0).integers(5, 40, (3, 9))
    mask = np.ones((3, 9), dtype=bool)
    mask[1, 5:] = False
    scores, values = Engine(tmp_path / "model.onnx", 1).run(ids, mask)
    with torch.no_grad():
        wanted = network(torch.from_numpy(ids), torch.from_numpy(mask))

    np.testing.assert_allclose(scores[mask], wanted[0].numpy()[mask], atol=1e-5)
    np.testing.assert_allclose(values[mask], wanted[1].numpy()[mask], atol=1e-5)


def test_a_tokenizer_may_be_a_vocab_file(bert_folder: Path) -> None:
    assert load_tokenizer(str(bert_folder)).encode("学校推诿").tokens == ["[CLS]", *"学校推诿", "[SEP]"]


def test_a_tokenizer_file_is_read_as_it_is(encoder_folder: Path) -> None:
    assert isinstance(load_tokenizer(str(encoder_folder)), Tokenizer)


@pytest.mark.parametrize("load", [load_encoder, load_tokenizer])
def test_a_missing_encoder_says_what_to_give(load: object, tmp_path: Path) -> None:
    assert callable(load)
    for name in ("nobody/such-encoder", str(tmp_path)):
        with pytest.raises(EncoderNotFound, match="give a folder, or --allow-download"):
            load(name)


@pytest.mark.parametrize("other", [{"mlp_bias": True}, {"norm_eps": 1e-2}, {"hidden_activation": "relu"}, {}])
def test_a_modernbert_of_another_make_is_left_to_transformers(other: dict[str, Any], tmp_path: Path) -> None:
    config = encoder_config(50, 32, 2, 2, 48)
    for name, value in other.items():
        setattr(config, name, value)
    model = ModernBertModel(config).eval()
    model.save_pretrained(tmp_path)
    ids = torch.randint(5, 50, (2, 9))
    encoder = load_encoder(str(tmp_path)).eval()
    with torch.no_grad():
        states, wanted = encoder(ids, torch.ones_like(ids)), model(ids).last_hidden_state

    assert isinstance(encoder, Encoder) == (not other)
    assert torch.allclose(states, wanted, atol=1e-4)


def test_without_leave_the_hub_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: asked.append(given))
    with pytest.raises(EncoderNotFound):
        load_encoder("nobody/no-encoder")

    assert constants.HF_HUB_OFFLINE and not asked


def test_fresh_weights_keep_the_shape_only(encoder_folder: Path) -> None:
    fresh, saved = (load_encoder(str(encoder_folder), pretrained=p).state_dict() for p in (False, True))

    assert {k: v.shape for k, v in fresh.items()} == {k: v.shape for k, v in saved.items()}
    assert not torch.equal(fresh["layers.0.mlp.Wi.weight"], saved["layers.0.mlp.Wi.weight"])


def test_our_encoder_is_made_ready_for_fine_tuning_and_others_are_left(
    encoder_folder: Path, bert_folder: Path
) -> None:
    small, as_it_is = TrainSettings(layer_rms=0.001), TrainSettings(layer_rms=0.0)
    for folder, factor in ((encoder_folder, pytest.approx(0.05, rel=0.2)), (bert_folder, 1.0)):
        ready, saved = (ready_encoder(str(folder), chosen) for chosen in (small, as_it_is))
        name = next(n for n, p in saved.named_parameters() if "layer" in n and p.ndim == 2)
        ratio = (ready.get_parameter(name) / saved.get_parameter(name)).nanmedian()
        assert ratio.item() == factor


def test_token_loss_hears_marked_words_and_absent_labels_only() -> None:
    head = LabelAttention(4, 3)
    values = torch.zeros(3, 4, 3, requires_grad=True)
    targets = torch.tensor([[1.0, 0.0, 0.0], [float("nan")] * 3])
    evidence = torch.zeros(3, 4, 3, dtype=torch.bool)
    evidence[0, 1, 0] = True
    marked = torch.tensor([True, True, False])

    head.token_loss(values, COUNTED, OWNER, targets, evidence, marked).backward()

    assert values.grad is not None
    assert (values.grad[:, :, 0] < 0).nonzero().tolist() == [[0, 1]], (
        "only the marked word speaks for its label"
    )
    assert not (values.grad[:, :, 0] > 0).any(), "unmarked words of a report with the label are left alone"
    against = values.grad[:2, :, 1]
    assert (against > 0).equal(COUNTED[:2]), "every counted token speaks against an absent label"
    assert not values.grad[:, :, 2].any(), "a label that nobody marks takes no loss"
    assert not values.grad[2].any(), "nor does a report that does not label the axis"
