"""Any lens as an equidistant one, with the error said."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.episode.cameras import Camera
from xperience.sources.lens import LARGEST_COEFFICIENT, fit_equidistant


def rays(field: float) -> np.ndarray:
    theta, phi = np.meshgrid(np.linspace(0.01, field, 20), np.linspace(0, 2 * np.pi, 24, endpoint=False))
    return np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1).reshape(-1, 3)


def test_an_equidistant_lens_comes_back() -> None:
    K, D = np.array([241.0, 243.0, 320.5, 238.0]), np.array([-0.024, 0.096, -0.066, 0.012])
    camera = Camera("fisheye_cam0", "equidistant", K, D, np.eye(4))
    directions = rays(1.3)
    pixels, _ = camera.project(directions)
    fit = fit_equidistant(pixels, directions, 230.0, (310.0, 250.0))
    np.testing.assert_allclose(fit.K, K, atol=1e-3)
    np.testing.assert_allclose(fit.D, D, atol=1e-4)
    assert fit.worst_px < 1e-3
    assert fit.field_deg == pytest.approx(np.degrees(1.3))


def test_error_of_another_lens_is_what_it_is() -> None:
    """A lens with six radial powers and a sideways term, as Aria's."""
    directions = rays(1.0)
    theta = np.arccos(directions[:, 2])
    unit = directions[:, :2] / np.sin(theta)[:, None]
    radius = theta * (1 + 0.40 * theta**2 - 0.50 * theta**4 + 0.24 * theta**6 + 0.99 * theta**8 - 1.57 * theta**10)
    radius = radius + 0.61 * theta**13
    pixels = 607.0 * radius[:, None] * unit + [704.0, 718.0] + 0.5 * np.stack([theta**2, 0 * theta], 1)
    fit = fit_equidistant(pixels, directions, 607.0, (704.0, 718.0))
    got, seen = Camera("fisheye_cam0", "equidistant", fit.K, fit.D, np.eye(4)).project(directions)
    assert seen.all()
    distance = np.linalg.norm(got - pixels, axis=1)
    assert fit.rms_px == pytest.approx(np.sqrt(np.mean(distance**2)))
    assert fit.worst_px == pytest.approx(distance.max())
    assert 0.05 < fit.rms_px < 2.0
    assert np.abs(fit.D).max() <= LARGEST_COEFFICIENT
