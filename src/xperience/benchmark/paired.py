"""Is one method better than another? Paired bootstrap of both on the same draws of the same test sessions.

Windows of one session share person, place and often the thing in hand, so whole sessions are drawn. Both methods are
scored on each draw; the interval is that of the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xperience.benchmark.metrics import binary, classification, means, multilabel, regression
from xperience.errors import CorruptError, MissingError, UsageError

if TYPE_CHECKING:
    from xperience.benchmark.interval import Units
    from xperience.benchmark.samples import Pool
    from xperience.benchmark.task import Outcome

STATISTICS = "statistics.npz"
RESAMPLES, LEVEL = 2000, 0.95
_CHUNK = 2_000_000

SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "macro_f1": classification.macro_f1_of,
    "f1": binary.f1_of,
    "micro_f1": multilabel.micro_f1_of,
    "r2": regression.r2_of,
    "mean": means.mean_of,
}
"""How summed statistics become a score, by name, so that files need no code."""


@dataclass(frozen=True)
class Statistics:
    """What a score is made of, by unit.

    Attributes:
        values: [U, K] additive, or [D, U, K] of D draws of a random method, whose score is the mean over draws.
        score: name in `SCORES`. names, sessions: [U].
    """

    values: np.ndarray
    score: str
    names: list[str]
    sessions: list[str]

    def by(self, groups: list[str]) -> np.ndarray:
        """[D, G, K] sums over sessions, in the order of `groups`."""
        values = self.values.reshape(-1, *self.values.shape[-2:])
        place = {name: k for k, name in enumerate(groups)}
        out = np.zeros((len(groups), len(values), values.shape[-1]))
        np.add.at(out, [place[s] for s in self.sessions], values.swapaxes(0, 1))
        return out.swapaxes(0, 1)


@dataclass(frozen=True)
class Difference:
    """Score of `a` minus score of `b`, with its 95 % interval.

    Attributes:
        sessions: how many were drawn; of one session its episodes or stretches.
    """

    a: float
    b: float
    low: float
    high: float
    sessions: int

    @property
    def value(self) -> float:
        return self.a - self.b


def unit_names(test: Pool, units: Units) -> list[tuple[str, str]]:
    """(name, session) of each unit, in order."""
    episode = test.episode
    names = []
    for unit in range(units.count):
        rows = np.flatnonzero(units.of == unit)
        recording = test.recordings[int(episode[rows[0]])]
        whole = np.array_equal(rows, np.flatnonzero(episode == episode[rows[0]]))
        names.append((recording.id if whole else f"{recording.id}#{unit}", recording.session))
    return names


def save_statistics(path: Path, outcome: Outcome) -> None:
    assert outcome.stats is not None and outcome.score_of is not None
    np.savez_compressed(
        path,
        values=outcome.stats,
        score=np.array(_name_of(outcome.score_of)),
        names=np.array([name for name, _ in outcome.units], np.str_),
        sessions=np.array([session for _, session in outcome.units], np.str_),
    )


def load_statistics(folder: Path) -> Statistics:
    """Of one task's folder.

    Raises:
        MissingError, CorruptError: there are none, or they are not whole.
    """
    path = folder / STATISTICS
    if not path.is_file():
        raise MissingError("no statistics of this task", file=path, hint="the task was not measurable, or run it again")
    try:
        with np.load(path, allow_pickle=False) as data:
            names = [str(name) for name in data["names"]]
            found = Statistics(data["values"], str(data["score"]), names, [str(s) for s in data["sessions"]])
    except (OSError, ValueError, KeyError) as error:
        raise CorruptError("statistics cannot be read", file=path, found=str(error)) from error
    if found.score not in SCORES or len(found.values) != len(found.names):
        raise CorruptError("statistics do not fit together", file=path, field="score", found=found.score)
    return found


def difference(a: Statistics, b: Statistics, *, seed: int = 0) -> Difference:
    """a against b on the same draws of the same test sessions.

    Raises:
        UsageError: they were measured on different episodes, or on fewer than two sessions.
    """
    if sorted(a.names) != sorted(b.names) or a.score != b.score:
        raise UsageError("the two runs were not measured on the same test windows", found=f"{a.score}, {b.score}")
    if len(set(a.sessions)) < 2:  # one session: its episodes or stretches are what there is
        a, b = (replace(one, sessions=one.names) for one in (a, b))
    groups = sorted(set(a.sessions))
    if len(groups) < 2:
        raise UsageError("one test session only: nothing to resample")
    draws = np.random.default_rng(seed).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=RESAMPLES)
    scores = [_scores(one.by(groups), SCORES[a.score], draws) for one in (a, b)]
    whole = [float(_scores(one.by(groups), SCORES[a.score], np.ones((1, len(groups))))[0]) for one in (a, b)]
    ends = np.nanquantile(scores[0] - scores[1], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(whole[0], whole[1], float(ends[0]), float(ends[1]), len(groups))


def _scores(groups: np.ndarray, score: Callable[[np.ndarray], np.ndarray], draws: np.ndarray) -> np.ndarray:
    """[R] scores of draws [R, G] of groups [D, G, K], the mean over D."""
    step = max(1, _CHUNK // groups.shape[-1])
    return np.mean(
        [np.concatenate([score(draws[k : k + step] @ one) for k in range(0, len(draws), step)]) for one in groups],
        axis=0,
    )


def against_baselines(outcome: Outcome, seed: int) -> dict[str, Difference]:
    """The head's score less that of each trivial baseline on the same windows, by the baseline's name."""
    if outcome.stats is None or outcome.score_of is None:
        return {}
    score = _name_of(outcome.score_of)
    names, sessions = [name for name, _ in outcome.units], [session for _, session in outcome.units]
    own = Statistics(outcome.stats, score, names, sessions)
    if len(set(names)) < 2:
        return {}
    return {
        name: difference(own, Statistics(values, score, names, sessions), seed=seed)
        for name, values in outcome.baseline_stats.items()
    }


def _name_of(score_of: Callable[[np.ndarray], np.ndarray]) -> str:
    return next(name for name, function in SCORES.items() if function is score_of)
