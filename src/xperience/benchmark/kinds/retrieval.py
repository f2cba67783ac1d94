"""Finding a window again through another modality: ridge regression between the two sides, ranks by cosine.

Samples have the blocks that are projected as inputs and the blocks projected onto as target. The projected side asks
among the true targets, or, where the task says so, the true target asks among the projected windows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xperience.benchmark.heads import Head, Matcher
from xperience.benchmark.interval import Units
from xperience.benchmark.metrics import means, retrieval
from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Baseline
from xperience.benchmark.task import Outcome, Task, case, place, placed, spread


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
    outcome.head = head.text
    candidates = len(test)
    chance = retrieval.chance(candidates)
    outcome.baselines = [
        Baseline("chance", chance[task.metric], dict(chance), f"a random order of the {candidates} test windows")
    ]
    if candidates < 2:
        outcome.reason = "fewer than two test windows: nothing to find among"
        return
    if len(train) < 2:
        outcome.reason = "no training windows with both sides recorded: there is nothing to learn"
        return
    fit: dict[str, Any] = {}
    if isinstance(head, Matcher):
        query, pool = head.match(test)
    else:
        model = head.vectors(train, train.target, val, val.target)
        predicted, fit = model.predict(test), model.fit
        query, pool = (test.target, predicted) if task.target_asks else (predicted, test.target)
    right = np.arange(candidates)
    rank = retrieval.ranks(query, pool, right)
    outcome.metrics = dict(retrieval.retrieval(rank))
    outcome.score = outcome.metrics[task.metric]
    outcome.stats, outcome.score_of = means.statistics(1 / rank, units.of, units.count), means.mean_of
    by_chance = np.full(candidates, chance[task.metric])  # the same for every window
    outcome.baseline_stats = {"chance": means.statistics(by_chance, units.of, units.count)}
    where = place(test)
    best = retrieval.best(query, pool)
    outcome.rows = [
        placed(
            row,
            {
                "rank": float(r),
                "candidates": candidates,
                "retrieved_window_index": where[b]["window_index"],
                "retrieved_episode_id": where[b]["episode_id"],
            },
        )
        for row, r, b in zip(where, rank, best, strict=True)
    ]
    outcome.arrays = {"ranks": rank}
    order = np.argsort(rank, kind="stable")
    outcome.cases = [
        case(
            where[k],
            f"frames {where[k]['start_frame']} to {where[k]['end_frame']}",
            f"frames {where[best[k]]['start_frame']} to {where[best[k]]['end_frame']}"
            + (f" of {where[best[k]]['episode_id']}" if len(test.parts) > 1 else ""),
            correct=bool(rank[k] == 1),
            note=f"the right window has rank {rank[k]:g} of {candidates}",
        )
        for k in dict.fromkeys(spread(order, 3))
    ]
    outcome.fit = fit
