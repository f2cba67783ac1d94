"""Hands against body: the wrist of the hand capture and that of the body capture move alike.

Hands are stored in the camera, the body in the world. Brought into the world, the hands' stream is right together with
the pose: so the body's delay is seen. Where the hands are late themselves, the head's own motion is put into them twice,
a little apart, and only in the camera do they look like the body's wrist. So the camera is tried where the world fails.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xperience.episode import Signal, geometry
from xperience.episode.layout import HAND_SIDES
from xperience.episode.modalities.hands import FRAME
from xperience.episode.skeletons import LEFT_WRIST, RIGHT_WRIST
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import alignment, motion

STREAM = "hand_left"

MAX_STD_S = 0.025
"""Half a frame at 20 fps."""


def measure(evidence: Evidence) -> list[Offset]:
    episode = evidence.episode
    if not (episode.body.present and episode.pose.present):
        return []
    found = []
    for side, joint in zip(HAND_SIDES, (LEFT_WRIST, RIGHT_WRIST), strict=True):
        wrist_world = motion.wrist_in_world(episode, side)
        if not wrist_world.present:
            continue
        name = f"hand_{side}"
        wrist = episode.body.values[:, joint].astype(np.float64)
        in_world = _offset(name, episode.body, wrist, wrist_world)
        if in_world.status == "undetermined":
            T_camera_world = geometry.invert(episode.T_world_camera(FRAME))
            in_camera = np.einsum("nij,nj->ni", T_camera_world[:, :3, :3], wrist) + T_camera_world[:, :3, 3]
            hand = episode.hand(side)
            other = _offset(name, episode.body, in_camera, replace(hand, values=hand.values[:, 0]))
            in_world = other if other.status == "measured" else in_world
        found.append(in_world)
    return found


def _offset(name: str, body: Signal, wrist: np.ndarray, hand: Signal) -> Offset:
    """Of a hand's wrist [N, 3] against the body's [N, 3] in the same coordinates."""
    known = body.valid & np.isfinite(wrist).all(1)
    expected = motion.wrist_increments(wrist, known, body.times_s)
    moved = motion.wrist_increments(hand.values, hand.valid, hand.times_s)
    if len(expected.start_s) < 2:
        return Offset.undetermined("body", name, "too few samples")
    return alignment.measure("body", name, expected.track(), moved, max_std_s=MAX_STD_S)
