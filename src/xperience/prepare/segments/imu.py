"""The IMU at its own rate and on its own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xperience.prepare import plausible
from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span


class Source:
    """Samples whose time lies in the segment; what is not valid is stored as zeros."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        imu = episode.imu
        order = np.argsort(imu.times_s, kind="stable")  # a clock that steps back cannot be cut otherwise
        self.times = imu.times_s[order]
        self.valid = plausible.imu(imu.accel[order], imu.gyro[order], imu.valid[order])
        self.implausible = int(imu.valid.sum() - self.valid.sum())
        values = np.concatenate([imu.accel, imu.gyro], axis=1)[order]
        self.values = np.where(self.valid[:, None], values, 0).astype(np.float32)
        self.tally = Tally(self.values[self.valid])

    def segment(self, span: Span) -> Members:
        if not len(self.times):
            return {}
        rows = slice(*np.searchsorted(self.times, [span.start_s, span.stop_s]))
        values, valid = self.values[rows], self.valid[rows]
        self.tally.add(values[valid])
        return {"values.npy": values, "valid.npy": valid, "times.npy": self.times[rows]}


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    times = parts.array("times.npy")
    rows = slice(*(int(k) for k in np.searchsorted(times, [clock[start], clock[stop]])))
    values, valid = (parts.array(name, rows.start, rows.stop) for name in ("values.npy", "valid.npy"))
    return Piece(values, times[rows], valid)
