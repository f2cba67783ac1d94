"""What a recording holds, as hashes: two recordings with one hash hold copies of one stream."""

from __future__ import annotations

import hashlib

import numpy as np

from xperience.episode.layout import HAND_SIDES
from xperience.quality.evidence import Evidence

LEAST = 20
"""Samples a stream must have: shorter ones, and such as never change, may be alike by chance."""


def contents(evidence: Evidence) -> dict[str, str]:
    """Hash by modality: the bytes of each MP4, the usable samples of each moving stream (not their times)."""
    episode = evidence.episode
    found = {view: evidence.file_hash(episode.video(view).path) for view in episode.views}
    hands = {f"hand_{side}": episode.hand(side) for side in HAND_SIDES}
    for name, signal in {"pose": episode.pose, "body": episode.body, **hands}.items():
        if signal.present:
            found |= _of(name, signal.values[signal.valid])
    if episode.imu.present:
        found |= _of("imu", np.hstack([episode.imu.accel, episode.imu.gyro])[episode.imu.valid])
    return found


def _of(name: str, samples: np.ndarray) -> dict[str, str]:
    if len(samples) < LEAST or (samples == samples[0]).all():
        return {}
    return {name: hashlib.sha1(np.ascontiguousarray(samples).data).hexdigest()}
