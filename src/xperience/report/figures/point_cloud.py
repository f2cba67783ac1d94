"""The sparse map, seen from above at a slant, coloured by height."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 80
TITLE = "Map points"
WHAT = "Points of the surroundings that the headset found and kept while it moved; the lighter, the higher."
WIDTH, HEIGHT = 360, 290
MOST_POINTS = 2500
BANDS = 6
SLANT_DEG, TURN_DEG = 32.0, 30.0


def draw(scene: Scene) -> Card:
    points = scene.episode.point_cloud
    if points is None:
        return Card(TITLE, WHAT, absent="no map in the recording")
    points = points[np.isfinite(points).all(1)].astype(np.float64)
    count = len(points)
    if count == 0:
        return Card(TITLE, WHAT, absent="the map holds no finite point")
    distance = np.linalg.norm(points - np.median(points, 0), axis=1)
    points = points[distance <= np.percentile(distance, 95)]
    points = points[:: max(1, len(points) // MOST_POINTS)]
    flat = slanted(points)
    placed, scale = svg.fit(flat, (12, 10, WIDTH - 24, HEIGHT - 42), least=0.5)
    edges = np.quantile(points[:, 2], np.linspace(0, 1, BANDS + 1))
    band = np.clip(np.searchsorted(edges, points[:, 2], side="right") - 1, 0, BANDS - 1)
    order = range(BANDS)
    parts: list[Markup] = [svg.dots(placed[band == k], f"height h{k}") for k in order]
    parts += svg.scale_bar(12, HEIGHT - 8, scale, 100)
    low, high = points[:, 2].min(), points[:, 2].max()
    facts = (f"{count} points", f"{high - low:.1f} m from lowest to highest", "5 % farthest left out")
    return Card(TITLE, WHAT, svg.drawing(WIDTH, HEIGHT, parts, "map points at a slant"), facts)


def slanted(points: np.ndarray) -> np.ndarray:
    """World xyz [K, 3] to [K, 2] metres, y down: turned about the vertical, seen from above at a slant."""
    turn, slant = np.radians(TURN_DEG), np.radians(SLANT_DEG)
    x = np.cos(turn) * points[:, 0] - np.sin(turn) * points[:, 1]
    away = np.sin(turn) * points[:, 0] + np.cos(turn) * points[:, 1]
    return np.stack([x, -(np.sin(slant) * away + np.cos(slant) * points[:, 2])], 1)
