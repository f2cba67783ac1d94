"""Is a view black, white or without any structure?"""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

FLAT = Threshold(3.0, "grey levels", "standard deviation within the lens; a lit room gives above 15")
LEAST = Threshold(0.1, "s", "two frames at 20 fps")


def run(evidence: Evidence) -> list[Finding]:
    found = []
    rig, times = evidence.episode.rig, evidence.episode.clock.times_s
    for view in evidence.episode.views:
        digest = evidence.digest(view)
        count = 0 if digest is None else min(len(digest), len(times))
        if digest is None or count == 0:
            continue
        height, width = digest.gray.shape[1:]
        mask = np.ones((height, width), bool)
        if rig is not None and view in rig:  # a fisheye's corners are dark in any light
            grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
            mask = digest.camera(rig[view]).unproject(grid)[1]
        spread = digest.spread(mask if mask.any() else np.ones_like(mask))[:count].astype(np.float64)
        spans = long_runs(spread < FLAT.value, times, LEAST.value)
        reason = "the picture shows nothing"
        found += findings("video_black", view, spans, times, spread, FLAT.value, reason)
    return found


CHECK = Check(
    name="video_black",
    reads=VIEWS,
    question="Is a view black, white or without structure?",
    thresholds={"flat": FLAT, "least": LEAST},
    run=run,
)
