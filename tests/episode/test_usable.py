"""Usable seconds by hand: gaps, samples that are not valid, and what several streams have at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from xperience.corpus.catalogue import build
from xperience.episode import Episode, layout
from xperience.episode.inspect import describe, render
from xperience.episode.usable import both, seconds, spans, usable, usable_seconds
from xperience.quality.gate import examine

Recording = Callable[..., Path]
T = np.arange(9) * 0.05


def test_a_stretch_ends_at_a_gap_and_at_what_is_not_valid() -> None:
    all_valid = np.ones(9, bool)
    assert spans(T, all_valid) == [(0.0, pytest.approx(0.4))]
    gap = T + np.where(np.arange(9) > 3, 0.026, 0)  # 0.076 s between two
    assert [(round(a, 3), round(b, 3)) for a, b in spans(gap, all_valid)] == [(0.0, 0.15), (0.226, 0.426)]
    late = T + np.where(np.arange(9) > 3, 0.024, 0)  # 0.074 s
    assert len(spans(late, all_valid)) == 1
    one_lost = all_valid.copy()
    one_lost[4] = False
    assert [(round(a, 3), round(b, 3)) for a, b in spans(T, one_lost)] == [(0.0, 0.15), (0.25, 0.4)]
    every_other = np.arange(9) % 2 == 0
    assert spans(T, every_other) == [] and spans(T, np.zeros(9, bool)) == []


def test_a_clock_that_steps_back_or_is_no_number_is_sorted_out() -> None:
    assert spans(T[::-1], np.ones(9, bool)) == [(0.0, pytest.approx(0.4))]
    times = T.copy()
    times[8] = np.nan
    assert spans(times, np.ones(9, bool)) == [(0.0, pytest.approx(0.35))]


def test_what_lies_in_both() -> None:
    assert both([(0, 2), (3, 5)], [(1, 4)]) == [(1, 2), (3, 4)]
    assert both([(0, 1)], [(1, 2)]) == [] and both([], [(0, 1)]) == []
    assert both([(0, 10)], [(1, 2), (3, 4), (9, 12)]) == [(1, 2), (3, 4), (9, 10)]
    assert seconds([(1.0, 2.5), (3.0, 4.0)]) == 2.5


def _without(folder: Path, path: str, rows: slice) -> Path:
    with h5py.File(folder / layout.ANNOTATION, "a") as file:
        file[path][rows] = np.nan
    return folder


def test_hands_and_pose_at_once(recording: Recording, tmp_path: Path) -> None:
    """Two seconds of 20 Hz: the left hand lacks frames 0 to 9, the right one 30 to 39."""
    folder = _without(recording(), "hand_mocap/left_joints_3d", slice(0, 10))
    _without(folder, "hand_mocap/right_joints_3d", slice(30, 40))
    with Episode.open(folder) as episode:
        times = episode.clock.times_s
        found = usable_seconds(episode)
        facts = describe(episode)
    assert found["hand_left"] == pytest.approx(times[39] - times[10], abs=2e-3)
    assert found["hand_right"] == pytest.approx(times[29] - times[0], abs=2e-3)
    assert found["common"] == pytest.approx(times[29] - times[10], abs=2e-3)
    assert found["stereo_left"] == 0 and found["pose"] == pytest.approx(times[39] - times[0], abs=2e-3)
    assert facts["usable"]["seconds"] == pytest.approx(found["common"], abs=1e-3)
    assert facts["streams"]["hand_left"]["usable_s"] == pytest.approx(found["hand_left"], abs=1e-3)
    assert f"usable at once (hand_left, hand_right, pose): {facts['usable']['seconds']:.1f} of 2.0 s" in render(facts)
    assert examine(folder).usable_s == found
    (row,) = build([str(folder)], tmp_path / "catalogue", show=False).episodes()
    assert row.usable_common_s == found["common"]
    assert row.usable_s == {name: value for name, value in found.items() if name != "common"}


def test_whole_recordings_may_hold_nothing_at_once(recording: Recording) -> None:
    folder = _without(recording(), "hand_mocap/left_joints_3d", slice(0, 20))
    _without(folder, "hand_mocap/right_joints_3d", slice(20, 40))
    with Episode.open(folder) as episode:
        assert usable(episode)["common"] == []
