"""The bar to clear: TF-IDF over characters and a linear SVM per label, on the very same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

Floats = NDArray[np.float32]


def svm_scores(
    texts: Sequence[str], targets: Floats, dev_texts: Sequence[str], balanced: bool = False
) -> Floats:
    """Decision values [dev, labels] of one SVM per label over 1- to 3-grams of characters.

    Rows whose target is NaN (axis not labelled) are left out of that label's fit.
    """
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    features, dev = vectorizer.fit_transform(texts), vectorizer.transform(dev_texts)
    scores = np.full((len(dev_texts), targets.shape[1]), -1.0, dtype=np.float32)
    for label, column in enumerate(targets.T):
        rows = np.flatnonzero(~np.isnan(column))
        if 0 < column[rows].sum() < rows.size:
            svm = LinearSVC(C=1.0, class_weight="balanced" if balanced else None, random_state=0)
            scores[:, label] = svm.fit(features[rows], column[rows]).decision_function(dev)
    return scores


def svm_classes(texts: Sequence[str], classes: Sequence[int], dev_texts: Sequence[str]) -> NDArray[np.int64]:
    """Predicted class per dev text, for single-label sets."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    features = vectorizer.fit_transform(texts)
    svm = LinearSVC(C=1.0, random_state=0).fit(features, classes)
    return np.asarray(svm.predict(vectorizer.transform(dev_texts)), dtype=np.int64)
