"""IMU against pose: the gyro's turn between frames is the pose's."""

from __future__ import annotations

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import alignment, motion

STREAM = "imu"

MAX_STD_S = 0.01
"""Twice the accuracy asked of this pair on simulated recordings (5 ms)."""


def measure(evidence: Evidence) -> list[Offset]:
    episode = evidence.episode
    if not (episode.imu.present and episode.pose.present):
        return []
    track, increments = motion.gyro_track(episode), motion.pose_increments(episode)
    if track is None or increments is None:
        return [Offset.undetermined("imu", "pose", "too few samples")]
    return [alignment.measure("imu", "pose", track, increments, max_std_s=MAX_STD_S)]
