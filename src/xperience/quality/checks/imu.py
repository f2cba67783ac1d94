"""Does the IMU run at its rate, without gaps, saturation, spikes or stuck samples?"""

from __future__ import annotations

import numpy as np

from xperience.episode.layout import NOMINAL_IMU_HZ
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs, runs

GAP = Threshold(3.0, "sample periods", "jitter of real stamps stays under one period")
RATE = Threshold(0.05, "share", "real recordings give 188 to 190 samples for 20 frames, 200 Hz within 5 %")
SATURATED = Threshold(0.03, "s", "six samples at the largest value of an axis: no motion holds an axis there")
STUCK = Threshold(0.1, "s", "twenty equal samples: the noise of a MEMS sensor never stands still")
SPIKE = Threshold(80.0, "m/s2", "8 g of the head is a fall, not manual work")
FAST = Threshold(20.0, "rad/s", "twice the fastest head turns (Grossman et al. 1988)")


def run(evidence: Evidence) -> list[Finding]:
    imu, end = evidence.episode.imu, evidence.episode.clock.duration_s
    if not imu.present or len(imu) < 3:
        return []
    times = imu.times_s
    found = findings("imu", "imu", long_runs(~imu.valid, times, 0.0, 0.1), times, None, None, "samples are not finite")
    steps = np.diff(imu.times_ns) * 1e-9
    period = float(np.median(steps))
    back = np.concatenate([[False], steps <= 0])
    if back.any():
        found += findings("imu", "imu", runs(back), np.maximum.accumulate(times), None, 0.0, "clock does not advance")
    if period > 0:
        long = np.concatenate([[0.0], steps / period])
        spans = [(a - 1, b) for a, b in runs(long > GAP.value)]
        found += findings("imu", "imu", spans, times, long, GAP.value, "gap between samples")
        if abs(1 / period / NOMINAL_IMU_HZ - 1) > RATE.value:
            value = abs(1 / period / NOMINAL_IMU_HZ - 1)
            reason = f"samples come at {1 / period:.1f} Hz, not {NOMINAL_IMU_HZ:.0f}"
            found.append(Finding("imu", "imu", 0.0, end, value, RATE.value, reason))
        short = end - (times[-1] - max(0.0, float(times[0])))
        if short > 0.25:
            reason = f"samples cover {end - short:.2f} of {end:.2f} s"
            found.append(Finding("imu", "imu", 0.0, end, short, 0.25, reason))
    for name, values in (("accelerometer", imu.accel), ("gyroscope", imu.gyro)):
        found += _stuck(name, values, times)
    for name, values, bound in (("acceleration", imu.accel, SPIKE), ("turn rate", imu.gyro, FAST)):
        with np.errstate(invalid="ignore"):
            size = np.linalg.norm(values, axis=1)
        spans = long_runs(size > bound.value, times, 0.0, 0.2)
        found += findings(
            "imu", "imu", spans, times, size, bound.value, f"{name} of {np.nanmax(size, initial=0):.0f} is implausible"
        )
    return found


def _stuck(name: str, values: np.ndarray, times: np.ndarray) -> list[Finding]:
    found = []
    same = np.concatenate([[False], (np.diff(values, axis=0) == 0).all(1)])
    found += findings("imu", "imu", long_runs(same, times, STUCK.value), times, None, STUCK.value, f"{name} is stuck")
    for axis in range(3):
        column = values[:, axis]
        if not np.isfinite(column).any():
            continue
        for level in (np.nanmax(column), np.nanmin(column)):
            spans = long_runs(column == level, times, SATURATED.value)
            moving = [(a, b) for a, b in spans if not same[a + 1 : b].all()]
            reason = f"{name} axis {'xyz'[axis]} is held at {level:.1f}: saturated"
            found += findings("imu", "imu", moving, times, np.abs(column), SATURATED.value, reason)
    return found


CHECK = Check(
    name="imu",
    reads=("imu",),
    question="Does the IMU run at its rate, without gaps, saturation, spikes or stuck samples?",
    thresholds={"gap": GAP, "rate": RATE, "saturated": SATURATED, "stuck": STUCK, "spike": SPIKE, "fast": FAST},
    run=run,
)
