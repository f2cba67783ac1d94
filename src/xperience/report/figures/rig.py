"""Where the six cameras sit on the headset and how far each looks, from above."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.episode import geometry
from xperience.episode.cameras import STEREO_VIEWS, VIEWS, Camera
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 120
TITLE = "Cameras on the headset"
WHAT = "The calibrated cameras from above: place, direction and width of view of each lens."
WIDTH, HEIGHT = 360, 300
REACH = 92.0
"""Length of a drawn field of view, pixels."""


def draw(scene: Scene) -> Card:
    rig = scene.episode.rig
    if rig is None or not rig.cameras:
        return Card(TITLE, WHAT, absent="no calibration in the recording")
    cameras = [rig[view] for view in VIEWS if view in rig]
    poses = np.stack([geometry.invert(camera.T_camera_body) for camera in cameras])
    flat = np.stack([poses[:, 0, 3], -poses[:, 2, 3]], 1)  # body x to the right, ahead (z) upwards
    placed, scale = svg.fit(flat, (80, 122, WIDTH - 160, 56), least=0.02)
    parts: list[Markup] = []
    for camera, pose, at in zip(cameras, poses, placed, strict=True):
        ahead = np.array([pose[0, 2], -pose[2, 2]])
        length = float(np.linalg.norm(ahead))
        kind = "pinhole" if camera.name in STEREO_VIEWS else "fisheye"
        if length > 0.15:
            parts.append(_wedge(at, ahead / length, half_angle(camera), kind))
    for camera, at in zip(cameras, placed, strict=True):
        kind = "pinhole" if camera.name in STEREO_VIEWS else "fisheye"
        parts.append(svg.circle(at[0], at[1], 4, f"camera {kind}"))
    parts.append(svg.text(WIDTH / 2, 14, "ahead", "label", "middle"))
    parts += svg.scale_bar(12, HEIGHT - 8, scale, 90)
    parts.append(svg.text(WIDTH - 8, HEIGHT - 4, "fisheye", "label fisheye-text", "end"))
    parts.append(svg.text(WIDTH - 64, HEIGHT - 4, "stereo", "label pinhole-text", "end"))
    angles = {round(2 * np.degrees(half_angle(camera))) for camera in cameras if camera.name not in STEREO_VIEWS}
    facts = [f"{len(cameras)} of 6 calibrated"]
    if angles:
        facts.append(
            f"fisheye {min(angles)}\u00b0 wide" if len(angles) == 1 else f"fisheye {min(angles)} to {max(angles)}\u00b0"
        )
    return Card(TITLE, WHAT, svg.drawing(WIDTH, HEIGHT, parts, "cameras on the headset from above"), tuple(facts))


def half_angle(camera: Camera) -> float:
    """Half the horizontal field of view at the height of the centre, radians, as far as the picture or the lens reaches.

    Without a video the picture is taken to be twice as wide as its centre.
    """
    _, _, cx, cy = camera.K
    width = camera.size[0] if camera.size is not None else 2 * cx
    rays, seen = camera.unproject(np.array([[0.0, cy], [width - 1.0, cy]]))
    angles = np.where(seen, np.arccos(np.clip(rays[:, 2], -1, 1)), camera.max_angle)
    return float(angles.mean())


def _wedge(at: np.ndarray, ahead: np.ndarray, half: float, kind: str) -> Markup:
    angles = np.arctan2(ahead[1], ahead[0]) + np.linspace(-half, half, 25)
    rim = at + REACH * np.stack([np.cos(angles), np.sin(angles)], 1)
    return svg.polyline(np.concatenate([at[None], rim, at[None]]), f"wedge {kind}")
