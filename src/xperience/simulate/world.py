"""The single truth behind a recording: a scenario in motion. Every stream is measured from it.

World frame: metres, z up, floor at z = 0. Body frame of the headset: x right, y down, z forward, as in the real
rig, where the mean of gravity in body coordinates is (0, 0.88, 0.44) during table-top work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xperience.simulate.script import Scenario


@dataclass(frozen=True)
class Motion:
    """State of the person and of all things at T instants; every pose is smooth in time (twice differentiable between events).

    Attributes:
        times_s: [T].
        T_world_body: [T, 4, 4] headset (IMU) frame.
        T_world_root, T_world_cpf: [T, 4, 4] pelvis and central pupil frame.
        joints: [T, 52, 3] SMPL-H joints in the world.
        body_rotations: [T, 21, 3, 3] local rotations of body joints 1..21.
        finger_rotations: [T, 2, 15, 3, 3] local rotations, left then right, SMPL-H finger order.
        hand_joints: [T, 2, 21, 3] MANO joints with finger tips, left then right, in the world.
        contacts: [T, 21] contact of body joints 1..21, 0 or 1, from geometry: feet on the floor, hands on things.
        thing_poses: [T, K, 4, 4] T_world_thing of all things, in the order of the scenario.
        thing_states: [T, K] int.
        held_by: [T, K] int8: 0 free, 1 left hand, 2 right hand.
    """

    times_s: np.ndarray
    T_world_body: np.ndarray
    T_world_root: np.ndarray
    T_world_cpf: np.ndarray
    joints: np.ndarray
    body_rotations: np.ndarray
    finger_rotations: np.ndarray
    hand_joints: np.ndarray
    contacts: np.ndarray
    thing_poses: np.ndarray
    thing_states: np.ndarray
    held_by: np.ndarray


@dataclass(frozen=True)
class Sound:
    """A sound and what made it.

    Attributes:
        time_s: onset. duration_s: 0 for an impact. kind: "footstep", "touch", "put", "pour", "cut", "stir", "wipe", ...
        position: [3] in the world. strength: 0..1. material: "wood", "metal", "glass", "ceramic", "plastic", "cloth", "paper", "water".
        cause: for people, such as "right hand puts gooseneck kettle down". thing_id: or None.
    """

    time_s: float
    duration_s: float
    kind: str
    position: np.ndarray
    strength: float
    material: str
    cause: str
    thing_id: int | None = None


class World(Protocol):
    """What sensors may ask of the world."""

    scenario: Scenario
    sounds: tuple[Sound, ...]

    def at(self, times_s: np.ndarray) -> Motion:
        """State at the given instants [T], any order of magnitude of rates (20 Hz frames, 1 kHz for the IMU)."""
        ...

    def ego(self, times_s: np.ndarray) -> np.ndarray:
        """T_world_body [T, 4, 4] alone: the cheap path for the IMU."""
        ...
