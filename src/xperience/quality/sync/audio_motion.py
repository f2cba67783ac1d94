"""Sound against motion: impacts are heard when feet come down and hands come to rest on things.

The sound's onsets are peaks of its spectral flux: the rise of log power in each band from one hop to the next, averaged
(Bello et al. 2005, "A tutorial on onset detection in music signals"). The offset is that at which most likely impacts
meet an onset. It counts as measured if far more meet there than at other offsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode import Episode
from xperience.episode.modalities.audio import Sound
from xperience.episode.skeletons import LEFT_WRIST, RIGHT_WRIST
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import motion

RATE = 16000
HOP = 80
"""5 ms."""
WINDOW = 320
SEARCH_S = 0.8
NAME = "motion"
STREAM = "audio"
FEET = (6, 7, 9, 10)
"""Columns of ankles and feet in the contacts: joints 7, 8, 10 and 11."""

FAST, SLOW = 0.3, 0.12
"""m/s: a reach peaks above 0.5, a resting hand sways below 0.05."""

REACH = 6
"""Frames within which a wrist must fall from fast to slow, and then to rest."""

EDGE_S = 0.1
"""Onsets so near the ends are left out: their impacts may lie outside. Shifted ones that fall out count as not met."""

APART_S = 0.06
STEP_S = HOP / RATE
LOUD = 2.5
"""An onset's flux over the 90th percentile of the recording's: noise alone stays under 1.6 of it."""

SILENT = 1e-4
"""Largest sample of a sound in which nothing can be heard."""

MIN_EVENTS = 3
MEET_S = 0.06
"""A sound and its event meet within this: a frame, and a little for the uncertainty of either."""

MIN_SHARE = 0.6
"""Share of the onsets that must meet, each counted by how well."""

MARGIN = 0.5
"""How many more onsets meet at the best offset than at any other, over the root of their number: regular steps meet
again one step later, all but a few."""


def measure(evidence: Evidence) -> list[Offset]:
    sound = evidence.sound
    if sound is None or not (evidence.episode.body.present or evidence.episode.contacts.present):
        return []
    events = impacts(evidence.episode)
    if len(events) < MIN_EVENTS:
        return [Offset.undetermined(NAME, "audio", f"{len(events)} likely impacts, {MIN_EVENTS} needed")]
    if np.diff(sound.recorded).sum() < RATE or float(np.abs(sound.samples).max()) < SILENT:
        return [Offset.undetermined(NAME, "audio", "silent or too short")]
    return [_align(heard(sound), events)]


def impacts(episode: Episode) -> np.ndarray:
    """[E] seconds at which the body probably makes a sound: a wrist ends a fast move, or a foot comes down."""
    found = []
    body, contacts = episode.body, episode.contacts
    if body.present and len(body) > 8 and motion.ordered(body.times_s).all():
        for joint in (LEFT_WRIST, RIGHT_WRIST):
            found.append(body.times_s[_stops(body.values[:, joint], body.valid, body.times_s)])
    if contacts.present and len(contacts) > 1:
        feet = contacts.values[:, FEET] > 0.5
        down = (feet[1:] & ~feet[:-1]).any(1) & contacts.valid[1:] & contacts.valid[:-1]
        found.append(0.5 * (contacts.times_s[1:] + contacts.times_s[:-1])[down])
    times = np.sort(np.concatenate(found)) if found else np.zeros(0)
    return times[np.concatenate([[True], np.diff(times) > APART_S])] if len(times) else times


def _stops(point: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Frames at which a point [T, 3] that moved fast comes to rest: the least speed after it fell below SLOW."""
    speed = np.linalg.norm(np.gradient(point, times_s, axis=0), axis=1)
    speed = np.where(valid & np.isfinite(speed), speed, 0.0)
    frames = []
    for k in range(REACH, len(speed)):
        if speed[k] < SLOW <= speed[k - 1] and speed[k - REACH : k].max() > FAST:
            stop = k
            while stop + 1 < min(len(speed), k + REACH) and speed[stop + 1] < speed[stop]:
                stop += 1
            frames.append(stop)
    return np.array(frames, int)


