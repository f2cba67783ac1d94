"""Samples that are no measurements are marked invalid; one wrong sample does not spoil an axis for the whole corpus."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xperience.episode import Episode
from xperience.prepare import plausible
from xperience.prepare.campaign import prepare
from xperience.prepare.intake import items_of
from xperience.prepare.moments import Tally, borders
from xperience.prepare.recipe import load_recipe
from xperience.prepare.segments import Span, open_source

SPIKES: list[tuple[str, str, tuple[int, ...], float]] = [
    ("imu", "imu/accel_xyz", (100, 0), 1e5),
    ("imu", "imu/accel_xyz", (100, 0), 3.4e38),
    ("imu", "imu/gyro_xyz", (100, 2), -60.0),
    ("pose", "slam/trans_xyz", (50, 0), 1e6),
    ("pose", "slam/trans_xyz", (50, 1), -1.0),
    ("hand_left", "hand_mocap/left_joints_3d", (50, 3, 0), 1e6),
    ("hand_right", "hand_mocap/right_joints_3d", (50, 3, 1), 3.4e38),
    ("body", "full_body_mocap/keypoints", (50, 3, 0), 1e6),
]


def spiked(source: Path, folder: Path, path: str, where: tuple[int, ...], value: float) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(source / "annotation.hdf5", folder)
    with h5py.File(folder / "annotation.hdf5", "a") as file:
        values = file[path][()]
        values[where] = value
        del file[path]
        file[path] = values
    return folder


def _recipe() -> Any:
    return load_recipe("nano")


@pytest.mark.parametrize(("stream", "path", "where", "value"), SPIKES)
def test_one_sample_out_of_range_is_no_measurement(
    stream: str, path: str, where: tuple[int, ...], value: float, episode_path: Path, tmp_path: Path
) -> None:
    stds, members = [], []
    for folder in (episode_path, spiked(episode_path, tmp_path / "s" / "ep1", path, where, value)):
        with Episode.open(folder) as episode:
            source = open_source(episode, stream, _recipe())
            times = episode.clock.times_s
            members.append(source.segment(Span(0, 0, 100, 0.0, float(times[100]))))
            assert source.implausible == len(stds)  # none in the clean one, one in the other
        assert source.tally.sums is not None
        count, total, square = source.tally.sums
        stds.append(np.sqrt(np.maximum(square / count - (total / count) ** 2, 0)))
    np.testing.assert_allclose(stds[1], stds[0], rtol=0.05, atol=2e-3)
    shown = members[1]["values.npy"]
    assert np.nanmax(np.abs(np.asarray(shown))) < 50
    if stream != "body":
        valid = np.asarray(members[1]["valid.npy"])
        assert (~valid).sum() == 1
        assert stream == "imu" or not valid[where[0]]  # the first samples of the IMU lie before the first frame


def test_what_was_marked_invalid_is_told(episode_path: Path, tmp_path: Path) -> None:
    spiked(episode_path, tmp_path / "in" / "s" / "ep1", *SPIKES[0][1:])
    outcome = prepare(items_of(tmp_path / "in"), {"train": ["s__ep1"]}, _recipe(), tmp_path / "out", show=False)
    assert outcome.implausible == {"s__ep1": {"imu": 1}}
    assert json.loads((tmp_path / "out" / "set_aside.json").read_text())["samples"] == {"s__ep1": {"imu": 1}}


def test_a_vigorous_motion_is_no_spike() -> None:
    """A swing of the arm at 50 Hz peaks at 13 g within a quarter of a second; a head turns at 10 rad/s."""
    times = np.arange(150) / 50
    accel, gyro = np.zeros((150, 3)), np.zeros((150, 3))
    accel[:, 0] = 9.8 + 120 * np.exp(-(((times - 1.5) / 0.08) ** 2))
    gyro[:, 1] = 30 * np.exp(-(((times - 1.5) / 0.08) ** 2))
    assert plausible.imu(accel, gyro, np.ones(150, bool)).all()
    walk = np.zeros((60, 3, 4))
    walk[:, 0, 3] = 1.5 * np.arange(60) / 20
    walk[30:, 0, 3] += 2.0  # the map was corrected: a jump, but no lone sample
    assert plausible.pose(walk, np.ones(60, bool), np.arange(60) / 20).all()


def test_up_to_three_wrong_samples_in_a_row_are_seen() -> None:
    places = np.zeros((60, 3, 4))
    places[20:23, 1, 3] = 5.0
    found = plausible.pose(places, np.ones(60, bool), np.arange(60) / 20)
    assert np.flatnonzero(~found).tolist() == [20, 21, 22]


def test_a_whole_body_elsewhere_for_one_frame_is_no_body() -> None:
    body = np.random.default_rng(0).normal(0, 0.3, (40, 52, 3))
    body[10] += 50
    body[5, 7] = np.nan
    found = plausible.body(body, np.ones(40, bool), np.arange(40) / 20)
    assert not found[10].any() and not found[5, 7] and found[5].sum() == 51 and found[11].all()


def test_borders_leave_what_is_alike_and_bound_what_is_not() -> None:
    draw = np.random.default_rng(1)
    normal, laplace = draw.normal(3, 2, (4000, 1)), draw.laplace(0, 1, (4000, 1))
    for samples in (normal, laplace):
        low, high = borders(samples)
        assert low < samples.min() and samples.max() < high
    for count in (3, 10, 160, 4000):
        samples = draw.normal(0, 1, (count, 1))
        samples[count // 2] = 1e9
        tally = Tally(samples)
        tally.add(samples)
        assert tally.sums is not None
        assert tally.sums[1][0] / count < 10


def test_a_channel_that_is_not_a_number_leaves_the_others() -> None:
    samples = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 2.0]])
    tally = Tally()
    tally.add(samples)
    assert tally.sums is not None
    assert tally.sums.tolist() == [[3, 1], [9, 2], [35, 4]]
