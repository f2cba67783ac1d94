"""Does a view repeat the same picture while the head moves?"""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

CHANGE = Threshold(0.05, "grey levels", "a repeated picture codes to under 0.02; sensor noise alone gives above 0.1")
LEAST = Threshold(0.25, "s", "five frames at 20 fps: coders may skip one or two frames of a still scene")


def run(evidence: Evidence) -> list[Finding]:
    found = []
    times = evidence.episode.clock.times_s
    for view in evidence.episode.views:
        digest = evidence.digest(view)
        count = 0 if digest is None else min(len(digest), len(times))
        if digest is None or count < 3:
            continue
        still = (digest.change[:count] < CHANGE.value) & (digest.std[:count] > 2.0)  # black is another check's business
        still[0] = False
        reason = "the picture does not change"
        change = digest.change[:count].astype(np.float64)
        found += findings(
            "video_frozen", view, long_runs(still, times, LEAST.value), times, change, CHANGE.value, reason
        )
    return found


CHECK = Check(
    name="video_frozen",
    reads=VIEWS,
    question="Does a view repeat the same picture?",
    thresholds={"change": CHANGE, "least": LEAST},
    run=run,
)
