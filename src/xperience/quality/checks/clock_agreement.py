"""Do the frame clock, the video's stamps and the IMU's key frames tell the same time?"""

from __future__ import annotations

import numpy as np

from xperience.episode.clock import STAMPS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

DRIFT = Threshold(200, "ppm", "crystals agree within 100 ppm (2 x 50 ppm, a common data-sheet bound)")
APART = Threshold(0.0125, "s", "two and a half IMU samples, a quarter of a frame")
STAMPS_APART = Threshold(0.025, "s", "half a frame")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    clock, imu = episode.clock, episode.imu
    if len(clock) < 3:
        return []
    end = clock.duration_s
    found: list[Finding] = []
    stamps = episode.file.read(STAMPS) if clock.source != STAMPS else None
    if stamps is not None and stamps.size:
        stamps = stamps.reshape(-1)
        count = min(len(stamps), len(clock))
        if len(stamps) != len(clock):
            reason = f"{len(stamps)} video stamps for {len(clock)} frames"
            found.append(Finding("clock_agreement", "clock", 0.0, end, abs(len(stamps) - len(clock)), 0, reason))
        apart = (stamps[:count].astype(np.int64) - clock.times_ns[:count]) * 1e-9
        found += _judge("video stamps", "clock", clock.times_s[:count], apart, end, STAMPS_APART, 0.0)
    if imu.present and imu.keyframes is not None and len(imu):
        count = min(len(imu.keyframes), len(clock))
        index = imu.keyframes[:count]
        inside = (index >= 0) & (index < len(imu))
        outside = int((~inside).sum())
        if outside:
            reason = f"{outside} key frames point outside the IMU samples"
            found.append(Finding("clock_agreement", "imu", 0.0, end, outside, 0, reason))
        if inside.sum() >= 3:
            apart = imu.times_s[index[inside]] - clock.times_s[:count][inside]
            found += _judge(
                "IMU key frames", "imu", clock.times_s[:count][inside], apart, end, APART, 1 / max(imu.rate_hz, 1.0)
            )
    return found


def _judge(
    what: str, modality: str, times: np.ndarray, apart: np.ndarray, end: float, bound: Threshold, quantum: float
) -> list[Finding]:
    """Drift and distance of stamps from their frames.

    Args:
        quantum: spacing of the stamps to choose from, seconds. The nearest of them saws to and fro by half of it, which
            over a short recording looks like drift; only what leaves the saw counts.
    """
    half = len(times) // 2
    span = times[-half:] - times[:half]
    forward = span > 0
    slope = np.median((apart[-half:] - apart[:half])[forward] / span[forward]) if forward.any() else np.nan
    length = max(float(times[-1] - times[0]), 1e-9)
    allowed = DRIFT.value + 1e6 * (1.5 * quantum + 4 * float(np.median(np.abs(np.diff(apart)))) / half**0.5) / length
    found = []
    if np.isfinite(slope) and abs(slope) * 1e6 > allowed:
        reason = f"{what} drift {slope * 1e6:+.0f} ppm against the frame clock"
        found.append(Finding("clock_agreement", modality, 0.0, end, abs(slope) * 1e6, allowed, reason))
    worst = float(np.percentile(np.abs(apart), 90))
    if worst > bound.value:
        reason = f"{what} lie {np.median(apart):+.3f} s from their frames"
        found.append(Finding("clock_agreement", modality, 0.0, end, worst, bound.value, reason))
    return found


CHECK = Check(
    name="clock_agreement",
    reads=("clock", "imu"),
    question="Do the frame clock, the video's stamps and the IMU's key frames tell the same time?",
    thresholds={"drift": DRIFT, "apart": APART, "stamps_apart": STAMPS_APART},
    run=run,
)
