"""How the camera turned between frames, from the pictures alone.

A camera that turns by the small rotation omega (its own axes) sees the ray r at r - omega x r in the next frame, so
brightness constancy is linear in omega: I1 - I0 = -(grad I . d pixel / d omega) omega. Solved for all pixels of the
lens at once with Tukey weights (hands and parallax are outliers), coarse to fine, warping the second image back
after each step (Lucas and Kanade 1981, with the three parameters of a rotation instead of a shift).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates, uniform_filter

from xperience.episode.cameras import Camera
from xperience.quality.evidence import VideoDigest
from xperience.quality.sync.alignment import TUKEY, Increments

LEVELS = (3.0, 1.5, 0.8)
"""Blur of the images in digest pixels, from coarse to fine: 3 pixels reach turns of about 10 degrees a frame."""

SHADING = 15
"""Width in digest pixels of what counts as slow shading."""

MIN_CONTRAST = 1.0
"""Standard deviation of the band-passed image (grey levels of 255) below which a frame shows nothing to hold on to."""

EDGE = 0.97
"""Share of the lens radius that is used: the rim is vignetted."""


def turns(digest: VideoDigest, camera: Camera) -> np.ndarray:
    """[F - 1, 3] rotation of the camera between frames, radians in its own axes; NaN where the picture cannot tell.

    Args:
        digest: F frames of the view.
        camera: the view's calibrated camera at full size.
    """
    solver = _Solver(digest.camera(camera))
    angle = np.full((max(0, len(digest) - 1), 3), np.nan)
    before = None
    for k in range(len(digest)):
        image = digest.gray[k]
        repeated = k > 0 and np.array_equal(image, digest.gray[k - 1])
        now = solver.bands(image)
        if before is not None and not repeated and solver.rich(now) and solver.rich(before):
            angle[k - 1] = solver.solve(before, now)
        before = now
    return angle


def increments(angle: np.ndarray, camera: Camera, times_s: np.ndarray) -> Increments:
    """Turns of a camera [F - 1, 3] as motion of the body; frame k of the video belongs to frame k of the clock [N]."""
    count = min(len(angle) + 1, len(times_s))
    in_body = angle[: count - 1] @ camera.T_camera_body[:3, :3]
    return Increments(times_s[: count - 1], times_s[1:count], in_body)


class _Solver:
    """Precomputed rays and derivatives of one camera at digest size."""

    def __init__(self, camera: Camera) -> None:
        assert camera.size is not None
        width, height = camera.size
        grid = np.stack(np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float)), -1)
        rays, seen = camera.unproject(grid)
        if camera.distortion != "none":
            with np.errstate(invalid="ignore"):
                seen &= np.arccos(np.clip(rays[..., 2], -1, 1)) < EDGE * camera.max_angle
        seen[[0, -1], :] = seen[:, [0, -1]] = False
        seen[::2, ::2] = seen[1::2, 1::2] = False  # every other pixel: the images are blurred by more than that
        self.mask = seen
        self.pixels = grid[seen]
        step = 1e-4
        columns = []
        for axis in np.eye(3):
            moved, _ = camera.project(rays[seen] - step * np.cross(axis, rays[seen]))
            columns.append((moved - self.pixels) / step)
        self.motion = np.nan_to_num(np.stack(columns, -1))  # [P, 2, 3] pixels a radian

    def bands(self, image: np.ndarray) -> list[np.ndarray]:
        """The image blurred to each level, with the slow shading (exposure, vignetting) taken out."""
        picture = image.astype(np.float32)
        shading = uniform_filter(picture, SHADING)
        return [gaussian_filter(picture, blur) - shading for blur in LEVELS]

    def rich(self, bands: list[np.ndarray]) -> bool:
        return bool(self.mask.any()) and float(bands[-1][self.mask].std()) > MIN_CONTRAST

    def solve(self, before: list[np.ndarray], now: list[np.ndarray]) -> np.ndarray:
        """Rotation [3] of the camera from one frame to the next, in its own axes."""
        omega = np.zeros(3)
        for first, second in zip(before, now, strict=True):
            gy, gx = np.gradient(first)
            rows = gx[self.mask][:, None] * self.motion[:, 0] + gy[self.mask][:, None] * self.motion[:, 1]
            reference = first[self.mask]
            for _ in range(2):
                # To first order in the turn: at 2 degrees a frame the neglected term is 0.03 digest pixels.
                moved = self.pixels + self.motion @ omega
                rest = map_coordinates(second, moved.T[::-1], order=1, mode="nearest", prefilter=False) - reference
                scale = max(1.4826 * float(np.median(np.abs(rest))), 0.5)
                weight = np.clip(1 - (rest / (TUKEY * scale)) ** 2, 0, None) ** 2
                weighted = rows * weight[:, None]
                normal = weighted.T @ rows
                # A little damping: where the picture says nothing about an axis, the answer is no turn about it.
                normal += np.eye(3) * 1e-3 * max(float(np.trace(normal)), 1e-6)
                omega = omega - np.linalg.solve(normal, weighted.T @ rest)
        return omega
