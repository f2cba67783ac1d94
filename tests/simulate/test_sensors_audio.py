"""Sounds: when they start, on which side they are, and that the ambience stays below them."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.simulate.sensors import audio
from xperience.simulate.world import Sound

TIMES = np.arange(0, 3, 0.05)
# The body's x (right) is the world's x, its z (forward) the world's y.
HEAD = np.broadcast_to(
    geometry.transform(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), np.array([0, 0, 1.6])), (len(TIMES), 4, 4)
)


def one(kind: str, material: str, duration_s: float, x: float = 0.0) -> Sound:
    return Sound(1.0, duration_s, kind, np.array([x, 0.5, 0.9]), 0.8, material, "test")


def rendered(*sounds: Sound, seed: int = 1, session: int = 2) -> np.ndarray:
    return audio.render(sounds, TIMES, HEAD, 3.0, seed, session)


@pytest.mark.parametrize("material", sorted(audio.MATERIALS))
@pytest.mark.parametrize(("kind", "duration_s"), [("put", 0), ("footstep", 0), ("pour", 1), ("cut", 1), ("wipe", 1)])
def test_starts_when_caused_and_stands_out(kind: str, duration_s: float, material: str) -> None:
    wave = rendered(one(kind, material, duration_s))
    level = np.abs(wave).max(0)
    before, after = level[: audio.RATE], level[audio.RATE :]
    first = np.argmax(after > 2 * before.max()) / audio.RATE
    assert after.max() > 4 * before.max()
    assert 0.001 < first < 0.03
    assert level.max() <= 1


def test_side_is_heard_in_level_and_time() -> None:
    wave = rendered(one("put", "wood", 0, x=1.0))
    left, right = np.abs(wave).max(1)
    assert right > 1.2 * left
    onsets = [np.argmax(np.abs(channel) > 0.1 * np.abs(channel).max()) for channel in wave]
    assert 0 < (onsets[0] - onsets[1]) / audio.RATE < 0.001


def test_is_a_function_of_its_seeds() -> None:
    sounds = one("pour", "water", 0.5), one("put", "glass", 0)
    np.testing.assert_array_equal(rendered(*sounds), rendered(*sounds))
    assert not np.array_equal(rendered(*sounds), rendered(*sounds, seed=2))
    quiet = [rendered(session=session) for session in range(6)]
    assert len({round(float(np.abs(wave).mean()), 7) for wave in quiet}) == 6, "each session has its own ambience"
    assert max(np.abs(wave).max() for wave in quiet) < 0.05


def test_sounds_outside_the_recording_are_left_out() -> None:
    late = Sound(7.0, 0, "put", np.zeros(3), 1.0, "wood", "test")
    np.testing.assert_array_equal(rendered(late), rendered())
