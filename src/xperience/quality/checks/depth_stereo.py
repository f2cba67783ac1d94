"""Does depth agree with the stereo pair? The right picture, warped by depth, must look like the left one."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from xperience.episode.cameras import Camera
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

SCALES = np.exp(np.linspace(np.log(0.6), np.log(1 / 0.6), 41))
"""Factors on depth that are tried: 2.5 % apart."""

WRONG = Threshold(0.17, "share", "clean simulated recordings at 128 pixels come out within 0.11, finer ones nearer")
FRAMES = 12
LEAST_PIXELS = 200
LEAST_GAIN = Threshold(0.04, "share", "how much smaller the residual is at the best factor than at factors 1.6 away")
NEAREST, FARTHEST = 0.15, 1000.0
"""Depth that is looked at, metres."""

AGREE = 0.6
"""Share of frames that must agree on the direction of the error."""


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    depth, rig = episode.depth, episode.rig
    wanted = ("stereo_left", "stereo_right")
    if (
        not depth.present
        or rig is None
        or rig.baseline is None
        or not all(v in rig and v in episode.views for v in wanted)
    ):
        return []
    if any(evidence.digest(view) is None for view in wanted):
        return []
    camera = rig["stereo_left"]
    count = min(len(depth), *(len(d) for v in wanted if (d := evidence.digest(v)) is not None))
    if camera.size is None or count < 1 or not depth.shape[1] * depth.shape[2]:
        return []
    best = []
    for k in np.unique(np.linspace(0, count - 1, FRAMES).astype(int)):
        left, right = (episode.video(view).frames(int(k), int(k) + 1) for view in wanted)
        if len(left) and len(right):
            factor = best_scale(left[0], right[0], depth.frames(int(k), int(k) + 1)[0][0], camera, rig.baseline)
            if factor is not None:
                best.append(factor)
    if len(best) < 4:
        return []
    middle = float(np.median(best))
    agree = np.mean(np.sign(np.log(best)) == np.sign(np.log(middle)))
    if abs(np.log(middle)) > np.log1p(WRONG.value) and agree >= AGREE:
        reason = f"the stereo pair asks for depth times {middle:.2f}"
        return [Finding("depth_stereo", "depth", 0.0, episode.clock.duration_s, abs(middle - 1), WRONG.value, reason)]
    return []


def best_scale(left: np.ndarray, right: np.ndarray, depth: np.ndarray, camera: Camera, baseline: float) -> float | None:
    """Factor on depth [h, w] that makes the pair [H, W, 3] agree best; None where the pictures cannot tell."""
    height, width = depth.shape
    step_x, step_y = left.shape[1] / width, left.shape[0] / height
    valid = (depth > NEAREST) & (depth < FARTHEST)
    rows, columns = np.nonzero(valid)
    if len(rows) < LEAST_PIXELS:
        return None
    u, v = (columns + 0.5) * step_x - 0.5, (rows + 0.5) * step_y - 0.5
    images = [gaussian_filter(image.mean(2, dtype=np.float32), 0.7) for image in (left, right)]
    images = [image - gaussian_filter(image, 6.0) for image in images]
    texture = np.abs(np.gradient(images[0], axis=1))
    held = map_coordinates(texture, [v, u], order=1) > np.percentile(texture, 60)
    u, v, z = u[held], v[held], depth[rows[held], columns[held]]
    if len(u) < LEAST_PIXELS:
        return None
    reference = map_coordinates(images[0], [v, u], order=1)
    costs = []
    inside = u - camera.K[0] * baseline / (SCALES[0] * z) > 1
    if inside.sum() < LEAST_PIXELS:
        return None
    u, v, z, reference = u[inside], v[inside], z[inside], reference[inside]
    for scale in SCALES:
        seen = map_coordinates(images[1], [v, u - camera.K[0] * baseline / (scale * z)], order=1)
        costs.append(np.minimum(np.abs(seen - reference), 20.0).mean())
    cost = np.array(costs)
    at = int(np.argmin(cost))
    far = np.concatenate([cost[: max(0, at - 10)], cost[at + 11 :]])
    if len(far) and 1 - cost[at] / far.min() < LEAST_GAIN.value:
        return None
    return float(SCALES[at])


CHECK = Check(
    name="depth_stereo",
    reads=("depth", "stereo_left", "stereo_right"),
    question="Does depth agree with the stereo pair?",
    thresholds={"wrong": WRONG, "gain": LEAST_GAIN},
    run=run,
)
