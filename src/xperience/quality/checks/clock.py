"""Does the frame clock run forwards, evenly and without gaps?"""

from __future__ import annotations

import numpy as np

from xperience.episode.layout import NOMINAL_FPS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, runs

GAP = Threshold(1.6, "frame periods", "a lost frame makes a step of two periods; jitter of real clocks is under 0.1")
RATE = Threshold(0.02, "share", "the sample runs at 20.0003 fps: two per cent off is another camera mode")
LEAST_FRAMES = Threshold(2, "frames", "a recording of one frame has no motion")


def run(evidence: Evidence) -> list[Finding]:
    clock = evidence.episode.clock
    if len(clock) < LEAST_FRAMES.value:
        reason = f"{len(clock)} frames"
        return [Finding("clock", "clock", 0.0, 0.0, len(clock), LEAST_FRAMES.value, reason, "fail")]
    steps = np.diff(clock.times_ns) * 1e-9
    times = np.maximum.accumulate(clock.times_s)
    period = float(np.median(steps))
    back = np.concatenate([[False], steps <= 0])
    found = findings(
        "clock", "clock", runs(back), times, None, 0.0, f"frame clock ({clock.source}) does not advance", "fail"
    )
    if period > 0:
        long = np.concatenate([[0.0], steps / period])
        spans = [(a - 1, b) for a, b in runs(long > GAP.value)]
        found += findings("clock", "clock", spans, times, long, GAP.value, "gap between frames")
        rate = 1 / period
        if abs(rate / NOMINAL_FPS - 1) > RATE.value:
            reason = f"frames come at {rate:.2f} a second, not {NOMINAL_FPS:.0f}"
            found.append(
                Finding("clock", "clock", 0.0, clock.duration_s, abs(rate / NOMINAL_FPS - 1), RATE.value, reason)
            )
    return found


CHECK = Check(
    name="clock",
    reads=("clock",),
    question="Does the frame clock run forwards, evenly and without gaps?",
    thresholds={"gap": GAP, "rate": RATE, "frames": LEAST_FRAMES},
    run=run,
)
