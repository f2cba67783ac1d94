"""Rates, jitter and cover of the sampling clocks."""

from __future__ import annotations

import numpy as np

from xperience.simulate.sensors.clocks import make_clocks


def test_frames_and_samples_share_a_clock() -> None:
    for seed in range(20):
        clocks = make_clocks(200, np.random.default_rng(seed))
        assert 1e13 <= clocks.frame_ns[0] < 1e14
        steps = np.diff(clocks.frame_ns) * 1e-9
        assert np.abs(steps - 0.05).max() < 1e-3
        assert np.ptp(steps) > 0, "a real clock jitters"
        assert abs(199 / clocks.frame_s[-1] - 20.0003) < 0.002
        assert (np.diff(clocks.imu_ns) > 0).all()
        assert abs(np.median(np.diff(clocks.imu_ns)) * 1e-9 - 0.005) < 2e-5
        assert -0.005 < clocks.imu_s[0] < 0, "starts just before the first frame"
        assert 0 < clocks.imu_s[-1] - clocks.frame_s[-1] < 0.011, "ends just after the last"


def test_keyframes_are_the_nearest_samples() -> None:
    clocks = make_clocks(60, np.random.default_rng(3))
    gaps = np.abs(clocks.imu_ns[None] - clocks.frame_ns[:, None])
    assert (gaps[np.arange(60), clocks.keyframes] == gaps.min(1)).all()
    assert 190 <= len(make_clocks(20, np.random.default_rng(0)).imu_ns) <= 193
