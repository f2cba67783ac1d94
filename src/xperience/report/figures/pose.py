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
MAP_POINTS = 1200
ARROWS = 9


def draw(scene: Scene) -> Card:
    pose = scene.episode.pose
    if not pose.present:
        return Card(TITLE, WHAT, absent=pose.reason)
    if not pose.valid.any():
        return Card(TITLE, WHAT, absent="no valid sample")
    centres = np.where(pose.valid[:, None], pose.values[:, :3, 3], np.nan)
    path = _from_above(centres)
    ground = _map(scene)
    keep = np.concatenate([path[pose.valid], ground]) if len(ground) else path
    _, scale = svg.fit(keep, (14, 14, WIDTH - 28, HEIGHT - 44), least=1.0)
    flat = keep[np.isfinite(keep).all(1)]
    middle = (flat.min(0) + flat.max(0)) / 2

    def place(points: np.ndarray) -> np.ndarray:
        return (points - middle) * scale + [WIDTH / 2, HEIGHT / 2 - 8]

    pixels = place(path)
    parts: list[Markup] = [svg.dots(place(ground), "map")] if len(ground) else []
    parts.append(svg.polyline(_spaced(pixels), "path"))
    good = np.flatnonzero(pose.valid)
    for frame in good[np.linspace(0, len(good) - 1, min(ARROWS, len(good))).astype(int)]:
        parts.append(_arrow(pixels[frame], _from_above(pose.values[frame, :3, 2][None])[0], "heading"))
    for frame, name in ((good[0], "start"), (good[-1], "end")):
        x, y = pixels[frame]
        parts.append(svg.circle(x, y, 4, f"mark {name}"))
        parts.append(svg.text(min(x + 7, WIDTH - 34), max(y - 6, 12), name, "label halo"))
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
    points = points[distance <= np.percentile(distance, 95)]
    step = max(1, len(points) // MAP_POINTS)
    return _from_above(points[::step])


def _spaced(pixels: np.ndarray) -> np.ndarray:
    """At most about 600 points of a path: enough for its shape."""
    return pixels[:: max(1, len(pixels) // 600)]


def _arrow(at: np.ndarray, direction: np.ndarray, cls: str) -> Markup:
    length = float(np.linalg.norm(direction))
    if length < 1e-6:
        return Markup("")
    ahead = direction / length
    across = np.array([-ahead[1], ahead[0]])
    return svg.polyline(np.stack([at - across * 3.5, at + ahead * 11, at + across * 3.5]), cls)
