"""Motion of the head and hands as the several streams tell it, ready to be aligned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xperience.episode import Episode, Signal, geometry
from xperience.episode.modalities.hands import FRAME, in_world
from xperience.quality.sync.alignment import Increments, Track


def ordered(times_s: np.ndarray) -> np.ndarray:
    """[T] bool: samples later than everything before them. Clocks with steps back are the clock check's business."""
    if len(times_s) == 0:
        return np.zeros(0, bool)
    before = np.concatenate([[-np.inf], np.maximum.accumulate(times_s)[:-1]])
    return times_s > before


def gyro_track(episode: Episode) -> Track | None:
    """The gyro integrated over time, radians in body axes."""
    imu = episode.imu
    keep = imu.valid & ordered(imu.times_s)
    if keep.sum() < 2:
        return None
    times, rate = imu.times_s[keep], imu.gyro[keep]
    steps = 0.5 * (rate[1:] + rate[:-1]) * np.diff(times)[:, None]
    return Track(times, np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)]))


def pose_increments(episode: Episode) -> Increments | None:
    """Rotation of the body between frames by the pose, radians in body axes."""
    pose = episode.pose
    if not pose.present or len(pose) < 2:
        return None
    rotation = np.where(pose.valid[:, None, None], pose.values[:, :3, :3], np.nan)
    relative = np.swapaxes(rotation[:-1], 1, 2) @ rotation[1:]
    good = np.isfinite(relative).all((1, 2))
    change = np.full((len(relative), 3), np.nan)
    change[good] = geometry.matrix_to_rotvec(relative[good])
    return _forward(pose.times_s, change)


def wrist_in_world(episode: Episode, side: str) -> Signal:
    """A hand's wrist [N, 3] in world metres, by the pose; absent where hand, pose or the camera's place is."""
    hand = episode.hand(side)
    if not (hand.present and episode.pose.present) or episode.rig is None or FRAME not in episode.rig:
        return Signal.absent((3,))
    T_world_camera = Signal(episode.T_world_camera(FRAME), episode.pose.valid, episode.pose.times_s)
    wrist = in_world(replace(hand, values=hand.values[:, :1]), T_world_camera)
    return replace(wrist, values=wrist.values[:, 0])


def wrist_increments(positions: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> Increments:
    """Displacement of a wrist [N, 3] between frames, metres; unknown where either end is."""
    known = np.where(valid[:, None], positions, np.nan)
    return _forward(times_s, np.diff(known, axis=0))


def _forward(times_s: np.ndarray, change: np.ndarray) -> Increments:
    keep = ordered(times_s)
    if keep.all():
        return Increments(times_s[:-1], times_s[1:], change)
    forward = keep[1:] & keep[:-1]
    change = np.where(forward[:, None], change, np.nan)
    pairs = keep[1:]
    return Increments(times_s[:-1][pairs], times_s[1:][pairs], change[pairs])
