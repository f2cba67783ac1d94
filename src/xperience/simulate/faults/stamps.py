"""Changes that several faults share: clocks with all that follows from them, captions, names of datasets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from xperience.errors import FormatError
from xperience.simulate.faults.editor import Editor

Stamps = Callable[[np.ndarray], np.ndarray]


def change_clock(editor: Editor, how: Stamps) -> None:
    """Changes the frame clock: slam/frame_names and video/device_timestamp alike. The MP4s keep their own time."""
    editor.change("video/device_timestamp", how)

    def rename(names: np.ndarray) -> np.ndarray:
        return np.array([str(t).encode() for t in how(names.astype(np.int64))], names.dtype)

    editor.change("slam/frame_names", rename)


def change_imu_clock(editor: Editor, how: Stamps) -> None:
    """Changes the IMU's clock and points every key frame at the sample that is now nearest."""
    editor.change("imu/device_timestamp_ns", how)
    with editor.annotation() as file:
        stamps = file["imu/device_timestamp_ns"][()].reshape(-1)
        frames = file["video/device_timestamp"][()].reshape(-1)
    after = np.clip(np.searchsorted(stamps, frames), 1, len(stamps) - 1)
    nearest = np.where(frames - stamps[after - 1] < stamps[after] - frames, after - 1, after)
    editor.change("imu/keyframe_indices", lambda index: nearest.astype(index.dtype))


def joints_of(modality: str) -> str:
    """Dataset of a hand's joints."""
    return f"hand_mocap/{modality.removeprefix('hand_')}_joints_3d"


def change_caption_text(editor: Editor, how: Callable[[str], str]) -> None:
    with editor.annotation() as file:
        text = file["caption"][()].decode("utf-8")
        del file["caption"]
        file.create_dataset("caption", data=how(text), dtype=h5py.string_dtype("utf-8"))


def change_caption(editor: Editor, how: Callable[[dict[str, Any]], None]) -> None:
    """Changes the parsed caption in place."""

    def rewrite(text: str) -> str:
        try:
            caption = json.loads(text)
        except ValueError as error:
            raise FormatError("caption is not JSON", file=editor.folder, field="caption", found=str(error)) from error
        how(caption)
        return json.dumps(caption)

    change_caption_text(editor, rewrite)


def actions(caption: dict[str, Any]) -> list[dict[str, Any]]:
    """All actions of all segments."""
    return [action for segment in caption["segments"] for action in segment["Current Action"]]


def some_actions(caption: dict[str, Any], share: float, rng: np.random.Generator) -> list[dict[str, Any]]:
    """A share of the actions, at random; at least one where the share is more than a hundredth."""
    found = actions(caption)
    count = max(round(len(found) * share), int(share > 0.01))
    return [found[k] for k in rng.permutation(len(found))[:count]]
