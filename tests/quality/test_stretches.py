"""Findings name the stretch that is really missing, and a container's zero is no fault."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xperience.episode.modalities.audio import Sound
from xperience.quality.checks import audio, video_times
from xperience.quality.sync import audio_motion

RATE = 16000


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.01, round(seconds * RATE)).astype(np.float32)


def sound(seconds: float, *recorded_s: tuple[float, float]) -> Sound:
    """Noise where something was recorded, zeros elsewhere."""
    runs = np.rint(np.array(recorded_s) * RATE).astype(np.int64)
    out = Sound(noise(seconds), RATE, runs)
    out.samples[~out.mask()] = 0
    return out


def found(heard: Sound | None, duration_s: float = 8.0) -> list[tuple[float, float, str]]:
    episode = SimpleNamespace(clock=SimpleNamespace(duration_s=duration_s))
    evidence: Any = SimpleNamespace(episode=episode, sound=heard, errors={})
    return [(round(f.start_s, 3), round(f.end_s, 3), f.reason) for f in audio.run(evidence)]


@pytest.mark.parametrize(
    ("recorded_s", "missing"),
    [
        ([(0.0, 8.0)], []),
        ([(0.978, 9.0)], [(0.0, 0.978)]),
        ([(0.178, 8.2)], [(0.0, 0.178)]),
        ([(0.06, 8.0)], []),
        ([(0.0, 7.0)], [(7.0, 8.0)]),
        ([(0.0, 7.7)], []),
        ([(0.0, 3.0), (3.5, 8.0)], [(3.0, 3.5)]),
        ([(0.5, 3.0), (3.05, 5.0), (7.0, 8.0)], [(0.0, 0.5), (5.0, 7.0)]),
    ],
)
def test_the_stretch_without_sound_is_named(
    recorded_s: list[tuple[float, float]], missing: list[tuple[float, float]]
) -> None:
    findings = found(sound(recorded_s[-1][1], *recorded_s))
    assert [(a, b) for a, b, _ in findings] == missing
    assert all("no sound was recorded" in reason for *_, reason in findings)


def test_nothing_recorded_and_too_much() -> None:
    assert [(a, b) for a, b, _ in found(Sound(noise(0), RATE, np.zeros((0, 2), np.int64)))] == [(0.0, 8.0)]
    ((start, stop, reason),) = found(sound(8.6, (0.0, 8.6)))
    assert (start, stop, reason) == (0.0, 8.0, "sound lasts 8.60 s, the recording 8.00 s")
    assert found(sound(9.0, (0.95, 9.0)))[0][:2] == (0.0, 0.95), "eight seconds that begin late are not too long"
    silent = sound(8.0, (0.0, 8.0))
    silent.samples[2 * RATE : 3 * RATE] = 0
    assert [reason for *_, reason in found(silent)] == ["silent"]


def test_onsets_of_sound_that_begins_late_and_pauses() -> None:
    """Each stretch by itself: neither its own beginning nor the zeros beside it are an onset."""
    heard = sound(9.0, (1.0, 4.0), (6.0, 9.0))
    for t in (1.5, 2.5, 3.5, 6.5, 8.5):
        heard.samples[round(t * RATE) :][:400] += 0.5 * np.exp(-np.arange(400) / 80).astype(np.float32)
    assert audio_motion.heard(heard).tolist() == pytest.approx([1.5, 2.5, 3.5, 6.5, 8.5], abs=0.011)


@pytest.mark.parametrize(("starts", "odd"), [([0, 0, 0], []), ([1, 1, 1], []), ([0, 1, 0], [1]), ([0.5], [])])
def test_only_a_view_that_starts_apart_from_the_others_is_found(starts: list[float], odd: list[int]) -> None:
    times = np.arange(60) / 20
    views = [f"fisheye_cam{k}" for k in range(len(starts))]

    class Clock(SimpleNamespace):
        def __len__(self) -> int:
            return 60

    class Digest(Clock):
        pass

    digests = [Digest(times_s=times + s) for s in starts]
    episode = SimpleNamespace(views=views, clock=Clock(times_s=times, duration_s=3.0))
    evidence: Any = SimpleNamespace(episode=episode, digest=lambda view: digests[views.index(view)])
    findings = video_times.run(evidence)
    assert [f.modality for f in findings] == [views[k] for k in odd]
    assert all("pictures start +1.000 s from those of the other views" in f.reason for f in findings)
