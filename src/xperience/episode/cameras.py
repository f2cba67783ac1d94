"""Camera models and the rig: where a point in the world lands in each of the six views.

Two lens models. *Pinhole*: u = fx x/z + cx. *Equidistant* (Kannala and Brandt 2006, as in OpenCV's fisheye
module): with theta the angle from the optical axis, r = theta (1 + k1 theta^2 + k2 theta^4 + k3 theta^6 +
k4 theta^8), u = fx r cos(phi) + cx. Camera axes: x right, y down, z along the optical axis. Pixel centres are
at integer coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xperience.episode import geometry

FISHEYE_VIEWS = ("fisheye_cam0", "fisheye_cam1", "fisheye_cam2", "fisheye_cam3")
STEREO_VIEWS = ("stereo_left", "stereo_right")
VIEWS = FISHEYE_VIEWS + STEREO_VIEWS

LENS_RADIUS = 1.5
"""Radius of the lit circle of a fisheye image in focal lengths; image corners reach about 2.2 and are dark."""

MAX_NEWTON = 30
"""Most steps of inverting a lens; three do, except at the rim of a lens whose radius has stopped growing."""


@dataclass(frozen=True)
class Camera:
    """One calibrated view.

    Attributes:
        name: view name, one of VIEWS.
        distortion: "none" (pinhole) or "equidistant".
        K: fx, fy, cx, cy in pixels.
        D: k1..k4 of the equidistant model; empty for a pinhole.
        T_camera_body: [4, 4], takes body coordinates to camera coordinates, metres.
        size: (width, height) in pixels, or None where the video is absent.
    """

    name: str
    distortion: str
    K: np.ndarray
    D: np.ndarray
    T_camera_body: np.ndarray
    size: tuple[int, int] | None = None

    def scaled(self, size: tuple[int, int]) -> Camera:
        """The same lens on an image of another (width, height)."""
        assert self.size is not None, "a camera without an image size cannot be scaled"
        sx, sy = size[0] / self.size[0], size[1] / self.size[1]
        fx, fy, cx, cy = self.K
        K = np.array([fx * sx, fy * sy, (cx + 0.5) * sx - 0.5, (cy + 0.5) * sy - 0.5])
        return replace(self, K=K, size=size)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Camera-frame points [..., 3] to pixels [..., 2] and a mask [...] of those the lens sees.

        Pixels outside the lens or behind a pinhole are NaN. With a known size the mask also asks for the pixel to
        lie in the image.
        """
        points = np.asarray(points, np.float64)
        x, y, z = np.moveaxis(points, -1, 0)
        fx, fy, cx, cy = self.K
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.distortion == "none":
                seen = z > 1e-9
                u, v = x / z, y / z
            else:
                planar = np.hypot(x, y)
                theta = np.arctan2(planar, z)
                seen = (theta <= self.max_angle) & (planar + np.abs(z) > 1e-12)
                radius = self._radius(theta)
                scale = np.where(planar > 1e-12, radius / np.where(planar > 1e-12, planar, 1.0), 1.0)
                u, v = x * scale, y * scale
        pixels = np.stack([fx * u + cx, fy * v + cy], -1)
        seen &= np.isfinite(pixels).all(-1)
        pixels = np.where(seen[..., None], pixels, np.nan)
        if self.size is not None:
            seen &= self._inside(pixels)
        return pixels, seen

    def unproject(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [..., 2] to unit rays [..., 3] in the camera frame and a mask; NaN outside the lens."""
        pixels = np.asarray(pixels, np.float64)
        fx, fy, cx, cy = self.K
        u, v = (pixels[..., 0] - cx) / fx, (pixels[..., 1] - cy) / fy
        if self.distortion == "none":
            rays = np.stack([u, v, np.ones_like(u)], -1)
            rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
            return rays, np.isfinite(rays).all(-1)
        radius = np.hypot(u, v)
        seen = radius <= self._radius(np.asarray(self.max_angle))
        theta = np.interp(radius, *self._table)
        for _ in range(MAX_NEWTON):  # from a start good to 1e-4
            slope = self._slope(theta)
            better = theta - (self._radius(theta) - radius) / np.where(np.abs(slope) < 1e-9, 1.0, slope)
            step = np.clip(better, 0.0, self.max_angle) - theta
            theta = theta + step
            if not (np.abs(step[seen]) > 1e-13).any():
                break
        sine = np.where(radius > 1e-12, np.sin(theta) / np.where(radius > 1e-12, radius, 1.0), 1.0)
        rays = np.stack([u * sine, v * sine, np.cos(theta)], -1)
        return np.where(seen[..., None], rays, np.nan), seen

    @cached_property
    def max_angle(self) -> float:
        """Largest angle from the axis that the lens images, radians."""
        if self.distortion == "none":
            return np.pi / 2
        angles = np.linspace(0, np.pi, 4097)
        radius = self._radius(angles)
        turning = np.diff(radius) <= 0
        bad = turning | (radius[1:] > LENS_RADIUS)
        last = int(np.argmax(bad)) if bad.any() else len(angles) - 1
        if bad.any() and turning[last]:  # the radius is largest within a step of here: stay where it still grows
            last = max(0, last - 1)
        return float(angles[last])

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        angles = np.linspace(0, self.max_angle, 2049)
        return self._radius(angles), angles

    def _radius(self, theta: np.ndarray) -> np.ndarray:
        k1, k2, k3, k4 = self.D
        square = theta * theta
        return theta * (1 + square * (k1 + square * (k2 + square * (k3 + square * k4))))

    def _slope(self, theta: np.ndarray) -> np.ndarray:
        k1, k2, k3, k4 = self.D
        square = theta * theta
        return 1 + square * (3 * k1 + square * (5 * k2 + square * (7 * k3 + square * 9 * k4)))

    def _inside(self, pixels: np.ndarray) -> np.ndarray:
        assert self.size is not None
        width, height = self.size
        with np.errstate(invalid="ignore"):
            u, v = pixels[..., 0], pixels[..., 1]
            return (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)


@dataclass(frozen=True)
class Rig:
    """The six calibrated views of a headset, by view name; views whose calibration is missing are not in it."""

    cameras: dict[str, Camera]
    baseline: float | None = None

    def __getitem__(self, view: str) -> Camera:
        return self.cameras[view]

    def __contains__(self, view: str) -> bool:
        return view in self.cameras

    def T_world_camera(self, view: str, T_world_body: np.ndarray) -> np.ndarray:
        """Camera to world [..., 4, 4] from body to world [..., 4, 4]."""
        return T_world_body @ geometry.invert(self.cameras[view].T_camera_body)
