"""All numbers of the calibration group, once for the whole recording."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.episode.modalities.calibration import numbers
from xperience.episode.presence import Problem
from xperience.prepare import contract
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, static
from xperience.prepare.statistics import finite

NAME = "calibration"


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Cameras and keys in byte order, text skipped. A rig with another number of values has no place in this block."""
    arrays = [array.reshape(-1) for keys in numbers(episode.file).values() for array in keys.values()]
    if not arrays:
        return absent(NAME, windows, "calibration/ is not in the file")
    vector = np.concatenate(arrays).astype(np.float64)
    expected = contract.BY_NAME[NAME].size
    if len(vector) != expected:
        reason = "calibration does not have the contract's number of values"
        return absent(NAME, windows, reason, (Problem("calibration", reason, str(len(vector)), str(expected)),))
    return static(NAME, windows, finite(vector), float(np.isfinite(vector).mean()))


BLOCKS = (Block(NAME, extract),)
