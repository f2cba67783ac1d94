"""Where the body goes and where the feet stand: WALK moves as paths, steps and foot tracks at the knots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.simulate.motion.curves import bump, cruise, minimum_jerk, ramp, smooth
from xperience.simulate.script import Move, MoveKind, Scenario

STEP_S = 0.55
"""Preferred time of one step."""
STEP_LENGTH, STEP_TURN = 0.38, 0.7
"""A walk of slow steps takes as many as its length and turning need at these measures (metres, radians)."""
SWING = 0.86
"""Share of a step's time in which its foot is in the air."""
LIFT = 0.07
"""Height of the ball of the foot in mid swing, metres, at a full step."""


@dataclass(frozen=True)
class Step:
    """One step: `side` (0 left, 1 right) is in the air from `start_s` to `end_s` and lands at `place` (x, y, yaw)."""

    side: int
    start_s: float
    end_s: float
    place: np.ndarray


@dataclass(frozen=True)
class Gait:
    """Body and feet at the knots.

    Attributes:
        position: [N, 2] of the body on the floor. yaw: [N] heading, unwrapped. walking: [N] 0 standing, 1 walking.
        feet: [N, 2, 5] ball of the foot x, y, height over its rest height, yaw and pitch (heel up positive).
        steps: in time order.
    """

    position: np.ndarray
    yaw: np.ndarray
    walking: np.ndarray
    feet: np.ndarray
    steps: tuple[Step, ...]


def plan(scenario: Scenario, times: np.ndarray, hip_half_width: float, ball_forward: float) -> Gait:
    """Gait of a scenario at knots [N]; `ball_forward` is the ball of the foot before the hip, metres."""
    place = np.array([*scenario.start[:2, 3], heading(scenario.start)])
    track = np.tile(place, (len(times), 1))
    walking = np.zeros(len(times))
    steps: list[Step] = []
    for move in walks(scenario):
        assert move.target is not None
        goal = np.array([*move.target[:2, 3], heading(move.target)])
        goal[2] = place[2] + wrap(goal[2] - place[2])
        share = (times - move.start_s) / max(move.end_s - move.start_s, 1e-3)
        track = np.where(share[:, None] < 0, track, path(place, goal, share))
        walking = np.maximum(walking, ramp(times, move.start_s - 0.1, move.start_s + 0.5)
                             * (1 - ramp(times, move.end_s - 0.4, move.end_s + 0.2)))  # fmt: skip
        steps += make_steps(move, place, goal, hip_half_width)
        place = goal
    track = smooth(track, 0.03)
    first = np.array([*scenario.start[:2, 3], heading(scenario.start)])
    feet = np.stack(
        [foot_track(times, first, [s for s in steps if s.side == side], side, hip_half_width, ball_forward)
         for side in range(2)], axis=1)  # fmt: skip
    return Gait(track[:, :2], track[:, 2], walking, feet, tuple(steps))


def walks(scenario: Scenario) -> list[Move]:
    """WALK moves with a target, in time order."""
    return sorted(
        (m for m in scenario.moves if m.kind is MoveKind.WALK and m.target is not None), key=lambda m: m.start_s
    )


def heading(pose: np.ndarray) -> float:
    """Yaw of a pose [4, 4]."""
    return float(np.arctan2(pose[1, 0], pose[0, 0]))


def wrap(angle: np.ndarray | float) -> np.ndarray | float:
    """To -pi..pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def path(start: np.ndarray, goal: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Body (x, y, yaw) [N, 3] at shares of the walk's time, from one place to another.

    Short walks go sideways or back as they are; longer ones turn into the direction of travel first and into the
    final heading last.
    """
    delta = goal[:2] - start[:2]
    distance = float(np.hypot(*delta))
    if distance < 0.6:
        return start + minimum_jerk(share)[:, None] * (goal - start)
    travel = float(np.arctan2(delta[1], delta[0]))
    first = float(wrap(travel - start[2]))
    last = float(goal[2] - start[2] - first)
    last = float(wrap(last))
    wait, settle = 0.25 * abs(first) / np.pi, 0.25 * abs(last) / np.pi
    moved = cruise((share - wait) / (1 - wait - settle))
    turned = minimum_jerk(share / (wait + 0.3)) * first + minimum_jerk((share - 0.7 + settle) / (settle + 0.3)) * last
    # The two turns may differ from the plain one by a full circle; the heading at the end is the goal's either way.
    return np.concatenate([start[:2] + moved[:, None] * delta, start[2] + turned[:, None]], axis=1)


def make_steps(move: Move, start: np.ndarray, goal: np.ndarray, hip: float) -> list[Step]:
    """Alternating steps of a walk; each foot lands where the body will be in the middle of the foot's stance."""
    duration = max(move.end_s - move.start_s, 1e-3)
    dense = np.linspace(0, 1, 501)
    track = path(start, goal, dense)
    distance, turning = float(np.hypot(*(goal - start)[:2])), float(np.abs(np.diff(track[:, 2])).sum())
    if distance < 0.02 and turning < 0.05:
        return []
    needed = int(np.ceil(distance / STEP_LENGTH + turning / STEP_TURN)) + 1
    count = max(2, min(round(duration / STEP_S), needed))
    period = duration / count
    sideways = -np.sin(start[2]) * (goal - start)[0] + np.cos(start[2]) * (goal - start)[1]
    leftward = sideways + 0.3 * (track[250, 2] - start[2]) > 0
    steps = []
    for k in range(count):
        side = (0 if leftward else 1) ^ (k % 2)
        middle = (k + 0.5 + SWING / 2 + 0.55) / count if k < count - 2 else 1.0
        place = np.array([np.interp(middle, dense, track[:, c]) for c in range(3)])
        swing_start = move.start_s + (k + (1 - SWING) / 2) * period
        steps.append(Step(side, swing_start, swing_start + SWING * period, place))
    return steps


def foot_track(
    times: np.ndarray, first: np.ndarray, steps: list[Step], side: int, hip: float, ball_forward: float
) -> np.ndarray:
    """[N, 5] ball x, y, height, yaw and pitch of one foot."""
    splay = 0.09 if side == 0 else -0.09

    def foot(place: np.ndarray) -> np.ndarray:
        lateral = hip if side == 0 else -hip
        c, s = np.cos(place[2]), np.sin(place[2])
        offset = np.array([c * ball_forward - s * lateral, s * ball_forward + c * lateral])
        return np.array([*(place[:2] + offset), 0.0, place[2] + splay, 0.0])

    now = foot(first)
    out = np.tile(now, (len(times), 1))
    for step in steps:
        goal = foot(step.place)
        swing = step.end_s - step.start_s
        share = (times - step.start_s) / swing
        length = float(np.hypot(*(goal - now)[:2]))
        vigour = np.clip(0.4 + length, 0.0, 1.0)
        out += minimum_jerk(share)[:, None] * (goal - now)
        out[:, 2] += LIFT * vigour * bump(share)
        # The heel rises before the ball leaves the floor and comes down before it lands.
        out[:, 4] += 0.75 * min(length, 1.0) * bump((times - step.start_s + 0.25 * swing) / (1.05 * swing))
        now = goal
    return out
