"""Lens models: there and back again for any plausible lens, and dark outside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xperience.episode.cameras import LENS_RADIUS, Camera

lenses = st.builds(
    lambda f, aspect, c, d: Camera(
        "fisheye_cam0",
        "equidistant",
        np.array([f, f * aspect, c[0], c[1]]),
        np.array(d),
        np.eye(4),
        (1088, 1280),
    ),
    st.floats(150, 700),
    st.floats(0.98, 1.02),
    st.tuples(st.floats(450, 640), st.floats(560, 720)),
    st.tuples(st.floats(-0.05, 0.1), st.floats(-0.03, 0.03), st.floats(-0.01, 0.01), st.floats(-0.003, 0.003)),
)
pinholes = st.builds(
    lambda f, c: Camera("stereo_left", "none", np.array([f, f, c, c]), np.zeros(0), np.eye(4), (512, 512)),
    st.floats(100, 1000),
    st.floats(200, 300),
)


def directions(seed: int, count: int = 200) -> np.ndarray:
    rays = np.random.default_rng(seed).normal(size=(count, 3))
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(lenses | pinholes, st.integers(0, 1000))
def test_a_point_projects_and_comes_back(camera: Camera, seed: int) -> None:
    rays = directions(seed)
    distances = np.random.default_rng(seed).uniform(0.1, 20, (len(rays), 1))
    pixels, seen = camera.project(rays * distances)
    back, lit = camera.unproject(pixels)
    assert lit[seen].all()
    np.testing.assert_allclose(back[seen], rays[seen], atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(lenses | pinholes, st.integers(0, 1000))
def test_a_pixel_unprojects_and_comes_back(camera: Camera, seed: int) -> None:
    assert camera.size is not None
    pixels = np.random.default_rng(seed).uniform(-0.4, np.array(camera.size) - 0.6, (200, 2))
    rays, lit = camera.unproject(pixels)
    assert np.isnan(rays[~lit]).all()
    np.testing.assert_allclose(np.linalg.norm(rays[lit], axis=1), 1, atol=1e-12)
    back, seen = camera.project(rays[lit] * 3)
    assert seen.all()
    np.testing.assert_allclose(back, pixels[lit], atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(lenses)
def test_corners_of_a_fisheye_image_are_outside_the_lens(camera: Camera) -> None:
    assert camera.size is not None
    width, height = camera.size
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], float)
    radius = np.hypot(*((corners - camera.K[2:]) / camera.K[:2]).T)
    assume((radius > 1.01 * LENS_RADIUS).all())
    rays, lit = camera.unproject(corners)
    assert not lit.any() and np.isnan(rays).all()


def test_equidistant_formula() -> None:
    """r = theta (1 + k1 theta^2 + ...): a ray at 0.5 rad along x and one along y."""
    k = np.array([0.02, -0.01, 0.003, -0.001])
    camera = Camera("fisheye_cam1", "equidistant", np.array([300.0, 310.0, 500.0, 600.0]), k, np.eye(4), None)
    theta = 0.5
    r = theta * (1 + k[0] * theta**2 + k[1] * theta**4 + k[2] * theta**6 + k[3] * theta**8)
    pixels, seen = camera.project(
        np.array([[np.sin(theta), 0, np.cos(theta)], [0, 2 * np.sin(theta), 2 * np.cos(theta)], [0, 0, 1]])
    )
    assert seen.all()
    np.testing.assert_allclose(pixels, [[500 + 300 * r, 600], [500, 600 + 310 * r], [500, 600]], atol=1e-9)


def test_opencv_agrees_on_the_fisheye() -> None:
    cv2 = pytest.importorskip("cv2")
    K, k = np.array([470.0, 471.0, 540.0, 633.0]), np.array([0.015, -0.02, 0.008, -0.0015])
    camera = Camera("fisheye_cam2", "equidistant", K, k, np.eye(4), None)
    points = directions(1) * 2
    points = points[points[:, 2] > 0.2]
    matrix = np.array([[K[0], 0, K[2]], [0, K[1], K[3]], [0, 0, 1]])
    expected, _ = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), matrix, k)
    pixels, seen = camera.project(points)
    assert seen.all()
    np.testing.assert_allclose(pixels, expected[:, 0], atol=1e-6)


def test_behind_the_camera_and_at_its_centre() -> None:
    pinhole = Camera("stereo_left", "none", np.array([200.0, 200, 256, 256]), np.zeros(0), np.eye(4), (512, 512))
    pixels, seen = pinhole.project(np.array([[0.1, 0, -1], [0, 0, 0], [np.nan, 0, 1], [100, 0, 1]]))
    assert not seen.any()
    assert np.isnan(pixels[:3]).all() and np.isfinite(pixels[3]).all()  # the last is beside the image, not behind it


def test_scaling_keeps_the_rays() -> None:
    camera = Camera("stereo_left", "none", np.array([200.0, 200, 256, 256]), np.zeros(0), np.eye(4), (512, 512))
    half = camera.scaled((256, 256))
    # The corner between four pixels of the large image is a pixel's centre in the small one.
    np.testing.assert_allclose(half.unproject(np.array([10.0, 20.0]))[0], camera.unproject(np.array([20.5, 40.5]))[0])
