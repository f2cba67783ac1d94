"""The IMU at its own rate and on its own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xperience.prepare.piece import Piece

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span


class Source:
    """Samples whose time lies in the segment; what is not valid is stored as zeros."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.imu = episode.imu

    def segment(self, span: Span) -> Members:
        imu = self.imu
        if not len(imu.times_s):
            return {}
        rows = slice(*np.searchsorted(imu.times_s, [span.start_s, span.stop_s]))
        valid = imu.valid[rows]
        values = np.concatenate([imu.accel[rows], imu.gyro[rows]], axis=1)
        values = np.where(valid[:, None], values, 0).astype(np.float32)
        return {"values.npy": values, "valid.npy": valid, "times.npy": imu.times_s[rows]}


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    times = parts.array("times.npy")
    rows = slice(*(int(k) for k in np.searchsorted(times, [clock[start], clock[stop]])))
    values, valid = (parts.array(name, rows.start, rows.stop) for name in ("values.npy", "valid.npy"))
    return Piece(values, times[rows], valid)
