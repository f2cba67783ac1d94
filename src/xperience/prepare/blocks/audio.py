"""Loudness and spectrum of the sound during each frame."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.episode.presence import Problem
from xperience.errors import CorruptError
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames

NAME = "audio_fisheye_cam0_aac"
RATE = 16000
BANDS = 16
LOWEST_HZ = 50.0
ROLL_OFF = 0.85
SILENCE = 1e-12
"""Total power up to which a segment has no spectrum."""
BATCH = 512


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """24 numbers a frame, by the sound's own time; frames that it does not cover are zeros and not valid."""
    if not episode.views:
        return absent(NAME, windows, "no video in the folder")
    path = episode.audio.path
    try:
        sound = episode.audio.read(RATE)
    except CorruptError as error:
        if not episode.audio.present:
            return absent(NAME, windows, f"{path.name} has no sound")
        return absent(NAME, windows, error.what, (Problem(path.name, error.what, str(error.found or "")),))
    samples = np.nan_to_num(sound.samples, nan=0.0, posinf=0.0, neginf=0.0)
    fps = sound.fps if sound.fps > 0 else windows.num_frames * RATE / max(1, len(samples))
    first, last = frame_samples(windows.num_frames, fps, len(samples), sound.pictures_s)
    valid = sound.holds(first, last)
    values = summary(samples, first, np.where(valid, last, first))
    tick(windows.num_frames)
    return from_frames(NAME, windows, values, valid)


def frame_samples(
    num_frames: int, fps: float, count: int, pictures_s: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Samples first:last [N] of each frame: round(i / fps rate) to round((i + 1) / fps rate), cut to `count`.

    A frame inside the sound has at least one sample; one past its end has none.

    Args:
        pictures_s: [F] the pictures' own times, seconds from the first. Where one lies further than half a frame from
            i / fps (a pause, a rate that changes), a frame's samples begin at its own time and end at the next one's, or
            after two frames; frames without a picture follow at the average rate.
    """
    even_s = np.arange(num_frames + 1) / fps
    known = 0 if pictures_s is None else min(len(pictures_s), num_frames + 1)
    if pictures_s is None or np.abs(pictures_s[:known] - even_s[:known]).max(initial=0) <= 0.5 / fps:
        edges = np.rint(even_s * RATE).astype(np.int64)
        starts, ends = edges[:-1], edges[1:]
    else:
        later_s = pictures_s[known - 1] + np.arange(1, num_frames + 2 - known) / fps
        edges = np.rint(np.concatenate([pictures_s[:known], later_s]) * RATE).astype(np.int64)
        starts, ends = edges[:-1], np.minimum(edges[1:], edges[:-1] + round(2 / fps * RATE))
    first = np.minimum(starts, count)
    return first, np.minimum(np.maximum(first + 1, ends), count)


def summary(samples: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """[N, 24] of the segments first:last of mono samples float32; all zeros for empty segments."""
    out = np.zeros((len(first), 8 + BANDS), np.float32)
    lengths = last - first
    for length in np.unique(lengths[lengths > 0]):
        chosen = np.flatnonzero(lengths == length)
        for at in range(0, len(chosen), BATCH):
            rows = chosen[at : at + BATCH]
            out[rows] = _segments(samples[first[rows, None] + np.arange(length)])
    return out


def _segments(segments: np.ndarray) -> np.ndarray:
    """[n, 24] of segments [n, L]: rms, mean abs, peak, zero-crossing rate, log energy, centroid, bandwidth, roll-off
    (over Nyquist), 16 bands."""
    length = segments.shape[1]
    loud = np.abs(segments)
    crossings = (segments[:, 1:] * segments[:, :-1] < 0).mean(axis=1) if length > 1 else np.zeros(len(segments))
    spectrum = np.fft.rfft(segments * np.hanning(length).astype(np.float32), axis=1)
    power = np.square(np.abs(spectrum)).astype(np.float64)
    total = power.sum(axis=1)
    heard = total > SILENCE
    scale = np.where(heard, total, 1.0)[:, None]
    hertz = np.fft.rfftfreq(length, 1 / RATE)
    centroid = (hertz * power).sum(axis=1, keepdims=True) / scale
    bandwidth = np.sqrt((np.square(hertz - centroid) * power / scale).sum(axis=1))
    roll_off = hertz[np.argmax(np.cumsum(power, axis=1) >= ROLL_OFF * total[:, None], axis=1)]
    spectral = np.stack([centroid[:, 0], bandwidth, roll_off], axis=1) / (RATE / 2)
    edges = np.geomspace(LOWEST_HZ, RATE / 2, BANDS + 1)
    band = np.searchsorted(edges, hertz, side="right") - 1
    bands = np.stack([power[:, band == k].sum(axis=1) for k in range(BANDS)], axis=1)
    bands = np.log1p(bands.astype(np.float32))
    norm = np.linalg.norm(bands, axis=1, keepdims=True)
    bands /= np.where(norm > 0, norm, 1)
    waveform = [np.sqrt(np.square(segments).mean(axis=1)), loud.mean(axis=1), loud.max(axis=1), crossings]
    silent = ~heard
    spectral[silent], bands[silent] = 0, 0
    return np.column_stack([*waveform, np.log1p(total / length), spectral, bands]).astype(np.float32)


BLOCKS = (Block(NAME, extract, 4),)
