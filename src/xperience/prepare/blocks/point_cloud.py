"""The sparse map, once for the whole recording."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.episode.presence import Problem
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, static

NAME = "slam_point_cloud"
FARTHEST_PERCENTILE = 95


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Mean, std, min, max, p10, p50, p90 of x, y, z (metres), then log1p of the count; far points left out."""
    points = episode.point_cloud
    if points is None:
        return absent(NAME, windows, "slam/point_cloud is not in the file")
    good = np.isfinite(points).all(axis=1)
    if not good.any():
        return absent(NAME, windows, "no finite point")
    problems: tuple[Problem, ...] = ()
    if not good.all():
        found = f"{int((~good).sum())} of {len(points)}"
        problems = (Problem("slam/point_cloud", "points that are not finite were left out", found),)
    values = static(NAME, windows, summary(points[good]), float(good.mean()))
    return BlockValues(values.values, values.share, True, "", problems)


def summary(points: np.ndarray) -> np.ndarray:
    """[22] of finite points [P, 3] float32, P > 0."""
    distance = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    near = points[distance <= np.percentile(distance, FARTHEST_PERCENTILE)]
    parts = [near.mean(axis=0), near.std(axis=0), near.min(axis=0), near.max(axis=0)]
    parts += list(np.percentile(near, (10, 50, 90), axis=0))
    return np.concatenate([*parts, [np.log1p(len(near))]]).astype(np.float32)


BLOCKS = (Block(NAME, extract, 1),)
