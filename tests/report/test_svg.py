"""Drawings: what must not be lost or let through."""

from __future__ import annotations

import numpy as np

from xperience.report import svg


def test_text_and_attributes_are_escaped() -> None:
    made = svg.text(0, 0, "<script>alert(1)</script>", 'a" onload="x')
    assert "<script>" not in made and 'onload="x"' not in made
    assert "&lt;script&gt;" in made


def test_thinning_keeps_single_peaks() -> None:
    times = np.arange(10_000) / 200
    values = np.zeros(10_000)
    values[1234], values[7777] = 9.0, -7.0
    x, y = svg.thin(times, values, 100)
    assert len(x) <= 200
    assert y.max() == 9.0 and y.min() == -7.0
    assert (np.diff(x) > 0).all()


def test_thinning_breaks_where_everything_is_missing() -> None:
    values = np.ones(1000)
    values[400:600] = np.nan
    _, y = svg.thin(np.arange(1000.0), values, 20)
    assert np.isnan(y).any()
    assert svg.polyline(np.stack([np.arange(len(y)), y], 1), "c").count("M") == 2


def test_ticks_are_round_and_inside() -> None:
    for low, high in ((0.0, 30.0), (-10.3, 0.2), (0.0, 0.0413), (5.0, 5.0), (-2e-4, 3e-4)):
        values = svg.ticks(low, high)
        assert values and all(low <= v <= high for v in values)
        assert len(values) <= 12
        assert all(not str(svg.tick_label(v)).startswith("\u22120") or v != 0 for v in values)


def test_fit_keeps_the_shape_and_the_box() -> None:
    points = np.array([[0.0, 0.0], [2.0, 1.0], [np.nan, 5.0]])
    placed, scale = svg.fit(points, (10, 20, 100, 100))
    good = placed[:2]
    assert (good >= [10, 20]).all() and (good <= [110, 120]).all()
    np.testing.assert_allclose(np.diff(good, axis=0)[0], np.array([2.0, 1.0]) * scale)
    assert np.isnan(placed[2]).any()
