"""Where the palms go: the moves of both hands as palm tracks at the knots, and who holds what from when to when."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from xperience.episode import geometry
from xperience.simulate.motion import fingers
from xperience.simulate.motion.curves import bump, ramp
from xperience.simulate.motion.gait import Gait
from xperience.simulate.motion.rotations import continuous, slerp
from xperience.simulate.motion.skeleton import SIDES
from xperience.simulate.script import Move, MoveKind, Scenario


@dataclass(frozen=True)
class Grasp:
    """A thing in a hand from `start_s` to `end_s` (infinite where it is never released).

    Attributes:
        side: 0 left, 1 right. thing: index in the scenario. goal: [4, 4] where it is meant to stand afterwards, or None.
    """

    side: int
    thing: int
    start_s: float
    end_s: float
    goal: np.ndarray | None


@dataclass(eq=False)
class Hand:
    """One hand at the knots while it is planned: palm position [N, 3], quaternion [N, 4], finger shape [N, 20].

    `busy` [N] is 1 where the hand works, 0 where it rests. `held` is the thing in it with T_palm_thing.
    """

    side: int
    position: np.ndarray
    quat: np.ndarray
    shape: np.ndarray
    busy: np.ndarray
    free_from: float = -np.inf
    held: tuple[int, np.ndarray] | None = None
    since: float = 0.0
    goal: np.ndarray | None = None
    bodily: bool = True
    grasps: list[Grasp] = field(default_factory=list)


class Planner:
    """Goes through the moves in time order and lays each over what its hand did before."""

    def __init__(
        self, scenario: Scenario, times: np.ndarray, gait: Gait, rest: np.ndarray, rest_quat: np.ndarray
    ) -> None:
        """Args: rest, rest_quat: [N, 2, 3] and [N, 2, 4] resting palms."""
        self.scenario, self.times, self.gait = scenario, times, gait
        self.rest, self.rest_quat = rest, rest_quat
        self.things = np.stack([t.pose for t in scenario.things]) if scenario.things else np.zeros((0, 4, 4))
        relaxed = np.tile(fingers.RELAXED, (len(times), 1))
        self.hands = [
            Hand(s, rest[:, s].copy(), rest_quat[:, s].copy(), relaxed.copy(), np.zeros(len(times))) for s in range(2)
        ]

    def run(self) -> list[Hand]:
        for move in sorted(self.scenario.moves, key=lambda m: m.start_s):
            if move.hand is None or move.kind in (MoveKind.WALK, MoveKind.LOOK):
                continue
            hand = self.hands[SIDES.index(move.hand)]
            self._fill(hand, move.start_s)
            getattr(self, f"_{move.kind.value}")(hand, move)
            hand.free_from = move.end_s
        for hand in self.hands:
            self._fill(hand, np.inf)
            if hand.held is not None:
                self._let_go(hand, np.inf)
            hand.quat = continuous(hand.quat)
        return self.hands

    def _fill(self, hand: Hand, until: float) -> None:
        """What a hand does between moves: it comes along on walks, and rests when it is empty."""
        for start in [m.start_s for m in self.scenario.moves if m.kind is MoveKind.WALK]:
            if hand.free_from - 0.05 <= start < until and not hand.bodily:
                self._with_body(hand, start)
        if not hand.bodily and hand.held is None and until - hand.free_from > 1.5 and hand.free_from > -np.inf:
            self._with_body(hand, hand.free_from + 0.3)

    def _with_body(self, hand: Hand, start: float) -> None:
        side = hand.side
        if hand.held is None:
            self._lay(hand, start, start + 0.8, self.rest[:, side], self.rest_quat[:, side], busy=0.0)
            self._fingers(hand, start, start + 0.5, fingers.RELAXED)
        else:
            k = int(np.searchsorted(self.times, start))
            turn = self.gait.yaw - self.gait.yaw[k]
            zero = np.zeros_like(turn)
            spin = np.stack([np.cos(turn / 2), zero, zero, np.sin(turn / 2)], -1)
            self._lay(
                hand, start, start + 0.8, self.rest[:, side], geometry.quat_multiply(spin, hand.quat[k]), busy=0.0
            )
        hand.bodily = True

    def _reach(self, hand: Hand, move: Move) -> None:
        target = move.target
        if move.object_id is not None:
            thing = self.scenario.things[move.object_id - 1]
            if thing.grip is not None:
                target = self._thing_pose(move.object_id - 1, move.end_s) @ thing.grip
                hand.held, hand.since = (move.object_id - 1, geometry.invert(thing.grip)), move.end_s
                for other in self.hands:
                    if other is not hand and other.held is not None and other.held[0] == move.object_id - 1:
                        self._let_go(other, move.end_s)
        if target is None:
            return
        self._go(hand, move.start_s, move.end_s, target, lift=0.03)
        middle = 0.5 * (move.start_s + move.end_s)
        self._fingers(hand, move.start_s, middle, fingers.OPEN)
        self._fingers(hand, middle, move.end_s, 0.5 * fingers.FIST if hand.held else fingers.FLAT)

    def _carry(self, hand: Hand, move: Move) -> None:
        if move.target is None:
            return
        if hand.held is None:
            self._go(hand, move.start_s, move.end_s, move.target, lift=0.03)
            return
        hand.goal = move.target
        self._go(hand, move.start_s, move.end_s, move.target @ geometry.invert(hand.held[1]), lift=0.06)

    def _use(self, hand: Hand, move: Move) -> None:
        self._carry(hand, Move(MoveKind.CARRY, move.start_s, min(move.start_s + 0.5, move.end_s), target=move.target))

    def _release(self, hand: Hand, move: Move) -> None:
        self._let_go(hand, move.start_s)
        k = min(int(np.searchsorted(self.times, move.start_s)), len(self.times) - 1)
        palm = geometry.transform(geometry.quat_to_matrix(hand.quat[k]), hand.position[k])
        palm[:3, 3] += -0.06 * palm[:3, 2] + [0, 0, 0.04]
        self._go(hand, move.start_s, move.end_s, palm, lift=0.0)
        self._fingers(hand, move.start_s, move.end_s, fingers.OPEN)

    def _rest(self, hand: Hand, move: Move) -> None:
        side = hand.side
        if hand.held is None:
            self._lay(hand, move.start_s, move.end_s, self.rest[:, side], self.rest_quat[:, side], busy=0.0)
            self._fingers(hand, move.start_s, move.end_s, fingers.RELAXED)
            hand.bodily = True
        else:
            self._with_body(hand, move.start_s)

    def _let_go(self, hand: Hand, time: float) -> None:
        if hand.held is None:
            return
        thing, _T_palm_thing = hand.held
        hand.grasps.append(Grasp(hand.side, thing, hand.since, time, hand.goal))
        self.things[thing] = self._thing_pose(thing, time) if hand.goal is None else hand.goal
        hand.held, hand.goal = None, None

    def _thing_pose(self, thing: int, time: float) -> np.ndarray:
        """Planned pose of a thing at a time: in the hand that holds it, else where it stands."""
        for hand in self.hands:
            if hand.held is not None and hand.held[0] == thing and hand.since < time:
                k = min(int(np.searchsorted(self.times, time)), len(self.times) - 1)
                palm = geometry.transform(geometry.quat_to_matrix(hand.quat[k]), hand.position[k])
                return palm @ hand.held[1]
        return self.things[thing]

    def _go(self, hand: Hand, start: float, end: float, target: np.ndarray, lift: float) -> None:
        quat = geometry.matrix_to_quat(target[:3, :3])
        share = (self.times - start) / max(end - start, 1e-3)
        k = min(int(np.searchsorted(self.times, start)), len(self.times) - 1)
        rise = lift * min(1.0, float(np.linalg.norm(target[:3, 3] - hand.position[k])) / 0.3)
        self._lay(hand, start, end, np.broadcast_to(target[:3, 3], hand.position.shape),
                  np.broadcast_to(quat, hand.quat.shape), busy=1.0)  # fmt: skip
        hand.position[:, 2] += rise * bump(share)
        hand.bodily = False

    def _lay(
        self, hand: Hand, start: float, end: float, position: np.ndarray, quat: np.ndarray, *, busy: float
    ) -> None:
        """From `start` on the hand passes to another track [N, 3], [N, 4], where it is from `end` on."""
        k = int(np.searchsorted(self.times, start))
        w = ramp(self.times[k:], start, end)
        hand.position[k:] += w[:, None] * (position[k:] - hand.position[k:])
        hand.quat[k:] = slerp(hand.quat[k:], quat[k:], w)
        hand.busy[k:] += w * (busy - hand.busy[k:])

    def _fingers(self, hand: Hand, start: float, end: float, shape: np.ndarray) -> None:
        k = int(np.searchsorted(self.times, start))
        hand.shape[k:] += ramp(self.times[k:], start, end)[:, None] * (shape - hand.shape[k:])
