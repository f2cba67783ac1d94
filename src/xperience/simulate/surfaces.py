"""Where things can lie: rectangles with a memory of what lay there when, and the person's reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

REACH = 0.75
"""Farthest distance from the shoulder to a palm that scenarios ask for, metres."""

MARGIN = 0.012
"""Room left on each side of a thing, metres."""


@dataclass
class Taken:
    """A footprint in a zone, from one instant to another."""

    thing_id: int
    center: np.ndarray
    half: np.ndarray
    since_s: float
    until_s: float = np.inf


@dataclass
class Zone:
    """A level rectangle on which things may lie.

    Attributes:
        pose: [4, 4] T_world_zone: origin at its centre, x and y along its sides, z up.
        half: half extents along x and y, metres.
    """

    pose: np.ndarray
    half: tuple[float, float]
    taken: list[Taken] = field(default_factory=list)

    def free(self, xy: np.ndarray, half: np.ndarray, since_s: float) -> bool:
        """Whether a footprint fits at `xy` (zone coordinates) from `since_s` on, for good."""
        if (np.abs(xy) + half > self.half).any():
            return False
        return not any(
            other.until_s > since_s and (np.abs(xy - other.center) < half + other.half + MARGIN).all()
            for other in self.taken
        )

    def find(
        self,
        rng: np.random.Generator,
        half: np.ndarray,
        since_s: float,
        suits: Callable[[np.ndarray], bool],
        near: np.ndarray | None = None,
        tries: int = 40,
    ) -> np.ndarray | None:
        """A free place [2] that suits (for example: can be reached), nearest to `near` if given; None if none was found."""
        room = np.array(self.half) - half
        if (room < 0).any():
            return None
        spots = rng.uniform(-1, 1, (tries, 2)) * room
        if near is not None:
            spots[0] = np.clip(near, -room, room)
            spots = spots[np.argsort(((spots - near) ** 2).sum(1))]
        for spot in spots:
            if self.free(spot, half, since_s) and suits(spot):
                return spot
        return None

    def occupy(self, thing_id: int, xy: np.ndarray, half: np.ndarray, since_s: float) -> None:
        self.taken.append(Taken(thing_id, np.array(xy), np.array(half), since_s))

    def leave(self, thing_id: int, time_s: float) -> None:
        """The thing is taken away."""
        for other in self.taken:
            if other.thing_id == thing_id and other.until_s > time_s:
                other.until_s = time_s

    def occupied(self, time_s: float) -> bool:
        return any(other.since_s <= time_s < other.until_s for other in self.taken)

    def at(self, xy: np.ndarray, z: float = 0.0) -> np.ndarray:
        """World position [3] of a place of the zone."""
        return (self.pose @ np.array([xy[0], xy[1], z, 1.0]))[:3]


@dataclass
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


def footprint(size: tuple[float, float, float], yaw: float) -> np.ndarray:
    """Half extents [2] of a thing turned by `yaw` on a zone."""
    c, s = abs(np.cos(yaw)), abs(np.sin(yaw))
    return np.array([c * size[0] + s * size[1], s * size[0] + c * size[1]]) / 2
