"""Is there sound, not silent, not clipped, and as long as the recording?"""

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


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    end = episode.clock.duration_s
    sound = evidence.sound
    if sound is None:
        if "audio" in evidence.errors:
            return [Finding("audio", "audio", 0.0, end, None, None, f"cannot be decoded: {evidence.errors['audio']}")]
        return []
    found = []
    lacking = min(end, MAX_SOUND_S) - len(sound) / RATE
    if abs(lacking) > LENGTH.value and len(sound) < MAX_SOUND_S * RATE:
        reason = f"sound lasts {len(sound) / RATE:.2f} s, the recording {end:.2f} s"
        start = len(sound) / RATE if lacking > 0 else 0.0
        found.append(Finding("audio", "audio", start, end, abs(lacking), LENGTH.value, reason))
    size = round(BLOCK_S * RATE)
    blocks = sound[: len(sound) // size * size].reshape(-1, size)
    if not len(blocks):
        return found
    times = np.arange(len(blocks)) * BLOCK_S
    level = np.sqrt((blocks.astype(np.float64) ** 2).mean(1))
    silent = long_runs(level < SILENT.value, times, SILENT_LEAST.value - BLOCK_S)
    found += findings("audio", "audio", silent, times, level, SILENT.value, "silent")
    share = (np.abs(blocks) > FULL).mean(1)
    if (np.abs(sound) > FULL).mean() > CLIPPED.value:
        clipped = long_runs(share > CLIPPED.value, times, 0.0, 1.0)
        found += findings("audio", "audio", clipped, times, share, CLIPPED.value, "clipped")
    return found


CHECK = Check(
    name="audio",
    reads=("audio",),
    question="Is there sound, not silent, not clipped, and as long as the recording?",
    thresholds={"silent": SILENT, "silent_least": SILENT_LEAST, "clipped": CLIPPED, "length": LENGTH},
    run=run,
)
