"""Accuracy, balanced accuracy, macro-F1 and weighted F1 of one label a window.

Convention of the published suite: macro-F1 and balanced accuracy average only the classes that the test set has;
weighted F1 weighs by support. A class without predictions has precision 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def encode(values: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Labels as indices [n] into `labels`."""
    index = {label: k for k, label in enumerate(labels)}
    return np.array([index[value] for value in values], np.int64)


def label_list(*groups: Sequence[str]) -> list[str]:
    """All labels in order of first appearance."""
    return list(dict.fromkeys(label for group in groups for label in group))


def confusion(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """[C, C] counts, rows true."""
    size = len(labels)
    flat = encode(true, labels) * size + encode(predicted, labels)
    return np.bincount(flat, minlength=size * size).reshape(size, size)


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Elementwise quotient, 0 where the divisor is 0."""
    return np.divide(over, under, out=np.zeros(np.broadcast(over, under).shape), where=under > 0)


def f1_by_class(hits: np.ndarray, support: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """F1 = 2 TP / (true + predicted) for counts [..., C]; 0 where a class is neither."""
    return _ratio(2.0 * hits, support + predicted)


def classification(
    true: Sequence[str], predicted: Sequence[str], *, over_all: Sequence[str] | None = None
) -> dict[str, float]:
    """The four published metrics of one label a window.

    Args:
        true, predicted: n labels each, n at least 1.
        over_all: where given, macro-F1 averages over this list (and any label outside it that occurs) instead of over
            the classes with support, as the published Qwen3 runs do.
    """
    assert len(true) == len(predicted) > 0
    labels = label_list(over_all or (), true, predicted)
    hits, support, called = class_counts(encode(true, labels), encode(predicted, labels), len(labels))
    f1 = f1_by_class(hits, support, called)
    seen = support > 0
    return {
        "accuracy": float(hits.sum() / support.sum()),
        "balanced_accuracy": float(_ratio(hits, support)[seen].mean()),
        "macro_f1": float(f1.mean() if over_all is not None else f1[seen].mean()),
        "weighted_f1": float((f1 * support).sum() / support.sum()),
    }


def class_counts(true: np.ndarray, predicted: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right predictions, support and predictions of each class [C], from indices."""
    hits = np.bincount(true[true == predicted], minlength=size)
    return hits, np.bincount(true, minlength=size), np.bincount(predicted, minlength=size)


def per_class(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of per_class_metrics.csv: class_id, class_name, support, predicted, precision, recall, f1."""
    hits, support, called = class_counts(encode(true, labels), encode(predicted, labels), len(labels))
    precision, recall, f1 = _ratio(hits, called), _ratio(hits, support), f1_by_class(hits, support, called)
    return [
        {
            "class_id": k,
            "class_name": label,
            "support": int(support[k]),
            "predicted": int(called[k]),
            "precision": float(precision[k]),
            "recall": float(recall[k]),
            "f1": float(f1[k]),
        }
        for k, label in enumerate(labels)
    ]


def statistics(true: np.ndarray, predicted: np.ndarray, size: int, unit: np.ndarray, units: int) -> np.ndarray:
    """Additive statistics [U, 3 C] (hits, support, predictions) for `macro_f1_of`."""
    right = true == predicted
    pairs = ((unit[right], true[right]), (unit, true), (unit, predicted))
    counts = [np.bincount(u * size + label, minlength=units * size).reshape(units, size) for u, label in pairs]
    return np.concatenate(counts, axis=1).astype(np.float64)


def macro_f1_of(stats: np.ndarray) -> np.ndarray:
    """Macro-F1 over the classes with support, [...] from summed statistics [..., 3 C]."""
    hits, support, called = np.moveaxis(stats.reshape(*stats.shape[:-1], 3, -1), -2, 0)
    f1 = f1_by_class(hits, support, called)
    return (f1 * (support > 0)).sum(-1) / np.maximum((support > 0).sum(-1), 1)
