"""The lag between a gyroscope and a tracked bone, with its uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
from trials import swing

from xperience.sources import lag
from xperience.sources.kinect import KINECT_JOINTS


def measured(lag_s: float, seed: int, noise_m: float = 0.0) -> lag.Lag:
    skeleton, inertial = swing(lag_s=lag_s, seed=seed)
    skeleton = skeleton + np.random.default_rng(seed).normal(0, noise_m, skeleton.shape)
    joints = np.moveaxis(skeleton, 2, 0)
    frames_s, imu_s = np.arange(60) * 3.12 / 60 - 0.03, np.arange(156) / 50
    elbow, wrist = (joints[:, KINECT_JOINTS.index(name)] for name in ("right_elbow", "right_wrist"))
    return lag.measure(imu_s, lag.gyro_turning(inertial[:, 3:]), frames_s, lag.bone_turning(elbow, wrist, frames_s))


@pytest.mark.parametrize("lag_s", [-0.3, -0.1, 0.0, 0.12, 0.35])
def test_known_lag_comes_back(lag_s: float) -> None:
    errors = [measured(lag_s, seed).offset_s - lag_s for seed in range(10)]
    assert np.isfinite(errors).sum() >= 9
    assert np.nanmax(np.abs(errors)) < 0.025  # half a frame


def test_uncertainty_is_that_of_the_estimate() -> None:
    found = [measured(0.1, seed, noise_m=0.015) for seed in range(60)]
    kept = [f for f in found if f.status == "measured"]
    assert len(kept) > 30
    pull = np.array([(f.offset_s - 0.1) / f.std_s for f in kept])
    assert 0.5 < 1.4826 * np.median(np.abs(pull)) < 2.0


def test_no_motion_is_undetermined() -> None:
    t = np.arange(100) / 50
    rng = np.random.default_rng(0)
    found = lag.measure(t, np.abs(rng.normal(0, 0.01, 100)), t, np.abs(rng.normal(0, 0.01, 100)))
    assert found.status == "undetermined"
    assert np.isnan(found.offset_s)
    assert found.record()["offset_s"] is None
    flat = lag.measure(t, np.ones(100), t, np.ones(100))
    assert flat.status == "undetermined"


def test_gaps_and_short_streams_are_undetermined() -> None:
    t = np.arange(100) / 50
    wave = np.sin(7 * t) + np.sin(11 * t)
    broken = wave.copy()
    broken[40] = np.nan
    assert lag.measure(t, wave, t, wave).status == "measured"
    assert lag.measure(t, wave, t, broken).status == "undetermined"
    assert lag.measure(t, broken, t, wave).status == "undetermined"
    assert lag.measure(t[:3], wave[:3], t[:3], wave[:3]).status == "undetermined"
