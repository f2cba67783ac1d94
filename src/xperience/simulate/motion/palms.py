"""Where the palms go: the moves of both hands as palm tracks at the knots, and who holds what from when to when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from xperience.episode import geometry
from xperience.simulate.motion import fingers
from xperience.simulate.motion.curves import bump, ramp
from xperience.simulate.motion.gait import Gait
from xperience.simulate.motion.patterns import PATTERNS, Stroke, Use
from xperience.simulate.motion.rotations import continuous, slerp
from xperience.simulate.motion.skeleton import SIDES, Skeleton
from xperience.simulate.script import Move, MoveKind, Scenario

COMES_ALONG_S = 0.8
"""Time in which an idle hand passes from where it worked to the walking or resting body."""
IDLE_S = 1.5
"""An empty hand without a move for longer than this goes to rest."""
LIFT, APPROACH, WITHDRAW = 0.05, 0.04, 0.07
"""Height of the arc of a carried thing, of the detour before a grasp, and way of a hand that lets go, metres."""


@dataclass(frozen=True)
class Grasp:
    """A thing in a hand from `start_s` to `end_s` (infinite where it is never released).

    Attributes:
        side: 0 left, 1 right. thing: index in the scenario. number: how often it was grasped before.
        offset: planned T_palm_thing [4, 4]. goal: [4, 4] where it is meant to stand afterwards, or None.
        released: whether it was put down, neither kept nor handed over.
    """

    side: int
    thing: int
    number: int
    start_s: float
    end_s: float
    offset: np.ndarray
    goal: np.ndarray | None
    released: bool


@dataclass(frozen=True)
class Outcome:
    """Where the grasps of a plan turned out otherwise, by (thing, number of the grasp): what the next plan has to know.

    Attributes:
        offsets: T_palm_thing [4, 4] of grasps at which the hand stopped short.
        left: poses [4, 4] of things that were released away from their goal.
    """

    offsets: Mapping[tuple[int, int], np.ndarray] = field(default_factory=dict)
    left: Mapping[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def with_news(self, news: Outcome) -> Outcome:
        return Outcome({**self.offsets, **news.offsets}, {**self.left, **news.left})

    def __bool__(self) -> bool:
        return bool(self.offsets or self.left)


@dataclass(frozen=True)
class Used:
    """A USE move as it was planned, for its sounds."""

    move: Move
    side: int
    held: int | None
    stroke: Stroke


@dataclass(eq=False)
class Hand:
    """One hand at the knots while it is planned.

    Attributes:
        position, quat: [N, 3], [N, 4] palm. shape: [N, 20] fingers. busy: [N] 1 where the hand works, 0 where it rests.
        free_from: end of its last move. held: index of the thing in it and T_palm_thing. since, number: when it was
            taken, and how often before.
        goal: where the thing was last carried. bodily: whether it moves with the body now.
        steadies: whether it stays at what it touches until its next move or the next walk.
    """

    side: int
    position: np.ndarray
    quat: np.ndarray
    shape: np.ndarray
    busy: np.ndarray
    free_from: float = -np.inf
    held: tuple[int, np.ndarray] | None = None
    since: float = 0.0
    number: int = 0
    goal: np.ndarray | None = None
    bodily: bool = True
    steadies: bool = False
    grasps: list[Grasp] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)


class Planner:
    """Goes through the moves in time order and lays each over what its hand did before."""

    def __init__(
        self,
        scenario: Scenario,
        bones: Skeleton,
        times: np.ndarray,
        gait: Gait,
        resting: tuple[np.ndarray, np.ndarray],
        solids: list[np.ndarray],
        outcome: Outcome,
    ) -> None:
        """Args: resting: [N, 2, 3] and [N, 2, 4] palms of idle hands. solids: boxes [B, 2, 3] of each thing."""
        self.outcome = outcome
        self.taken = [0] * len(scenario.things)
        self.scenario, self.bones, self.times, self.gait, self.solids = scenario, bones, times, gait, solids
        self.resting = resting
        self.index = {thing.id: k for k, thing in enumerate(scenario.things)}
        self.things = [np.array(thing.pose, np.float64) for thing in scenario.things]
        self.walks = [(m.start_s, m.end_s) for m in scenario.moves if m.kind is MoveKind.WALK]
        self.hands = [
            Hand(
                side,
                resting[0][:, side].copy(),
                resting[1][:, side].copy(),
                np.tile(fingers.RELAXED, (len(times), 1)),
                np.zeros(len(times)),
            )
            for side in range(2)
        ]

    def run(self) -> list[Hand]:
        """Left and right hand over the whole episode."""
        act: Mapping[MoveKind, Callable[[Hand, Move], None]] = {
            MoveKind.REACH: self._reach,
            MoveKind.CARRY: self._carry,
            MoveKind.USE: self._use,
            MoveKind.RELEASE: self._release,
            MoveKind.REST: self._rest,
        }
        for move in sorted(self.scenario.moves, key=lambda m: m.start_s):
            if move.hand is None or move.kind not in act or move.start_s >= self.scenario.duration_s:
                continue
            hand = self.hands[SIDES.index(move.hand)]
            self._fill(hand, move.start_s)
            hand.steadies = move.kind is MoveKind.REACH and move.object_id is None
            act[move.kind](hand, move)
            hand.free_from = max(move.end_s, hand.free_from)
        for hand in self.hands:
            self._fill(hand, np.inf)
            self._let_go(hand, np.inf)
            hand.quat = continuous(hand.quat)
        return self.hands

    # What a hand does between moves

    def _fill(self, hand: Hand, until: float) -> None:
        """It comes along on walks, and rests when it is empty for long."""
        for start, end in self.walks:
            if not hand.bodily and end > hand.free_from and start < until:
                self._with_body(hand, max(start, hand.free_from))
        if not (hand.bodily or hand.steadies or hand.held) and until - hand.free_from > IDLE_S:
            self._with_body(hand, hand.free_from + 0.3)

    def _with_body(self, hand: Hand, start: float, end: float | None = None) -> None:
        """From now on the hand keeps its place before the body; an empty one goes to its resting place."""
        end = start + COMES_ALONG_S if end is None else end
        if hand.held is None:
            self._lay(hand, start, end, self.resting[0][:, hand.side], self.resting[1][:, hand.side], busy=0.0)
            self._fingers(hand, start, start + 0.7 * (end - start), fingers.RELAXED)
        else:
            k = self._knot(start)
            turn = self.gait.heading - self.gait.heading[k]
            zero = np.zeros_like(turn)
            spin = np.stack([np.cos(turn / 2), zero, zero, np.sin(turn / 2)], -1)
            offset = hand.position[k, :2] - self.gait.position[k]
            c, s = np.cos(turn), np.sin(turn)
            along = np.stack([c * offset[0] - s * offset[1], s * offset[0] + c * offset[1]], -1)
            height = np.full((len(turn), 1), hand.position[k, 2])
            place = np.concatenate([self.gait.position + along, height], 1)
            self._lay(hand, start, end, place, geometry.quat_multiply(spin, hand.quat[k]), busy=1.0)
        hand.bodily = True

    # Moves

    def _reach(self, hand: Hand, move: Move) -> None:
        thing = self.index.get(move.object_id) if move.object_id is not None else None
        if thing is None or self.scenario.things[thing].grip is None:
            if move.target is not None:
                self._go(hand, move.start_s, move.end_s, move.target, approach=APPROACH)
                self._close(hand, move, fingers.FLAT)
            return
        self._let_go(hand, move.start_s)
        grip = self.scenario.things[thing].grip_for(SIDES[hand.side])
        self._go(hand, move.start_s, move.end_s, self._thing_pose(thing, move.end_s) @ grip, approach=APPROACH)
        self._close(hand, move, fingers.grasp(self.bones, hand.side, grip, self.solids[thing]))
        for other in self.hands:
            if other is not hand and other.held is not None and other.held[0] == thing:
                self._let_go(other, move.end_s, released=False)
        offset = self.outcome.offsets.get((thing, self.taken[thing]), geometry.invert(grip))
        hand.held, hand.since, hand.number = (thing, offset), move.end_s, self.taken[thing]
        self.taken[thing] += 1

    def _close(self, hand: Hand, move: Move, shape: np.ndarray) -> None:
        """Opens on the way and closes on arrival."""
        duration = move.end_s - move.start_s
        self._fingers(hand, move.start_s, move.start_s + 0.45 * duration, fingers.OPEN)
        self._fingers(hand, move.start_s + 0.55 * duration, move.end_s, shape)

    def _carry(self, hand: Hand, move: Move) -> None:
        if move.target is None:
            return
        palm = move.target
        if hand.held is not None:
            hand.goal, palm = move.target, move.target @ geometry.invert(hand.held[1])
        self._go(hand, move.start_s, move.end_s, palm, lift=LIFT)

    def _use(self, hand: Hand, move: Move) -> None:
        duration = max(move.end_s - move.start_s, 1e-3)
        T_palm_target = hand.held[1] if hand.held is not None else np.eye(4)
        if move.target is not None:
            arrived = min(move.start_s + 0.4, move.end_s)
            self._go(hand, move.start_s, arrived, move.target @ geometry.invert(T_palm_target))
            hand.goal = move.target if hand.held is not None else None
        if hand.held is None:
            self._fingers(hand, move.start_s, move.start_s + 0.3, _bare_shape(move.pattern, hand.shape[-1]))
        if move.pattern not in PATTERNS:
            return
        first, last = self._knot(move.start_s), self._knot(move.end_s)
        palm = self._palm(hand, last)
        heading = self.gait.heading[first]
        use = Use(
            time=self.times[first:] - move.start_s,
            duration=duration,
            right=np.array([np.sin(heading), -np.cos(heading), 0.0]),
            forward=np.array([np.cos(heading), np.sin(heading), 0.0]),
            up=np.array([0.0, 0.0, 1.0]),
            target=(palm @ T_palm_target)[:3, :3],
            palm=palm[:3, :3],
            held=hand.held is not None,
            rng=np.random.default_rng([self.scenario.seed, 211, round(1000 * move.start_s)]),
        )
        stroke = PATTERNS[move.pattern](use)
        # The target's origin is the centre of every turn; the palm goes round it.
        spin = geometry.rotvec_to_matrix(stroke.turn)
        center = (palm @ T_palm_target)[:3, 3]
        arm = hand.position[first:] - center
        hand.position[first:] = center + (spin @ arm[:, :, None])[:, :, 0] + stroke.shift
        hand.quat[first:] = geometry.quat_multiply(geometry.matrix_to_quat(spin), hand.quat[first:])
        hand.used.append(Used(move, hand.side, hand.held[0] if hand.held is not None else None, stroke))

    def _release(self, hand: Hand, move: Move) -> None:
        self._let_go(hand, move.start_s)
        palm = self._palm(hand, self._knot(move.start_s))
        palm[:3, 3] += -WITHDRAW * palm[:3, 2] + [0.0, 0.0, 0.02]
        opened = move.start_s + 0.4 * (move.end_s - move.start_s)
        self._fingers(hand, move.start_s, opened, fingers.OPEN)
        self._go(hand, move.start_s + 0.15 * (move.end_s - move.start_s), move.end_s, palm)
        self._fingers(hand, opened, move.end_s, fingers.RELAXED)

    def _rest(self, hand: Hand, move: Move) -> None:
        self._with_body(hand, move.start_s, move.end_s)

    # Who holds what

    def _let_go(self, hand: Hand, time: float, *, released: bool = True) -> None:
        if hand.held is None:
            return
        thing, offset = hand.held
        end = max(time, hand.since)
        released = released and bool(np.isfinite(time))
        hand.grasps.append(Grasp(hand.side, thing, hand.number, hand.since, end, offset, hand.goal, released))
        planned = self._thing_pose(thing, time) if hand.goal is None else hand.goal
        self.things[thing] = self.outcome.left.get((thing, hand.number), planned)
        hand.held, hand.goal = None, None

    def _thing_pose(self, thing: int, time: float) -> np.ndarray:
        """Planned pose of a thing at a time: in the hand that holds it, else where it stands."""
        for hand in self.hands:
            if hand.held is not None and hand.held[0] == thing:
                return self._palm(hand, self._knot(time)) @ hand.held[1]
        return self.things[thing]

    # Tracks

    def _knot(self, time: float) -> int:
        return min(int(np.searchsorted(self.times, time)), len(self.times) - 1)

    def _palm(self, hand: Hand, knot: int) -> np.ndarray:
        """Planned T_world_palm [4, 4]."""
        return geometry.transform(geometry.quat_to_matrix(hand.quat[knot]), hand.position[knot])

    def _go(
        self, hand: Hand, start: float, end: float, target: np.ndarray, lift: float = 0.0, approach: float = 0.0
    ) -> None:
        """To a fixed palm pose [4, 4], on an arc `lift` high, coming at the end from `approach` before the palm."""
        first, last = self._knot(start), self._knot(end) + 1
        way = min(1.0, float(np.linalg.norm(target[:3, 3] - hand.position[first])) / 0.25)
        share = (self.times[first:last] - start) / max(end - start, 1e-3)
        count = len(self.times)
        place = np.broadcast_to(target[:3, 3], (count, 3))
        quat = np.broadcast_to(geometry.matrix_to_quat(target[:3, :3]), (count, 4))
        self._lay(hand, start, end, place, quat, busy=1.0)
        detour = bump(np.clip(share, 0, 1) ** 1.6)  # late on the way
        hand.position[first:last] -= way * approach * detour[:, None] * target[:3, 2]
        hand.position[first:last, 2] += way * lift * bump(share)
        hand.bodily = False

    def _lay(
        self, hand: Hand, start: float, end: float, position: np.ndarray, quat: np.ndarray, *, busy: float
    ) -> None:
        """From `start` on the hand passes to another track [N, 3], [N, 4], on which it is from `end` on."""
        first, last = self._knot(start), self._knot(end) + 1
        w = ramp(self.times[first:last], start, end)
        now = slice(first, last)
        hand.position[now] += w[:, None] * (position[now] - hand.position[now])
        hand.quat[now] = slerp(hand.quat[now], quat[now], w)
        hand.busy[now] += w * (busy - hand.busy[now])
        hand.position[last:], hand.quat[last:], hand.busy[last:] = position[last:], quat[last:], busy

    def _fingers(self, hand: Hand, start: float, end: float, shape: np.ndarray) -> None:
        first, last = self._knot(start), self._knot(end) + 1
        hand.shape[first:last] += ramp(self.times[first:last], start, end)[:, None] * (shape - hand.shape[first:last])
        hand.shape[last:] = shape


def _bare_shape(pattern: str | None, now: np.ndarray) -> np.ndarray:
    """Fingers of a hand that works without a tool."""
    return {"press": fingers.POINT, "wipe": fingers.FLAT, "scan": fingers.FLAT, "turn": 0.5 * fingers.FIST}.get(
        pattern or "", now
    )
