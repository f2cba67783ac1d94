"""An empty room to furnish: walls, surfaces with stations before them, room on the walls.

Everything stands along the walls, so that the middle stays free and the person walks straight from station to station.
Furniture is placed in wall coordinates: x to the right as seen facing the wall, y into it, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from xperience.episode import geometry
from xperience.simulate import shapes
from xperience.simulate.objects.looks import Color, Look, part
from xperience.simulate.surfaces import Station, Zone, shifted, yaw
from xperience.simulate.things import Part

GAP = 0.35
"""From the middle of a standing person to the edge of the furniture, metres."""

DEEP = 0.42
"""How deep on a surface hands work; what lies behind is clutter, metres."""

WALLS = {"north": 0.0, "west": 90.0, "south": 180.0, "east": -90.0}

Surface = tuple[str, Color, float]
"""Texture, colour and period of a floor or a wall."""


@dataclass
class Fixture:
    """A piece of furniture that is not a kind of object."""

    kind: str
    name: str
    parts: tuple[Part, ...]
    pose: np.ndarray


@dataclass
class Room:
    """A room of `width` (x) by `depth` (y) about the origin, for a person of `height`.

    Work surfaces are as high as suits the person, since furniture is chosen by who uses it. A flipped room is laid out
    the other way round.

    Attributes:
        stations: by role. ledges: surfaces for clutter, with the most things that stand on each.
    """

    look: Look
    width: float
    depth: float
    height: float
    flipped: bool = False
    fixtures: list[Fixture] = field(default_factory=list)
    stations: dict[str, Station] = field(default_factory=dict)
    ledges: list[tuple[Zone, int]] = field(default_factory=list)
    tall: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {side: [] for side in WALLS})

    @property
    def work_height(self) -> float:
        return round(0.55 * self.height, 3)

    def length(self, side: str) -> float:
        return self.width if side in ("north", "south") else self.depth

    def wall(self, side: str) -> np.ndarray:
        """T_world_wall [4, 4]: origin on the floor in the middle of the wall."""
        if self.flipped:
            side = {"east": "west", "west": "east"}.get(side, side)
        pose = geometry.transform(yaw(np.radians(WALLS[side])), np.zeros(3))
        pose[:3, 3] = pose[:3, 1] * (self.depth if side in ("north", "south") else self.width) / 2
        return pose

    def at(self, side: str, x: float, y: float = 0.0, z: float = 0.0) -> np.ndarray:
        """Pose at wall coordinates, facing the wall."""
        return shifted(self.wall(side), -x if self.flipped else x, y, z)

    def add(self, kind: str, parts: list[Part], pose: np.ndarray, name: str | None = None) -> int:
        """Adds a fixture; returns its index."""
        self.fixtures.append(Fixture(kind, name or kind, tuple(parts), pose))
        return len(self.fixtures) - 1

    def reserve(self, side: str, x: float, width: float) -> None:
        """Nothing else hangs on this part of the wall."""
        self.tall[side].append((x - width / 2, x + width / 2))

    def hang(self, side: str, width: float) -> float | None:
        """A free place for something on the wall, now taken; None if there is none."""
        room = (self.length(side) - width) / 2 - 0.1
        for x in self.look.rng.uniform(-1, 1, 12) * max(room, 0.0):
            if room > 0 and all(x + width / 2 < a or x - width / 2 > b for a, b in self.tall[side]):
                self.reserve(side, float(x), width + 0.1)
                return float(x)
        return None

    def shell(self, floor: Surface, wall: Surface, ceiling: float = 2.6) -> None:
        """Floor, four walls with skirting, and a ceiling with lamps; one wall in a colour of its own."""
        w, d = self.width, self.depth
        texture, color, size = floor
        slab = shapes.shift(shapes.box(w + 0.4, d + 0.4, 0.1), z=-0.1)
        self.add("floor", [part(slab, color, texture, size)], np.eye(4))
        texture, color, size = wall
        skirting, accent = self.look.color("muted"), self.look.pick(tuple(WALLS))
        for side in WALLS:
            length = self.length(side)
            panel = shapes.shift(shapes.box(length + 0.2, 0.1, ceiling), y=0.05)
            edge = shapes.shift(shapes.box(length, 0.02, 0.09), y=-0.01)
            rail = shapes.shift(shapes.box(length, 0.012, 0.03), y=-0.006, z=1.02)
            paint = self.look.color("muted") if side == accent else color
            self.add(
                "wall", [part(panel, paint, texture, size), part(shapes.merge(edge, rail), skirting)], self.wall(side)
            )
        panel = shapes.shift(shapes.box(w + 0.4, d + 0.4, 0.1), z=ceiling)
        lamps = [shapes.shift(shapes.box(0.9, 0.25, 0.04), x=x, z=ceiling - 0.04) for x in (-w / 4, w / 4)]
        beam = shapes.shift(shapes.box(0.12, d, 0.1), z=ceiling - 0.1)
        parts = [
            part(panel, (0.82, 0.82, 0.80), "tiles", 0.6),
            part(shapes.merge(*lamps), (1.0, 0.98, 0.9)),
            part(beam, skirting),
        ]
        self.add("ceiling", parts, np.eye(4))

    def surface(
        self,
        roles: dict[str, float],
        name: str,
        side: str,
        x: float,
        edge: float,
        top: float,
        width: float,
        depth: float,
        fixture: int,
    ) -> None:
        """Stations before a level surface about `x` whose front edge is at y = `edge`; its back is for clutter.

        Args:
            roles: role of each station and its place along the surface.
        """
        deep = min(depth - 0.04, DEEP)
        places = sorted(roles.values())
        gap = min([b - a for a, b in pairwise(places)] or [width])
        for role, along in roles.items():
            half = min(0.75, gap / 2, width / 2 - abs(along) - 0.02)
            zone = Zone(self.at(side, x + along, edge + 0.02 + deep / 2, top), (half, deep / 2))
            self.stations[role] = Station(name, self.at(side, x + along, edge - GAP), [zone], fixture)
        behind = depth - 0.06 - deep
        if behind > 0.08:
            center = self.at(side, x, edge + depth - 0.02 - behind / 2, top)
            self.ledges.append((Zone(center, (width / 2 - 0.02, behind / 2)), int(1 + 3 * width)))
