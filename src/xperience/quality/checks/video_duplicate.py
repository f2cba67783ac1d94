"""Do two views show the same pictures?"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

ALIKE = Threshold(
    2.0, "grey levels", "mean difference of two codings of one picture; the stereo pair differs by above 4"
)
LEAST = Threshold(0.2, "s", "four frames at 20 fps")
RICH = 5.0
"""Standard deviation a picture must have: two black pictures are alike for another reason."""


def run(evidence: Evidence) -> list[Finding]:
    found = []
    times = evidence.episode.clock.times_s
    views = [view for view in evidence.episode.views if evidence.digest(view) is not None]
    for a, b in combinations(views, 2):
        first, second = evidence.digest(a), evidence.digest(b)
        assert first is not None and second is not None
        count = min(len(first), len(second), len(times))
        if first.gray.shape[1:] != second.gray.shape[1:] or count < 3:
            continue
        step = max(1, round(LEAST.value * 10))  # every other frame of a stretch of LEAST seconds at 20 fps
        chosen = np.arange(0, count, step)
        difference = np.concatenate(
            [
                np.abs(first.gray[part].astype(np.int16) - second.gray[part]).mean((1, 2))
                for part in np.array_split(chosen, max(1, len(chosen) // 256))
            ]
        )
        alike = (difference < ALIKE.value) & (first.std[chosen] > RICH)
        spans = long_runs(alike, times[chosen], LEAST.value)
        for view, other in ((a, b), (b, a)):  # the pictures do not say which of the two is the copy
            reason = f"shows the same pictures as {other}"
            found += findings("video_duplicate", view, spans, times[chosen], difference, ALIKE.value, reason)
    return found


CHECK = Check(
    name="video_duplicate",
    reads=VIEWS,
    question="Do two views show the same pictures?",
    thresholds={"alike": ALIKE, "least": LEAST},
    run=run,
)
