"""Do the timestamps inside each MP4 agree with the frame clock?"""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, runs

APART = Threshold(0.03, "s", "above half a frame at 20 fps the nearest annotation frame is another one")
DRIFT = Threshold(
    400, "ppm", "the public sample's container and clock differ by 55 ppm; 400 ppm is a frame in two minutes"
)
GROWN = Threshold(0.01, "s", "a fifth of a frame: drift that adds up to less over the recording moves no picture")
START = Threshold(0.1, "s", "B-frame delay shifts the first timestamp of an MP4 by up to two frames")
"""From the median of the views: where a container's zero lies is its own affair, and all views share it."""


def run(evidence: Evidence) -> list[Finding]:
    found = []
    clock = evidence.episode.clock
    starts: dict[str, float] = {}
    for view in evidence.episode.views:
        digest = evidence.digest(view)
        count = 0 if digest is None else min(len(digest), len(clock))
        if digest is None or count < 3:
            continue
        stamps, times = digest.times_s[:count], clock.times_s[:count]
        steps = np.diff(stamps)
        back = np.concatenate([[False], ~(steps > 0)])
        if back.any():
            reason = "timestamps of the container stand still, go back or are missing"
            found += findings("video_times", view, runs(back), times, None, None, reason)
            continue
        slope, level = _line(times, stamps - times)
        rest = np.abs(stamps - times - level - slope * times)
        if abs(slope) * 1e6 > DRIFT.value and abs(slope) * clock.duration_s > GROWN.value:
            reason = f"container clock runs {slope * 1e6:+.0f} ppm against the frame clock"
            found.append(Finding("video_times", view, 0.0, clock.duration_s, abs(slope) * 1e6, DRIFT.value, reason))
        starts[view] = level
        reason = "container timestamps leave the frame clock"
        found += findings("video_times", view, runs(rest > APART.value), times, rest, APART.value, reason)
    usual = float(np.median(list(starts.values()))) if starts else 0.0
    for view, level in starts.items():
        if abs(level - usual) > START.value:
            reason = f"pictures start {level - usual:+.3f} s from those of the other views, by their containers"
            found.append(Finding("video_times", view, 0.0, clock.duration_s, abs(level - usual), START.value, reason))
    return found


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Robust (slope, level): the median slope between the two halves (Theil 1950, on paired halves)."""
    half = len(x) // 2
    span = x[-half:] - x[:half]
    forward = span > 0
    slope = float(np.median((y[-half:] - y[:half])[forward] / span[forward])) if forward.any() else 0.0
    return slope, float(np.median(y - slope * x))


CHECK = Check(
    name="video_times",
    reads=VIEWS,
    question="Do the timestamps inside each MP4 agree with the frame clock?",
    thresholds={"apart": APART, "drift": DRIFT, "grown": GROWN, "start": START},
    run=run,
)
