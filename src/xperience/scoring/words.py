"""The word that a result has earned, for every page, table, card and terminal: a pure function of the evidence.

| word | exactly when |
| --- | --- |
| no evidence | there is no result |
| runs | the command ended well, but nothing was scored with counts, interval and baselines |
| not measurable | the task says so, with its reason |
| measured | a score with counts, interval and trivial baselines |
| above trivial | the 95 % interval of the difference to the best trivial baseline excludes zero |
| above heads | above trivial, and the same against the linear and the MLP head |
| below trivial | the interval excludes zero on the other side |
| reproduced | a published number was recomputed from its stored predictions within 1e-6 |

With fewer than `MIN_SESSIONS` test sessions, or a test within a training recording, the word is at most "measured".
Differences are paired: both methods on the same windows, resampled together. Changing the rule means changing this file
and its table of cases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Word = Literal[
    "no evidence", "runs", "not measurable", "measured", "below trivial", "above trivial", "above heads", "reproduced"
]
WORDS: tuple[Word, ...] = (
    "above heads", "above trivial", "measured", "below trivial", "reproduced", "not measurable", "runs", "no evidence",
)  # fmt: skip
"""In the order of a headline."""

MIN_SESSIONS = 5
"""Fewest test sessions whose resampling tells methods apart; below, the bootstrap's interval is a rough guess."""

TOLERANCE = 1e-6
"""Largest difference of a recomputed number from the published one."""

HEADS = ("linear", "mlp")
"""Both must be surpassed for "above heads"."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Rival:
    """A method on the same test windows.

    Attributes:
        name: such as "constant velocity" or "linear".
        score: by the same metric.
        difference: 95 % interval of (score minus this score), paired; None where it was not resampled.
    """

    name: str
    score: float
    difference: Span | None = None


@dataclass(frozen=True)
class Evidence:
    """All that a word may depend on.

    Attributes:
        score, interval: of the primary metric, None where there is none.
        higher_is_better: direction of the metric.
        trivial: baselines that learn nothing from the sensors. heads: trained on the same split.
        windows, recordings, sessions: of the test.
        held_out: whether whole recordings are held out of training.
        reason: why the task is not measurable; "" where it is.
        published: the number that `score` recomputes from stored predictions.
        source: where the recordings come from, such as "simulated"; "" where it is not stated.
    """

    score: float | None = None
    interval: Span | None = None
    higher_is_better: bool = True
    trivial: Sequence[Rival] = ()
    heads: Sequence[Rival] = ()
    windows: int = 0
    recordings: int = 0
    sessions: int = 0
    held_out: bool = True
    reason: str = ""
    published: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Claim:
    """A word with what it rests on.

    Attributes:
        word: see the module.
        scope: the recordings it holds for, such as "simulated, 24 recordings, 12 sessions".
        note: what keeps the word from saying more, or the reason; "" where nothing does.
        baseline: name of the best trivial baseline; "" where there is none.
    """

    word: Word
    scope: str = ""
    note: str = ""
    baseline: str = ""

    @property
    def tone(self) -> str:
        """For colour: "good", "bad" or "neutral"."""
        return _TONES.get(self.word, "neutral")


_TONES = {"above trivial": "good", "above heads": "good", "reproduced": "good", "below trivial": "bad"}


def claim(evidence: Evidence | None) -> Claim:
    """The word for a result."""
    if evidence is None:
        return Claim("no evidence", note="no result")
    scope = scope_text(evidence)
    if evidence.reason:
        return Claim("not measurable", scope, evidence.reason)
    if evidence.score is None:
        return Claim("runs", scope, "nothing was scored")
    if not math.isfinite(evidence.score):
        return Claim("not measurable", scope, "the score is not a finite number")
    if evidence.published is not None:
        equal = abs(evidence.score - evidence.published) <= TOLERANCE
        note = "" if equal else "differs from the published number"
        return Claim("reproduced" if equal else "runs", scope, note)
    best = best_trivial(evidence.trivial, evidence.higher_is_better)
    lacking = _lacking(evidence, best)
    if lacking or not best:
        return Claim("runs", scope, f"scored without {lacking}")
    name = best[0].name
    if not evidence.held_out:
        return Claim("measured", scope, "test and training within one recording", name)
    if evidence.sessions < MIN_SESSIONS:
        return Claim("measured", scope, "too few sessions to tell", name)
    sides = [side(rival.difference, evidence.higher_is_better) for rival in best]
    if any(one < 0 for one in sides):
        return Claim("below trivial", scope, "", name)
    if not all(one > 0 for one in sides):
        paired = all(rival.difference is not None for rival in best)
        why = "the interval of the difference to it holds zero" if paired else "no paired difference to it"
        return Claim("measured", scope, f"best trivial baseline: {name}; {why}", name)
    heads = {rival.name: side(rival.difference, evidence.higher_is_better) for rival in evidence.heads}
    if all(heads.get(head, 0) > 0 for head in HEADS):
        return Claim("above heads", scope, "", name)
    return Claim("above trivial", scope, "", name)


def best_trivial(trivial: Sequence[Rival], higher_is_better: bool) -> list[Rival]:
    """The best by score; several where they share it, all of which must be surpassed."""
    known = [rival for rival in trivial if math.isfinite(rival.score)]
    if not known:
        return []
    top = (max if higher_is_better else min)(rival.score for rival in known)
    return [rival for rival in known if rival.score == top]


def side(difference: Span | None, higher_is_better: bool) -> int:
    """1 where the interval lies on the better side of zero, -1 on the worse, 0 where it holds zero or is unknown."""
    if difference is None or not all(math.isfinite(end) for end in difference):
        return 0
    low, high = difference if higher_is_better else (-difference[1], -difference[0])
    return 1 if low > 0 else -1 if high < 0 else 0


def scope_text(evidence: Evidence) -> str:
    """What a word holds for: "simulated, 24 recordings, 12 sessions"."""
    source = evidence.source or "source not stated"
    return f"{source}, {_count(evidence.recordings, 'recording')}, {_count(evidence.sessions, 'session')}"


def headline(claims: Sequence[Claim]) -> str:
    """How many results have earned each word: "12 tasks: 3 above heads, 4 measured, 5 below trivial"."""
    counts = tally(claims)
    return f"{_count(len(claims), 'task')}: " + ", ".join(f"{count} {word}" for word, count in counts.items())


def tally(claims: Sequence[Claim]) -> Mapping[Word, int]:
    """Counts by word, in the order of `WORDS`, without those that nothing has earned."""
    found = [one.word for one in claims]
    return {word: found.count(word) for word in WORDS if word in found}


def _lacking(evidence: Evidence, best: Sequence[Rival]) -> str:
    parts = [
        (not (evidence.windows > 0 and evidence.recordings > 0), "counts"),
        (evidence.interval is None or not all(map(math.isfinite, evidence.interval)), "an interval"),
        (not best, "a trivial baseline"),
    ]
    return " and ".join(name for missing, name in parts if missing)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
