"""Is one method better than another? Paired bootstrap of both on the same draws of the same test sessions.

Windows of one session share person, place and often the thing in hand, so whole sessions are drawn. Both methods are
scored on each draw; the interval is that of the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
        values: [U, K] additive. score: name in `SCORES`. names, sessions: [U].
    """

    values: np.ndarray
    score: str
    names: list[str]
    sessions: list[str]

    def by(self, groups: list[str]) -> np.ndarray:
        """[G, K] sums over sessions, in the order of `groups`."""
        place = {name: k for k, name in enumerate(groups)}
        out = np.zeros((len(groups), self.values.shape[1]))
        np.add.at(out, [place[s] for s in self.sessions], self.values)
        return out


@dataclass(frozen=True)
class Difference:
    """Score of `a` minus score of `b`, with its interval.

    Attributes:
        verdict: "win", "loss" or "tie" of a against b, by whether the interval excludes zero on the better side.
        sessions: how many were drawn.
    """

    a: float
    b: float
    low: float
    high: float
    verdict: str
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
    score = next(name for name, function in SCORES.items() if function is outcome.score_of)
    assert outcome.stats is not None
    np.savez_compressed(
        path,
        values=outcome.stats,
        score=np.array(score),
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


def difference(a: Statistics, b: Statistics, *, higher_is_better: bool = True, seed: int = 0) -> Difference:
    """a against b on the same test sessions.

    Raises:
        UsageError: they were measured on different episodes, or on fewer than two sessions.
    """
    if sorted(a.names) != sorted(b.names) or a.score != b.score:
        raise UsageError("the two runs were not measured on the same test windows", found=f"{a.score}, {b.score}")
    groups = sorted(set(a.sessions))
    if len(groups) < 2:
        groups_a = groups_b = None
    else:
        groups_a, groups_b = a.by(groups), b.by(groups)
    if groups_a is None or groups_b is None:  # one session: its episodes or stretches are what there is
        order = sorted(range(len(a.names)), key=lambda k: a.names[k])
        other = sorted(range(len(b.names)), key=lambda k: b.names[k])
        groups_a, groups_b, groups = a.values[order], b.values[other], [a.names[k] for k in order]
    if len(groups) < 2:
        raise UsageError("one test session only: nothing to resample")
    score = SCORES[a.score]
    whole = [float(score(v.sum(axis=0)[None])[0]) for v in (groups_a, groups_b)]
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=RESAMPLES)
    step = max(1, _CHUNK // max(groups_a.shape[1], groups_b.shape[1]))
    apart = np.concatenate(
        [
            score(draws[k : k + step] @ groups_a) - score(draws[k : k + step] @ groups_b)
            for k in range(0, RESAMPLES, step)
        ]
    )
    low, high = (float(v) for v in np.nanquantile(apart, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    better, worse = (low > 0, high < 0) if higher_is_better else (high < 0, low > 0)
    return Difference(whole[0], whole[1], low, high, "win" if better else "loss" if worse else "tie", len(groups))
