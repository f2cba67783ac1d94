"""How the trunk serves hands and feet: pelvis, lean and twist at the knots, with sway and breath; resting hands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import minimum_filter1d

from xperience.episode import geometry
from xperience.simulate.motion import body
from xperience.simulate.motion.curves import RATE, smooth
from xperience.simulate.motion.gait import Gait
from xperience.simulate.motion.palms import Hand
from xperience.simulate.motion.rotations import slerp
from xperience.simulate.motion.skeleton import SIGN, Skeleton

EASY_REACH = 0.88
"""Share of the arm's length up to which a hand works without help of the trunk."""
STIFFNESS = np.array([0.6, 0.7, 0.35, 0.03])
"""Bow, twist, side bend (radians) and bend of the knees (metres) that cost alike."""
CROUCHING = 0.3
"""The same for the knees where the hands work near the floor."""
LIMITS = np.array([1.2, 0.9, 0.4, 0.35])
HIPS_SHARE = 0.4
"""Share of a bow that the hips make; the spine makes the rest."""
STANDING, STRETCHED = 0.993, 0.990
"""Length of a standing leg, and the most that a walking leg is stretched, as shares of its bones."""
STEP = 4
"""Posture is solved at every fourth knot (25 Hz): it is low-passed to 1.3 Hz afterwards."""


