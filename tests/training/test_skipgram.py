"""Skip-gram vectors of the vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.skipgram import train_vectors, write_sentences


def test_neighbours_lie_close_and_unseen_pieces_have_no_vector(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.choice([10, 11, 12] if i % 2 else [20, 21, 22], 12) for i in range(600)]
    np.concatenate([[*b, 3] for b in blocks]).astype(np.uint16).tofile(tmp_path / "s.u16")
    write_sentences(tmp_path / "s.txt", tmp_path / "s.u16", 3)
    vectors = train_vectors(tmp_path / "s.txt", 30, 8, 1, 1, 0)

    assert vectors.shape == (30, 8) and vectors.dtype == np.float32
    assert np.flatnonzero(vectors.any(1)).tolist() == [10, 11, 12, 20, 21, 22]


def test_separators_are_left_out_and_a_stream_may_count_twice(tmp_path: Path) -> None:
    np.array([5, 6, 3, 7], np.uint16).tofile(tmp_path / "s.u16")
    write_sentences(tmp_path / "s.txt", tmp_path / "s.u16", 3, repeat=2)

    assert (tmp_path / "s.txt").read_text() == "5 6 7\n5 6 7\n"
