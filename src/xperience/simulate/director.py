"""Turns what a person does into moves, changes of state and labelled actions, one after the other.

Steps of activities call `take`, `use`, `put`, `touch` and their like; each makes one labelled action (or, now and then,
is told together with its neighbour). A hand takes one thing at a time and puts it down again; the person walks by
itself to where things lie. All positions are worked out for a right-handed person and mirrored for a left-handed one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from xperience.episode import geometry
from xperience.simulate.script import ActionSpan, Move, MoveKind, StateChange
from xperience.simulate.stage import RIGHT_TO_LEFT, Fixed, Item, Stage, states_from
from xperience.simulate.surfaces import REACH, STEPS, Zone, shifted
from xperience.simulate.wording import Phrase, Scene, describe, label, pick

SHORTEST_ACTION, LONGEST_ACTION = 1.5, 8.0
"""Actions are at least this long, seconds, and not drawn together into longer ones."""

TOLD_TOGETHER = 0.25
"""Share of taking and putting that is told as part of the action after or before."""

MIRROR_X = np.diag([-1.0, 1.0, 1.0])
MIRROR_Y = np.diag([1.0, -1.0, 1.0])
PALM_DOWN = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
"""Palm towards the floor, finger tips forward, in station coordinates (either hand)."""

Target = str | Item | Fixed
Seconds = tuple[float, float]


class TimeIsUp(Exception):
    """The episode is full; raised by the director, caught by the scenario."""


class Director:
    """Writes the script.

    Attributes:
        now: seconds. at: role of the station where the person stands; feet: [4, 4] where exactly.
        groups: the items of the current activity by role.
    """

    def __init__(self, stage: Stage, duration_s: float, rng: np.random.Generator, start: str) -> None:
        self.stage, self.duration_s, self.rng = stage, duration_s, rng
        self.now = 0.0
        self.at = start
        self.feet = stage.room.stations[start].pose
        self.groups: dict[str, list[Item]] = {}
        self.subtask = ""
        self.moves: list[Move] = []
        self.changes: list[StateChange] = []
        self.actions: list[ActionSpan] = []
        self.holding: dict[str, Item | None] = {"main": None, "off": None}
        self.busy_until = {"main": 0.0, "off": 0.0}
        self.resting = {"main": True, "off": True}
        self._told_from: float | None = None  # a short walk is told with the action after it
        self._tell_on = False  # the taking just told becomes part of the action after it

    def __getitem__(self, role: str) -> Item:
        return self.groups[role][0]

    def all(self, role: str) -> list[Item]:
        return self.groups[role]

    def begin_step(self, texts: tuple[str, ...]) -> None:
        self.subtask = pick(self.rng, texts, 0.8)

    def end_step(self) -> None:
        assert self.holding == {"main": None, "off": None}, "a step ends with free hands"
        if self.rng.random() < 0.4:
            self.rest("main")
        self.wait(float(self.rng.exponential(0.15)))

    # Actions, each with a label

    def take(self, thing: Target, verb: str = "pick up", rest: str = "") -> None:
        """Takes a thing into its hand and lifts it."""
        item = self.item(thing)
        self.walk_to(item.station)
        with self.action(Phrase(verb, item.noun, rest), [item], self.scene("take", item)):
            self.reach(item)
        self._tell_on = self.rng.random() < TOLD_TOGETHER

    def put(
        self, thing: Target, on: Target | None = None, role: str | None = None, verb: str = "put down", rest: str = ""
    ) -> None:
        """Puts what a hand holds on a free place: at `role` or the present station, or on or in another thing."""
        item = self.item(thing)
        target = self.item(on) if on is not None else None
        zone, there, pose = self.choose_place(item, target, role or self.at)
        if there != (target.station if target else role or self.at):  # no room where it should have gone
            verb, rest, target = "put down", "", None
        role = there
        self.walk_to(role)
        with self.action(Phrase(verb, item.noun, rest), [item, target], self.scene("put", item)):
            self.set_down(item, zone, role, pose)
        if verb == "put down" and len(self.actions) > 1 and self.rng.random() < TOLD_TOGETHER:
            before, put = self.actions[-2:]
            if put.end_s - before.start_s < LONGEST_ACTION and put.start_s - before.end_s < 0.5:
                self.actions[-2:] = [replace(before, end_s=put.end_s)]

    def use(
        self, thing: Target, pattern: str, on: Target, verb: str, noun: str | None = None, rest: str = "", *,
        seconds: Seconds = (2.2, 4.6), changes: Mapping[Target, str] | None = None, above: float = 0.0, steady: bool = False,
    ) -> None:  # fmt: skip
        """Works with the held thing at another one; the states of `changes` (by role) begin within it."""
        item, other = self.item(thing), self.target(on)
        assert self.holding[item.hand] is item
        self.walk_to(other.station)
        with self.action(Phrase(verb, noun or other.noun, rest), [item, other], self.scene("use", other, item, noun)):
            pose = self.working_pose(item, other, above)
            if steady and isinstance(other, Item):
                self.steady(other)
            self.carry(item, pose)
            self.during([item.hand], pattern, [pose], seconds, other, changes)
            if steady:
                self.rest("off")

    def touch(
        self, thing: Target, pattern: str, verb: str, noun: str | None = None, rest: str = "", *, seconds: Seconds = (1.4, 2.8),
        changes: Mapping[Target, str] | None = None, both: bool = False,
    ) -> None:  # fmt: skip
        """Works at a thing with the free hand, or with both, without taking it."""
        other = self.target(thing)
        self.walk_to(other.station)
        manner = "both" if both else "touch"
        with self.action(Phrase(verb, noun or other.noun, rest), [other], self.scene(manner, other, None, noun)):
            palms = self.touching_palms(other, both)
            self.wait_for(*palms)
            for hand, palm in palms.items():
                self.move(MoveKind.REACH, hand, self.seconds(0.6, 0.9), self.now, target=palm, other_id=other.id)
            self.wait_for(*palms)
            self.during(list(palms), pattern, list(palms.values()), seconds, other, changes)
        for hand in palms:
            self.rest(hand)

    def use_up(
        self, thing: Target, on: Target, verb: str, rest: str = "", *, changes: Mapping[Target, str], above: float = 0.0
    ) -> None:
        """Brings the held thing to another one, where it becomes part of it: a filter, a flower."""
        item, other = self.item(thing), self.item(on)
        self.walk_to(other.station)
        with self.action(Phrase(verb, item.noun, rest), [item, other], self.scene("put", item)):
            pose = self.working_pose(item, other, above)
            self.carry(item, pose)
            self.during([item.hand], "hold", [pose], (0.5, 1.0), other, None)
            for role, state in changes.items():
                self.change(role, state)
            self.change(item, "gone")
            self.let_go(item)

    def lift_to_face(
        self, thing: Target, verb: str, noun: str | None = None, rest: str = "", *, low: float = 0.8
    ) -> None:
        """Holds a thing before the face: to drink, to inspect. `low` is its height as a share of the person's."""
        item = self.item(thing)
        with self.action(Phrase(verb, noun or item.noun, rest), [item], self.scene("use", item, item, noun)):
            side = 1 if self.stage.side(item.hand) == "right" else -1
            place = self.feet @ np.array([0.04 * side, 0.3, low * self.stage.person.height, 1.0])
            pose = geometry.transform(self.stage.facing(self.feet, item.hand), place[:3])
            self.carry(item, pose)
            self.during([item.hand], "hold", [pose], (1.2, 2.5), item, None)
            self.draw_near(item)

    def move_aside(self, thing: Target) -> None:
        """Moves a thing to another place within reach."""
        item = self.item(thing)
        self.walk_to(item.station)
        with self.action(Phrase("move", item.noun), [item], self.scene("put", item)):
            self.reach(item)
            zone, role, pose = self.choose_place(item, None, self.at)
            self.set_down(item, zone, role, pose)

    def look(self, role: str, noun: str) -> None:
        """Looks at another station without walking there."""
        with self.action(Phrase("look at", noun), [], Scene("look", "", (noun,), "", noun)):
            target = self.stage.room.stations[role].zones[0].pose
            self.move(MoveKind.LOOK, None, self.seconds(1.6, 2.6), target=target)

    # Pieces of actions

    def item(self, thing: Target) -> Item:
        item = self.groups[thing][0] if isinstance(thing, str) else thing
        assert isinstance(item, Item)
        return item

    def target(self, thing: Target) -> Item | Fixed:
        return self.groups[thing][0] if isinstance(thing, str) else thing

    def fixture(self, role: str, noun: str | None = None, xy: tuple[float, float] = (0.0, 0.0)) -> Fixed:
        """The furniture at a station as something to work on."""
        return self.stage.fixture(role, noun, xy)

    def scene(self, manner: str, other: Item | Fixed, tool: Item | None = None, noun: str | None = None) -> Scene:
        names = other.kind.names if isinstance(other, Item) and noun is None else ()
        hand = self.stage.side((tool or other).hand if isinstance(tool or other, Item) else "main")  # type: ignore[union-attr]
        return Scene(manner, hand, names, tool.name if tool else "", self.stage.room.stations[self.at].name)

    @contextmanager
    def action(self, phrase: Phrase, things: list[Any], scene: Scene) -> Iterator[None]:
        """All moves within become one labelled action."""
        start = self.now if self._told_from is None else self._told_from
        if self._tell_on and scene.manner in ("use", "put") and start - self.actions[-1].start_s < LONGEST_ACTION / 2:
            start = self.actions.pop().start_s
        self._told_from, self._tell_on = None, False
        yield
        self.now = max(self.now, start + SHORTEST_ACTION)
        text = label(phrase, scene.names, self.rng)
        description, interaction = describe(phrase, scene, self.rng)
        objects = self.in_sight([thing for thing in things if thing is not None])
        self.actions.append(
            ActionSpan(start, self.now, text, description, self.subtask, phrase.verb, phrase.noun, objects, interaction)
        )
        self.wait(float(self.rng.uniform(0.05, 0.25)))

    def in_sight(self, things: list[Item | Fixed]) -> tuple[str, ...]:
        """Names that a captioner would list: what is handled, some of what lies near, the furniture."""
        station = self.stage.room.stations[self.at]
        names = [thing.name if isinstance(thing, Item) else thing.noun for thing in things]
        near = [i.name for i in self.stage.items if i.station == self.at and i.zone is not None]
        extra = list(self.rng.permutation(near)[: int(self.rng.integers(1, 4))]) if near else []
        place = [station.name] if self.rng.random() < 0.5 else []
        return tuple(dict.fromkeys(str(name) for name in [*names, *extra, *place]))

    def seconds(self, low: float, high: float) -> float:
        """A duration, shorter for brisk people."""
        return float(self.rng.uniform(low, high)) * self.stage.person.briskness

    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.duration_s:
            raise TimeIsUp

    def wait_for(self, *hands: str) -> None:
        self.now = max(self.now, *(self.busy_until[hand] for hand in hands))

    def move(self, kind: MoveKind, hand: str | None, seconds: float, start: float | None = None, **more: Any) -> None:
        """Writes a move; without `start` it begins now and time goes on to its end."""
        begin = self.now if start is None else start
        if hand is not None:
            assert begin >= self.busy_until[hand] - 1e-9, (kind, hand, begin, self.busy_until[hand])
            self.busy_until[hand] = begin + seconds
            self.resting[hand] = kind == MoveKind.REST
        side = self.stage.side(hand) if hand else None
        self.moves.append(Move(kind, begin, begin + seconds, side, **more))
        if start is None:
            self.now = begin + seconds

    def change(self, thing: Target, state: str, time_s: float | None = None) -> None:
        item = self.item(thing)
        number = item.kind.states.index(state)
        if number == item.state:
            return
        item.state = number
        self.changes.append(
            StateChange(self.now if time_s is None else time_s, item.id, states_from(item).index(number))
        )
        if item.zone is not None and (item.kind.soft or not item.form.parts[number]):
            item.zone.leave(item.id, self.now)
            if item.form.parts[number]:
                self.stage.occupy(item, item.zone, item.pose, self.now)
            else:
                item.zone = None

    def walk_to(self, role: str) -> None:
        """Walks to a station, if not there; what the hands hold comes along. A long walk is an action of its own."""
        if role == self.at:
            return
        name = self.stage.room.stations[role].name
        way = np.linalg.norm(self.stage.room.stations[role].pose[:2, 3] - self.feet[:2, 3])
        if way / self.stage.person.speed > 1.6:
            with self.action(Phrase("walk to", name), [], Scene("walk", "", (name,), "", name)):
                self.walk(self.stage.room.stations[role].pose)
                self.at = role
        else:
            if self._told_from is None:
                self._told_from = self.now
            self.walk(self.stage.room.stations[role].pose)
            self.at = role

    def walk(self, target: np.ndarray) -> None:
        for hand in ("main", "off"):
            held = self.holding[hand]
            if held is None:
                self.rest(hand)
            else:
                self.draw_near(held)
        way = np.linalg.norm(target[:2, 3] - self.feet[:2, 3])
        cosine = float(np.clip(target[:2, 1] @ self.feet[:2, 1], -1, 1))
        self.wait_for("main", "off")
        self.move(
            MoveKind.WALK, None, float(0.5 + way / self.stage.person.speed + 0.35 * np.arccos(cosine)), target=target
        )
        for item in self.holding.values():
            if item is not None:
                item.move(target @ geometry.invert(self.feet) @ item.pose)
        self.feet = target

    def step_aside(self, palms: Mapping[str, np.ndarray]) -> bool:
        """A step along the furniture, if palm poses [4, 4] by hand are out of reach; whether they then are within reach."""
        station = self.stage.room.stations[self.at].pose
        for feet in (self.feet, *(shifted(station, step) for step in STEPS)):
            if all(self.stage.distance(feet, hand, palm[:3, 3]) <= REACH for hand, palm in palms.items()):
                if feet is not self.feet:
                    self.walk(feet)
                return True
        return False

    def rest(self, hand: str) -> None:
        """The free hand returns to rest while time goes on."""
        if not self.resting[hand] and self.holding[hand] is None:
            self.move(MoveKind.REST, hand, self.seconds(0.5, 0.8), max(self.now, self.busy_until[hand]))

    def reach(self, item: Item) -> None:
        """Walks to where the item lies, takes it and lifts it."""
        assert self.holding[item.hand] is None, "a hand takes one thing at a time"
        assert not item.laden, f"{item.noun} carries other things"
        assert item.zone is not None and item.station == self.at
        self.step_aside({item.hand: item.pose @ self.stage.grip(item)})
        self.wait_for(item.hand)
        self.now += self.seconds(0.05, 0.25)
        self.move(MoveKind.REACH, item.hand, self.seconds(0.7, 1.0), object_id=item.id)
        self.holding[item.hand] = item
        item.zone.leave(item.id, self.now)
        item.before = (item.zone, item.station, item.pose)
        item.zone = None
        self.draw_near(item)

    def draw_near(self, item: Item) -> None:
        """Lifts a held thing and brings it before the body."""
        side = 1 if self.stage.side(item.hand) == "right" else -1
        height = max(self.stage.room.work_height + 0.14, 0.62 * self.stage.person.height)
        place = self.feet @ np.array([side * 0.16, 0.36, height, 1.0])
        pose = geometry.transform(self.stage.facing(self.feet, item.hand), place[:3])
        if np.linalg.norm(pose[:3, 3] - item.pose[:3, 3]) > 0.03:
            self.carry(item, pose, (0.55, 0.8))

    def carry(self, item: Item, pose: np.ndarray, seconds: Seconds = (0.9, 1.4)) -> None:
        self.wait_for(item.hand)
        self.move(MoveKind.CARRY, item.hand, self.seconds(*seconds), object_id=item.id, target=pose)
        item.move(pose)

    def during(
        self, hands: list[str], pattern: str, poses: list[np.ndarray], seconds: Seconds, other: Item | Fixed | None,
        changes: Mapping[Target, str] | None,
    ) -> None:  # fmt: skip
        """The hands perform a pattern together; changes of state come at two thirds of it."""
        self.wait_for(*hands)
        start, took = self.now, self.seconds(*seconds)
        for hand, pose in zip(hands, poses, strict=True):
            held = self.holding[hand]
            self.move(
                MoveKind.USE, hand, took, start, object_id=held.id if held else None, target=pose, pattern=pattern,
                other_id=other.id if other else None,
            )  # fmt: skip
        self.now = start + took
        for role, state in (changes or {}).items():
            self.change(role, state, start + 0.65 * took)

    def working_pose(self, item: Item, other: Item | Fixed, above: float) -> np.ndarray:
        """T_world_item with its tip where the other thing is worked on; steps aside to reach it if need be."""
        rotation = item.form.working if item.form.working is not None else np.eye(3)
        if self.stage.side(item.hand) == "left":
            rotation = MIRROR_X @ rotation @ MIRROR_Y
        rotation = self.feet[:3, :3] @ rotation
        point = other.top + np.array([0, 0, above])
        pose = geometry.transform(rotation, point - rotation @ np.array(item.form.tip))
        self.step_aside({item.hand: pose @ self.stage.grip(item)})
        return pose

    def touching_palms(self, other: Item | Fixed, both: bool) -> dict[str, np.ndarray]:
        """Palm poses by hand on top of a thing: behind the point of work, or to both sides of it."""
        turn = self.feet[:3, :3]
        apart = (
            0.12 if isinstance(other, Fixed) else float(np.clip(0.4 * other.form.boxes[other.state][1][0], 0.05, 0.14))
        )
        palms = {}
        for hand in ("main", "off") if both else ():
            side = 1 if self.stage.side(hand) == "right" else -1
            palms[hand] = geometry.transform(turn @ PALM_DOWN, other.top + turn @ [side * apart, -0.04, 0.03])
        if not both or not self.step_aside(palms):
            palms = {"main": geometry.transform(turn @ PALM_DOWN, other.top + turn @ [0.0, -0.07, 0.03])}
            self.step_aside(palms)
        return palms

    def steady(self, other: Item) -> None:
        """The off hand comes and holds the other thing where it is, while time goes on."""
        if other.form.grip is None:
            return
        palm = other.pose @ self.stage.grip(other)
        if other.hand == "main":  # the other side of it
            palm = other.pose @ np.diag([-1.0, 1.0, 1.0, 1.0]) @ self.stage.grip(other) @ RIGHT_TO_LEFT
        if self.stage.distance(self.feet, "off", palm[:3, 3]) > REACH:
            return
        start = max(self.now, self.busy_until["off"])
        self.move(MoveKind.REACH, "off", self.seconds(0.6, 0.9), start, target=palm, other_id=other.id)

    def choose_place(self, item: Item, on: Item | None, role: str) -> tuple[Zone, str, np.ndarray]:
        """Where a held item will be put: zone, station and pose, marked as taken."""
        if on is not None:
            assert on.inside is not None
            role, zones = on.station, [on.inside]
        else:
            zones = self.stage.room.stations[role].zones
        for zone in zones:
            pose = self.stage.spot(item, role, zone, self.now, near=np.zeros(2) if on is not None else None)
            if pose is not None:
                return zone, role, pose
        for role in sorted(self.stage.room.stations):
            zone = self.stage.room.stations[role].zones[0]
            pose = self.stage.spot(item, role, zone, self.now)
            if pose is not None:
                return zone, role, pose
        # Where it came from there is room still, for nothing is put there meanwhile.
        assert item.before is not None
        zone, role, pose = item.before
        self.stage.occupy(item, zone, pose, self.now)
        return zone, role, pose

    def set_down(self, item: Item, zone: Zone, role: str, pose: np.ndarray) -> None:
        """Carries a held item to its place and lets it go."""
        self.step_aside({item.hand: pose @ self.stage.grip(item)})
        if zone not in self.stage.room.stations[role].zones:  # in or on something: come from above
            over = pose.copy()
            over[2, 3] = min(over[2, 3] + 0.16, 0.8 * self.stage.person.height)
            self.carry(item, over, (0.7, 1.0))
            self.carry(item, pose, (0.5, 0.7))
        else:
            self.carry(item, pose)
        self.let_go(item)
        item.zone, item.station = zone, role

    def let_go(self, item: Item) -> None:
        self.move(MoveKind.RELEASE, item.hand, self.seconds(0.45, 0.7), object_id=item.id)
        self.holding[item.hand] = None
