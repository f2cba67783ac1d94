"""The simulated headset: four fisheye cameras and a rectified stereo pair, of the kind a real headset carries.

Each camera is given by where it is, where it looks and which way its image runs down, in the body frame (x right,
y down, z forward). The numbers are round ones of our own, near those of a real rig.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xperience.episode import geometry
from xperience.episode.cameras import FISHEYE_VIEWS, STEREO_VIEWS, Camera, Rig
from xperience.errors import UsageError

FISHEYE_SIZE = (1088, 1280)
STEREO_SIZE = (512, 512)
BASELINE = 0.145
DEPTH_SCALE = 0.5
"""Size of the depth image over that of the stereo images."""

_CENTRES = ((-0.09, 0.03, 0.24), (0.055, 0.03, 0.24), (-0.135, 0.027, 0.05), (0.095, 0.027, 0.05))
_AXES = ((-0.44, 0.50, 0.75), (0.43, 0.50, 0.75), (-0.75, 0.49, -0.43), (0.75, 0.50, -0.44))
_DOWNS = ((-0.86, 0.0, -0.51), (0.87, 0.0, -0.49), (0.50, 0.0, -0.87), (-0.50, 0.0, -0.87))
_FISHEYE_K = ((395, 395, 540, 670), (394, 394, 540, 655), (395, 395, 545, 655), (395, 395, 540, 645))
_FISHEYE_D = (
    (-0.057, 0.003, -0.0065, 0.0018),
    (-0.055, -0.0045, -0.0015, 0.0007),
    (-0.058, 0.001, -0.0065, 0.0024),
    (-0.056, -0.0055, 0.0, 0.0001),
)
_STEREO_K = (200, 200, 256, 256)
_STEREO_AXIS, _STEREO_DOWN = (0.0, 0.746, 0.666), (0.0, 0.666, -0.746)

SMALLEST, LARGEST = 32, 1088


def _looking(centre: tuple[float, ...], axis: tuple[float, ...], down: tuple[float, ...]) -> np.ndarray:
    """T_camera_body of a camera at `centre` with its z along `axis` and its y as near `down` as a right angle allows."""
    z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    y = np.asarray(down, np.float64) - np.dot(down, z) * z
    y /= np.linalg.norm(y)
    rotation = np.stack([np.cross(y, z), y, z])
    return geometry.transform(rotation, -rotation @ np.asarray(centre, np.float64))


def full_rig() -> Rig:
    """The rig at the sizes of real recordings."""
    cameras = {}
    for k, view in enumerate(FISHEYE_VIEWS):
        T_camera_body = _looking(_CENTRES[k], _AXES[k], _DOWNS[k])
        K, D = np.array(_FISHEYE_K[k], np.float64), np.array(_FISHEYE_D[k])
        cameras[view] = Camera(view, "equidistant", K, D, T_camera_body, FISHEYE_SIZE)
    left = _looking(_CENTRES[0], _STEREO_AXIS, _STEREO_DOWN)
    right = geometry.transform(np.eye(3), np.array([-BASELINE, 0.0, 0.0])) @ left
    for view, T_camera_body in zip(STEREO_VIEWS, (left, right), strict=True):
        cameras[view] = Camera(view, "none", np.array(_STEREO_K, np.float64), np.zeros(0), T_camera_body, STEREO_SIZE)
    return Rig(cameras, BASELINE)


def view_size(view: str, width: int) -> tuple[int, int]:
    """(width, height) of a view `width` pixels wide: fisheye views keep the rig's shape with an even height."""
    if view in STEREO_VIEWS:
        return width, width
    return width, 2 * round(width * FISHEYE_SIZE[1] / FISHEYE_SIZE[0] / 2)


def rig_at(width: int | None) -> Rig:
    """The rig scaled so that every view is `width` pixels wide; None for the real sizes.

    Raises:
        UsageError: the width is odd, too small or larger than the real fisheye views.
    """
    rig = full_rig()
    if width is None:
        return rig
    if not SMALLEST <= width <= LARGEST or width % 2:
        raise UsageError(
            "images cannot be made at this width",
            field="--size",
            found=width,
            expected=f"an even number from {SMALLEST} to {LARGEST}, or 'real'",
        )
    cameras = {view: camera.scaled(view_size(view, width)) for view, camera in rig.cameras.items()}
    return replace(rig, cameras=cameras)


def depth_camera(rig: Rig) -> Camera:
    """The left rectified camera at the size of the depth image."""
    left = rig["stereo_left"]
    assert left.size is not None
    size = (round(left.size[0] * DEPTH_SCALE), round(left.size[1] * DEPTH_SCALE))
    return replace(left.scaled(size), name="depth")
