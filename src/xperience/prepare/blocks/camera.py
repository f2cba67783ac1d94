"""Where the left stereo camera is and how it is turned."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.errors import MissingError
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames
from xperience.prepare.statistics import finite, statistics_of, valid_share

VIEW = "stereo_left"
TRANSLATION, ROTATION = "camera_translation", "camera_rotation_matrix"


def translation(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Camera centre in the world minus that of the window's first frame, metres."""
    try:
        centre = episode.T_world_camera(VIEW)[:, :3, 3]
    except MissingError as error:
        return absent(TRANSLATION, windows, error.what)
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
    try:
        matrix = episode.T_world_camera(VIEW)[:, :3, :3]
    except MissingError as error:
        return absent(ROTATION, windows, error.what)
    return from_frames(ROTATION, windows, matrix, np.isfinite(matrix).all(axis=(1, 2)))


BLOCKS = (Block(TRANSLATION, translation), Block(ROTATION, rotation))
