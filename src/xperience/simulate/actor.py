"""What a person's body does: moves of feet and hands, one after the other, and what they do to things.

A hand takes one thing at a time and puts it down again, and waits until its last move is over. All positions are worked
out for a right-handed person and mirrored for a left-handed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xperience.episode import geometry
from xperience.simulate.script import Move, MoveKind, StateChange
from xperience.simulate.stage import RIGHT_TO_LEFT, Fixed, Item, Stage, states_from
from xperience.simulate.surfaces import REACH, STEPS, Zone, shifted

MIRROR_X = np.diag([-1.0, 1.0, 1.0])
MIRROR_Y = np.diag([1.0, -1.0, 1.0])
PALM_DOWN = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
"""Palm towards the floor, finger tips forward, in station coordinates (either hand)."""

Seconds = tuple[float, float]
"""Shortest and longest duration of something."""


class TimeIsUp(Exception):
    """The episode is full; raised by the actor, caught by the scenario."""


class Actor:
    """Writes the moves of one person.

    Attributes:
        now: seconds. at: role of the station where the person stands; feet: [4, 4] where exactly.
        holding: by "main" and "off" hand. busy_until: when the hand's last move ends. resting: whether that was a rest.
    """

    def __init__(self, stage: Stage, duration_s: float, rng: np.random.Generator, start: str) -> None:
        self.stage, self.duration_s, self.rng = stage, duration_s, rng
        self.now = 0.0
        self.at = start
        self.feet = stage.room.stations[start].pose
        self.moves: list[Move] = []
        self.changes: list[StateChange] = []
        self.holding: dict[str, Item | None] = {"main": None, "off": None}
        self.busy_until = {"main": 0.0, "off": 0.0}
        self.resting = {"main": True, "off": True}

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

    def change(self, item: Item, state: str, time_s: float | None = None) -> None:
        """Puts a thing into another state, now or at a given time."""
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
        changes: Mapping[Item, str],
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
        for item, state in changes.items():
            self.change(item, state, start + 0.65 * took)

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
        # Where it came from there is room still, for nothing is put there meanwhile.
        assert item.before is not None
        if item.before[0] not in zones:
            for role in sorted(self.stage.room.stations):
                zone = self.stage.room.stations[role].zones[0]
                pose = self.stage.spot(item, role, zone, self.now)
                if pose is not None:
                    return zone, role, pose
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
