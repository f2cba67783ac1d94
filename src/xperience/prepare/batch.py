"""A batch: fixed shapes, whatever its samples lack.

B samples, each a window of F frames followed by H frames of future from the same recording. Every stream has a fixed
number of slots for the window, then a fixed number for the future: one a frame, or its capacity. Numbers are those of the stream registry
(`prepare.streams`); what is padded, invalid or absent holds zeros and says so in `valid` and `presence`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class StreamBatch:
    """One stream of a batch; numpy arrays from the loader, torch tensors of the same shapes in the model.

    Attributes:
        values: [B, N, *shape]; the first `slots` of N belong to the window, the rest to the future.
        times: [B, N] float32 seconds from the window's first frame. Times of padding go on at the nominal rate.
        valid: [B, N] bool.
        presence: [B] int8, `episode.Presence`: 0 present, 1 absent in the data, 2 dropped by us.
        slots: of the window.
    """

    values: Any
    times: Any
    valid: Any
    presence: Any
    slots: int


@dataclass
class TextBatch:
    """Language of a batch, one entry a sample: "" and () where there is none.

    Attributes:
        action, subtask: of the window by the 60 % rule. next_action: of the frame 20 frames after the window's end.
        main_task: of the recording.
        objects: names in the window. future_objects: in the future span, not in the window.
        interaction: the sentence that holds at the window's centre.
        transition: whether the window's centre is within 10 frames of a change of action.
        action_span: (start_s, end_s) of the centre's action run, seconds from the window's first frame; or None.
        known: whether the recording has language at all.
    """

    action: list[str]
    subtask: list[str]
    next_action: list[str]
    main_task: list[str]
    objects: list[tuple[str, ...]]
    future_objects: list[tuple[str, ...]]
    interaction: list[str]
    transition: np.ndarray
    action_span: list[tuple[float, float] | None]
    known: np.ndarray


@dataclass
class Cameras:
    """Calibration of a batch, V = 6 views in the order of `episode.cameras.VIEWS`.

    Attributes:
        K: [B, V, 4] fx and cx as shares of the width, fy and cy of the height. D: [B, V, 4] equidistant k1..k4, zeros for pinhole.
        T_camera_body: [B, V, 3, 4] metres. fisheye: [B, V] bool. valid: [B, V] bool.
        points: [B, P, 3] map points in world metres. points_valid: [B, P] bool.
    """

    K: Any
    D: Any
    T_camera_body: Any
    fisheye: Any
    valid: Any
    points: Any
    points_valid: Any


@dataclass
class Batch:
    """See the module.

    Attributes:
        k: [B] int64 global sample numbers. mask_seed: [B] uint64. weight: [B] float32, 0 where nothing could be read.
        source, episode, start_frame: [B] int64, what the sample is.
        episode_id: names.
        frames, future: F and H. rate_hz: nominal frames per second.
        streams: by stream name; all streams of the recipe, always.
        text, cameras: beside them.
        problems: "shard: reason" to how many samples of this batch it cost.
    """

    k: np.ndarray
    mask_seed: np.ndarray
    weight: Any
    source: np.ndarray
    episode: np.ndarray
    start_frame: np.ndarray
    episode_id: list[str]
    frames: int
    future: int
    rate_hz: float
    streams: dict[str, StreamBatch]
    text: TextBatch
    cameras: Cameras
    problems: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.k)

    @property
    def seconds(self) -> float:
        """Length of the window, without its future."""
        return self.frames / self.rate_hz
