"""Two-way decisions about pairs of windows: logistic regression, F1 of class 1."""

from __future__ import annotations

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.metrics import binary
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Baseline
from xperience.benchmark.task import Outcome, Task, case, place, placed, spread

DRAWS = 20


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
    true, known = test.target.astype(int), train.target.astype(int)
    outcome.head, outcome.num_classes = head.text, 2
    outcome.baselines, constant = _baselines(true, rng)
    if len(set(known.tolist())) < 2:
        outcome.reason = "the training part holds no pairs of both kinds: there is nothing to learn"
        return
    if len(set(true.tolist())) < 2:
        outcome.reason = "the test part holds no pairs of both kinds: any constant answer would do"
        return
    model = head.classes(train, known, val, val.target.astype(int), 2)
    positive = model.predict(test)[:, 1]
    predicted = (positive >= 0.5).astype(int)
    outcome.metrics = dict(binary.binary(true, predicted))
    outcome.score = outcome.metrics[task.metric]
    outcome.stats = binary.statistics(true, predicted, units.of, units.count)
    outcome.score_of = binary.f1_of
    outcome.baseline_stats = {
        name: np.stack([binary.statistics(true, guess, units.of, units.count) for guess in guesses])
        for name, guesses in constant.items()
    }
    where = place(test)
    index = test.gather(lambda part: part.rows)
    outcome.rows = [
        {"sample_index": int(index[k]), "true": int(true[k]), "predicted": int(predicted[k])}
        | {"prob_positive": float(positive[k])}
        | placed(where[k], {}, ("window_index", "start_frame", "end_frame"))
        for k in range(len(true))
    ]
    answers = task.output.split(" or ")
    assert len(answers) == 2, task.output
    right = predicted == true
    outcome.cases = [
        case(
            where[k],
            answers[1 - true[k]],
            answers[1 - predicted[k]],
            correct=bool(right[k]),
            note=f"probability of {answers[0]!r} {positive[k]:.2f}",
        )
        for k in spread(np.flatnonzero(right), 2) + spread(np.flatnonzero(~right), 2)
    ]
    outcome.fit, outcome.weights = model.fit, model.weights


def _baselines(true: np.ndarray, rng: np.random.Generator) -> tuple[list[Baseline], dict[str, list[np.ndarray]]]:
    """Trivial baselines, and what each answers, once or in every random draw."""
    answers = {"always 1": [np.ones_like(true)], "random": [rng.integers(0, 2, len(true)) for _ in range(DRAWS)]}
    always = binary.binary(true, answers["always 1"][0])
    drawn = [binary.binary(true, draw) for draw in answers["random"]]
    mean = {name: float(np.mean([run[name] for run in drawn])) for name in drawn[0]}
    return [
        Baseline("always 1", float(always["f1"]), dict(always), "answers the first of the two for every pair"),
        Baseline("random", mean["f1"], mean, f"a fair coin, mean of {DRAWS} throws"),
    ], answers
