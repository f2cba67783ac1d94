"""The seven window statistics against a window-by-window computation."""

from __future__ import annotations

import numpy as np
from plain_recordings import features_reference

from xperience.prepare import contract
from xperience.prepare.statistics import valid_share, window_statistics


def test_contract_has_the_published_layout() -> None:
    assert contract.SIZE == 8546
    sizes = {name: place.stop - place.start for name, place in contract.SLICES.items()}
    assert sizes["hand_left_joints"] == 441
    assert sizes["body_joints"] == 1092
    assert sizes["body_contacts"] == 147
    assert sizes["depth_confidence"] == 980
    assert sizes["video_stereo_right"] == 686
    assert sizes["audio_fisheye_cam0_aac"] == 168
    assert sizes["caption_objects_interaction_text"] == 896
    assert (sizes["slam_point_cloud"], sizes["calibration"]) == (22, 117)
    assert len(sizes) == 18


def test_equal_to_one_window_at_a_time() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(3, 5, (60, 7)).astype(np.float32)
    values[10:14, 2], values[33, 4], values[40, 5] = np.nan, np.inf, -np.inf
    starts = np.arange(0, 41, 5)
    expected = np.array([features_reference.window_statistics(values[s : s + 20]) for s in starts])
    np.testing.assert_array_equal(window_statistics(values, starts, 20), expected)


def test_windows_past_the_end_use_what_is_there() -> None:
    values = np.arange(23, dtype=np.float32)[:, None] ** 2
    found = window_statistics(values, np.array([0, 10, 22, 23, 40]), 20)
    np.testing.assert_array_equal(found[1], features_reference.window_statistics(values[10:23]))
    np.testing.assert_array_equal(found[2], [484, 0, 484, 484, 0, 0, 0])
    assert not found[3:].any()


def test_lengths_of_their_own() -> None:
    values = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    starts, lengths = np.array([0, 3, 7, 20]), np.array([1, 2, 30, 5])
    found = window_statistics(values, starts, lengths)
    for row, start, length in zip(found, starts, lengths, strict=True):
        np.testing.assert_array_equal(row, features_reference.window_statistics(values[start : start + length]))


def test_valid_share_counts_missing_samples() -> None:
    valid = np.array([True] * 6 + [False] * 4)
    np.testing.assert_allclose(valid_share(valid, np.array([0, 4, 8, 20]), 4), [1, 0.5, 0, 0])
