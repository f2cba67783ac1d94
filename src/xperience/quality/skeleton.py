"""What hands and body have in common: bones, standstill and jumps."""

from __future__ import annotations

import numpy as np

from xperience.episode import Signal

RUN = 10_000
"""Frames whose bones are measured together: 12 MB."""


def bone_changes(joints: np.ndarray, valid: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """[T] largest distance of any bone's length from its median over valid frames, metres; 0 where invalid."""
    parents, children = np.array(pairs).T
    length = np.empty((len(joints), len(pairs)), np.float32)
    for start in range(0, len(joints), RUN):
        run = joints[start : start + RUN].astype(np.float64)
        length[start : start + RUN] = np.linalg.norm(run[:, children] - run[:, parents], axis=2)
    known = np.isfinite(length[valid]).any(0) if valid.any() else np.zeros(len(pairs), bool)
    if not known.any():
        return np.zeros(len(joints))
    middle = np.nanmedian(length[valid][:, known], axis=0)
    change = np.nan_to_num(np.abs(length[:, known] - middle)).max(1)
    return np.where(valid, change, 0.0)


def frozen(signal: Signal) -> np.ndarray:
    """[T] bool: valid and equal, to the last bit, to the sample before."""
    values = signal.values.reshape(len(signal), -1)
    same = ((values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))).all(1)
    return np.concatenate([[False], same & signal.valid[1:] & signal.valid[:-1]])


def jumps(point: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[T] speed m/s of a point [T, 3] from the sample before; 0 where either is invalid."""
    step = np.maximum(np.diff(times_s), 1e-3)
    with np.errstate(invalid="ignore"):
        speed = np.linalg.norm(np.diff(point, axis=0), axis=1) / step
    return np.concatenate([[0.0], np.where(valid[1:] & valid[:-1], np.nan_to_num(speed), 0.0)])
