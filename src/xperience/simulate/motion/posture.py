"""How the trunk serves hands and feet: pelvis height, lean and twist at the knots, sway and breath, resting hands."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.simulate.motion.curves import smooth
from xperience.simulate.motion.gait import Gait
from xperience.simulate.motion.palms import Hand
from xperience.simulate.motion.skeleton import Skeleton


def resting_palms(gait: Gait, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Palms of idle hands [N, 2, 3], [N, 2, 4]: before the belly when standing, swinging at the sides when walking."""
    count = len(gait.yaw)
    position, quat = np.empty((count, 2, 3)), np.empty((count, 2, 4))
    forward = np.stack([np.cos(gait.yaw), np.sin(gait.yaw)], -1)
    left = np.stack([-forward[:, 1], forward[:, 0]], -1)
    for side, sign in enumerate((1.0, -1.0)):
        other = gait.feet[:, 1 - side, :2] - gait.position
        swing = smooth(0.4 * ((other * forward).sum(-1) - 0.06 * height) * gait.walking, 0.08)
        walk = gait.walking
        ahead = 0.20 * height * (1 - walk) + (0.03 * height + swing) * walk
        aside = sign * (0.09 * (1 - walk) + 0.15 * walk) * height
        position[:, side, :2] = gait.position + ahead[:, None] * forward + aside[:, None] * left
        position[:, side, 2] = (0.60 * (1 - walk) + 0.46 * walk) * height + 0.15 * np.abs(swing)
        # Standing: fingers forward, thumbs up. Walking: fingers down, palms to the thighs.
        inward = np.array([0.0, -sign, 0.0])
        stand, hang = _axes([0.95, -0.3 * sign, 0.0], inward), _axes([0.25, 0.0, -0.97], inward)
        from xperience.simulate.motion.rotations import slerp

        local = slerp(np.tile(stand, (count, 1)), np.tile(hang, (count, 1)), walk)
        zero = np.zeros(count)
        spin = np.stack([np.cos(gait.yaw / 2), zero, zero, np.sin(gait.yaw / 2)], -1)
        quat[:, side] = geometry.quat_multiply(spin, local)
    return position, quat


def _axes(x: list[float], z: np.ndarray) -> np.ndarray:
    x_axis = np.array(x) / np.linalg.norm(x)
    z_axis = z - (z @ x_axis) * x_axis
    z_axis /= np.linalg.norm(z_axis)
    return geometry.matrix_to_quat(np.stack([x_axis, np.cross(z_axis, x_axis), z_axis], -1))


def plan(bones: Skeleton, times: np.ndarray, gait: Gait, hands: list[Hand], seed: int) -> dict[str, np.ndarray]:
    """Tracks `root` [N, 3], `lean` [N, 3] and `spine` [N, 3] of `body.trunk`."""
    count = len(times)
    rng = np.random.default_rng([seed, 71])
    need = np.zeros(count)
    forward = np.stack([np.cos(gait.yaw), np.sin(gait.yaw)], -1)
    for hand in hands:
        ahead = ((hand.position[:, :2] - gait.position) * forward).sum(-1)
        need = np.maximum(need, hand.busy * (ahead - 0.25))
    bow = smooth(np.clip(1.5 * need, 0.0, 0.9), 0.15)
    lean = np.stack([gait.yaw, 0.4 * bow, np.zeros(count)], -1)
    spine = np.stack([0.6 * bow, np.zeros(count), np.zeros(count)], -1) + _noise(rng, times, 3, 0.004)
    root = np.concatenate([gait.position, np.zeros((count, 1))], 1) + _noise(rng, times, 3, 0.003)
    root[:, 2] += _hip_height(bones, gait)
    return {"root": root, "lean": lean, "spine": spine}


def _hip_height(bones: Skeleton, gait: Gait) -> np.ndarray:
    """Height of the pelvis [N] at which both legs reach their feet."""
    leg = bones.length("left_knee") + bones.length("left_ankle")
    drop = -bones.offsets[1, 1]
    limits = [np.full(len(gait.yaw), 0.985 * leg + bones.sole[0])]
    for side in range(2):
        yaw = gait.feet[:, side, 3]
        back = bones.offsets[10, 2]
        ankle = gait.feet[:, side, :2] - back * np.stack([np.cos(yaw), np.sin(yaw)], -1)
        left = np.stack([-np.sin(gait.yaw), np.cos(gait.yaw)], -1)
        hip = gait.position + (1 - 2 * side) * bones.offsets[1, 0] * left
        across = ((ankle - hip) ** 2).sum(-1)
        rise = gait.feet[:, side, 2] + np.sin(gait.feet[:, side, 4]) * back
        limits.append(np.sqrt(np.maximum((0.975 * leg) ** 2 - across, 0.2 * leg**2)) + bones.sole[0] + rise)
    stacked = np.stack(limits)
    softest = -0.01 * np.log(np.exp(-(stacked - stacked.min(0)) / 0.01).sum(0)) + stacked.min(0)
    return smooth(softest, 0.05) + drop


def _noise(rng: np.random.Generator, times: np.ndarray, channels: int, rms: float) -> np.ndarray:
    """Slow wandering [N, C]: eight sinusoids from 0.1 to 1 Hz with falling amplitudes."""
    frequency = np.geomspace(0.1, 1.0, 8) * rng.uniform(0.9, 1.1, (channels, 8))
    amplitude = frequency**-0.7
    amplitude *= rms * np.sqrt(2) / np.linalg.norm(amplitude, axis=1, keepdims=True)
    phase = rng.uniform(0, 2 * np.pi, (channels, 8))
    return (amplitude * np.sin(2 * np.pi * frequency * times[:, None, None] + phase)).sum(-1)
