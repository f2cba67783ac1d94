"""One label a window: multinomial logistic regression."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from xperience.benchmark.heads import UNKNOWN, Head
from xperience.benchmark.interval import Units
from xperience.benchmark.metrics import classification
from xperience.benchmark.metrics.classification import encode, label_list
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Baseline, Case
from xperience.benchmark.task import Outcome, Task, case, place, placed, spread

DRAWS = 20
"""Random predictions whose scores are averaged."""


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
    true, known = list(test.target), list(train.target)
    outcome.head, outcome.num_classes = head.text, len(set(true) | set(known))
    outcome.unseen_test_labels = sorted(set(true) - set(known))
    outcome.unseen_label_share = float(np.mean([label in outcome.unseen_test_labels for label in true]))
    if len(set(true)) == 1:
        outcome.reason = f"all {len(true)} test windows are {true[0]!r}: any constant answer would score 1.0"
        return
    outcome.baselines, answers = _baselines(task, train, test, rng)
    if len(set(known)) < 2:
        has = "there are no training windows" if not known else f"all {len(known)} training windows are {known[0]!r}"
        outcome.reason = f"{has}: there is nothing to learn"
        return

    classes = label_list(known)
    place_of = {label: k for k, label in enumerate(classes)}
    y_val = np.array([place_of.get(label, UNKNOWN) for label in val.target], int)
    model = head.classes(train, encode(known, classes), val, y_val, len(classes))
    probability = model.predict(test)
    predicted = [classes[k] for k in probability.argmax(axis=1)]

    labels = label_list(known, true)
    outcome.metrics = _metrics(task, test, true, predicted)
    majority = next(b for b in outcome.baselines if b.name == "majority")
    outcome.metrics["majority_baseline_accuracy"] = majority.metrics["accuracy"]
    outcome.metrics["unseen_test_classes"] = outcome.unseen_test_labels
    outcome.score = outcome.metrics[task.metric]
    outcome.stats = _statistics(true, [predicted], units)[0]
    outcome.score_of = classification.macro_f1_of
    outcome.baseline_stats = {name: _statistics(true, guesses, units) for name, guesses in answers.items()}
    confidence = probability.max(axis=1)
    outcome.rows = [
        placed(row, {"true_label": t, "predicted_label": p, "confidence": float(c), "correct": int(t == p)})
        for row, t, p, c in zip(place(test), true, predicted, confidence, strict=True)
    ]
    outcome.tables = {
        "per_class_metrics.csv": classification.per_class(true, predicted, labels),
        "confusion_matrix.csv": _confusion_rows(true, predicted, labels),
    }
    outcome.cases = _cases(outcome.rows)
    outcome.fit = model.fit
    outcome.weights = model.weights | {"classes": np.array(classes, np.str_)}


def _metrics(task: Task, test: Pool, true: Sequence[str], predicted: Sequence[str]) -> dict[str, Any]:
    metrics: dict[str, Any] = dict(classification.classification(true, predicted))
    if task.extra_metrics is not None:
        metrics |= task.extra_metrics(test, predicted)
    return metrics


def _statistics(true: Sequence[str], answers: Sequence[Sequence[str]], units: Units) -> np.ndarray:
    """Additive statistics [D, U, 3 C] of D answers to the same windows."""
    labels = label_list(true, [label for answer in answers for label in answer])
    coded = encode(true, labels)
    return np.stack(
        [
            classification.statistics(coded, encode(answer, labels), len(labels), units.of, units.count)
            for answer in answers
        ]
    )


def _baselines(
    task: Task, train: Pool, test: Pool, rng: np.random.Generator
) -> tuple[list[Baseline], dict[str, Sequence[Sequence[str]]]]:
    """Trivial baselines, and what each answers, once or in every random draw."""
    true, known = list(test.target), list(train.target)
    baselines: list[Baseline] = []
    answers: dict[str, Sequence[Sequence[str]]] = {}

    def add(name: str, guesses: Sequence[Sequence[str]], note: str) -> None:
        runs = [_metrics(task, test, true, guess) for guess in guesses]
        mean = {
            key: float(np.mean([run[key] for run in runs])) if len(runs) > 1 else runs[0][key]
            for key in runs[0]
            if all(isinstance(run[key], (int, float)) for run in runs)
        }
        baselines.append(Baseline(name, float(mean[task.metric]), mean, note))
        answers[name] = guesses

    if known:
        counts = Counter(known)
        label = counts.most_common(1)[0][0]
        add("majority", [[label] * len(true)], f"always {label!r}, the most frequent training label")
        names, weights = list(counts), np.array(list(counts.values())) / len(known)
        draws = [[names[k] for k in rng.choice(len(names), len(true), p=weights)] for _ in range(DRAWS)]
        add("random", draws, f"labels drawn as often as in training, mean of {DRAWS} draws")
    for name, guess in test.guesses().items():
        add(name, [list(guess)], "reads the true label of the window's last frame")
    return baselines, answers


def _confusion_rows(true: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    counts = classification.confusion(true, predicted, labels)
    return [
        {"true\\pred": label} | dict(zip(labels, row.tolist(), strict=True))
        for label, row in zip(labels, counts, strict=True)
    ]


def _cases(rows: list[dict[str, Any]]) -> list[Case]:
    """Two right and two wrong predictions, spread over the test."""
    correct = np.array([row["correct"] for row in rows])
    chosen = spread(np.flatnonzero(correct == 1), 2) + spread(np.flatnonzero(correct == 0), 2)
    return [
        case(
            rows[k],
            rows[k]["true_label"],
            rows[k]["predicted_label"],
            correct=bool(rows[k]["correct"]),
            note=f"confidence {rows[k]['confidence']:.2f}",
        )
        for k in chosen
    ]
