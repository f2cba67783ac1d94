"""An empty room to furnish: walls, furniture with stations before it, things that hang and stand around.

Everything stands along the walls, so that the middle stays free and the person walks straight from station to station.
A place describes itself in wall coordinates: x to the right as seen facing the wall, y into it, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xperience.episode import geometry
from xperience.simulate import shapes
from xperience.simulate.objects.looks import Color, Look, part
from xperience.simulate.surfaces import Station, Zone
from xperience.simulate.things import Part

GAP = 0.36
"""From the middle of a standing person to the edge of the furniture, metres."""

DEEP = 0.30
"""How deep on a surface things are put that hands will take, metres."""

WALLS = {"north": 0.0, "west": 90.0, "south": 180.0, "east": -90.0}


@dataclass
class Fixture:
    """A piece of furniture that is not a kind of object."""

    kind: str
    name: str
    parts: tuple[Part, ...]
    pose: np.ndarray


@dataclass
class Ledge:
    """A surface for clutter, beyond reach: centre pose and half extents."""

    zone: Zone
    items: int


@dataclass
class Room:
    """A room of `width` (x) by `depth` (y) about the origin, for a person of `height`.

    Work surfaces are as high as suits the person, since furniture is chosen by who uses it.
    """

    look: Look
    width: float
    depth: float
    height: float
    fixtures: list[Fixture] = field(default_factory=list)
    stations: dict[str, Station] = field(default_factory=dict)
    ledges: list[Ledge] = field(default_factory=list)

    @property
    def work_height(self) -> float:
        return round(0.535 * self.height, 3)

    def wall(self, side: str) -> np.ndarray:
        """T_world_wall [4, 4]: origin on the floor in the middle of the wall."""
        yaw = np.radians(WALLS[side])
        pose = geometry.transform(geometry.rotvec_to_matrix(np.array([0, 0, yaw])), np.zeros(3))
        distance = self.depth / 2 if side in ("north", "south") else self.width / 2
        pose[:3, 3] = pose[:3, 1] * distance
        return pose

    def at(self, side: str, x: float, y: float = 0.0, z: float = 0.0) -> np.ndarray:
        """Pose at wall coordinates, facing the wall."""
        return self.wall(side) @ geometry.transform(np.eye(3), np.array([x, y, z]))

    def add(self, kind: str, parts: list[Part], pose: np.ndarray, name: str | None = None) -> int:
        """Adds a fixture; returns its index."""
        self.fixtures.append(Fixture(kind, name or kind, tuple(parts), pose))
        return len(self.fixtures) - 1

    def shell(self, floor: tuple[str, Color, float], wall: tuple[str, Color, float], ceiling: float = 2.6) -> None:
        """Floor, four walls with skirting, and a ceiling with lamps."""
        w, d = self.width, self.depth
        texture, color, size = floor
        self.add(
            "floor", [part(shapes.shift(shapes.box(w + 0.4, d + 0.4, 0.1), z=-0.1), color, texture, size)], np.eye(4)
        )
        texture, color, size = wall
        skirting = self.look.color("muted")
        for side in WALLS:
            length = w if side in ("north", "south") else d
            panel = shapes.shift(shapes.box(length + 0.2, 0.1, ceiling), y=0.05)
            edge = shapes.shift(shapes.box(length, 0.02, 0.09), y=-0.01)
            self.add("wall", [part(panel, color, texture, size), part(edge, skirting)], self.wall(side))
        panel = shapes.shift(shapes.box(w + 0.4, d + 0.4, 0.1), z=ceiling)
        lamps = [shapes.shift(shapes.box(0.9, 0.25, 0.04), x=x, z=ceiling - 0.04) for x in (-w / 4, w / 4)]
        self.add(
            "ceiling",
            [part(panel, (0.85, 0.85, 0.83), "tiles", 0.6), part(shapes.merge(*lamps), (1.0, 0.98, 0.9))],
            np.eye(4),
        )

    def surface(
        self,
        role: str,
        name: str,
        side: str,
        x: float,
        y: float,
        top: float,
        half_width: float,
        depth: float,
        fixture: int,
    ) -> None:
        """A station before a level surface whose front edge is at `y`, and what lies beyond reach as a ledge for clutter."""
        pose = self.at(side, x, y - GAP)
        deep = min(depth - 0.04, DEEP)
        zone = Zone(self.at(side, x, y + 0.03 + deep / 2, top), (min(half_width, 0.5), deep / 2))
        self.stations[role] = Station(name, pose, [zone], fixture)
        behind = depth - 0.05 - deep
        if behind > 0.1:
            center = self.at(side, x, y + depth - 0.02 - behind / 2, top)
            self.ledges.append(Ledge(Zone(center, (half_width, behind / 2)), int(2 + 4 * half_width)))
