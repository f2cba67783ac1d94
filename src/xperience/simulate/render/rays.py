"""Which ray each pixel looks along: tables made once, in the body frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.episode.cameras import Camera

VIGNETTING = 0.35
"""Share of light lost at the rim of a fisheye image; a third of that at the corners of a rectified one."""


@dataclass(frozen=True)
class ViewRays:
    """Rays of one view's lit pixels.

    Attributes:
        camera: the view.
        source: [H * W] which ray each pixel shows, row by row; n for pixels outside the lens.
        directions: [n, 3] float32 unit rays in the body frame.
        origin: [3] camera centre in the body frame.
        along_axis: [n] float32 share of a ray's length that lies along the optical axis: z = distance * along_axis.
        brightness: [n] float32 vignetting.
        pixel_angle: mean angle that a pixel covers, radians.
    """

    camera: Camera
    source: np.ndarray
    directions: np.ndarray
    origin: np.ndarray
    along_axis: np.ndarray
    brightness: np.ndarray
    pixel_angle: float

    @property
    def size(self) -> tuple[int, int]:
        assert self.camera.size is not None
        return self.camera.size


def view_rays(camera: Camera) -> ViewRays:
    """The table of one camera."""
    assert camera.size is not None
    width, height = camera.size
    u, v = np.meshgrid(np.arange(width), np.arange(height))
    rays, seen = camera.unproject(np.stack([u, v], -1).reshape(-1, 2))
    source = np.where(seen, np.cumsum(seen) - 1, seen.sum())
    rays = rays[seen]
    T_body_camera = geometry.invert(camera.T_camera_body)
    fx, fy, cx, cy = camera.K
    radius = np.hypot((u - cx) / fx, (v - cy) / fy).reshape(-1)[seen] / 1.5
    loss = VIGNETTING if camera.distortion != "none" else VIGNETTING / 3
    return ViewRays(
        camera,
        source,
        np.ascontiguousarray(rays @ T_body_camera[:3, :3].T, np.float32),
        T_body_camera[:3, 3],
        rays[:, 2].astype(np.float32),
        (1 - loss * radius**2).astype(np.float32),
        float(2 / (fx + fy)),
    )
