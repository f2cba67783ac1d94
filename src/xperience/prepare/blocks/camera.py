"""Where the left stereo camera is and how it is turned."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.episode.modalities import calibration
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames, stored_frames
from xperience.prepare.statistics import finite, statistics_of, valid_share

VIEW = "stereo_left"
TRANSLATION, ROTATION = "camera_translation", "camera_rotation_matrix"


def translation(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Camera centre in the world minus that of the window's first frame, metres."""
    poses = _poses(episode)
    if isinstance(poses, str):
        return absent(TRANSLATION, windows, poses)
    centre = poses[:, :3, 3]
    valid = np.isfinite(centre).all(axis=1)
    if not valid.any():
        return absent(TRANSLATION, windows, "no valid pose")
    # A pose track that ends early: windows past it have no data; statistics of cut windows use the frames they have.
    values = np.zeros((len(windows), 7 * 3), np.float32)
    lengths = np.clip(len(centre) - windows.starts, 0, windows.length)
    for length in np.unique(lengths[lengths > 0]):
        chosen = np.flatnonzero(lengths == length)
        first = windows.starts[chosen]
        origin = centre[first]
        values[chosen] = statistics_of(
            lambda k, first=first, origin=origin: finite(centre[first + k] - origin),  # type: ignore[misc]
            int(length),
        )
    return BlockValues(values, valid_share(valid, windows.starts, windows.length), True)


def rotation(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Rotation camera to world, nine numbers by rows."""
    poses = _poses(episode)
    if isinstance(poses, str):
        return absent(ROTATION, windows, poses)
    matrix = poses[:, :3, :3]
    return from_frames(ROTATION, windows, matrix, np.isfinite(matrix).all(axis=(1, 2)))


def _poses(episode: Episode) -> np.ndarray | str:
    """Camera to world [n, 4, 4], NaN where invalid; or why there is none. Opens no video, as `Episode.rig` would."""
    if not episode.pose.present:
        return episode.pose.reason
    rig = calibration.read(episode.file, episode.notes, {})
    if rig is None or VIEW not in rig:
        return "the left stereo camera is not calibrated"
    poses = np.where(episode.pose.valid[:, None, None], episode.pose.values, np.nan)
    return rig.T_world_camera(VIEW, poses[: stored_frames(episode, "slam/quat_wxyz", "slam/trans_xyz")])


BLOCKS = (Block(TRANSLATION, translation), Block(ROTATION, rotation))
