"""Seconds of a recording that can be used: of each stream, and of what a learner of hands in the world needs at once.

A stretch lasts from a valid sample to the last one that follows without a gap of more than `GAP_S`. There are whole real
recordings without one usable second, so the file's length says little.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xperience.episode.annotation import UNREADABLE
from xperience.episode.cameras import VIEWS
from xperience.episode.episode import MODALITIES, Episode
from xperience.episode.presence import Presence

GAP_S = 0.075
"""One frame of 20 may be late by half a step; where one is lost, 0.1 s pass."""

COMMON = ("hand_left", "hand_right", "pose")
"""What hands in the world are made of. Body and contacts are estimated from these, and add nothing."""

Spans = list[tuple[float, float]]


def spans(times_s: np.ndarray, valid: np.ndarray) -> Spans:
    """Stretches [(first, last)], seconds, of valid samples [N] at times [N] without a gap of more than `GAP_S`."""
    times = np.sort(times_s[valid & np.isfinite(times_s)])
    if len(times) < 2:
        return []
    breaks = np.flatnonzero(np.diff(times) > GAP_S)
    starts, stops = np.append(0, breaks + 1), np.append(breaks, len(times) - 1)
    return [(float(times[a]), float(times[b])) for a, b in zip(starts, stops, strict=True) if times[b] > times[a]]


def both(one: Spans, other: Spans) -> Spans:
    """What lies in both, each in order of time."""
    found, a, b = [], 0, 0
    while a < len(one) and b < len(other):
        start, stop = max(one[a][0], other[b][0]), min(one[a][1], other[b][1])
        if stop > start:
            found.append((start, stop))
        if one[a][1] < other[b][1]:
            a += 1
        else:
            b += 1
    return found


def seconds(of: Spans) -> float:
    return float(sum(stop - start for start, stop in of))


def usable(episode: Episode) -> dict[str, Spans]:
    """Stretches of each stream that has samples in time, and "common" for all of `COMMON` at once.

    [] where a stream is absent, unreadable, or never valid. Views count by their frames, captions by frames with an action.

    Raises:
        FormatError: the recording has no frame clock.
    """
    found: dict[str, Spans] = {}
    for name, state in episode.presence.items():
        if name in STREAMS:
            try:
                there = state is Presence.PRESENT
                found[name] = (
                    [] if not there else _sound(episode) if name == "audio" else spans(*_samples(episode, name))
                )
            except UNREADABLE:
                found[name] = []
    common: Spans | None = None
    for name in COMMON:
        common = found[name] if common is None else both(common, found[name])
    return found | {"common": common or []}


def usable_seconds(episode: Episode) -> dict[str, float]:
    """`usable`, summed up, to the millisecond."""
    return {name: round(seconds(of), 3) for name, of in usable(episode).items()}


STREAMS = tuple(name for name in MODALITIES if name not in ("point_cloud", "calibration"))
"""Streams with samples at known times."""


def _sound(episode: Episode) -> Spans:
    """From the first to the last recorded sample within the recording; gaps in between are the quality gate's business."""
    header = episode.audio.header
    start, stop = max(0.0, header.start_s), min(episode.clock.duration_s, header.start_s + header.duration_s)
    return [(start, stop)] if stop > start else []


def _samples(episode: Episode, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(seconds [N], valid [N])."""
    if name == "imu":
        return episode.imu.times_s, episode.imu.valid
    times = episode.clock.times_s
    if name in VIEWS:
        return times, np.arange(len(times)) < episode.video(name).num_frames
    if name == "depth":
        return times, np.arange(len(times)) < len(episode.depth)
    if name == "caption":
        return times, np.asarray(episode.labels.action != "", bool)
    signals: dict[str, Callable[[], object]] = {
        "pose": lambda: episode.pose,
        "hand_left": lambda: episode.hand("left"),
        "hand_right": lambda: episode.hand("right"),
        "body": lambda: episode.body,
        "contacts": lambda: episode.contacts,
    }
    return times, np.asarray(signals[name]().valid, bool)  # type: ignore[attr-defined]
