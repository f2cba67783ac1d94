"""Where the body goes and where the feet stand: WALK moves as paths, steps and foot tracks at the knots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.simulate.motion.curves import bump, cruise, minimum_jerk, ramp, smooth
from xperience.simulate.script import Move, MoveKind, Scenario

STEP_S, SHORTEST_S = 0.56, 0.44
"""Time of one step, and the shortest that a hurried step takes."""
LONGEST = 0.335
"""Length of the longest step, share of height; those who walk faster step more often."""
HALF_STANCE = 0.058
"""Half the distance between standing feet, share of height."""
STEP_LENGTH, STEP_TURN = 0.38, 0.7
"""A walk of slow steps takes as many as its length and turning need at these measures (metres, radians)."""
SWING = 0.90
"""Share of a step's time in which its foot is in the air."""
AHEAD = 0.43
"""Share of a foot's stance during which it is before the hip; later its heel rises, which gives the leg more way."""
TURN_SPEED = 2.2
"""Highest turning speed of a walking body, rad/s, where its time allows."""
LIFT = 0.07
"""Greatest height of the ball of the foot in a full step, metres."""
HEEL_UP = 0.85
"""Greatest pitch of the foot in a step of one metre, radians."""
DOWN = 0.005
"""A sole lower than this is on the floor, metres."""
SPLAY = 0.09
"""How far the toes of a standing person point outwards, radians."""


@dataclass(frozen=True)
class Step:
    """One step: `side` (0 left, 1 right) is in the air from `start_s` to `end_s` and lands at `place` (x, y, heading).

    `length` is the way of the foot in metres, `strike_s` the moment when the sole comes down.
    """

    side: int
    start_s: float
    end_s: float
    place: np.ndarray
    length: float = 0.0
    strike_s: float = 0.0


@dataclass(frozen=True)
class Gait:
    """Body and feet at the knots.

    Attributes:
        position: [N, 2] of the body on the floor. heading: [N] direction that it faces, from world x, unwrapped.
        walking: [N] 0 standing, 1 walking.
        feet: [N, 2, 5] ball of the foot x, y, height over its rest height, heading and pitch (heel up positive).
        steps: in time order.
    """

    position: np.ndarray
    heading: np.ndarray
    walking: np.ndarray
    feet: np.ndarray
    steps: tuple[Step, ...]

    @property
    def forward(self) -> np.ndarray:
        """[N, 2] unit vectors."""
        return np.stack([np.cos(self.heading), np.sin(self.heading)], -1)

    @property
    def left(self) -> np.ndarray:
        """[N, 2] unit vectors."""
        return np.stack([-np.sin(self.heading), np.cos(self.heading)], -1)


def plan(scenario: Scenario, times: np.ndarray, ball_forward: float) -> Gait:
    """Gait of a scenario at knots [N].

    Args:
        ball_forward: balls of the feet before the hips, metres.
    """
    height = scenario.person.height
    first = place = floor_place(scenario.start)
    track = np.tile(place, (len(times), 1))
    walking = np.zeros(len(times))
    steps: list[Step] = []
    for move in walks(scenario):
        assert move.target is not None
        goal = floor_place(move.target)
        goal[2] = place[2] + wrap(goal[2] - place[2])
        way = Way(place, goal, max(move.end_s - move.start_s, 1e-3))
        share = (times - move.start_s) / max(move.end_s - move.start_s, 1e-3)
        track = np.where(share[:, None] < 0, track, way.at(share))
        rise, fall = (
            ramp(times, move.start_s - 0.1, move.start_s + 0.5),
            ramp(times, move.end_s - 0.4, move.end_s + 0.2),
        )
        walking = np.maximum(walking, rise * (1 - fall))
        steps += make_steps(move, way, LONGEST * height)
        place = way.at(np.ones(1))[0]
    track = smooth(track, 0.03)
    feet, done = [], []
    for side in range(2):
        own = [step for step in steps if step.side == side]
        foot, finished = foot_track(times, first, own, side, HALF_STANCE * height, ball_forward)
        feet.append(foot)
        done += finished
    done.sort(key=lambda step: step.start_s)
    return Gait(track[:, :2], track[:, 2], smooth(walking, 0.05), np.stack(feet, 1), tuple(done))


def walks(scenario: Scenario) -> list[Move]:
    """WALK moves with a target, in time order."""
    return sorted(
        (m for m in scenario.moves if m.kind is MoveKind.WALK and m.target is not None), key=lambda m: m.start_s
    )


def floor_place(pose: np.ndarray) -> np.ndarray:
    """(x, y, heading) of a pose [4, 4] of the body, whose y axis points forward."""
    return np.array([pose[0, 3], pose[1, 3], np.arctan2(pose[1, 1], pose[0, 1])])


