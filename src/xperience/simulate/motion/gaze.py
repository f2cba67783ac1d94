"""Where the head turns: ahead on walks, to what the hands will do and do, with eased turns of limited speed."""

from __future__ import annotations

import numpy as np

from xperience.simulate.motion.curves import minimum_jerk, smooth, soft_clip
from xperience.simulate.motion.gait import Gait, wrap
from xperience.simulate.motion.palms import Hand
from xperience.simulate.motion.skeleton import SIDES, Skeleton
from xperience.simulate.script import MoveKind, Scenario

LEAD_S = 0.3
"""How long before a reach the eyes leave for its target."""
TURN_SPEED = 2.6
"""Highest speed of a head turn, rad/s (150 degrees a second)."""


def plan(
    bones: Skeleton, scenario: Scenario, times: np.ndarray, gait: Gait, trunk: dict[str, np.ndarray], hands: list[Hand]
) -> np.ndarray:
    """Yaw, pitch and roll of the head in the world [N, 3]."""
    eyes = np.concatenate([gait.position, np.full((len(times), 1), 0.93 * (bones.joints[15, 1] / 0.902))], 1)
    forward = np.stack([np.cos(gait.yaw), np.sin(gait.yaw), np.zeros(len(times))], -1)
    eyes += 0.15 * forward
    ahead = eyes + 2.0 * forward - [0, 0, 0.7]
    angles = _angles(eyes, ahead, gait.yaw)
    for move in scenario.moves:
        if move.kind is MoveKind.WALK:
            point = ahead
        elif move.hand is not None and move.kind not in (MoveKind.RELEASE, MoveKind.REST):
            track = hands[SIDES.index(move.hand)].position
            k = min(int(np.searchsorted(times, move.end_s)), len(times) - 1)
            point = np.broadcast_to(track[k], track.shape) if move.kind is not MoveKind.USE else track
        elif move.kind is MoveKind.LOOK and move.target is not None:
            point = np.broadcast_to(move.target[:3, 3], eyes.shape)
        else:
            continue
        angles = _turn(times, angles, _angles(eyes, point, gait.yaw), move.start_s - LEAD_S)
    angles = smooth(angles, 0.05)
    return np.concatenate([angles, np.zeros((len(times), 1))], 1)


def _angles(eyes: np.ndarray, point: np.ndarray, body_yaw: np.ndarray) -> np.ndarray:
    """Yaw and pitch [N, 2] of a head that looks at points [N, 3]: it makes three quarters of the turn to the side,
    half of the way down; the eyes do the rest."""
    line = point - eyes
    c, s = np.cos(body_yaw), np.sin(body_yaw)
    x, y = c * line[:, 0] + s * line[:, 1], -s * line[:, 0] + c * line[:, 1]
    side = np.arctan2(y, np.hypot(x, 0.15) * np.where(x < 0, -1, 1))
    down = np.arctan2(-line[:, 2], np.hypot(np.hypot(x, y), 0.1))
    return np.stack([body_yaw + soft_clip(0.75 * np.asarray(wrap(side)), 1.2), np.clip(0.5 * down, -0.4, 0.75)], -1)


def _turn(times: np.ndarray, now: np.ndarray, goal: np.ndarray, start: float) -> np.ndarray:
    k = min(int(np.searchsorted(times, start)), len(times) - 1)
    amount = float(np.abs(goal[k] - now[k]).max())
    duration = max(0.3, 1.875 * amount / TURN_SPEED)
    w = minimum_jerk((times - start) / duration)[:, None]
    return now + w * (goal - now)
