"""Trials of a body and an IMU: read from prepared data, varied, and laid out as batches of the model.

Variation serves training only. One trial becomes another that the same sensors could have recorded: quicker or slower,
begun later or ended sooner, by a person of another build, with the IMU strapped on a little differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from xperience.episode import Presence, layout
from xperience.episode.layout import NOMINAL_FPS
from xperience.episode.writer import AnnotationWriter
from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.progress import track
from xperience.sources.nearest import nearest

SIDES = ("imu", "body")
WINDOW = 40
"""Frames of a window; the shortest trial has 41."""

GRAVITY_S = 0.3
"""What an accelerometer says more slowly is gravity; what it says faster goes with the square of the movement's rate."""

WINDOWS = 3
"""Windows of a trial, evenly from its beginning to its end."""


@dataclass(frozen=True)
class Motion:
    """One trial.

    Attributes:
        id: of the recording. subject, action: what its files say. body: [N, 52, 3] metres, 0 where not tracked.
        body_s: [N] seconds. imu: [M, 6] m/s2, rad/s. imu_s: [M] seconds on the same clock.
    """

    id: str
    subject: int
    action: str
    body: np.ndarray
    body_s: np.ndarray
    imu: np.ndarray
    imu_s: np.ndarray


@dataclass(frozen=True)
class Variation:
    """How far trials are varied. `speed`: log of the rate. `warp`: share of the trial that its parts move by. `crop`:
    share cut off each end. `build`: size of the person. `joint_m`: each joint's own constant offset. `tilt_deg`: of the
    camera. `strap_deg`: of the IMU on the limb. `gain`, `noise`: of the IMU, as shares of its size."""

    speed: float = 0.2
    warp: float = 0.05
    crop: float = 0.08
    build: float = 0.08
    joint_m: float = 0.015
    tilt_deg: float = 4.0
    strap_deg: float = 12.0
    gain: float = 0.08
    noise: float = 0.02


def read(prepared: Prepared, sides: Sequence[str], imu_hz: float = 0.0) -> list[Motion]:
    """All trials of some sides of the split that have both streams.

    Args:
        imu_hz: rate to which the IMU is brought by straight lines between its samples; 0: it stays as it is.
    """
    found = []
    for side in sides:
        for place in prepared.side(side):
            n = int(prepared.frames[place])
            pieces = prepared.read(int(place), 0, n, SIDES)
            if min(len(pieces[s].values) for s in SIDES) < 2:
                continue
            text = prepared.metas(int(place), 0, n)[0][0]["text"]["action"]
            body, imu = pieces["body"], pieces["imu"]
            id, imu_s, sensed = prepared.ids[place], imu.times_s[imu.valid], imu.values[imu.valid].astype(float)
            if imu_hz:
                dense_s = np.arange(imu_s[0], imu_s[-1], 1 / imu_hz)
                imu_s, sensed = dense_s, _at(dense_s, imu_s, sensed)
            found.append(
                Motion(
                    id, subject_of(id), str(text[0][2]), np.nan_to_num(body.values.astype(float)), body.times_s, sensed, imu_s
                )
            )  # fmt: skip
    return found


def subject_of(id: str) -> int:
    """Of `utd_mhad_s<k>__a<i>_t<j>`."""
    return int(id.split("__")[0].rsplit("_s", 1)[1])


def varied(trial: Motion, draw: np.random.Generator, how: Variation) -> Motion:
    """Another recording of the same movement."""
    begin, end = trial.body_s[0], trial.body_s[-1]
    low, high = draw.uniform(0, how.crop, 2) * [1, -1] + [0, 1]
    seconds = (end - begin) * (high - low) * np.exp(draw.uniform(-how.speed, how.speed))
    step = float(np.median(np.diff(trial.body_s)))
    count = max(WINDOW + 1, round(seconds / step) + 1)
    seconds = (count - 1) * step
    bend = draw.uniform(-1, 1, 2) * how.warp

    def old(new_s: np.ndarray) -> np.ndarray:
        u = new_s / seconds
        bent = u + bend[0] * np.sin(np.pi * u) + bend[1] * np.sin(2 * np.pi * u) / 2
        return begin + (end - begin) * (low + (high - low) * bent)

    body_s = np.arange(count) * step
    hz = 1 / float(np.median(np.diff(trial.imu_s)))
    imu_s = np.arange(int(seconds * hz)) / hz
    rate = np.gradient(old(imu_s), imu_s)
    body = _at(old(body_s), trial.body_s, trial.body)
    imu = _at(old(imu_s), trial.imu_s, trial.imu)
    held = gaussian_filter1d(imu[:, :3], GRAVITY_S * hz, axis=0)
    imu[:, :3] = held + (imu[:, :3] - held) * rate[:, None] ** 2
    imu[:, 3:] *= rate[:, None]
    return replace(trial, body=_built(body, draw, how), body_s=body_s, imu=_strapped(imu, draw, how), imu_s=imu_s)


def _built(body: np.ndarray, draw: np.random.Generator, how: Variation) -> np.ndarray:
    tracked = (body != 0).any(-1, keepdims=True)
    root = body[:1, :1]
    turn = Rotation.from_rotvec(np.deg2rad(draw.normal(0, [how.tilt_deg, how.tilt_deg, 30.0])))
    size = 1 + draw.uniform(-how.build, how.build) + draw.normal(0, how.build / 4, 3)
    moved = (body - root) * size + draw.normal(0, how.joint_m, (1, *body.shape[1:]))
    moved = turn.apply(moved.reshape(-1, 3)).reshape(body.shape) + root * size
    return np.where(tracked, moved + draw.normal(0, 0.003, body.shape), 0.0)


