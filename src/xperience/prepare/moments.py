"""Mean and deviation of each stream's channels over the training split, for models that want them.

Sums are kept per recording and added in the order of the plan, so that the result does not depend on who worked when.
Deviations have physical floors: a constant channel must not blow up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xperience.prepare.segments import Members

FLOORS = {
    "pose": 1e-3,
    "hand_left": 1e-3,
    "hand_right": 1e-3,
    "body": 1e-3,
    "contacts": 1e-2,
    "imu": 1e-2,
    "depth": 1e-3,
}
"""1 mm, a hundredth of a contact, 0.01 m/s2 and rad/s."""

NUMERIC = tuple(FLOORS)


def of(members: Members) -> dict[str, np.ndarray]:
    """By stream: [3, C] count, sum and sum of squares of the valid samples of one segment."""
    out = {}
    for stream in NUMERIC:
        values = members.get(f"{stream}.values.npy")
        if not isinstance(values, np.ndarray):
            continue
        flat = values.reshape(len(values), -1).astype(np.float64)
        if stream == "depth":
            flat = flat[flat > 0][:, None]
        else:
            valid = members.get(f"{stream}.valid.npy")
            flat = flat[np.asarray(valid, bool)] if valid is not None else flat
        count = np.full(flat.shape[1], float(len(flat)))
        out[stream] = np.stack([count, flat.sum(axis=0), (flat**2).sum(axis=0)])
    return out


def add(total: dict[str, np.ndarray], more: dict[str, np.ndarray]) -> None:
    for stream, sums in more.items():
        total[stream] = total[stream] + sums if stream in total else sums


def describe(total: dict[str, np.ndarray]) -> dict[str, Any]:
    """By stream: count, mean and std of each channel."""
    out = {}
    for stream in NUMERIC:
        if stream in total:
            count, first, second = total[stream]
            mean = first / np.maximum(count, 1)
            std = np.sqrt(np.maximum(second / np.maximum(count, 1) - mean**2, 0))
            out[stream] = {
                "count": int(count[0]),
                "mean": mean.tolist(),
                "std": np.maximum(std, FLOORS[stream]).tolist(),
            }
    return out
