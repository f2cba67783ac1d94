"""The body from the front and from the side, at one moment, with what it touches."""

from __future__ import annotations

import numpy as np

from xperience.episode.skeletons import SMPLH_PARENTS, bones
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 60
TITLE = "Body"
WHAT = (
    "52 joints of the whole body, seen from the front and from the side; most likely estimated from head pose and hands. "
    "Marked joints touch something."
)
WIDTH, HEIGHT = 360, 290


def draw(scene: Scene) -> Card:
    body, contacts = scene.episode.body, scene.episode.contacts
    if not body.present:
        return Card(TITLE, WHAT, absent=body.reason)
    frame = scene.frame
    facts = ("52 joints, metres", f"usable {body.valid.mean():.0%} of the time" if len(body) else "empty")
    if frame >= len(body) or not body.valid[frame]:
        return Card(TITLE, WHAT, absent="not usable at the moment shown", facts=facts)
    front, side = profile(body.values[frame].astype(np.float64))
    both = np.stack([front, side + np.array([1.3, 0.0])])
    placed, scale = svg.fit(both, (10, 22, WIDTH - 20, HEIGHT - 50))
    ground = float(placed[..., 1].max()) + 4
    parts = [svg.line(10, ground, WIDTH - 10, ground, "axis")]
    for view in placed:
        pairs = bones(SMPLH_PARENTS)
        parts += svg.skeleton(view, [b for b in pairs if b[1] < 22], "body")
        parts += svg.skeleton(view, [b for b in pairs if 22 <= b[1] < 37], "left", joints=False)
        parts += svg.skeleton(view, [b for b in pairs if b[1] >= 37], "right", joints=False)
        if frame < len(contacts) and contacts.valid[frame]:
            touching = np.flatnonzero(contacts.values[frame] > 0.5) + 1
            parts.append(svg.dots(view[touching], "joint touch"))
    for view, name in zip(placed, ("front", "side"), strict=True):
        parts.append(svg.text(float(view[0, 0]), 14, name, "label", "middle"))
    parts += svg.scale_bar(12, HEIGHT - 6, scale, 90)
    return Card(TITLE, WHAT, svg.drawing(WIDTH, HEIGHT, parts, "body skeleton from front and side"), facts)


def profile(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[52, 3] world joints to [52, 2] front and side drawings: metres, y down, the person facing us or to the right."""
    across = joints[1, :2] - joints[2, :2]  # right hip to left hip: the person's left
    norm = np.linalg.norm(across)
    left = across / norm if norm > 1e-6 else np.array([0.0, 1.0])
    ahead = np.array([left[1], -left[0]])
    flat = joints[:, :2] - joints[0, :2]
    return np.stack([flat @ left, -joints[:, 2]], 1), np.stack([flat @ ahead, -joints[:, 2]], 1)