def _strapped(imu: np.ndarray, draw: np.random.Generator, how: Variation) -> np.ndarray:
    turn = Rotation.from_rotvec(np.deg2rad(draw.normal(0, how.strap_deg, 3)))
    both = np.concatenate([turn.apply(imu[:, :3]), turn.apply(imu[:, 3:])], 1)
    both *= 1 + draw.normal(0, how.gain, 6)
    return both + draw.normal(0, how.noise, both.shape) * both.std(0)


def _at(when: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """[K, ...] linearly between samples [N, ...], held at the ends."""
    flat = values.reshape(len(values), -1)
    right = np.clip(np.searchsorted(times, when), 1, len(times) - 1)
    share = np.clip((when - times[right - 1]) / (times[right] - times[right - 1]), 0, 1)[:, None]
    return (flat[right - 1] * (1 - share) + flat[right] * share).reshape(len(when), *values.shape[1:])


def write_varied(trials: list[Motion], copies: int, out: Path, how: Variation, seed: int, show: bool) -> None:
    """Episodes without labels: each trial as it is, and `copies` variations of it."""
    for trial in track(trials, "vary", show=show):
        draw = np.random.default_rng([seed, *trial.id.encode()])
        for copy in range(copies + 1):
            folder = out / f"{trial.id}_v{copy}"
            folder.mkdir(parents=True, exist_ok=True)
            _write(trial if copy == 0 else varied(trial, draw, how), folder / layout.ANNOTATION)


def _write(trial: Motion, file: Path) -> None:
    frames_ns, imu_ns = (1_000_000_000 + np.round(t * 1e9).astype(np.int64) for t in (trial.body_s, trial.imu_s))
    with AnnotationWriter(file) as writer:
        writer.put("video/device_timestamp", frames_ns)
        writer.put("video/frame_number", np.arange(len(frames_ns)))
        writer.put("video/length_sec", trial.body_s[-1] - trial.body_s[0])
        writer.put("imu/device_timestamp_ns", imu_ns)
        writer.put("imu/accel_xyz", trial.imu[:, :3])
        writer.put("imu/gyro_xyz", trial.imu[:, 3:])
        writer.put("imu/keyframe_indices", nearest(trial.imu_s, trial.body_s))
        seen = (trial.body != 0).any(-1, keepdims=True)
        writer.put("full_body_mocap/keypoints", np.where(seen, trial.body, np.nan))


def batch_of(trials: Sequence[Motion]) -> Batch:
    """Windows of trials, [len(trials) * WINDOWS] samples trial by trial, as the model takes them."""
    import torch

    n = len(trials) * WINDOWS
    slots = {s: WINDOW if STREAMS[s].per_frame else STREAMS[s].capacity(WINDOW / NOMINAL_FPS) for s in SIDES}
    streams = {}
    for side in SIDES:
        step = 1 / STREAMS[side].rate_hz
        values = np.zeros((n, slots[side], *(k for k in STREAMS[side].shape if k)), np.float32)
        times = np.tile(np.arange(slots[side], dtype=np.float32) * step, (n, 1))
        valid = np.zeros((n, slots[side]), bool)
        for row, (trial, start) in enumerate((t, s) for t in trials for s in starts(len(t.body))):
            zero, stop = trial.body_s[start], start + WINDOW
            if side == "body":
                part, at = trial.body[start:stop], trial.body_s[start:stop]
            else:
                end = trial.body_s[stop] if stop < len(trial.body_s) else np.inf
                low, high = np.searchsorted(trial.imu_s, [zero, end])
                part, at = trial.imu[low : min(high, low + slots[side])], trial.imu_s[low:high][: slots[side]]
            count = len(part)
            values[row, :count], times[row, :count], valid[row, :count] = part, at - zero, True
        presence = torch.full((n,), int(Presence.PRESENT), dtype=torch.int8)
        streams[side] = StreamBatch(
            torch.from_numpy(values), torch.from_numpy(times), torch.from_numpy(valid), presence, slots[side]
        )
    zeros = np.zeros(n, np.int64)
    text = TextBatch(
        action=[""] * n, subtask=[""] * n, next_action=[""] * n, main_task=[""] * n, objects=[()] * n,
        future_objects=[()] * n, interaction=[""] * n, transition=np.zeros(n, bool), action_span=[None] * n,
        known=np.zeros(n, bool),
    )  # fmt: skip
    cameras = Cameras(
        K=torch.zeros(n, 6, 4), D=torch.zeros(n, 6, 4), T_camera_body=torch.zeros(n, 6, 3, 4),
        fisheye=torch.zeros(n, 6, dtype=torch.bool), valid=torch.zeros(n, 6, dtype=torch.bool),
        points=torch.zeros(n, 0, 3), points_valid=torch.zeros(n, 0, dtype=torch.bool),
    )  # fmt: skip
    return Batch(
        k=zeros, mask_seed=zeros.astype(np.uint64), weight=torch.ones(n), source=zeros, episode=zeros, start_frame=zeros,
        episode_id=[t.id for t in trials for _ in range(WINDOWS)], frames=WINDOW, future=0, rate_hz=NOMINAL_FPS,
        streams=streams, text=text, cameras=cameras,
    )  # fmt: skip


def starts(frames: int) -> np.ndarray:
    """First frames of a trial's windows; a trial shorter than a window has all of them at 0."""
    return np.linspace(0, max(0, frames - WINDOW), WINDOWS).round().astype(int)
