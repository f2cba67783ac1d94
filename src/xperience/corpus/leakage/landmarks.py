"""Landmarks: short stretches of a recording as vectors that survive cutting, re-encoding, resizing, noise, other rates.

Pictures: the grey of a picture on a coarse grid, a few a second. Motion: what a stream does around the moments at which
it is fastest; a cut or shift does not move such moments. Both are (time, vector); `matching` compares them alike.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from xperience.episode import Episode, Signal
from xperience.episode.annotation import UNREADABLE
from xperience.episode.geometry import matrix_to_rotvec
from xperience.storage import digest, replacing

VERSION = 1
"""Of what is stored; another one is made anew."""

PICTURE_S = 0.25
"""Seconds between pictures: half of it is the farthest that the pictures of a shifted cut lie from ours."""

GRID = (16, 12)
"""Cells of a picture, width and height."""

RATE_HZ = 20.0
SMOOTH_S = 0.12
"""Standard deviation of the low pass over motion: noise goes, reaching and turning stay."""

APART_S = 0.5
"""A peak of motion is the highest within this time on either side."""

HALF_S = 1.0
"""Motion from this long before a peak until this long after it makes the vector."""

STEPS = 21
"""Samples of the vector, a channel."""

STILL = {"pose": 0.05, "imu": 0.2, "hand_left": 0.05, "hand_right": 0.05, "body": 0.05}
"""Peaks below this say nothing: speed in m/s (rad/s for turning), of the IMU in units of its channels' scale."""

BODY_JOINTS = (0, 7, 8, 12, 15, 18, 19, 20, 21)
"""Pelvis, ankles, neck, head, elbows, wrists."""

HAND_JOINTS = (0, 4, 8, 20)
"""Wrist, tips of thumb, index and little finger."""


@dataclass(frozen=True)
class Landmarks:
    """Of one stream: times_s [n] float64 from the first frame, vectors [n, C] int8 of mean 0 and common length."""

    times_s: np.ndarray
    vectors: np.ndarray


