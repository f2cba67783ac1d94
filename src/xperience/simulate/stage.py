"""A furnished room with objects in it, as it stands at the present moment of planning."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xperience.episode import geometry
from xperience.simulate import shapes
from xperience.simulate.objects import Form, Kind
from xperience.simulate.objects.looks import Look
from xperience.simulate.places.room import Room
from xperience.simulate.surfaces import REACH, STEPS, Station, Zone, footprint, shifted, shoulder, yaw
from xperience.simulate.things import Person, Thing

RIGHT_TO_LEFT = np.diag([1.0, -1.0, 1.0, 1.0])
"""Mirrors a grip of the right hand into one of the left, applied from both sides (see `Thing.grip_for`)."""


@dataclass(eq=False)
class Item:
    """An object during planning.

    Attributes:
        hand: the hand that takes it, "main" or "off". start: pose at time 0. pose, state: at present.
        station: role of the station from which it can be reached where it lies. zone: what it lies on; None in a hand.
        before: zone, station and pose before it was taken.
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
    zone: Zone | None = None
    before: tuple[Zone, str, np.ndarray] | None = None
    inside: Zone | None = None
    state: int = 0
    first_state: int = 0

    @property
    def noun(self) -> str:
        return self.kind.name

    @property
    def top(self) -> np.ndarray:
        """World position [3] where others work on it."""
        point = self.form.mouth if self.form.mouth is not None else (0.0, 0.0, self.form.boxes[self.state][1][2])
        return (self.pose @ np.array([*point, 1.0]))[:3]

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The room that it takes, in its own coordinates: that of all its states, or of the present one if it is soft."""
        return self.form.boxes[self.state] if self.kind.soft else self.form.box

    @property
    def area(self) -> float:
        """Of its footprint."""
        low, high = self.box
        return float((high[0] - low[0]) * (high[1] - low[1]))

    @property
    def laden(self) -> bool:
        return self.inside is not None and any(np.isinf(other.until_s) for other in self.inside.taken)

    def move(self, pose: np.ndarray) -> None:
        self.pose = pose
        if self.inside is not None:
            assert self.form.inside is not None
            self.inside.pose = shifted(pose, z=self.form.inside[2])


@dataclass(frozen=True)
class Fixed:
    """A piece of furniture as something to work on: its noun, where it is worked on, and from where."""

    id: int
    noun: str
    top: np.ndarray
    station: str


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
        right = (hand == "main") == (self.person.handedness == "right")
        return "right" if right else "left"

    def facing(self, station: np.ndarray, hand: str, jitter: float = 0.0) -> np.ndarray:
        """Rotation [3, 3] of a thing that lies before a person at pose `station`, so that `hand` can take it."""
        turn = jitter + (np.pi if self.side(hand) == "left" else 0.0)
        return station[:3, :3] @ yaw(turn)

    def distance(self, feet: np.ndarray, hand: str, palms: np.ndarray) -> np.ndarray:
        """Distance [...] of palm positions [..., 3] from a hand's shoulder of the upright person at `feet`."""
        local = geometry.apply(geometry.invert(feet), palms)
        return np.linalg.norm(local - shoulder(self.person.height, self.side(hand)), axis=-1)

    def grip(self, item: Item) -> np.ndarray:
        """T_thing_palm of the hand that takes the item."""
        assert item.form.grip is not None
        if self.side(item.hand) == "right":
            return item.form.grip
        return RIGHT_TO_LEFT @ item.form.grip @ RIGHT_TO_LEFT

    def spot(self, item: Item, role: str, zone: Zone, now: float, near: np.ndarray | None = None) -> np.ndarray | None:
        """A free pose [4, 4] for the item on a zone, reachable from the station, marked as taken; None if there is none."""
        station: Station = self.room.stations[role]
        rotation = self.facing(station.pose, item.hand, float(self.rng.normal(0, 0.07)))
        offset, half = footprint(*item.box, (zone.pose[:3, :3].T @ rotation)[:2, :2])

        def suits(spots: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
            if item.form.grip is None:
                return np.ones(len(spots), bool)
            palms = zone.at(spots - offset) + rotation @ self.grip(item)[:3, 3]
            feet = [shifted(station.pose, step) for step in steps]
            return np.any([self.distance(pose, item.hand, palms) <= REACH for pose in feet], axis=0)

        xy = zone.find(self.rng, half, now, lambda spots: suits(spots, STEPS[:1]), near)
        if xy is None:
            xy = zone.find(self.rng, half, now, lambda spots: suits(spots, STEPS[1:]), near)
        if xy is None:
            return None
        zone.occupy(item.id, xy, half, now)
        return geometry.transform(rotation, zone.at(xy - offset))

    def occupy(self, item: Item, zone: Zone, pose: np.ndarray, now: float) -> None:
        """Marks the footprint of the item at a pose as taken."""
        local = geometry.invert(zone.pose) @ pose
        offset, half = footprint(*item.box, local[:2, :2])
        zone.occupy(item.id, local[:2, 3] + offset, half, now)

    def make(self, kind: Kind, hand: str = "main", state: int = 0) -> Item:
        """A new object that lies nowhere yet; `lay` gives it a place."""
        form = kind.build(Look(self.rng))
        plain = len(kind.names) == 1 or self.rng.random() < 0.6
        name = kind.names[0] if plain else str(self.rng.choice(kind.names[1:]))
        return Item(0, kind, form, name, hand, np.eye(4), np.eye(4), "", state=state, first_state=state)

    def lay(self, item: Item, role: str, zones: list[Zone], near: np.ndarray | None = None) -> bool:
        """Puts a new object on one of the zones, where nothing has ever been in its way; False where there is no room."""
        item.id, item.station = self.next_id, role
        for zone in zones:
            pose = self.spot(item, role, zone, 0.0, near)
            if pose is not None:
                item.zone, item.start = zone, pose
                if item.form.inside is not None:
                    item.inside = Zone(pose, (item.form.inside[0], item.form.inside[1]))
                item.move(pose)
                self.items.append(item)
                return True
        return False

    def remove(self, item: Item) -> None:
        """Takes back the object added last."""
        assert item is self.items[-1]
        self.items.pop()
        assert item.zone is not None
        item.zone.taken = [other for other in item.zone.taken if other.thing_id != item.id]

    def fixture(self, role: str, noun: str | None = None, xy: tuple[float, float] = (0.0, 0.0)) -> Fixed:
        """The furniture at a station, to be worked on at a place of its zone."""
        station = self.room.stations[role]
        return Fixed(station.fixture + 1, noun or station.name, station.zones[0].at(np.array(xy)), role)

    def litter(self, kinds: list[Kind], look: Look, density: float) -> None:
        """Lets unused things stand on all ledges of the room, as the session decides."""
        assert not self.items, "clutter comes first"
        for zone, most in self.room.ledges:
            for _ in range(round(most * density)):
                kind = look.pick(kinds)
                form = kind.build(look)
                state = int(look.rng.integers(len(kind.states))) if not kind.soft else 2
                turn = yaw(look.rng.uniform(-0.5, 0.5))
                low, high = form.boxes[state]
                offset, half = footprint(low, high, turn[:2, :2])
                xy = zone.find(look.rng, half, 0.0, lambda spots: np.ones(len(spots), bool), tries=12)
                if xy is None or not form.parts[state]:
                    continue
                pose = zone.pose @ geometry.transform(turn, np.array([*(xy - offset), 0.0]))
                thing_id = self.next_id
                zone.occupy(thing_id, xy, half, 0.0)
                self.others.append(
                    Thing(
                        thing_id,
                        kind.name,
                        kind.names[0],
                        (kind.states[state],),
                        (form.parts[state],),
                        pose,
                        form.grip is not None,
                        form.grip,
                        form.size,
                    )
                )

    def things(self) -> tuple[Thing, ...]:
        """All things in the order of their ids: furniture, clutter, objects; each begins in its first state."""
        fixtures = [
            Thing(
                k + 1,
                f.kind,
                f.name,
                ("fixed",),
                (f.parts,),
                f.pose,
                False,
                None,
                _extent(shapes.bounds(*(p.mesh for p in f.parts))),
            )
            for k, f in enumerate(self.room.fixtures)
        ]
        objects = []
        for item in self.items:
            order = states_from(item)
            objects.append(
                Thing(
                    item.id,
                    item.kind.name,
                    item.name,
                    tuple(item.kind.states[k] for k in order),
                    tuple(item.form.parts[k] for k in order),
                    item.start,
                    item.form.grip is not None,
                    item.form.grip,
                    _extent(item.form.boxes[item.first_state]),
                )
            )
        return (*fixtures, *self.others, *objects)


def states_from(item: Item) -> list[int]:
    """The states of an item's kind, that in which it begins first."""
    rest = [k for k in range(len(item.kind.states)) if k != item.first_state]
    return [item.first_state, *rest]


def _extent(box: tuple[np.ndarray, np.ndarray]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in box[1] - box[0])
    return x, y, z
