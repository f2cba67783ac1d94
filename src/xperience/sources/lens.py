"""Fits the layout's lens model, equidistant with four coefficients, to any other lens given pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode.cameras import Camera

LARGEST_COEFFICIENT = 0.45
"""Bound on |k|. Over a real lens's field the four powers are nearly dependent: unbounded, the fit of Aria's RGB lens puts
0.73 and -0.51 against each other for 0.02 px less error, and is worse at the rim."""


@dataclass(frozen=True)
class LensFit:
    """An equidistant lens and how far it is from the one it stands for.

    Attributes:
        K: fx fy cx cy in pixels; D: k1..k4.
        rms_px, worst_px: distance between the two lenses' pixels over the whole image that both see.
        field_deg: angle from the axis that the fit reaches.
    """

    K: np.ndarray
    D: np.ndarray
    rms_px: float
    worst_px: float
    field_deg: float


def fit_equidistant(pixels: np.ndarray, rays: np.ndarray, focal: float, centre: tuple[float, float]) -> LensFit:
    """Least squares over fx fy cx cy k1..k4 of the pixel distance at given rays.

    Args:
        pixels: [n, 2] where the true lens puts the rays; rays: [n, 3] directions in camera axes (x right, y down).
        focal, centre: a first guess, pixels.
    """
    from scipy.optimize import least_squares

    planar = np.hypot(rays[:, 0], rays[:, 1])
    theta = np.arctan2(planar, rays[:, 2])
    direction = rays[:, :2] / np.maximum(planar, 1e-12)[:, None]

    def error(p: np.ndarray) -> np.ndarray:
        square = theta * theta
        radius = theta * (1 + square * (p[4] + square * (p[5] + square * (p[6] + square * p[7]))))
        return (radius[:, None] * direction * p[:2] + p[2:4] - pixels).ravel()

    start = np.array([focal, focal, *centre, 0, 0, 0, 0], np.float64)
    bound = np.array([np.inf] * 4 + [LARGEST_COEFFICIENT] * 4)
    scale = [focal, focal, 100, 100, 0.1, 0.1, 0.1, 0.1]
    best = least_squares(error, start, bounds=(-bound, bound), x_scale=scale).x
    reach = min(Camera("fisheye_cam0", "equidistant", best[:4], best[4:], np.eye(4)).max_angle, theta.max())
    distance = np.linalg.norm(error(best).reshape(-1, 2), axis=1)
    rms = float(np.sqrt(np.mean(distance**2)))
    return LensFit(best[:4], best[4:], rms, float(distance.max()), float(np.degrees(reach)))
