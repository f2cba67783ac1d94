"""What really happened in a simulated recording, written beside it and never read by readers or later steps.

`OUT/_truth/<session>__ep<k>/truth.npz` holds arrays, `truth.json` the rest. All positions are in the world of the
recording's own annotation; `world_shift` takes the scenario's world (floor at z = 0) to it.

truth.npz, with N frames, K things, S sounds:
    times_ns [N] int64 device clock of the frames; times_s [N] the same in scenario seconds
    T_world_body [N, 4, 4] headset; joints [N, 52, 3] body; hand_joints [N, 2, 21, 3] left then right, in the world
    contacts [N, 21] of body joints 1..21
    thing_ids [K]; thing_poses [N, K, 4, 4] T_world_thing; thing_states [N, K] index into the thing's states;
        held_by [N, K] 0 free, 1 left hand, 2 right hand
    sound_times_s [S], sound_durations_s [S] (0 for an impact), sound_positions [S, 3], sound_thing_ids [S] (0 none)
    mask_<view> [N, h, w] uint8: the id of a thing, or one of LABELS. Pixel (i, j) is that of image pixel
        (i * mask_stride, j * mask_stride)

truth.json:
    format, recipe: version of this layout, and the options that made the recording
    episode, session, seed, session_seed, duration_s, place, activity, main_task, summary, person
    world_shift [3], mask_stride, labels {name: number in masks}
    things [{id, kind, name, states, movable, size}]
    actions [{start_s, end_s, label, description, subtask, verb, noun, objects, interaction}]
    sounds [{time_s, duration_s, kind, material, strength, cause, thing_id}], in the order of the arrays
    clock {stream: {offset_ns, drift_ppm}}: what the simulation itself added to true times: nothing
    faults [{fault, severity, modality, start_s, end_s, magnitude, unit, seed}]: [] for a clean recording; masks,
        poses and all else above are those of the world and of the recording before it was damaged
"""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from xperience import storage
from xperience.simulate.world import Motion, World

FORMAT = 1
TRUTH_FOLDER = "_truth"
ARRAYS, FACTS = "truth.npz", "truth.json"

OUTSIDE = 0
MOST_THINGS = 250
LEFT_HAND, RIGHT_HAND, BODY, ROOM = 251, 252, 253, 254
LABELS = {"outside": OUTSIDE, "left_hand": LEFT_HAND, "right_hand": RIGHT_HAND, "body": BODY, "room": ROOM}
"""Numbers in instance masks that are not ids of things; 0 is outside the lens."""

WIDEST_MASK = 320
"""Masks of wider views are thinned out to at most this many pixels a row."""
_COMPRESSION = 1

CLOCKED_STREAMS = ("frames", "video", "audio", "imu", "hands", "body", "depth")


def mask_stride(width: int) -> int:
    """Of every how many pixels of a row and a column a mask keeps one."""
    return -(-width // WIDEST_MASK)


class MaskSpool:
    """Instance masks on their way to truth.npz: kept in plain files, since an archive takes one member at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._counts: dict[str, int] = {}

    def add(self, labels: dict[str, np.ndarray]) -> None:
        """One frame: by view, [H, W] uint8."""
        for view, label in labels.items():
            if view not in self._files:
                self._files[view] = (self._folder / f".mask_{view}").open("wb")
                self._counts[view] = 0
            step = mask_stride(label.shape[1])
            label = np.ascontiguousarray(label[::step, ::step])
            self._shapes[view] = label.shape
            self._files[view].write(label.data)
            self._counts[view] += 1

    def write(self, archive: zipfile.ZipFile) -> None:
        """Moves the masks into an open archive as `mask_<view>.npy`."""
        for view, file in self._files.items():
            file.close()
            path = self._folder / f".mask_{view}"
            masks = np.memmap(path, np.uint8, "r", shape=(self._counts[view], *self._shapes[view]))
            _add(archive, f"mask_{view}", masks)
            del masks
            path.unlink()


def write_arrays(path: Path, arrays: dict[str, np.ndarray], masks: MaskSpool) -> None:
    """A compressed npz with the same bytes for the same content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        for name, array in arrays.items():
            _add(archive, name, np.ascontiguousarray(array))
        masks.write(archive)


def _add(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def arrays_of(world: World, motion: Motion, frame_ns: np.ndarray, shift: np.ndarray) -> dict[str, np.ndarray]:
    """All arrays of truth.npz but the masks."""
    sounds = world.sounds

    def moved(poses: np.ndarray) -> np.ndarray:
        out = np.array(poses, np.float64)
        out[..., :3, 3] += shift
        return out

    return {
        "times_ns": frame_ns,
        "times_s": motion.times_s,
        "T_world_body": moved(motion.T_world_body),
        "joints": (motion.joints + shift).astype(np.float32),
        "hand_joints": (motion.hand_joints + shift).astype(np.float32),
        "contacts": np.asarray(motion.contacts, np.uint8),
        "thing_ids": np.array([thing.id for thing in world.scenario.things], np.int16),
        "thing_poses": moved(motion.thing_poses).astype(np.float32),
        "thing_states": motion.thing_states.astype(np.int8),
        "held_by": motion.held_by.astype(np.int8),
        "sound_times_s": np.array([sound.time_s for sound in sounds], np.float64),
        "sound_durations_s": np.array([sound.duration_s for sound in sounds], np.float64),
        "sound_positions": np.array([sound.position for sound in sounds], np.float64).reshape(-1, 3) + shift,
        "sound_thing_ids": np.array([sound.thing_id or 0 for sound in sounds], np.int16),
    }


def facts_of(world: World, shift: np.ndarray, width: int) -> dict[str, Any]:
    """What truth.json says of the world; the caller adds what identifies the recording.

    Args:
        width: of the widest view, pixels.
    """
    scenario = world.scenario
    return {
        "format": FORMAT,
        "duration_s": scenario.duration_s,
        "seed": scenario.seed,
        "session_seed": scenario.session_seed,
        "place": scenario.place,
        "activity": scenario.activity,
        "main_task": scenario.main_task,
        "summary": scenario.summary,
        "person": {"height": scenario.person.height, "handedness": scenario.person.handedness},
        "world_shift": shift,
        "mask_stride": mask_stride(width),
        "labels": LABELS,
        "things": [
            {
                "id": thing.id,
                "kind": thing.kind,
                "name": thing.name,
                "states": thing.states,
                "movable": thing.movable,
                "size": thing.size,
            }
            for thing in scenario.things
        ],
        "actions": [dataclasses.asdict(action) for action in scenario.actions],
        "sounds": [
            {
                "time_s": sound.time_s,
                "duration_s": sound.duration_s,
                "kind": sound.kind,
                "material": sound.material,
                "strength": sound.strength,
                "cause": sound.cause,
                "thing_id": sound.thing_id,
            }
            for sound in world.sounds
        ],
        "clock": {stream: {"offset_ns": 0, "drift_ppm": 0.0} for stream in CLOCKED_STREAMS},
    }


def write_facts(path: Path, facts: dict[str, Any]) -> None:
    path.write_text(storage.to_json(facts), encoding="utf-8")
