"""Vectors a window: hand forecasts and reconstructed features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics.regression import hands, regression
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_arrays, refuse_empty
from xperience.errors import FormatError

_FRAME_VALUES = 2 * 21 * 3


def _read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """y_true and y_pred as [n, D]; further axes are flattened."""
    arrays = read_arrays(file, ("y_true", "y_pred"))
    missing = [name for name in ("y_true", "y_pred") if name not in arrays]
    if missing:
        raise FormatError("arrays are missing", file=file, field=", ".join(missing), expected="y_true and y_pred")
    true, predicted = arrays["y_true"], arrays["y_pred"]
    if true.shape != predicted.shape or true.ndim < 2:
        raise FormatError(
            "truth and prediction differ in shape",
            file=file,
            field="y_pred",
            found=predicted.shape,
            expected=f"{true.shape}, at least two axes",
        )
    refuse_empty(file, true.size)
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)


def score(file: Path, extras: Extras) -> Scored:
    true, predicted = _read(file)
    metrics: dict[str, Any] = regression(true, predicted)
    return Scored(metrics | {"num_test_windows": len(true), "target_dim": true.shape[1]})


def score_hands(file: Path, extras: Extras) -> Scored:
    true, predicted = _read(file)
    if true.shape[1] % _FRAME_VALUES:
        raise FormatError(
            "not whole frames of two hands",
            file=file,
            field="y_true",
            found=true.shape[1],
            expected=f"a multiple of {_FRAME_VALUES}: frames x left and right x 21 joints x xyz",
        )
    metrics: dict[str, Any] = hands(true, predicted)
    frames = true.shape[1] // _FRAME_VALUES
    return Scored(metrics | {"num_test_windows": len(true), "target_dim": true.shape[1], "forecast_frames": frames})