def heard(sound: Sound) -> np.ndarray:
    """[O] seconds of clear onsets on the recording's clock, each recorded stretch by itself, those at its ends left out."""
    found = []
    for start, stop in sound.recorded:
        times = onsets(sound.samples[start:stop])
        inside = (times > EDGE_S) & (times < (stop - start) / RATE - EDGE_S)
        found.append(start / RATE + times[inside])
    return np.concatenate(found) if found else np.zeros(0)


def onset_strength(sound: np.ndarray) -> np.ndarray:
    """[hops] spectral flux; hop h is centred on sample h * HOP."""
    padded = np.pad(sound.astype(np.float32), (WINDOW // 2, WINDOW // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.empty((len(frames), WINDOW // 2 + 1), np.float32)
    window = np.hanning(WINDOW).astype(np.float32)
    for start in range(0, len(frames), 4096):
        power[start : start + 4096] = np.abs(np.fft.rfft(frames[start : start + 4096] * window)) ** 2
    floor = np.median(power, axis=0) + 1e-8
    level = np.log1p(power[:, 4:] / floor[4:])  # above 200 Hz
    flux = np.zeros(len(level), np.float32)
    flux[2:] = np.clip(level[2:] - level[:-2], 0, None).mean(1)
    return flux


def onsets(sound: np.ndarray) -> np.ndarray:
    """[O] seconds of the sound's clear onsets: peaks of the flux that noise does not reach."""
    flux = onset_strength(sound)
    reach = round(APART_S / STEP_S)
    padded = np.pad(flux, reach, mode="edge")
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(1)
    return np.flatnonzero((flux == highest) & (flux > LOUD * np.percentile(flux, 90))) * STEP_S


@dataclass(frozen=True)
class Fit:
    """How many onsets meet a likely impact at each offset.

    Counted from the onsets: a recording has more likely impacts than sounds, but most sounds have their impact.

    Attributes:
        offsets: [L] seconds. score: [L] onsets that meet, each counted by how well. onsets: how many there are.
        apart: [O, E] seconds from each event to each onset.
    """

    offsets: np.ndarray
    score: np.ndarray
    onsets: int
    apart: np.ndarray

    @property
    def excess(self) -> float:
        """How many more onsets meet at the best offset than at none (within MEET_S), over the root of their number."""
        near = self.score[np.abs(self.offsets) <= MEET_S].max()
        return float(self.score.max() - near) / float(np.sqrt(self.onsets))


def fit(onsets_s: np.ndarray, events: np.ndarray) -> Fit | None:
    """None where there are too few onsets or events."""
    if len(events) < MIN_EVENTS or len(onsets_s) < MIN_EVENTS:
        return None
    apart = onsets_s[:, None] - events[None, :]
    offsets = np.arange(-SEARCH_S, SEARCH_S + 1e-9, STEP_S)
    nearest = np.abs(_to_nearest(events, onsets_s[:, None] - offsets))
    score = np.clip(1 - (nearest / MEET_S) ** 2, 0, None).sum(0)
    return Fit(offsets, score, len(onsets_s), apart)


def _to_nearest(events: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Seconds from the nearest of the sorted events to each of the times."""
    after = np.clip(np.searchsorted(events, times_s), 1, len(events) - 1)
    back, ahead = times_s - events[after - 1], times_s - events[after]
    return np.where(np.abs(back) < np.abs(ahead), back, ahead)


def _align(onsets_s: np.ndarray, events: np.ndarray) -> Offset:
    """The offset at which most onsets meet an event, if clearly more than at any other."""
    found = fit(onsets_s, events)
    if found is None:
        return Offset.undetermined(NAME, "audio", f"{len(events)} likely impacts and {len(onsets_s)} onsets: too few")
    best = int(np.argmax(found.score))
    at = float(found.offsets[best])
    away = np.abs(found.offsets - at) > 2 * MEET_S
    top, other = float(found.score[best]), float(found.score[away].max())
    if top < MIN_SHARE * found.onsets or top - other < MARGIN * np.sqrt(found.onsets):
        return Offset.undetermined(NAME, "audio", "sounds do not gather at one offset from the motion")
    closest = np.abs(found.apart - at).argmin(1)
    rest = found.apart[np.arange(found.onsets), closest]
    rest = rest[np.abs(rest - at) < MEET_S]
    std = max(1.25 * float(rest.std()) / np.sqrt(len(rest)), STEP_S)
    return Offset(NAME, "audio", float(np.median(rest)), std, None, "measured")
