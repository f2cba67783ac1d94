"""The depth image that stereo matching would give: noise that grows with distance, holes, and a confidence."""

from __future__ import annotations

import numpy as np

from xperience.simulate.render.renderer import DepthHits

DEPTH_MIN, DEPTH_MAX = 0.2, 6.0
"""Range of valid depth, metres."""

FOCAL_BASELINE = 200.0 * 0.145
"""Focal length of the full-size stereo pair times baseline: disparity (pixels) = FOCAL_BASELINE / z (metres)."""
DISPARITY_NOISE = 0.04
"""Standard deviation of matching, full-size pixels; so depth is off by z^2 / FOCAL_BASELINE times this: 1.4 mm at 1 m."""
EDGE = 0.05
"""Neighbouring depths that differ by more than this share of the nearer one are an edge."""
EDGE_HOLES, GRAZING_HOLES = 0.5, 0.6
"""Share of pixels without a match at edges, and on surfaces seen at less than GRAZING."""
GRAZING = 0.12


def measure(hits: DepthHits, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Depth [H, W] float32 metres, 0 where there is none, and confidence [H, W] uint8."""
    z = hits.z.astype(np.float64)
    valid = (z >= DEPTH_MIN) & (z <= DEPTH_MAX)
    z = np.where(valid, z, DEPTH_MAX)
    edge = _edges(z)
    grazing = hits.facing < GRAZING
    noise = rng.standard_normal(z.shape)
    lost = rng.random(z.shape)
    depth = z + noise * z * z * (DISPARITY_NOISE / FOCAL_BASELINE)
    holes = (edge & (lost < EDGE_HOLES)) | (grazing & (lost < GRAZING_HOLES)) | ~valid
    holes |= (depth < DEPTH_MIN) | (depth > DEPTH_MAX)
    trust = np.clip(1.15 - z / DEPTH_MAX, 0, 1) * (0.4 + 0.6 * np.minimum(hits.facing * 2, 1))
    trust *= np.where(edge, 0.35, 1.0)
    confidence = np.round(255 * trust * (0.95 + 0.05 * lost))
    return np.where(holes, 0, depth).astype(np.float32), np.where(holes, 0, confidence).astype(np.uint8)


def _edges(z: np.ndarray) -> np.ndarray:
    """[H, W] bool: pixels beside a jump in depth."""
    edge = np.zeros(z.shape, bool)
    for axis in (0, 1):
        first = z[:-1] if axis == 0 else z[:, :-1]
        second = z[1:] if axis == 0 else z[:, 1:]
        jump = np.abs(first - second) > EDGE * np.minimum(first, second)
        low = edge[:-1] if axis == 0 else edge[:, :-1]
        high = edge[1:] if axis == 0 else edge[:, 1:]
        low |= jump
        high |= jump
    return edge
