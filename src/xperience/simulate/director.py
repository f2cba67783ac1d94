"""Turns what a person does into moves, changes of state and labelled actions, one after the other.

Steps of activities call `take`, `use`, `put` and their like; each makes one labelled action. A hand takes one thing at a
time and puts it down again; the person walks by itself to where things lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from xperience.episode import geometry
from xperience.simulate.script import ActionSpan, Move, MoveKind, StateChange
from xperience.simulate.stage import Item, Stage
from xperience.simulate.surfaces import Zone
from xperience.simulate.wording import Phrase, label

MIRROR_X = np.diag([-1.0, 1.0, 1.0])
MIRROR_Y = np.diag([1.0, -1.0, 1.0])


class TimeIsUp(Exception):
    """The episode is full; raised by the director, caught by the scenario."""


class NoRoom(Exception):
    """There is no free place to put something down; the scenario goes on with something else."""


class Director:
    """Writes the script.

    Attributes:
        now: seconds. at: role of the station where the person stands. roles: the items of the current activity.
        subtask: text of the current step.
    """

    def __init__(self, stage: Stage, duration_s: float, rng: np.random.Generator, start: str) -> None:
        self.stage, self.duration_s, self.rng = stage, duration_s, rng
        self.now = 0.0
        self.at = start
        self.feet = stage.room.stations[start].pose
        self.roles: dict[str, Item] = {}
        self.subtask = ""
        self.moves: list[Move] = []
        self.changes: list[StateChange] = []
        self.actions: list[ActionSpan] = []
        self.holding: dict[str, Item | None] = {"main": None, "off": None}
        self.busy_until = {"main": 0.0, "off": 0.0}

    def __getitem__(self, role: str) -> Item:
        return self.roles[role]

    def item(self, thing: str | Item) -> Item:
        return self.roles[thing] if isinstance(thing, str) else thing

    # Actions, each with a label

    def take(self, thing: str | Item, verb: str = "pick up") -> None:
        """Takes a thing into its hand and lifts it."""
        item = self.item(thing)
        with self.action(Phrase(verb, item.kind.name), [item]):
            self.reach(item)

    def put(
        self,
        thing: str | Item,
        on: str | Item | None = None,
        role: str | None = None,
        verb: str = "put down",
        rest: str = "",
    ) -> None:
        """Puts what a hand holds on a free place: where `role` or the present station is, or on or in another thing."""
        item = self.item(thing)
        target = self.item(on) if on is not None else None
        with self.action(Phrase(verb, item.kind.name, rest), [item] + ([target] if target else [])):
            self.set_down(item, target, role)

    def use(
        self,
        thing: str | Item,
        pattern: str,
        on: str | Item,
        verb: str,
        noun: str | None = None,
        rest: str = "",
        seconds: tuple[float, float] = (2.0, 4.5),
        changes: dict[str | Item, str] | None = None,
        above: float = 0.0,
        steady: bool = False,
    ) -> None:
        """Works with the held thing at another one; the states of `changes` begin within it."""
        item, other = self.item(thing), self.item(on)
        with self.action(Phrase(verb, noun or other.kind.name, rest), [item, other]):
            self.go(other.station)
            if steady:
                self.steady(other)
            pose = self.working_pose(item, other, above)
            self.carry(item, pose)
            seconds_used = self.during(item.hand, pattern, pose, seconds, other)
            for changed, state in (changes or {}).items():
                self.change(changed, state, self.now - 0.35 * seconds_used)
            if steady:
                self.rest("off")

    # Pieces of actions

    @contextmanager
    def action(self, phrase: Phrase, items: list[Item]) -> Iterator[None]:
        """All moves within become one labelled action."""
        start = self.now
        yield
        end = self.now
        names = items[0].kind.names if items and phrase.noun == items[0].kind.name else (phrase.noun,)
        text = label(phrase, names, self.rng)
        self.actions.append(
            ActionSpan(
                start, end, text, f"The person {phrase.canonical.lower()}.", self.subtask, phrase.verb, phrase.noun,
                tuple(dict.fromkeys(item.name for item in items)), "",
            )
        )  # fmt: skip
        self.wait(float(self.rng.uniform(0.05, 0.3)))

    def seconds(self, low: float, high: float) -> float:
        """A duration, shorter for brisk people."""
        return float(self.rng.uniform(low, high)) * self.stage.person.briskness

    def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.duration_s:
            raise TimeIsUp

    def move(
        self, kind: MoveKind, hand: str | None, seconds: float, start: float | None = None, **more: object
    ) -> None:
        """Writes a move; without `start` it begins now and time goes on to its end."""
        begin = self.now if start is None else start
        if hand is not None:
            assert begin >= self.busy_until[hand] - 1e-9, (kind, hand, begin, self.busy_until[hand])
            self.busy_until[hand] = begin + seconds
        side = self.stage.side(hand) if hand else None
        self.moves.append(Move(kind, begin, begin + seconds, side, **more))  # type: ignore[arg-type]
        if start is None:
            self.now = begin + seconds

    def change(self, thing: str | Item, state: str, time_s: float | None = None) -> None:
        item = self.item(thing)
        number = item.kind.states.index(state)
        if number != item.state:
            item.state = number
            self.changes.append(StateChange(self.now if time_s is None else time_s, item.id, number))

    def go(self, role: str) -> None:
        """Walks to a station, if not there; what the hands hold comes along."""
        if role == self.at:
            return
        target = self.stage.room.stations[role].pose
        for hand in ("main", "off"):
            if self.holding[hand] is None:
                self.rest(hand)
        if self.holding["main"] is not None:
            self.draw_near(self.holding["main"])
        way = np.linalg.norm(target[:2, 3] - self.feet[:2, 3])
        cosine = float(np.clip(target[:2, 1] @ self.feet[:2, 1], -1, 1))
        seconds = 0.5 + way / self.stage.person.speed + 0.35 * np.arccos(cosine)
        self.wait_for("main", "off")
        self.move(MoveKind.WALK, None, float(seconds), target=target)
        for item in self.holding.values():
            if item is not None:
                item.move(target @ geometry.invert(self.feet) @ item.pose)
        self.feet, self.at = target, role

    def wait_for(self, *hands: str) -> None:
        self.now = max(self.now, *(self.busy_until[hand] for hand in hands))

    def rest(self, hand: str) -> None:
        """The free hand returns to rest while time goes on."""
        if self.moves and any(m.hand == self.stage.side(hand) and m.kind != MoveKind.REST for m in self.moves[-12:]):
            start = max(self.now, self.busy_until[hand])
            self.move(MoveKind.REST, hand, self.seconds(0.5, 0.8), start)

    def reach(self, item: Item) -> None:
        assert self.holding[item.hand] is None, "a hand takes one thing at a time"
        assert item.inside is None or not item.inside.occupied(self.now), "what carries other things stays"
        self.go(item.station)
        self.wait_for(item.hand)
        self.move(MoveKind.REACH, item.hand, self.seconds(0.6, 1.0), object_id=item.id)
        self.holding[item.hand] = item
        if item.zone is not None:
            item.zone.leave(item.id, self.now)
            item.before = (item.zone, item.station, item.pose)
            item.zone = None
        self.draw_near(item)

    def draw_near(self, item: Item) -> None:
        """Lifts a held thing and brings it before the body."""
        side = 1 if self.stage.side(item.hand) == "right" else -1
        height = max(self.stage.room.work_height + 0.16, 0.62 * self.stage.person.height)
        place = self.feet @ np.array([side * 0.16, 0.36, height, 1.0])
        pose = geometry.transform(self.stage.facing(self.stage.room.stations[self.at], item.hand), place[:3])
        self.carry(item, pose, (0.5, 0.8))

    def carry(self, item: Item, pose: np.ndarray, seconds: tuple[float, float] = (0.8, 1.4)) -> None:
        if np.allclose(pose, item.pose, atol=1e-6):
            return
        self.wait_for(item.hand)
        self.move(MoveKind.CARRY, item.hand, self.seconds(*seconds), object_id=item.id, target=pose)
        item.move(pose)

    def during(
        self, hand: str, pattern: str, pose: np.ndarray, seconds: tuple[float, float], other: Item | None
    ) -> float:
        self.wait_for(hand)
        took = self.seconds(*seconds)
        held = self.holding[hand]
        self.move(
            MoveKind.USE, hand, took, object_id=held.id if held else None, target=pose, pattern=pattern,
            other_id=other.id if other else None,
        )  # fmt: skip
        return took

    def working_pose(self, item: Item, other: Item, above: float) -> np.ndarray:
        """T_world_item with its tip where the other thing is worked on."""
        rotation = item.form.working if item.form.working is not None else np.eye(3)
        if self.stage.side(item.hand) == "left":
            rotation = MIRROR_X @ rotation @ MIRROR_Y
        rotation = self.feet[:3, :3] @ rotation
        point = other.top + (0, 0, above)
        return geometry.transform(rotation, point - rotation @ np.array(item.form.tip))

    def steady(self, other: Item) -> None:
        """The off hand comes and holds the other thing where it is, while time goes on."""
        pose = self.steadying_palm(other)
        start = max(self.now, self.busy_until["off"])
        took = self.seconds(0.6, 0.9)
        self.move(MoveKind.REACH, "off", took, start, target=pose, other_id=other.id)

    def steadying_palm(self, other: Item) -> np.ndarray:
        grip = self.stage.grip(other)
        assert grip is not None
        mirror = np.diag([-1.0, 1.0, 1.0, 1.0]) if other.hand == "main" else np.eye(4)
        palm = other.pose @ mirror @ grip @ (np.diag([1.0, -1.0, 1.0, 1.0]) if other.hand == "main" else np.eye(4))
        return palm

    def set_down(self, item: Item, on: Item | None = None, role: str | None = None) -> None:
        role = on.station if on is not None else role or self.at
        zones: list[Zone] = (
            [on.inside] if on is not None and on.inside is not None else self.stage.room.stations[role].zones
        )
        for zone in zones:
            found = self.stage.spot(item, role, zone, self.now)
            if found is not None:
                pose = found
                break
        else:  # Where it came from there is room still, for nothing is put there meanwhile.
            assert item.before is not None
            zone, role, pose = item.before
            self.stage.occupy(item, zone, pose, self.now)
        self.go(role)
        self.carry(item, pose)
        self.move(MoveKind.RELEASE, item.hand, self.seconds(0.4, 0.7), object_id=item.id)
        self.holding[item.hand] = None
        item.zone, item.station = zone, role
