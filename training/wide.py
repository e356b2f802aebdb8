"""Fit the wide part: one-vs-rest linear SVMs on hashed character n-grams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from model.wide import Wide, ngrams, tfidf


def document_frequencies(texts: Sequence[str], bits: int, least: int = 2) -> NDArray[np.float16]:
    """Smooth idf per bucket; 0 for buckets seen in fewer than `least` texts."""
    counts = np.zeros(1 << bits, dtype=np.int64)
    for text in texts:
        counts[np.unique(ngrams(text, bits)[0])] += 1
    idf = np.log((1 + len(texts)) / (1 + counts)) + 1
    idf[counts < least] = 0
    return idf.astype(np.float16)


def feature_matrix(texts: Sequence[str], idf: NDArray[np.float16]) -> csr_matrix:
    """TF-IDF rows [texts, buckets]."""
    bits = int(idf.size).bit_length() - 1
    pairs = [tfidf(ngrams(text, bits)[0], idf) for text in texts]
    starts = np.cumsum([0] + [p[0].size for p in pairs])
    return csr_matrix(
        (np.concatenate([p[1] for p in pairs]), np.concatenate([p[0] for p in pairs]), starts),
        shape=(len(texts), idf.size),
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
        if rows.size and 0 < column[rows].sum() < rows.size:
            svm = LinearSVC(C=strength, random_state=seed)
            svm.fit(features[rows], column[rows])
            weights[:, label], bias[label] = svm.coef_[0], svm.intercept_[0]
    return weights, bias


def out_of_fold(
    features: csr_matrix, targets: NDArray[np.float32], folds: int = 5, strength: float = 1.0, seed: int = 0
) -> NDArray[np.float32]:
    """Linear scores [rows, labels], each row's from SVMs that did not see it."""
    fold = np.random.default_rng(seed).integers(0, folds, features.shape[0])
    scores = np.zeros(targets.shape, dtype=np.float32)
    for k in range(folds):
        weights, bias = fit_linear(features[fold != k], targets[fold != k], strength, seed)
        scores[fold == k] = features[fold == k] @ weights + bias
    return scores


def pack(weights: NDArray[np.float32], bias: NDArray[np.float32], idf: NDArray[np.float16]) -> Wide:
    """Round weights to int8, a scale per label."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return Wide(idf, np.rint(weights / scale).astype(np.int8), scale.astype(np.float32), bias)