def landmarks(folder: Path, cache: Path | None = None) -> dict[str, Landmarks]:
    """Landmarks by stream of an episode folder; those of unreadable streams are left out.

    Args:
        cache: folder to keep them in, under a name that follows from names, sizes and times of change of the files.

    Raises:
        XperienceError: the episode cannot be opened.
    """
    if cache is None:
        return _make(folder)
    stats = [(file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file()]
    facts = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    path = cache / f"{digest(str(VERSION), str(folder.resolve()), *facts)}.npz"
    found = _load(path)
    if found is None:
        found = _make(folder)
        _save(path, found)
    return found


def _make(folder: Path) -> dict[str, Landmarks]:
    out: dict[str, Landmarks] = {}
    with Episode.open(folder) as episode:
        for view in episode.views:
            _try(out, view, partial(of_pictures, episode, view))
        rates = {
            "pose": lambda: _pose_rates(episode.pose),
            "imu": lambda: (episode.imu.times_s, _imu_rates(episode)),
            "body": lambda: _speeds(episode.body, BODY_JOINTS),
            "hand_left": lambda: _speeds(episode.hand("left"), HAND_JOINTS),
            "hand_right": lambda: _speeds(episode.hand("right"), HAND_JOINTS),
        }
        for name, read in rates.items():
            _try(out, name, partial(_motion, read, STILL[name]))
    return out


def _motion(read: Callable[[], tuple[np.ndarray, np.ndarray]], still: float) -> Landmarks:
    times_s, rates = read()
    return of_motion(times_s, rates, still)


def _try(out: dict[str, Landmarks], name: str, make: Callable[[], Landmarks]) -> None:
    try:
        found = make()
    except UNREADABLE:
        return
    if len(found.times_s):
        out[name] = found


def of_pictures(episode: Episode, view: str) -> Landmarks:
    """A picture every PICTURE_S of one view. Contrast and brightness are taken out; blank pictures are left out."""
    import av

    times, vectors = [], []
    clock = episode.clock.times_s
    due = -np.inf
    formatter = av.video.reformatter.VideoReformatter()
    for number, frame in episode.video(view).decode():
        if number >= len(clock):
            break
        if clock[number] < due - 1e-3:
            continue
        due = clock[number] + PICTURE_S
        small = formatter.reformat(frame, 4 * GRID[0], 4 * GRID[1], "gray", interpolation="AREA").to_ndarray()
        grey = small.reshape(GRID[1], 4, GRID[0], 4).mean((1, 3), dtype=np.float32).ravel()
        if grey.std() >= 4:  # of 255
            times.append(clock[number])
            vectors.append(grey)
    return Landmarks(np.array(times), quantised(np.array(vectors, np.float32).reshape(len(times), -1)))


def of_motion(times_s: np.ndarray, rates: np.ndarray, still: float) -> Landmarks:
    """Landmarks at the peaks of `rates` [T, C] at `times_s`; samples that are not finite are gaps."""
    none = Landmarks(np.zeros(0), np.zeros((0, STEPS * rates.shape[1]), np.int8))
    good = np.isfinite(rates).all(1) & np.isfinite(times_s)
    if good.sum() < STEPS:
        return none
    times, values = times_s[good], rates[good]
    times, first = np.unique(times, return_index=True)
    values = values[first]
    grid = np.arange(times[0], times[-1], 1 / RATE_HZ)
    if len(grid) < STEPS or len(grid) > 10**7:
        return none
    smooth = _smoothed(times, values, grid)
    gap = np.diff(times) > 4 / RATE_HZ
    broken = np.zeros(len(grid), bool)
    for before, after in zip(times[:-1][gap], times[1:][gap], strict=True):
        broken[np.searchsorted(grid, before) : np.searchsorted(grid, after) + 1] = True
    peaks = grid[0] + _peaks(np.linalg.norm(smooth, axis=1), still)
    offsets = np.linspace(-HALF_S, HALF_S, STEPS)
    inside = (peaks - HALF_S >= grid[0]) & (peaks + HALF_S <= grid[-1])
    spoilt = np.interp(peaks[:, None] + offsets, grid, broken.astype(float)).any(1)
    peaks = peaks[inside & ~spoilt]
    pieces = [np.interp(peaks[:, None] + offsets, grid, channel) for channel in smooth.T]
    return Landmarks(peaks, quantised(np.concatenate(pieces, 1))) if len(peaks) else none


def _smoothed(times: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """[len(grid), C]: mean of the samples around each grid time with Gaussian weights, whatever the native rate is."""
    fine = np.arange(grid[0] - 4 * SMOOTH_S, grid[-1] + 4 * SMOOTH_S, 1 / 100)
    slots = np.clip(np.rint((times - fine[0]) * 100).astype(np.int64), 0, len(fine) - 1)
    kernel = np.exp(-0.5 * (np.arange(-4 * SMOOTH_S, 4 * SMOOTH_S + 1e-9, 0.01) / SMOOTH_S) ** 2)
    weight = np.convolve(np.bincount(slots, minlength=len(fine)), kernel, "same")
    at = np.clip(np.rint((grid - fine[0]) * 100).astype(np.int64), 0, len(fine) - 1)
    sums = [np.convolve(np.bincount(slots, column, len(fine)), kernel, "same")[at] for column in values.T]
    return np.stack(sums, 1) / np.maximum(weight[at], 1e-6)[:, None]


def _peaks(strength: np.ndarray, still: float) -> np.ndarray:
    """Seconds from the grid's start to the peaks that stand out, by a parabola through three samples."""
    reach = round(APART_S * RATE_HZ)
    padded = np.pad(strength, reach, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(1)
    k = np.flatnonzero((strength == highest) & (strength > still))
    k = k[(k > 0) & (k < len(strength) - 1)]
    before, here, after = strength[k - 1], strength[k], strength[k + 1]
    bend = before - 2 * here + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0)
    return (k + shift) / RATE_HZ


def quantised(vectors: np.ndarray) -> np.ndarray:
    """[n, C] int8: mean 0 and common length, so that a product of two is their correlation."""
    centred = vectors - vectors.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    scale = 40 * np.sqrt(vectors.shape[1]) / np.maximum(length, 1e-9)
    return np.clip(np.rint(centred * scale), -127, 127).astype(np.int8)


def _pose_rates(signal: Signal) -> tuple[np.ndarray, np.ndarray]:
    """Velocity [T, 3] m/s and angular velocity [T, 3] rad/s, both in the moving body's frame: worlds may differ."""
    values, times = signal.values[signal.valid], signal.times_s[signal.valid]
    dt = np.maximum(np.diff(times), 1e-4)[:, None]
    R = values[:, :3, :3]
    turned = matrix_to_rotvec(R[:-1].swapaxes(1, 2) @ R[1:])
    moved = (R[:-1].swapaxes(1, 2) @ np.diff(values[:, :3, 3], axis=0)[..., None])[..., 0]
    return (times[:-1] + times[1:]) / 2, np.concatenate([moved, turned], 1) / dt


def _imu_rates(episode: Episode) -> np.ndarray:
    """[M, 6] acceleration without its mean over a second or so, in 2 m/s2, and turning, in rad/s."""
    imu = episode.imu
    both = np.concatenate([imu.accel, imu.gyro], 1)
    both[~imu.valid] = np.nan
    if not imu.valid.any():
        return both
    both[:, :3] = (both[:, :3] - np.nanmedian(both[:, :3], 0)) / 2
    return both


def _speeds(signal: Signal, joints: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Speeds [T - 1, J] in m/s of some joints: the same in any frame that stands still."""
    values = np.where(signal.valid[:, None, None], signal.values, np.nan)[:, list(joints)]
    times = signal.times_s
    if len(times) < 2:
        return times[:0], np.zeros((0, len(joints)))
    speeds = np.linalg.norm(np.diff(values, axis=0), axis=2) / np.maximum(np.diff(times), 1e-4)[:, None]
    return (times[:-1] + times[1:]) / 2, speeds


def _save(path: Path, found: dict[str, Landmarks]) -> None:
    arrays = {f"{name}/times_s": one.times_s for name, one in found.items()}
    arrays |= {f"{name}/vectors": one.vectors for name, one in found.items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _load(path: Path) -> dict[str, Landmarks] | None:
    try:
        with np.load(path, allow_pickle=False) as data:
            names = {key.rpartition("/")[0] for key in data.files}
            return {name: Landmarks(data[f"{name}/times_s"], data[f"{name}/vectors"]) for name in sorted(names)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
