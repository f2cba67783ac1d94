"""Inertial samples between the key frames of a window's first and last frame."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent
from xperience.prepare.statistics import valid_share, window_statistics

NAME = "imu_accel_gyro"


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Acceleration (m/s2) and angular rate (rad/s) from the first frame's key sample through the last frame's.

    Key samples are clamped to the samples there are; a window has at least one.
    """
    imu = episode.imu
    if not imu.present:
        return absent(NAME, windows, imu.reason)
    if imu.keyframes is None:
        return absent(NAME, windows, "imu/keyframe_indices is not in the file")
    if not imu.valid.any():
        return absent(NAME, windows, "no valid sample")
    samples = np.concatenate([imu.accel, imu.gyro], axis=1)
    # A window that ends behind the last key frame has no data.
    inside = np.flatnonzero(windows.starts + windows.length <= len(imu.keyframes))
    first = np.clip(imu.keyframes[windows.starts[inside]], 0, len(samples) - 1)
    last = np.clip(imu.keyframes[windows.starts[inside] + windows.length - 1], first, len(samples) - 1)
    lengths = last - first + 1
    values = np.zeros((len(windows), 7 * 6), np.float32)
    share = np.zeros(len(windows), np.float32)
    values[inside] = window_statistics(samples, first, lengths)
    share[inside] = valid_share(imu.valid, first, lengths)
    return BlockValues(
        values, share, bool(len(inside)) or not len(windows), "" if len(inside) else "too few key frames"
    )


BLOCKS = (Block(NAME, extract),)
