"""Small UTD-MHAD trials made up for the tests: an arm that swings, seen by both sensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from xperience.sources.kinect import KINECT_JOINTS


def swing(frames: int = 60, samples: int = 156, lag_s: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(skeleton [20, 3, frames], inertial [samples, 6]) of a right forearm that turns by a random smooth angle.

    Both streams span the same interval. `lag_s` delays the skeleton's motion, on top of the dataset's own latency.
    """
    rng = np.random.default_rng(seed)
    span = samples / 50
    knots = rng.normal(0, 1, 12)
    phases = rng.uniform(0, 2 * np.pi, 12)

    def angle(t: np.ndarray) -> np.ndarray:
        return sum(
            k * np.sin(2 * np.pi * (n + 1) / span * t / 1.5 + p) / (n + 1)
            for n, (k, p) in enumerate(zip(knots, phases, strict=True))
        )

    imu_t = np.arange(samples) / 50
    frame_t = np.arange(frames) * span / frames - 0.03 - lag_s
    skeleton = np.zeros((20, 3, frames)) + rng.normal(0, 0.3, (20, 3, 1)) + np.array([0.0, 0.0, 2.9])[:, None]
    elbow, wrist = KINECT_JOINTS.index("right_elbow"), KINECT_JOINTS.index("right_wrist")
    a = angle(frame_t)
    skeleton[wrist] = skeleton[elbow] + 0.25 * np.stack([np.cos(a), np.sin(a), 0 * a])
    inertial = rng.normal(0, 0.01, (samples, 6))
    inertial[:, 1] += 1.0
    inertial[:, 5] += np.degrees(np.gradient(angle(imu_t), imu_t))
    return skeleton, inertial


def write_trial(root: Path, name: str = "a1_s1_t1", *, depth: bool = False, **streams: np.ndarray | None) -> Path:
    """Writes the trial's files as the dataset lays them out; a stream given as None is left out. Returns `root`."""
    skeleton, inertial = swing()
    arrays = {"Inertial": ("d_iner", inertial), "Skeleton": ("d_skel", skeleton)}
    if depth:
        image = np.zeros((240, 320, skeleton.shape[2]), np.uint16)
        image[60:200, 100:180] = 2857
        arrays["Depth"] = ("d_depth", image)
    for folder, (variable, array) in arrays.items():
        role = folder.lower()
        value = streams.get(role, array)
        if value is not None:
            (root / folder).mkdir(parents=True, exist_ok=True)
            savemat(root / folder / f"{name}_{role}.mat", {variable: value}, do_compression=True)
    return root
