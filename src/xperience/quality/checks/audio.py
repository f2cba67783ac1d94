"""Is there sound throughout the recording, not silent, not clipped, and no longer than it?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import MAX_SOUND_S, Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

RATE = 16000
BLOCK_S = 0.1
SILENT = Threshold(1e-5, "rms of full scale", "-100 dB: below the noise of any 16-bit microphone path")
SILENT_LEAST = Threshold(0.4, "s", "room tone never pauses; a coder's gap may last a few frames of 21 ms")
CLIPPED = Threshold(0.01, "share of samples", "loud sounds spend under 0.1 % of samples within a tenth of full scale")
FULL = 0.9
"""Full scale less a tenth: what a clipped wave rings by after lossy coding and resampling."""

LENGTH = Threshold(0.35, "s", "AAC pads up to 0.1 s and recorders stop sound and pictures a few frames apart")
UNRECORDED = Threshold(
    0.1, "s", "two frames; AAC's priming is 21 to 64 ms and some writers leave it out of the edit list"
)


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    end = episode.clock.duration_s
    sound = evidence.sound
    if sound is None:
        if "audio" in evidence.errors:
            return [Finding("audio", "audio", 0.0, end, None, None, f"cannot be decoded: {evidence.errors['audio']}")]
        return []
    found = []
    until = min(end, MAX_SOUND_S)
    for start, stop in sound.missing_s(until):
        allowed = LENGTH if stop == until and start > 0 else UNRECORDED
        if stop - start > allowed.value:
            reason = f"no sound was recorded from {start:.2f} to {stop:.2f} s"
            found.append(Finding("audio", "audio", start, stop, stop - start, allowed.value, reason))
    lasts = float(np.diff(sound.recorded).sum()) / RATE
    if lasts - end > LENGTH.value and end < MAX_SOUND_S:
        reason = f"sound lasts {lasts:.2f} s, the recording {end:.2f} s"
        found.append(Finding("audio", "audio", 0.0, end, lasts - end, LENGTH.value, reason))
    size = round(BLOCK_S * RATE)
    blocks = sound.samples[: len(sound.samples) // size * size].reshape(-1, size)
    if not len(blocks):
        return found
    edges = np.arange(len(blocks) + 1) * size
    whole = sound.holds(edges[:-1], edges[1:])
    times = np.arange(len(blocks)) * BLOCK_S
    level = np.sqrt((blocks.astype(np.float64) ** 2).mean(1))
    silent = long_runs(whole & (level < SILENT.value), times, SILENT_LEAST.value - BLOCK_S)
    found += findings("audio", "audio", silent, times, level, SILENT.value, "silent")
    share = (np.abs(blocks) > FULL).mean(1)
    if (np.abs(sound.samples) > FULL).sum() > CLIPPED.value * sound.mask().sum():
        clipped = long_runs(share > CLIPPED.value, times, 0.0, 1.0)
        found += findings("audio", "audio", clipped, times, share, CLIPPED.value, "clipped")
    return found


CHECK = Check(
    name="audio",
    reads=("audio",),
    question="Is there sound throughout the recording, not silent, not clipped, and no longer than it?",
    thresholds={
        "silent": SILENT,
        "silent_least": SILENT_LEAST,
        "clipped": CLIPPED,
        "length": LENGTH,
        "unrecorded": UNRECORDED,
    },
    run=run,
)
