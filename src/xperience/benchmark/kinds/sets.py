"""A set of names a window: one logistic regression for each name."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.metrics import multilabel
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Baseline
from xperience.benchmark.task import Outcome, Task, case, place, placed, spread

SEPARATOR = "|"

Names = tuple[str, ...]


def evaluate(
    task: Task,
    head: Head,
    train: Pool,
    val: Pool,
    test: Pool,
    units: Units,
    rng: np.random.Generator,
    outcome: Outcome,
) -> None:
    true: list[Names] = list(test.target)
    known: list[Names] = list(train.target)
    # Train first, then test: the order of first appearance in time, as published.
    vocabulary = list(dict.fromkeys(name for names in (*known, *true) for name in names))
    learnt = list(dict.fromkeys(name for names in known for name in names))
    outcome.head, outcome.num_classes = head.text, len(vocabulary)
    outcome.unseen_test_labels = sorted({name for names in true for name in names} - set(learnt))
    mentions = [name for names in true for name in names]
    if not mentions:
        outcome.reason = "no test window names anything"
        return
    outcome.unseen_label_share = float(np.mean([name in outcome.unseen_test_labels for name in mentions]))
    if not learnt:
        outcome.reason = "no training window names anything: there is nothing to learn"
        return
    outcome.baselines, answers = _baselines(known, true, vocabulary, rng)

    index = {name: k for k, name in enumerate(learnt)}
    y = np.zeros((len(known), len(learnt)), np.int64)
    for row, names in enumerate(known):
        y[row, [index[name] for name in names]] = 1
    y_val = np.zeros((len(val), len(learnt)), np.int64)
    for row, names in enumerate(val.target):
        y_val[row, [index[name] for name in names if name in index]] = 1
    model = head.sets(train, y, val, y_val)
    probability = model.predict(test)
    called = probability >= 0.5
    called[np.arange(len(true)), probability.argmax(axis=1)] |= ~called.any(axis=1)
    predicted: list[Names] = [tuple(learnt[k] for k in np.flatnonzero(row)) for row in called]

    outcome.metrics = multilabel.multilabel(true, predicted, vocabulary) | {"num_objects": len(vocabulary)}
    outcome.score = outcome.metrics[task.metric]
    outcome.stats = multilabel.statistics(true, predicted, units.of, units.count)
    outcome.score_of = multilabel.micro_f1_of
    outcome.baseline_stats = {
        name: multilabel.statistics(true, guess, units.of, units.count) for name, guess in answers.items()
    }
    outcome.rows = [
        placed(
            where,
            {"true_objects": SEPARATOR.join(t), "predicted_objects": SEPARATOR.join(p)},
            ("window_index", "start_frame", "end_frame"),
        )
        for where, t, p in zip(place(test), true, predicted, strict=True)
    ]
    outcome.documents = {"object_vocab.json": vocabulary}
    outcome.tables = {"per_class_metrics.csv": _per_name(true, predicted, vocabulary)}
    right = np.array([set(t) == set(p) for t, p in zip(true, predicted, strict=True)])
    outcome.cases = [
        case(outcome.rows[k], ", ".join(true[k]) or "nothing", ", ".join(predicted[k]), correct=bool(right[k]))
        for k in spread(np.flatnonzero(right), 1) + spread(np.flatnonzero(~right), 3)
    ]
    outcome.fit = model.fit
    outcome.weights = model.weights | {"names": np.array(learnt, np.str_)}


def _per_name(true: list[Names], predicted: list[Names], vocabulary: list[str]) -> list[dict[str, Any]]:
    support = Counter(name for names in true for name in set(names))
    called = Counter(name for names in predicted for name in set(names))
    hits = Counter(name for t, p in zip(true, predicted, strict=True) for name in set(t) & set(p))
    return [
        {
            "class_id": k,
            "class_name": name,
            "support": support[name],
            "predicted": called[name],
            "precision": hits[name] / called[name] if called[name] else 0.0,
            "recall": hits[name] / support[name] if support[name] else 0.0,
            "f1": 2 * hits[name] / max(support[name] + called[name], 1),
        }
        for k, name in enumerate(vocabulary)
    ]


def _baselines(
    known: list[Names], true: list[Names], vocabulary: list[str], rng: np.random.Generator
) -> tuple[list[Baseline], dict[str, list[Names]]]:
    """Trivial baselines, and what each answers."""
    counts = Counter(name for names in known for name in set(names))
    usual = tuple(name for name in counts if counts[name] >= len(known) / 2) or (counts.most_common(1)[0][0],)
    answers: dict[str, list[Names]] = {
        "majority": [usual] * len(true),
        "random": [known[k] or usual[:1] for k in rng.integers(0, len(known), len(true))],
        "last seen": [known[-1] or usual[:1]] * len(true),
    }
    notes = {
        "majority": "names in at least half of the training windows",
        "random": "the names of a training window drawn at random",
        "last seen": "the names of the last training window",
    }
    baselines = []
    for name, guess in answers.items():
        metrics = multilabel.multilabel(true, guess, vocabulary)
        baselines.append(Baseline(name, metrics["micro_f1"], metrics, notes[name]))
    return baselines, answers
