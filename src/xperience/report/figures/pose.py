"""Where the wearer went, from above, over the sparse map."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 70
TITLE = "Path of the headset"
WHAT = "Position and direction of the headset over the whole recording, from above, on the map it built on the way."
WIDTH, HEIGHT = 360, 290
MAP_POINTS, PATH_POINTS = 1200, 600
LEAST_M = 0.6
"""A path within this many metres is drawn as small as it is, not blown up."""
ARROWS = 9


def draw(scene: Scene) -> Card:
    pose = scene.episode.pose
    if not pose.present:
        return Card(TITLE, WHAT, absent=pose.reason)
    if not pose.valid.any():
        return Card(TITLE, WHAT, absent="no valid sample")
    centres = np.where(pose.valid[:, None], pose.values[:, :3, 3], np.nan)
    path = _from_above(centres)
    middle = (path[pose.valid].min(0) + path[pose.valid].max(0)) / 2
    pixels, scale = svg.fit(path, (60, 50, WIDTH - 120, HEIGHT - 110), least=LEAST_M)
    ground = (_map(scene) - middle) * scale + [WIDTH / 2, HEIGHT / 2 - 5]
    inside = (ground > 2).all(1) & (ground < [WIDTH - 2, HEIGHT - 24]).all(1)
    parts: list[Markup] = [svg.dots(_spaced(ground[inside], MAP_POINTS), "map")]
    parts.append(svg.polyline(_spaced(pixels, PATH_POINTS), "path"))
    good = np.flatnonzero(pose.valid)
    for frame in good[np.linspace(0, len(good) - 1, min(ARROWS, len(good))).astype(int)]:
        parts.append(_arrow(pixels[frame], _from_above(pose.values[frame, :3, 2][None])[0], "heading"))
    start, end = pixels[good[0]], pixels[good[-1]]
    below = end[1] >= start[1]
    for (x, y), name, drop in ((start, "start", -8 if below else 18), (end, "end", 18 if below else -8)):
        parts.append(svg.circle(x, y, 4, f"mark {name}"))
        parts.append(svg.text(x + 7, y + drop, name, "label halo"))
    parts += svg.scale_bar(12, HEIGHT - 8, scale, 100)
    moved = np.linalg.norm(np.diff(centres[pose.valid], axis=0), axis=1).sum()
    facts = (f"{len(pose)} poses", f"valid {pose.valid.mean():.0%} of the time", f"{moved:.1f} m travelled")
    return Card(TITLE, WHAT, svg.drawing(WIDTH, HEIGHT, parts, "path of the headset from above"), facts)


def _from_above(points: np.ndarray) -> np.ndarray:
    """World xyz to drawing: x to the right, y upwards (the drawing's y points down)."""
    return np.stack([points[:, 0], -points[:, 1]], 1)


def _map(scene: Scene) -> np.ndarray:
    """[K, 2] map points from above, without far outliers."""
    points = scene.episode.point_cloud
    if points is None or len(points) == 0:
        return np.zeros((0, 2))
    points = points[np.isfinite(points).all(1)].astype(np.float64)
    if len(points) == 0:
        return np.zeros((0, 2))
    distance = np.linalg.norm(points - np.median(points, 0), axis=1)
    return _from_above(points[distance <= np.percentile(distance, 95)])


def _spaced(pixels: np.ndarray, most: int) -> np.ndarray:
    """Every k-th point, about `most` of them."""
    return pixels[:: max(1, len(pixels) // most)]


def _arrow(at: np.ndarray, direction: np.ndarray, cls: str) -> Markup:
    length = float(np.linalg.norm(direction))
    if length < 1e-6:
        return Markup("")
    ahead = direction / length
    across = np.array([-ahead[1], ahead[0]])
    return svg.polyline(np.stack([at - across * 3.5, at + ahead * 11, at + across * 3.5]), cls)