def wrap(angle: float) -> float:
    """To -pi..pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


class Way:
    """The body's way from one (x, y, heading) to another in a time.

    Short ways are walked sideways or backwards as they are; on longer ones the person turns into the direction of
    travel first, and into the final heading last, as far as the time allows at TURN_SPEED.
    """

    SHORT = 0.6

    def __init__(self, start: np.ndarray, goal: np.ndarray, duration_s: float) -> None:
        self.start, self.delta = start, goal - start
        self.distance = float(np.hypot(*self.delta[:2]))
        budget = TURN_SPEED * duration_s / 1.875  # the peak of a minimum-jerk turn is 1.875 times its mean speed
        direct = wrap(float(self.delta[2]))
        self.turns = (direct, 0.0)
        if self.distance >= self.SHORT:
            travel = wrap(float(np.arctan2(self.delta[1], self.delta[0])) - start[2] - direct / 2)
            for share in np.linspace(1, 0, 11):
                first = direct / 2 + share * travel
                self.turns = (first, wrap(direct - first))
                if abs(self.turns[0]) + abs(self.turns[1]) <= budget:
                    break
        self.turning = abs(self.turns[0]) + abs(self.turns[1])
        width = [float(np.clip(abs(turn) / budget, 0.25, 0.8)) for turn in self.turns]
        self.widths = [w / max(1.0, sum(width)) for w in width]

    def at(self, share: np.ndarray) -> np.ndarray:
        """(x, y, heading) [N, 3] at shares [N] of the time; the heading may differ from the goal's by full circles."""
        if self.distance < self.SHORT:
            return self.start + minimum_jerk(share)[:, None] * self.delta
        # Before and after large turns the body stands until a part of them is done.
        wait, settle = (0.45 * w * abs(turn) / np.pi for w, turn in zip(self.widths, self.turns, strict=True))
        moved = cruise((share - wait) / (1 - wait - settle), 0.25)
        into, out = minimum_jerk(share / self.widths[0]), minimum_jerk((share - 1) / self.widths[1] + 1)
        heading = self.start[2] + into * self.turns[0] + out * self.turns[1]
        return np.concatenate([self.start[:2] + moved[:, None] * self.delta[:2], heading[:, None]], axis=1)


def make_steps(move: Move, way: Way, longest: float) -> list[Step]:
    """Alternating steps of a walk; each foot lands where the body will be a little before the middle of its stance."""
    if way.distance < 0.02 and way.turning < 0.05:
        return []
    duration = max(move.end_s - move.start_s, 1e-3)
    needed = int(np.ceil(way.distance / STEP_LENGTH + way.turning / STEP_TURN)) + 1
    fastest = float(np.hypot(*np.diff(way.at(np.linspace(0, 1, 201))[:, :2], axis=0).T).max()) * 200 / duration
    hurried = float(np.clip(longest / max(fastest, 1e-3), SHORTEST_S, STEP_S))
    count = max(2, min(round(duration / hurried), needed))
    period = duration / count
    c, s = np.cos(way.start[2]), np.sin(way.start[2])
    leftward = -s * way.delta[0] + c * way.delta[1] + 0.3 * way.turns[0] > 0
    steps = []
    for k in range(count):
        middle = (k + (1 + SWING) / 2 + AHEAD * (2 - SWING)) / count if k < count - 2 else 1.0
        begin = move.start_s + (k + (1 - SWING) / 2) * period
        side = (0 if leftward else 1) ^ (k % 2)
        steps.append(Step(side, begin, begin + SWING * period, way.at(np.array([middle]))[0]))
    return steps


def foot_track(
    times: np.ndarray, first: np.ndarray, steps: list[Step], side: int, half_stance: float, ball_forward: float
) -> tuple[np.ndarray, list[Step]]:
    """[N, 5] ball x, y, height, heading and pitch of one foot, and its steps with their lengths and strikes."""
    sign = 1 - 2 * side

    def foot(place: np.ndarray) -> np.ndarray:
        c, s = np.cos(place[2]), np.sin(place[2])
        offset = [c * ball_forward - s * sign * half_stance, s * ball_forward + c * sign * half_stance]
        return np.array([place[0] + offset[0], place[1] + offset[1], 0.0, place[2] + sign * SPLAY, 0.0])

    now = foot(first)
    out = np.tile(now, (len(times), 1))
    done = []
    for step in steps:
        goal = foot(step.place)
        swing = step.end_s - step.start_s
        length = float(np.hypot(*(goal - now)[:2]))
        lift = LIFT * min(0.4 + length, 1.0)
        share = (times - step.start_s) / swing
        out += minimum_jerk(share)[:, None] * (goal - now)
        out[:, 2] += lift * step_height(share)
        # The heel rises before the ball leaves the floor and is down before it lands.
        pushed = np.clip((times - step.start_s + 0.55 * swing) / (1.3 * swing), 0, 1)
        out[:, 4] += HEEL_UP * min(length, 1.0) * bump(pushed)
        late = np.linspace(1.0, 0.6, 2001)
        strike = step.start_s + swing * float(late[np.argmax(lift * step_height(late) > DOWN)])
        done.append(Step(side, step.start_s, step.end_s, step.place, length, strike))
        now = goal
    return out, done


def step_height(share: np.ndarray) -> np.ndarray:
    """Height of a swinging foot, 0 to 1: it is off the floor before it moves forward and down after it has stopped."""
    s = np.clip(share, 0.0, 1.0)
    return 16 * (s * (1 - s)) ** 2
