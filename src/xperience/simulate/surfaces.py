"""Where things can lie: rectangles with a memory of what lay there when, and the person's reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

REACH = 0.75
"""Farthest distance from the shoulder to a palm that scenarios ask for, metres."""

STEPS = (0.0, 0.15, -0.15, 0.3, -0.3, 0.45, -0.45)
"""Steps along the furniture from a station that a person makes to reach something, the smallest first, metres."""

MARGIN = 0.012
"""Room left on each side of a thing, metres."""


@dataclass(eq=False)
class Taken:
    """A footprint in a zone, from one instant to another."""

    thing_id: int
    center: np.ndarray
    half: np.ndarray
    since_s: float
    until_s: float = np.inf


@dataclass(eq=False)
class Zone:
    """A level rectangle on which things may lie.

    Attributes:
        pose: [4, 4] T_world_zone: origin at its centre, x and y along its sides, z up.
        half: half extents along x and y, metres.
    """

    pose: np.ndarray
    half: tuple[float, float]
    taken: list[Taken] = field(default_factory=list)

    def free(self, spots: np.ndarray, half: np.ndarray, since_s: float) -> np.ndarray:
        """Whether a footprint fits at each of `spots` [S, 2] (zone coordinates) from `since_s` on, for good: [S] bool."""
        fits = (np.abs(spots) + half <= self.half).all(-1)
        for other in self.taken:
            if other.until_s > since_s:
                fits &= (np.abs(spots - other.center) >= half + other.half + MARGIN).any(-1)
        return fits

    def find(
        self,
        rng: np.random.Generator,
        half: np.ndarray,
        since_s: float,
        suits: Callable[[np.ndarray], np.ndarray],
        near: np.ndarray | None = None,
        tries: int = 96,
    ) -> np.ndarray | None:
        """A free place [2] that suits (for example: can be reached), nearest to `near` if given; None if none was found.

        `suits` takes places [S, 2] and gives [S] bool.
        """
        room = np.array(self.half) - half
        if (room < 0).any():
            return None
        spots = rng.uniform(-1, 1, (tries, 2)) * room
        if near is not None:
            spots[0] = np.clip(near, -room, room)
            spots = spots[np.argsort(((spots - near) ** 2).sum(1))]
        good = np.flatnonzero(self.free(spots, half, since_s) & suits(spots))
        return spots[good[0]] if len(good) else None

    def occupy(self, thing_id: int, xy: np.ndarray, half: np.ndarray, since_s: float) -> None:
        self.taken.append(Taken(thing_id, np.array(xy), np.array(half), since_s))

    def leave(self, thing_id: int, time_s: float) -> None:
        """The thing is taken away."""
        for other in self.taken:
            if other.thing_id == thing_id and other.until_s > time_s:
                other.until_s = time_s

    def at(self, xy: np.ndarray) -> np.ndarray:
        """World positions [..., 3] of places [..., 2] of the zone."""
        return xy @ self.pose[:3, :2].T + self.pose[:3, 3]


@dataclass(eq=False)
class Station:
    """Where a person stands to work.

    Attributes:
        name: what captions call the place, such as "counter".
        pose: [4, 4] T_world_station: the feet; x right, y forward, z up.
        zones: what lies within reach from here; the first is the usual one.
        fixture: index of the fixture that carries the zones.
    """

    name: str
    pose: np.ndarray
    zones: list[Zone]
    fixture: int


def shoulder(height: float, hand: str) -> np.ndarray:
    """Shoulder [3] of an upright person in station coordinates (0.82 of the height, Drillis and Contini 1966)."""
    return np.array([0.105 * height * (1 if hand == "right" else -1), 0.0, 0.82 * height])


def footprint(low: np.ndarray, high: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and half extents, both [2], of the box around a thing with corners `low`, `high`, turned by [2, 2]."""
    return turn @ (low + high)[:2] / 2, np.abs(turn) @ (high - low)[:2] / 2


def yaw(angle: float) -> np.ndarray:
    """Rotation [3, 3] about z by radians."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def shifted(pose: np.ndarray, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """A pose [4, 4] moved along its own axes."""
    out = pose.copy()
    out[:3, 3] += pose[:3, :3] @ (x, y, z)
    return out
