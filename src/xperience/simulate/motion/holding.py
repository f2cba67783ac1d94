"""Where the things are: at rest, in a hand, or settling into place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.simulate.motion.curves import ramp
from xperience.simulate.motion.palms import Grasp, Outcome
from xperience.simulate.motion.rotations import slerp
from xperience.simulate.script import Scenario

SETTLE_S = 0.15
"""Time in which a released thing comes to rest."""
SETTLE_M = 0.02
"""A thing released no farther than this from its planned place settles there, else it stays where it was released."""


@dataclass(frozen=True)
class _Span:
    """A thing from `start_s` to the next span: in a hand with constant T_palm_thing, or settling from one pose to another."""

    start_s: float
    side: int | None
    offset: np.ndarray
    goal: np.ndarray


class Holding:
    """Poses and states of all things at any instants.

    Attributes:
        news: where it turned out otherwise than planned and `known`.
    """

    def __init__(
        self, scenario: Scenario, grasps: Sequence[Grasp], palms: Callable[[np.ndarray], np.ndarray], known: Outcome
    ) -> None:
        """Args: palms: T_world_palm [T, 2, 4, 4] at times [T]. known: what the plan of the grasps knew."""
        self._initial = np.stack([t.pose for t in scenario.things]) if scenario.things else np.zeros((0, 4, 4))
        self._changes = sorted(scenario.changes, key=lambda c: c.time_s)
        self._spans: dict[int, list[_Span]] = {}
        grasps = sorted((g for g in grasps if g.start_s <= scenario.duration_s), key=lambda g: g.start_s)
        moments = np.array([[g.start_s, min(g.end_s, scenario.duration_s)] for g in grasps]).reshape(-1)
        at = palms(moments).reshape(-1, 2, 2, 4, 4) if len(grasps) else np.zeros((0, 2, 2, 4, 4))
        current = dict(enumerate(self._initial))
        offsets, lefts = {}, {}
        for k, grasp in enumerate(grasps):
            first, last = at[k, 0], at[k, 1]
            spans = self._spans.setdefault(grasp.thing, [])
            here = current[grasp.thing]
            if spans and spans[-1].side is not None:  # handed over
                here = first[spans[-1].side] @ spans[-1].offset
            offset = geometry.invert(first[grasp.side]) @ here
            spans.append(_Span(grasp.start_s, grasp.side, offset, offset))
            if np.linalg.norm((offset - grasp.offset)[:3, 3]) > SETTLE_M:
                offsets[grasp.thing, grasp.number] = offset
            if grasp.released and grasp.end_s <= scenario.duration_s:
                left = last[grasp.side] @ offset
                goal = settled(left, grasp.goal)
                spans.append(_Span(grasp.end_s, None, left, goal))
                current[grasp.thing] = goal
                expected = known.left.get((grasp.thing, grasp.number), grasp.goal)
                if expected is not None and np.linalg.norm((goal - expected)[:3, 3]) > SETTLE_M:
                    lefts[grasp.thing, grasp.number] = left
        self.news = Outcome(offsets, lefts)

    def at(self, times: np.ndarray, palms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Poses [T, K, 4, 4], states [T, K] and holders [T, K] (0 none, 1 left, 2 right) at times [T]."""
        count = len(self._initial)
        poses = np.broadcast_to(self._initial, (len(times), count, 4, 4)).copy()
        holders = np.zeros((len(times), count), np.int8)
        for thing, spans in self._spans.items():
            ends = [s.start_s for s in spans[1:]] + [np.inf]
            for span, end in zip(spans, ends, strict=True):
                now = (times >= span.start_s) & (times < end)
                if not now.any():
                    continue
                if span.side is not None:
                    poses[now, thing] = palms[now, span.side] @ span.offset
                    holders[now, thing] = span.side + 1
                else:
                    poses[now, thing] = between(
                        span.offset, span.goal, ramp(times[now], span.start_s, span.start_s + SETTLE_S)
                    )
        states = np.zeros((len(times), count), np.int64)
        for change in self._changes:
            states[times >= change.time_s, change.thing_id - 1] = change.state
        return poses, states, holders


def settled(left: np.ndarray, goal: np.ndarray | None) -> np.ndarray:
    """Where a thing comes to rest that was let go at a pose."""
    if goal is None or np.linalg.norm(goal[:3, 3] - left[:3, 3]) > SETTLE_M:
        return left
    return goal


def between(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Poses [T, 4, 4] on the way from a to b at shares [T]."""
    qa, qb = geometry.matrix_to_quat(a[:3, :3]), geometry.matrix_to_quat(b[:3, :3])
    quats = slerp(np.broadcast_to(qa, (len(share), 4)), np.broadcast_to(qb, (len(share), 4)), share)
    return geometry.transform(geometry.quat_to_matrix(quats), a[:3, 3] + share[:, None] * (b[:3, 3] - a[:3, 3]))
