"""What a person does, told: each action is a few moves with a label, a description and what is in sight.

Steps of activities call `take`, `use`, `put`, `touch` and their like; each makes one labelled action (or, now and then,
is told together with its neighbour). The person walks by itself to where things lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from xperience.episode import geometry
from xperience.simulate.actor import Actor, Seconds
from xperience.simulate.script import ActionSpan, MoveKind
from xperience.simulate.stage import Fixed, Item, Stage
from xperience.simulate.wording import Phrase, Scene, describe, label, pick

SHORTEST_ACTION, LONGEST_ACTION = 1.5, 8.0
"""Actions are at least this long, seconds, and not drawn together into longer ones."""

TOLD_TOGETHER = 0.25
"""Share of taking and putting that is told as part of the action after or before."""

Target = str | Item | Fixed
"""Something to act on: by its role in the activity (the first of them), or itself."""


class Director(Actor):
    """Writes the script.

    Attributes:
        groups: the items of the current activity by role. subtask: text of the current step.
    """

    def __init__(self, stage: Stage, duration_s: float, rng: np.random.Generator, start: str) -> None:
        super().__init__(stage, duration_s, rng, start)
        self.groups: dict[str, list[Item]] = {}
        self.subtask = ""
        self.actions: list[ActionSpan] = []
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
            self.during([item.hand], pattern, [pose], seconds, other, self.resolved(changes))
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
            self.during(list(palms), pattern, list(palms.values()), seconds, other, self.resolved(changes))
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
            self.during([item.hand], "hold", [pose], (0.5, 1.0), other, {})
            for changed, state in self.resolved(changes).items():
                self.change(changed, state)
            self.change(item, "gone")
            self.let_go(item)

    def lift_to_face(
        self,
        thing: Target,
        verb: str,
        noun: str | None = None,
        rest: str = "",
        *,
        low: float = 0.8,
        pattern: str = "hold",
        seconds: Seconds = (1.2, 2.5),
    ) -> None:
        """Holds a thing before the face: to drink, to inspect. `low` is its height as a share of the person's."""
        item = self.item(thing)
        with self.action(Phrase(verb, noun or item.noun, rest), [item], self.scene("use", item, item, noun)):
            side = 1 if self.stage.side(item.hand) == "right" else -1
            place = self.feet @ np.array([0.04 * side, 0.3, low * self.stage.person.height, 1.0])
            pose = geometry.transform(self.stage.facing(self.feet, item.hand), place[:3])
            self.carry(item, pose)
            self.during([item.hand], pattern, [pose], seconds, None, {})
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

    def item(self, thing: Target) -> Item:
        item = self.groups[thing][0] if isinstance(thing, str) else thing
        assert isinstance(item, Item)
        return item

    def target(self, thing: Target) -> Item | Fixed:
        return self.groups[thing][0] if isinstance(thing, str) else thing

    def fixture(self, role: str, noun: str | None = None, xy: tuple[float, float] = (0.0, 0.0)) -> Fixed:
        """The furniture at a station as something to work on."""
        return self.stage.fixture(role, noun, xy)

    def resolved(self, changes: Mapping[Target, str] | None) -> dict[Item, str]:
        """New states by object, for changes given by role."""
        return {self.item(thing): state for thing, state in (changes or {}).items()}

    def scene(self, manner: str, other: Item | Fixed, tool: Item | None = None, noun: str | None = None) -> Scene:
        names = other.kind.names if isinstance(other, Item) and noun in (None, other.noun) else ()
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
