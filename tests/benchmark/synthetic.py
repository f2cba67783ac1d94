"""Recordings made of numbers, in which every task can be learnt a little: no files, no decoding."""

from __future__ import annotations

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.episode.labels import FrameLabels
from xperience.prepare.contract import SLICES
from xperience.prepare.windows import windows

ACTIONS = ("Reach for cup", "Pour water", "Stir tea", "Place cup on table")
OBJECTS = (("cup",), ("cup", "kettle"), ("cup", "spoon"), ("cup", "table"))


def recording(
    id: str = "s0__ep1",
    frames: int = 400,
    seed: int = 0,
    absent: tuple[str, ...] = (),
    noise: float = 1.0,
    run: int = 40,
) -> Recording:
    """A recording in which a latent walk moves all blocks together and the action leaves a trace in each.

    Args:
        frames: length.
        absent: blocks that the recording lacks.
        noise: deviation of the noise on every feature; the trace of an action has deviation 1.
        run: frames of one action.
    """
    rng = np.random.default_rng(seed)
    step = np.arange(frames) // run % len(ACTIONS)
    action = np.array([ACTIONS[k] for k in step], object)
    subtask = np.array([f"Make tea, part {k // 2}" for k in step], object)
    labels = FrameLabels(action, subtask, tuple(OBJECTS[k] for k in step), ("holds it",) * frames)
    table = windows(labels)
    prototypes = np.random.default_rng(99).normal(size=(len(ACTIONS), 8546))
    walk = (
        np.cumsum(rng.normal(0, 0.3, (len(table), 12)), axis=0) @ np.random.default_rng(98).normal(size=(12, 8546)) / 4
    )
    x = prototypes[step[table.center_frame]] + walk + rng.normal(0, noise, (len(table), 8546))
    present = {name: name not in absent for name in SLICES}
    presence = np.repeat([[float(there) for there in present.values()]], len(table), axis=0)
    for name in absent:
        x[:, SLICES[name]] = 0
    path = np.cumsum(rng.normal(0, 0.005, (frames, 2, 1, 3)), axis=0)
    hands = path + rng.normal(0, 0.1, (1, 2, 21, 3))
    contacts = np.zeros((frames, 21))
    contacts[:, 9] = 1.0  # a foot always touches
    contacts[:, 19] = step == 1
    return Recording(
        id,
        id.split("__")[0],
        x.astype(np.float32),
        presence.astype(np.float32),
        present,
        table,
        labels,
        None if "hand_left_joints" in absent else hands,
        None if "body_contacts" in absent else contacts,
        "Make tea",
        camera=np.cumsum(rng.normal(0, 0.01, (frames, 3)), axis=0),
        motion=np.abs(rng.normal(0, 0.1, frames)) + 0.2 * (step == 1),
    )
