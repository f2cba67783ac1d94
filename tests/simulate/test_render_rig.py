"""The simulated rig against the real one, and at the sizes that can be asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.episode.cameras import FISHEYE_VIEWS, VIEWS, Camera
from xperience.errors import UsageError
from xperience.simulate.rig import depth_camera, full_rig, rig_at


def real_cameras(real: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """K, D, T_camera_body of a real rig by view."""
    stored = json.loads((real / "xperience_sample" / "calibration.json").read_text())
    cameras, previous = {}, np.eye(4)
    for k, view in enumerate(FISHEYE_VIEWS):
        one = stored[f"cam{k}"]
        previous = np.array(one["T_c_b"]) if k == 0 else np.array(one["T_cn_cnm1"]) @ previous
        cameras[view] = (np.array(one["K"]), np.array(one["D"]), previous)
    pair = stored["cam01"]
    left = np.array(pair["T_c0_b"])
    right = geometry.transform(np.eye(3), np.array([-pair["baseline"], 0, 0])) @ left
    cameras["stereo_left"] = (np.array(pair["K"]), np.zeros(0), left)
    cameras["stereo_right"] = (np.array(pair["K"]), np.zeros(0), right)
    return cameras


def lens_radius(camera: Camera, angles: np.ndarray) -> np.ndarray:
    """Pixels from the principal point at angles from the axis."""
    points = np.stack([np.sin(angles), np.zeros_like(angles), np.cos(angles)], -1)
    pixels, seen = Camera(camera.name, camera.distortion, camera.K, camera.D, np.eye(4)).project(points)
    assert seen.all()
    return pixels[:, 0] - camera.K[2]


@pytest.mark.parametrize("view", VIEWS)
def test_like_a_real_rig(real: Path, view: str) -> None:
    K, D, T = real_cameras(real)[view]
    ours = full_rig()[view]
    theirs = Camera(view, ours.distortion, K, D, T)
    turn = ours.T_camera_body[:3, :3] @ T[:3, :3].T
    assert np.degrees(np.linalg.norm(geometry.matrix_to_rotvec(turn))) < 3
    centres = [geometry.invert(pose)[:3, 3] for pose in (ours.T_camera_body, T)]
    assert np.linalg.norm(centres[0] - centres[1]) < 0.015
    np.testing.assert_allclose(ours.K, K, rtol=0.02)
    angles = np.linspace(0.05, 1.45 if len(D) else 0.8, 30)
    np.testing.assert_allclose(lens_radius(ours, angles), lens_radius(theirs, angles), rtol=0.02)


def test_no_number_is_that_of_a_real_rig(real: Path) -> None:
    for view, (_K, D, T) in real_cameras(real).items():
        ours = full_rig()[view]
        for mine, theirs in ((ours.D, D), (ours.T_camera_body[:3], T[:3])):
            same = np.isclose(mine, theirs, rtol=1e-5, atol=1e-7) & (np.abs(theirs) > 1e-3) & (np.abs(theirs) < 0.999)
            assert not same.any(), (view, mine, theirs)


def test_pair_is_rectified_and_shares_centres_with_the_front_cameras() -> None:
    rig = full_rig()
    centres = {view: geometry.invert(rig[view].T_camera_body)[:3, 3] for view in VIEWS}
    np.testing.assert_allclose(centres["stereo_left"], centres["fisheye_cam0"], atol=1e-9)
    np.testing.assert_allclose(centres["stereo_right"], centres["fisheye_cam1"], atol=1e-9)
    point = np.array([[0.1, 0.4, 0.8]])
    pixels = [
        rig[view].project(geometry.apply(rig[view].T_camera_body, point))[0][0]
        for view in ("stereo_left", "stereo_right")
    ]
    z = geometry.apply(rig["stereo_left"].T_camera_body, point)[0, 2]
    assert rig.baseline is not None
    np.testing.assert_allclose(pixels[0] - pixels[1], [200 * rig.baseline / z, 0], atol=1e-9)


def test_sizes_keep_the_shape_of_the_views() -> None:
    for width in (64, 160, 1088):
        rig = rig_at(width)
        for view in VIEWS:
            assert rig[view].size is not None
            assert rig[view].size[0] == width
        height = rig["fisheye_cam0"].size[1]
        assert height % 2 == 0
        assert abs(height - width * 1280 / 1088) <= 1
        assert rig["stereo_left"].size == (width, width)
        assert depth_camera(rig).size == (width // 2, width // 2)
    assert rig_at(None)["fisheye_cam0"].size == (1088, 1280)
    assert rig_at(None)["stereo_left"].size == (512, 512)
    small, large = rig_at(160)["stereo_left"], rig_at(None)["stereo_left"]
    point = np.array([0.2, -0.1, 1.0])
    np.testing.assert_allclose((small.project(point)[0] + 0.5) / 160, (large.project(point)[0] + 0.5) / 512, atol=1e-12)


@pytest.mark.parametrize("width", [0, 31, 161, 4000])
def test_impossible_sizes_are_refused(width: int) -> None:
    with pytest.raises(UsageError):
        rig_at(width)
