"""Mean and deviation over recordings, with physical floors."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.prepare.moments import Tally, Total


def test_moments_are_those_of_all_samples_together():
    rng = np.random.default_rng(0)
    samples = rng.normal([3, -2, 0, 0, 9.8, 0], [1, 2, 0.5, 3, 0.2, 1], (500, 6))
    total = Total()
    for part in np.split(samples, [100, 101, 350]):
        tally = Tally()
        tally.add(part[:40])
        tally.add(part[40:])
        assert tally.sums is not None
        total.add({"imu": tally.sums.tolist()})
    found = total.describe()["imu"]
    assert found["count"] == 500
    assert found["mean"] == pytest.approx(samples.mean(0))
    assert found["std"] == pytest.approx(samples.std(0))


def test_a_constant_channel_keeps_a_physical_deviation():
    total = Total()
    for stream, floor in (("pose", 1e-3), ("contacts", 1e-2), ("depth_confidence", 1.0), ("audio", 1.0)):
        tally = Tally()
        tally.add(np.full((10, 2), 7.0))
        assert tally.sums is not None
        total.add({stream: tally.sums.tolist()})
        assert total.describe()[stream]["std"] == [floor, floor]


def test_nothing_is_no_number():
    tally = Tally()
    tally.add(np.zeros((0, 3)))
    assert tally.sums is None and Total().describe() == {}
