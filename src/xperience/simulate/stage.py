"""A furnished room with objects in it, as it stands at the present moment of planning."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xperience.episode import geometry
from xperience.simulate.objects import Form, Kind
from xperience.simulate.objects.looks import Look
from xperience.simulate.places.room import Room
from xperience.simulate.surfaces import REACH, Station, Zone, footprint, shoulder
from xperience.simulate.things import Person, Thing


@dataclass
class Item:
    """An object during planning.

    Attributes:
        hand: the hand that takes it, "main" or "off". pose, state: at present; `start` is the pose at time 0.
        station: role of the station from which it can be reached where it lies. zone: what it lies on; None in a hand.
        inside: the zone that it offers to others, moving with it; None where it offers none.
    """

    id: int
    kind: Kind
    form: Form
    name: str
    hand: str
    start: np.ndarray
    pose: np.ndarray
    station: str
    zone: Zone | None
    inside: Zone | None = None
    before: tuple[Zone, str, np.ndarray] | None = None
    state: int = 0
    movable: bool = True

    @property
    def top(self) -> np.ndarray:
        """World position [3] where others work on it."""
        form = self.form
        point = form.mouth if form.mouth is not None else (0.0, 0.0, form.size[2])
        return (self.pose @ np.array([*point, 1.0]))[:3]

    def move(self, pose: np.ndarray) -> None:
        self.pose = pose
        if self.inside is not None:
            assert self.form.inside is not None
            self.inside.pose = pose @ geometry.transform(np.eye(3), np.array([0, 0, self.form.inside[2]]))


@dataclass
class Stage:
    """Room, person and objects; answers what is where and what can be reached."""

    room: Room
    person: Person
    rng: np.random.Generator
    items: list[Item] = field(default_factory=list)
    others: list[Thing] = field(default_factory=list)

    @property
    def next_id(self) -> int:
        return len(self.room.fixtures) + len(self.others) + len(self.items) + 1

    def side(self, hand: str) -> str:
        """The side, "right" or "left", of the "main" or "off" hand."""
        return self.person.handedness if hand == "main" else {"right": "left", "left": "right"}[self.person.handedness]

    def facing(self, station: Station, hand: str, jitter: float = 0.0) -> np.ndarray:
        """Rotation [3, 3] of a thing that lies before a station, so that `hand` can take it."""
        turn = jitter + (np.pi if self.side(hand) == "left" else 0.0)
        return station.pose[:3, :3] @ geometry.rotvec_to_matrix(np.array([0.0, 0.0, turn]))

    def reachable(self, station: Station, hand: str, palms: np.ndarray) -> np.ndarray:
        """Whether palm positions [..., 3] are within reach of a hand of the upright person at a station."""
        local = geometry.apply(geometry.invert(station.pose), palms)
        return np.linalg.norm(local - shoulder(self.person.height, self.side(hand)), axis=-1) <= REACH

    def spot(self, item: Item, role: str, zone: Zone, now: float, near: np.ndarray | None = None) -> np.ndarray | None:
        """A free pose [4, 4] for the item on a zone, reachable from the station, marked as taken; None if there is none."""
        station = self.room.stations[role]
        rotation = self.facing(station, item.hand, float(self.rng.normal(0, 0.08)))
        offset, half = footprint(*item.form.box, (zone.pose[:3, :3].T @ rotation)[:2, :2])
        grip = self.grip(item)

        def suits(spots: np.ndarray) -> np.ndarray:
            if grip is None:
                return np.ones(len(spots), bool)
            return self.reachable(station, item.hand, zone.at(spots - offset) + rotation @ grip[:3, 3])

        xy = zone.find(self.rng, half, now, suits, near)
        if xy is None:
            return None
        zone.occupy(item.id, xy, half, now)
        return geometry.transform(rotation, zone.at(xy - offset))

    def occupy(self, item: Item, zone: Zone, pose: np.ndarray, now: float) -> None:
        """Marks the footprint of the item at a pose as taken."""
        local = geometry.invert(zone.pose) @ pose
        offset, half = footprint(*item.form.box, local[:2, :2])
        zone.occupy(item.id, local[:2, 3] + offset, half, now)

    def grip(self, item: Item) -> np.ndarray | None:
        """T_thing_palm of the hand that takes the item."""
        if item.form.grip is None:
            return None
        if self.side(item.hand) == "right":
            return item.form.grip
        mirror = np.diag([1.0, -1.0, 1.0, 1.0])
        return mirror @ item.form.grip @ mirror

    def add(
        self,
        kind: Kind,
        role: str,
        hand: str = "main",
        on: Item | None = None,
        near: np.ndarray | None = None,
        level: int = 0,
    ) -> Item | None:
        """Puts a new object where it has never been in the way since the start; None where there is no room."""
        form = kind.build(Look(self.rng))
        name = kind.names[0] if self.rng.random() < 0.6 else str(self.rng.choice(kind.names))
        item = Item(self.next_id, kind, form, name, hand, np.eye(4), np.eye(4), role, None)
        if on is not None:
            assert on.inside is not None
            zones = [on.inside]
        else:
            station = self.room.stations[role]
            zones = [station.zones[level % len(station.zones)], *station.zones]
        for zone in zones:
            found = self.spot(item, role, zone, 0.0, near)
            if found is not None:
                item.zone = zone
                item.start = found
                if form.inside is not None:
                    item.inside = Zone(found, (form.inside[0], form.inside[1]))
                item.move(found)
                self.items.append(item)
                return item
        return None

    def things(self) -> tuple[Thing, ...]:
        """All things in the order of their ids: fixtures, loose clutter, objects."""
        fixtures = [
            Thing(k + 1, f.kind, f.name, ("fixed",), (f.parts,), f.pose, False, None, _size(f.parts))
            for k, f in enumerate(self.room.fixtures)
        ]
        objects = [
            Thing(
                i.id,
                i.kind.name,
                i.name,
                i.kind.states,
                i.form.parts,
                i.start,
                i.form.grip is not None,
                i.form.grip,
                i.form.size,
            )
            for i in self.items
        ]
        return (*fixtures, *self.others, *objects)


def _size(parts: tuple) -> tuple[float, float, float]:
    low = np.min([p.mesh.vertices.min(0) for p in parts], axis=0)
    high = np.max([p.mesh.vertices.max(0) for p in parts], axis=0)
    x, y, z = (float(v) for v in high - low)
    return x, y, z
