"""Where the head turns: ahead on walks, to what the hands will do and do, with eased turns of limited speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xperience.simulate.motion import body
from xperience.simulate.motion.curves import RATE, minimum_jerk, smooth, soft_clip
from xperience.simulate.motion.gait import Gait, walks
from xperience.simulate.motion.palms import Hand
from xperience.simulate.motion.posture import wander
from xperience.simulate.motion.skeleton import SIDES, Skeleton
from xperience.simulate.script import MoveKind, Scenario

LEAD_S = 0.3
"""How long before a reach the eyes leave for its target (Land, Mennie and Rusted 1999 find about half a second)."""
TURN_SPEED = 1.8
"""Highest speed of one head turn, rad/s (100 degrees a second)."""
SIDE_SHARE, DOWN_SHARE = 0.8, 0.58
"""Share of a gaze shift to the side and downwards that the head makes; the eyes make the rest."""
FARTHEST_SIDE = 1.25
LOWEST, HIGHEST = 0.85, -0.45
"""Limits of the head: radians to the side from the pelvis, down and up from level."""
GLANCE_S = (0.9, 1.8)
"""Time between small shifts of gaze during long work, seconds."""
GLANCE_M = 0.07

Target = np.ndarray
"""A point to look at: [3] fixed, or [N, 3] at the knots."""


def plan(
    bones: Skeleton,
    scenario: Scenario,
    times: np.ndarray,
    gait: Gait,
    tracks: Mapping[str, np.ndarray],
    hands: Sequence[Hand],
) -> np.ndarray:
    """Heading, pitch and roll of the head in the world [N, 3]."""
    rng = np.random.default_rng([scenario.seed, 37])
    trunk = body.spine(bones, tracks)
    neck = trunk.position["spine3"] + trunk.rotation["spine3"] @ bones.offsets[12]
    forward = np.concatenate([gait.forward, np.zeros((len(times), 1))], 1)
    eyes = neck + 0.08 * forward + [0.0, 0.0, bones.joints[15, 1] + bones.eyes[1] - bones.joints[12, 1]]

    ahead = eyes + 2.0 * forward - [0.0, 0.0, 0.7]
    now = angles(eyes, ahead, gait.heading)
    for start, point in sorted(targets(scenario, times, ahead, hands, rng), key=lambda pair: pair[0]):
        goal = angles(eyes, np.broadcast_to(point, eyes.shape), gait.heading)
        first = min(max(int(np.searchsorted(times, start)), 0), len(times) - 1)
        soon = slice(first, first + int(0.6 * RATE))
        amount = float(np.abs(goal[soon] - now[soon]).max())
        duration = max(0.35, 1.875 * amount / TURN_SPEED)
        w = minimum_jerk((times[first:] - start) / duration)[:, None]
        now[first:] += w * (goal[first:] - now[first:])
    head = np.concatenate([smooth(now, 0.05), np.zeros((len(times), 1))], 1)
    head += wander(rng, times, 3, 0.006, 0.15, 1.6)
    # The head follows a leaning trunk a little.
    head[:, 2] += 0.4 * tracks["lean"][:, 2] + smooth(0.04 * np.sin(head[:, 0] - gait.heading), 0.1)
    return head


def targets(
    scenario: Scenario, times: np.ndarray, ahead: np.ndarray, hands: Sequence[Hand], rng: np.random.Generator
) -> Iterator[tuple[float, Target]]:
    """(start, point) of every shift of gaze."""
    for walk in walks(scenario):
        assert walk.target is not None
        # First the way, then the surface of work before the end of it.
        yield walk.start_s - LEAD_S, ahead
        yield walk.start_s + 0.6 * (walk.end_s - walk.start_s), (walk.target @ [0.0, 0.45, 0.95, 1.0])[:3]
    for move in scenario.moves:
        if move.kind is MoveKind.LOOK and move.target is not None:
            yield move.start_s, move.target[:3, 3]
        if move.hand is None or move.kind not in (MoveKind.REACH, MoveKind.CARRY, MoveKind.USE):
            continue
        track = hands[SIDES.index(move.hand)].position
        last = min(int(np.searchsorted(times, move.end_s)), len(times) - 1)
        yield move.start_s - LEAD_S, (smooth(track, 0.4) if move.kind is MoveKind.USE else track[last])
        if move.kind is MoveKind.USE:
            at = move.start_s + rng.uniform(*GLANCE_S)
            while at < move.end_s - 0.5:
                yield at, track[last] + rng.uniform(-GLANCE_M, GLANCE_M, 3) * [1.0, 1.0, 0.3]
                at += rng.uniform(*GLANCE_S)


def angles(eyes: np.ndarray, point: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Heading and pitch [N, 2] of a head that looks from eyes [N, 3] at points [N, 3].

    Continuous everywhere: for points straight behind the head stays ahead, points close below count as before the feet.
    """
    line = point - eyes
    c, s = np.cos(heading), np.sin(heading)
    x, y = c * line[:, 0] + s * line[:, 1], -s * line[:, 0] + c * line[:, 1]
    far = np.hypot(x, y)
    side = np.arctan2(y, x)
    behind = minimum_jerk((np.abs(side) - 2.0) / (np.pi - 2.0))
    side = SIDE_SHARE * side * (1 - behind) * minimum_jerk(far / 0.25)
    down = DOWN_SHARE * np.arctan2(-line[:, 2], np.hypot(far, 0.1))
    middle, half = (LOWEST + HIGHEST) / 2, (LOWEST - HIGHEST) / 2
    return np.stack([heading + soft_clip(side, FARTHEST_SIDE), middle + soft_clip(down - middle, half)], -1)
