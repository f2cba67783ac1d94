"""Do two views show the same pictures?"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

ALIKE = Threshold(
    2.0, "grey levels", "mean difference of two codings of one picture; the stereo pair differs by above 4"
)
SAMPLES = 48


def run(evidence: Evidence) -> list[Finding]:
    found = []
    views = [view for view in evidence.episode.views if evidence.digest(view) is not None]
    for a, b in combinations(views, 2):
        first, second = evidence.digest(a), evidence.digest(b)
        assert first is not None and second is not None
        count = min(len(first), len(second))
        if first.gray.shape[1:] != second.gray.shape[1:] or count == 0:
            continue
        chosen = np.unique(np.linspace(0, count - 1, SAMPLES).astype(int))
        difference = np.abs(first.gray[chosen].astype(np.int16) - second.gray[chosen]).mean((1, 2))
        rich = first.std[chosen] > 5
        if rich.sum() >= 3 and np.median(difference[rich]) < ALIKE.value:
            reason = f"shows the same pictures as {a}"
            end = evidence.episode.clock.duration_s
            value = float(np.median(difference[rich]))
            found.append(Finding("video_duplicate", b, 0.0, end, value, ALIKE.value, reason))
    return found


CHECK = Check(
    name="video_duplicate",
    reads=VIEWS,
    question="Do two views show the same pictures?",
    thresholds={"alike": ALIKE},
    run=run,
)
