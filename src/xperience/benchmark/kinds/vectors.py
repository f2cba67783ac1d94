"""Vectors a window, measured by R2, by the mean absolute error or, for hands, by the mean joint distance."""

from __future__ import annotations

from typing import Any

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.metrics import means, regression
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Baseline, Case
from xperience.benchmark.task import Outcome, Task, case, place, placed, spread

NOTES = {
    "constant position": "all stays where the last observed frame has it",
    "constant velocity": "all goes on as between the last two observed frames",
}


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
    measure = regression.hands if task.metric == "mpjpe" else regression.regression
    true = test.target
    known = train.target if len(train) else np.zeros((0, true.shape[1]), np.float32)
    outcome.head = head.text

    def add(name: str, guess: np.ndarray, note: str) -> None:
        metrics = dict(measure(true, guess))
        outcome.baselines.append(Baseline(name, float(metrics[task.metric]), metrics, note))
        outcome.baseline_stats[name] = _statistics(task, true, guess, units)

    if len(known):
        mean = known.mean(axis=0, dtype=np.float64)
        add("train mean", np.broadcast_to(mean, true.shape), "the mean of the training targets")
    for name, guess in test.guesses().items():
        add(name, guess, NOTES[name])
    if len(known) < 2:
        outcome.reason = "no training windows with a recorded target: only the trivial baselines can be measured"
        return

    model = head.vectors(train, known, val, val.target)
    predicted = model.predict(test)
    outcome.metrics = dict(measure(true, predicted)) | {"target_dim": int(true.shape[1])}
    outcome.score = outcome.metrics[task.metric]
    if task.metric == "mpjpe":
        outcome.metrics["forecast_frames"] = true.shape[1] // int(np.prod(regression.HAND_SHAPE))
    error = _error(task, true, predicted)
    outcome.stats = _statistics(task, true, predicted, units)
    outcome.score_of = regression.r2_of if task.metric == "r2" else means.mean_of
    where = place(test)
    outcome.rows = [placed(row, {"error": float(e)}) for row, e in zip(where, error, strict=True)]
    outcome.arrays = {
        "y_true": true.astype(np.float32),
        "y_pred": predicted,
        "test_window_indices": test.window,
        "test_episodes": np.array([row["episode_id"] for row in where], np.str_),
    }
    outcome.cases = _cases(task, outcome.rows, true, predicted)
    outcome.fit = model.fit


def _error(task: Task, true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """[n] error of each window: mean joint distance in metres, mean absolute or mean squared error."""
    if task.metric == "mpjpe":
        return regression.joint_distances(true, predicted).mean(axis=1)
    if task.metric == "mae":
        return np.asarray(np.abs(true - predicted).mean(axis=1))
    return np.asarray(((true - predicted) ** 2).mean(axis=1))


def _statistics(task: Task, true: np.ndarray, predicted: np.ndarray, units: Units) -> np.ndarray:
    """Additive statistics [U, K] of the task's metric."""
    if task.metric == "r2":
        return regression.r2_statistics(true, predicted, units.of, units.count)
    return means.statistics(_error(task, true, predicted), units.of, units.count)


def _cases(task: Task, rows: list[dict[str, Any]], true: np.ndarray, predicted: np.ndarray) -> list[Case]:
    """The best, the median and the worst forecast; for hands with the paths of both wrists, [10, 2, 3] metres."""
    order = np.argsort([row["error"] for row in rows], kind="stable")
    cases = []
    for k in dict.fromkeys(spread(order, 3)):
        kind = "absolute" if task.metric == "mae" else "squared"
        note, data = f"mean {kind} error {rows[k]['error']:.4g}", {}
        if task.metric == "mpjpe":
            note = f"mean joint error {rows[k]['error']:.3f} m"
            paths = [v[k].reshape(-1, *regression.HAND_SHAPE)[:, :, 0].astype(float) for v in (true, predicted)]
            data = {"truth": paths[0].tolist(), "prediction": paths[1].tolist()}
        cases.append(case(rows[k], task.output, note, note=note, data=data))
    return cases
