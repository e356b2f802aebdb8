"""Fit the wide part: one-vs-rest linear SVMs on hashed character n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from model.wide import Buckets, Wide, ngrams


def fit_buckets(texts: Sequence[str], bits: int, least: int = 0) -> Buckets:
    """The buckets that at least so many of the texts have, with their smooth idf.

    Args:
        texts: those that are learnt from.
        bits: width of the hash.
        least: texts; 0: 2 to 5, one more for each 2,000 texts.
    """
    least = least or min(5, 2 + len(texts) // 2000)
    counts = np.zeros(1 << bits, dtype=np.int64)
    for text in texts:
        counts[np.unique(ngrams(text, bits)[0])] += 1
    ids = np.flatnonzero(counts >= least)
    idf = np.log((1 + len(texts)) / (1 + counts[ids])) + 1
    return Buckets(bits, ids.astype(np.uint32), idf.astype(np.float16))


def feature_matrix(texts: Sequence[str], buckets: Buckets) -> csr_matrix:
    """TF-IDF rows [texts, buckets]."""
    pairs = [buckets.features(text) for text in texts]
    starts = np.cumsum([0] + [p[0].size for p in pairs])
    return csr_matrix(
        (np.concatenate([p[1] for p in pairs]), np.concatenate([p[0] for p in pairs]), starts),
        shape=(len(texts), buckets.ids.size),
    )


def fit_linear(
    features: csr_matrix, targets: NDArray[np.float32], strength: float = 1.0, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit one SVM per label on the rows that label it (NaN: not labelled).

    Returns:
        weights [buckets, labels] and bias [labels]; a label without both kinds of rows gets zeros.
    """
    weights = np.zeros((features.shape[1], targets.shape[1]), dtype=np.float32)
    bias = np.zeros(targets.shape[1], dtype=np.float32)
    for label, column in enumerate(targets.T):
        rows = np.flatnonzero(~np.isnan(column))
        if features.shape[1] and rows.size and 0 < column[rows].sum() < rows.size:
            svm = LinearSVC(C=strength, random_state=seed)
            svm.fit(features[rows], column[rows])
            weights[:, label], bias[label] = svm.coef_[0], svm.intercept_[0]
    return weights, bias


def fit_without(
    features: csr_matrix, targets: NDArray[np.float32], fold: NDArray[np.int64],
    fitted: NDArray[np.bool_] | None = None, strength: float = 1.0, seed: int = 0,
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.float32]]]:  # fmt: skip
    """Leave out each fold in turn; give its rows [rows], the weights of the others' SVMs, and its scores.

    Args:
        fold: [rows], each row's fold, counted from 0.
        fitted: rows that SVMs may learn from; None: all. The others are scored like any row.
    """
    for k in range(int(fold.max()) + 1):
        out = fold == k
        seen = ~out if fitted is None else ~out & fitted
        weights, bias = fit_linear(features[seen], targets[seen], strength, seed)
        yield out, weights, np.asarray(features[out] @ weights + bias, dtype=np.float32)


def out_of_fold(
    features: csr_matrix, targets: NDArray[np.float32], fitted: NDArray[np.bool_] | None = None,
    folds: int = 5, strength: float = 1.0, seed: int = 0,
) -> NDArray[np.float32]:  # fmt: skip
    """Linear scores [rows, labels], each row's from SVMs that did not see it.

    Args:
        fitted: as of `fit_without`.
    """
    fold = np.random.default_rng(seed).integers(0, folds, features.shape[0])
    scores = np.zeros(targets.shape, dtype=np.float32)
    for out, _, found in fit_without(features, targets, fold, fitted, strength, seed):
        scores[out] = found
    return scores


def pack(weights: NDArray[np.float32], bias: NDArray[np.float32], buckets: Buckets) -> Wide:
    """Round weights to int8, a scale per label."""
    scale = np.maximum(np.abs(weights).max(axis=0, initial=0), 1e-9) / 127
    return Wide(buckets, np.rint(weights / scale).astype(np.int8), scale.astype(np.float32), bias)