def resting_palms(gait: Gait, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Palms of idle hands [N, 2, 3], [N, 2, 4]: before the belly when standing, swinging at the sides when walking."""
    count = len(gait.heading)
    position, quat = np.empty((count, 2, 3)), np.empty((count, 2, 4))
    zero = np.zeros(count)
    spin = np.stack([np.cos(gait.heading / 2), zero, zero, np.sin(gait.heading / 2)], -1)
    walk = gait.walking
    for side, sign in enumerate(SIGN):
        # The arm swings with the other leg.
        other = ((gait.feet[:, 1 - side, :2] - gait.position) * gait.forward).sum(-1) - 0.06 * height
        swing = smooth(0.4 * other * walk, 0.08)
        ahead = 0.155 * height * (1 - walk) + (0.03 * height + swing) * walk
        aside = sign * (0.10 * (1 - walk) + 0.16 * walk) * height
        position[:, side, :2] = gait.position + ahead[:, None] * gait.forward + aside[:, None] * gait.left
        position[:, side, 2] = (0.60 * (1 - walk) + 0.46 * walk) * height + 0.3 * swing**2
        # Standing: fingers forward, palms half down. Walking: fingers down, palms to the thighs.
        stand = _palm_axes([0.93, -0.35 * sign, 0.0], [0.0, -0.75 * sign, -0.65])
        hang = _palm_axes([0.25, 0.0, -0.97], [0.0, -sign, 0.0])
        local = slerp(np.tile(stand, (count, 1)), np.tile(hang, (count, 1)), walk)
        quat[:, side] = geometry.quat_multiply(spin, local)
    return position, quat


def _palm_axes(fingers: Sequence[float], out: Sequence[float]) -> np.ndarray:
    """Quaternion of a palm whose fingers point along one direction (forward, left, up) and whose skin looks along another."""
    x = np.array(fingers) / np.linalg.norm(fingers)
    z = np.array(out) - (np.array(out) @ x) * x
    z /= np.linalg.norm(z)
    return geometry.matrix_to_quat(np.stack([x, np.cross(z, x), z], -1))


def plan(bones: Skeleton, times: np.ndarray, gait: Gait, hands: Sequence[Hand], seed: int) -> dict[str, np.ndarray]:
    """Tracks `root`, `lean` and `spine` [N, 3] of `body.spine`."""
    rng = np.random.default_rng([seed, 71])
    coarse = slice(None, None, STEP)
    solved = solve(bones, gait, [h.position[coarse] for h in hands], [h.busy[coarse] for h in hands], coarse)
    knots = np.arange(len(times))
    effort = np.stack([np.interp(knots, knots[coarse], channel) for channel in solved.T], -1)
    effort = smooth(effort, 0.12)
    tracks = trunk_tracks(bones, gait, effort, slice(None))
    tracks["lean"] += wander(rng, times, 3, 0.003, 0.1, 0.8)
    tracks["spine"] += wander(rng, times, 3, 0.006, 0.1, 1.0)
    tracks["spine"][:, 0] -= 0.006 * breath(rng, times)
    tracks["spine"] += recoil(gait, hands)
    # Counter-rotation of hips and chest in step, about 5 degrees (Perry, "Gait Analysis", 1992).
    stride = smooth(((gait.feet[:, 1, :2] - gait.feet[:, 0, :2]) * gait.forward).sum(-1) * gait.walking, 0.06)
    tracks["lean"][:, 0] += 0.14 * stride
    tracks["spine"][:, 1] -= 0.22 * stride
    tracks["root"][:, :2] += weight_shift(gait)[:, None] * gait.left + wander(rng, times, 2, 0.006, 0.05, 0.5)
    tracks["root"][:, 2] = (
        hip_height(bones, gait, tracks) - effort[:, 3] + wander(rng, times, 1, 0.0008, 0.2, 1.0)[:, 0]
    )
    tracks["root"][:, 2] -= heel_strikes(times, gait)
    return tracks


def trunk_tracks(bones: Skeleton, gait: Gait, effort: np.ndarray, where: slice) -> dict[str, np.ndarray]:
    """`root`, `lean` and `spine` [N, 3] for efforts [N, 4]: bow, twist, side bend, bend of the knees."""
    bow, twist, side, knees = effort.T
    lean = np.stack([gait.heading[where], HIPS_SHARE * bow, np.zeros_like(bow)], -1)
    spine = np.stack([(1 - HIPS_SHARE) * bow, twist, side], -1)
    # The hips go back when the trunk goes forward, so that the weight stays over the feet.
    back = 0.10 * np.sin(bow)[:, None] * gait.forward[where]
    height = bones.joints[0, 1] - knees
    return {"root": np.concatenate([gait.position[where] - back, height[:, None]], 1), "lean": lean, "spine": spine}


def solve(
    bones: Skeleton, gait: Gait, palms: list[np.ndarray], busy: list[np.ndarray], where: slice, rounds: int = 10
) -> np.ndarray:
    """Effort [N, 4] of the trunk that brings working hands within easy reach: Levenberg-Marquardt at all knots at once.

    Args:
        palms: [N, 3] of left and right hand. busy: [N] each; idle hands ask for nothing.
    """
    arm = bones.length("left_elbow") + bones.length("left_wrist")
    # The wrist lies behind the palm, mostly on the side of the shoulder.
    easy = EASY_REACH * arm + 0.7 * float(np.linalg.norm(bones.palm[0, :3, 3]))

    # Knees bend readily for what is below the hips.
    height = bones.joints[15, 1]
    low = np.max(
        [b * np.clip((0.5 * height - p[:, 2]) / (0.2 * height), 0, 1) for b, p in zip(busy, palms, strict=True)], 0
    )
    stiffness = np.tile(STIFFNESS, (len(low), 1))
    stiffness[:, 3] += low * (CROUCHING - STIFFNESS[3])

    def residuals(effort: np.ndarray) -> np.ndarray:
        at = body.shoulders(bones, body.spine(bones, trunk_tracks(bones, gait, effort, where)))
        far = [np.linalg.norm(palm - at[:, s], axis=-1) - easy for s, palm in enumerate(palms)]
        lack = [b * 0.02 * np.logaddexp(0, f / 0.02) for b, f in zip(busy, far, strict=True)]
        return np.concatenate([np.stack(lack, -1), 0.05 * effort / stiffness], -1)

    effort = np.zeros((len(palms[0]), 4))
    now = residuals(effort)
    damping = np.full(len(effort), 1e-3)
    for _ in range(rounds):
        J = np.stack([(residuals(effort + delta) - now) / 0.005 for delta in 0.005 * np.eye(4)], -1)  # [N, 6, 4]
        Jt = np.swapaxes(J, 1, 2)
        step = np.linalg.solve(Jt @ J + damping[:, None, None] * np.eye(4), Jt @ now[:, :, None])[:, :, 0]
        trial = np.clip(effort - step, -LIMITS * [0.1, 1, 1, 0], LIMITS)
        then = residuals(trial)
        better = (then**2).sum(-1) < (now**2).sum(-1)
        effort, now = np.where(better[:, None], trial, effort), np.where(better[:, None], then, now)
        damping = np.where(better, damping / 4, damping * 5)
    return effort


def hip_height(bones: Skeleton, gait: Gait, tracks: dict[str, np.ndarray]) -> np.ndarray:
    """Height of the pelvis [N] at which both legs reach their feet: it rises and falls once a step."""
    leg = bones.length("left_knee") + bones.length("left_ankle")
    turned = body.spine(bones, tracks).rotation["pelvis"]
    limits = []
    for side in range(2):
        ankle, _ = body.foot_frames(bones, side, gait.feet[:, side])
        hip = turned @ bones.offsets[1 + side]
        across = ((ankle[:, :2] - tracks["root"][:, :2] - hip[:, :2]) ** 2).sum(-1)
        limits.append(ankle[:, 2] - hip[:, 2] + np.sqrt(np.maximum((STRETCHED * leg) ** 2 - across, 0.2 * leg**2)))
    limits.append(np.full(len(gait.heading), bones.sole[0] + STANDING * leg - bones.offsets[1, 1]))
    stacked = np.stack(limits)
    lowest = stacked.min(0)
    width = 0.006
    softest = lowest - width * np.log(np.exp(-(stacked - lowest) / width).sum(0))
    # The legs reach at every instant, also after the low-pass: first the lowest within its reach.
    return smooth(minimum_filter1d(softest, int(0.14 * RATE)), 0.055)


def weight_shift(gait: Gait) -> np.ndarray:
    """How far the pelvis moves over the standing foot [N], metres to the left."""
    off = np.clip(gait.feet[:, :, 2] / 0.02, 0, 1)
    return smooth(0.03 * (off[:, 1] - off[:, 0]), 0.12)


def recoil(gait: Gait, hands: Sequence[Hand]) -> np.ndarray:
    """How the chest goes along with quick work of the hands [N, 3], a rotation vector as `spine`: a tenth of a degree a
    centimetre, so that each blow and each sweep is felt in the head."""
    out = np.zeros((len(gait.heading), 3))
    for hand in hands:
        quick = hand.busy[:, None] * (hand.position - smooth(hand.position, 0.35))
        out[:, 0] -= 0.15 * quick[:, 2]
        out[:, 1] += 0.15 * (quick[:, :2] * gait.left).sum(-1)
    # Walking hands are quick in the world, not for the chest.
    return smooth(out * (1 - gait.walking[:, None]), 0.03)


def heel_strikes(times: np.ndarray, gait: Gait) -> np.ndarray:
    """The small jolt that goes through the body at each foot strike [N], metres: a damped 8 Hz oscillation."""
    out = np.zeros(len(times))
    for step in gait.steps:
        first = int(np.searchsorted(times, step.strike_s))
        t = times[first : first + int(0.5 * RATE)] - step.strike_s
        out[first : first + len(t)] += 0.0006 * min(step.length, 1.0) * np.exp(-t / 0.07) * np.sin(2 * np.pi * 8 * t)
    return smooth(out, 0.012)


def breath(rng: np.random.Generator, times: np.ndarray) -> np.ndarray:
    """[N] about -1 to 1, some 15 breaths a minute, a little uneven."""
    rate = rng.uniform(0.22, 0.3)
    wobble = 0.6 * np.sin(2 * np.pi * 0.031 * times + rng.uniform(0, 2 * np.pi))
    return np.sin(2 * np.pi * rate * times + wobble + rng.uniform(0, 2 * np.pi))


def wander(
    rng: np.random.Generator, times: np.ndarray, channels: int, rms: float, slowest: float, fastest: float
) -> np.ndarray:
    """Involuntary sway [N, C]: ten sinusoids between two frequencies in Hz, the slow ones larger."""
    frequency = np.geomspace(slowest, fastest, 10) * rng.uniform(0.9, 1.1, (channels, 10))
    amplitude = frequency**-0.7
    amplitude *= rms * np.sqrt(2) / np.linalg.norm(amplitude, axis=1, keepdims=True)
    phase = rng.uniform(0, 2 * np.pi, (channels, 10))
    out = np.empty((len(times), channels))
    for c in range(channels):
        out[:, c] = np.sin(2 * np.pi * times[:, None] * frequency[c] + phase[c]) @ amplitude[c]
    return out
