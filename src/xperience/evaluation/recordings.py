"""Recordings as the benchmark knows them, from prepared shards alone.

Labels, hands, contacts, headset and motion are what the raw recording gives. Contract features are not among what is
prepared: tasks whose target they are, and the heads that read them, need the recordings themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from xperience.benchmark.recording import Recording, mean_speed
from xperience.episode.labels import FrameLabels
from xperience.evaluation.inputs import STREAMS_OF
from xperience.prepare.contract import SLICES
from xperience.prepare.piece import Piece
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.windows import WindowTable, windows
from xperience.pretrain.texts import per_frame

FRAMEWISE = ("pose", "hand_left", "hand_right", "body", "contacts")


def recordings_of(prepared: Prepared, without: Collection[str] = ()) -> list[Recording]:
    """All recordings of a prepared folder but some, in order of their ids.

    Raises:
        XperienceError: a shard that cannot be read.
    """
    order = sorted(range(len(prepared.ids)), key=lambda k: prepared.ids[k])
    return [_recording(prepared, k) for k in order if prepared.ids[k] not in without]


def _recording(prepared: Prepared, place: int) -> Recording:
    frames = int(prepared.frames[place])
    metas = prepared.metas(place, 0, frames)
    there = {name for meta, _, _ in metas for name in meta["present"]}
    found = prepared.read(place, 0, frames, [name for name in FRAMEWISE if name in there])
    pieces = {name: one for name, one in found.items() if one.valid.any() and len(one.times_s) == frames}
    labels = _labels(metas)
    table = windows(labels)
    return Recording(
        id=prepared.ids[place],
        session=prepared.sessions[place],
        features=np.zeros((len(table), 0), np.float32),
        presence=_presence(there, table),
        present={name: _has(there, name) for name in SLICES},
        windows=table,
        labels=labels,
        hands=_hands(pieces),
        contacts=_masked(pieces["contacts"]) if "contacts" in pieces else None,
        main_task=next((meta["text"]["main_task"] for meta, _, _ in metas if meta["text"]), ""),
        camera=_camera(pieces, metas[0][0]["cameras"]),
        motion=_motion(pieces),
    )


def _labels(metas: Sequence[tuple[dict[str, Any], int, int]]) -> FrameLabels:
    def objects(values: Sequence[Any]) -> tuple[tuple[str, ...] | None, ...]:
        return tuple(None if value is None else tuple(value) for value in values)

    action, subtask = (np.array(per_frame(metas, name, ""), object) for name in ("action", "subtask"))
    return FrameLabels(
        action, subtask, objects(per_frame(metas, "objects", None)), tuple(per_frame(metas, "interaction", None))
    )


def _has(there: set[str], block: str) -> bool:
    """Whether a block's streams are there; language, calibration and map are not asked here."""
    streams = STREAMS_OF[block]
    return any(stream in there for stream in streams) if streams else True


def _presence(there: set[str], table: WindowTable) -> np.ndarray:
    """[W, 18], 1 for every window of what the recording has."""
    row = np.array([float(_has(there, name)) for name in SLICES], np.float32)
    return np.repeat(row[None], len(table), axis=0)


def _masked(piece: Piece) -> np.ndarray:
    values = np.asarray(piece.values, np.float64)
    return np.where(piece.valid.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan)


def _hands(pieces: dict[str, Piece]) -> np.ndarray | None:
    if not {"hand_left", "hand_right"} <= set(pieces):
        return None
    hands = np.stack([_masked(pieces["hand_left"]), _masked(pieces["hand_right"])], axis=1)
    if "body" in pieces:
        hands -= _masked(pieces["body"])[:, None, None, 0]
    return hands


def _camera(pieces: dict[str, Piece], cameras: dict[str, Any]) -> np.ndarray | None:
    """[N, 3] centre of the left stereo camera: T_world_body T_body_camera."""
    if "pose" not in pieces or "stereo_left" not in cameras:
        return None
    T_camera_body = np.asarray(cameras["stereo_left"]["T_camera_body"], np.float64)
    centre = -T_camera_body[:3, :3].T @ T_camera_body[:3, 3]
    pose = _masked(pieces["pose"])
    return pose[:, :, :3] @ centre + pose[:, :, 3]


def _motion(pieces: dict[str, Piece]) -> np.ndarray | None:
    signals = [pieces[name] for name in ("body", "hand_left", "hand_right") if name in pieces]
    return mean_speed([(_masked(one), one.times_s) for one in signals])
