"""Numbers a window: hand forecasts, reconstructed features, progress, times, changes of the camera's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics.regression import hands, regression, single_precision
from xperience.benchmark.scoring import Extras, Scored, columns
from xperience.benchmark.scoring.files import array_names, read_arrays, refuse_empty
from xperience.benchmark.scoring.tables import Source, is_archive, open_source, read_rows
from xperience.errors import FormatError

_FRAME_VALUES = 2 * 21 * 3
TRUE_ARRAYS = ("y_true", "true", "targets", "target", "true_values", "ground_truth")
PREDICTED_ARRAYS = ("y_pred", "predicted", "predictions", "pred", "pred_values", "predicted_values")

ERRORS = ("mae", "rmse", "mpjpe", "absolute_error")
"""Columns of the error of each window."""

LENGTHS = ("delta_l2_error",)
"""Columns of the length of the error vector of each window."""

DIMENSIONS = {"ego_motion_forecast": 21}
"""Numbers of the target where a file may hold only lengths: the statistics of the camera's translation."""

PRIMARY = {"modality_reconstruction": "r2", "hand_trajectory_forecast": "mpjpe"}
"""Primary metric of a task; mae for the others."""


def score(task: str, file: Path, extras: Extras) -> Scored:
    """From true and predicted numbers where the file has them, else from the errors of each window."""
    if is_archive(file):
        return _scored(task, *_read_arrays(file))
    source = open_source(file)
    true, predicted = columns.true_names(task), columns.predicted_names(task)
    if columns.find(source.names, true) and columns.find(source.names, predicted):
        rows = read_rows(file, {"true": true, "predicted": predicted}, split=extras.split)
        refuse_empty(file, len(rows))
        return _scored(task, rows.numbers("true")[:, None], rows.numbers("predicted")[:, None], rows.notes)
    return _from_errors(task, source, extras.split)


def score_hands(task: str, file: Path, extras: Extras) -> Scored:
    """Also the mean distance of the joints, over all frames and in the last one."""
    if not is_archive(file):
        return _from_errors(task, open_source(file), extras.split)
    true, predicted = _read_arrays(file)
    if true.shape[1] % _FRAME_VALUES:
        raise FormatError(
            "not whole frames of two hands",
            file=file,
            field="y_true",
            found=true.shape[1],
            expected=f"a multiple of {_FRAME_VALUES}: frames x left and right x 21 joints x xyz",
        )
    scored = _scored(task, true, predicted)
    joints = hands(true, predicted)
    scored.metrics |= {name: joints[name] for name in ("mpjpe", "final_frame_mpjpe")}
    scored.metrics |= {"forecast_frames": true.shape[1] // _FRAME_VALUES, "primary_score": joints["mpjpe"]}
    return scored


def _read_arrays(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted numbers as [n, D]; further axes are flattened, [n] is [n, 1]."""
    there = array_names(file)
    named = {"y_true": columns.find(there, TRUE_ARRAYS), "y_pred": columns.find(there, PREDICTED_ARRAYS)}
    missing = [role for role, name in named.items() if name is None]
    if missing:
        raise FormatError("arrays are missing", file=file, field=", ".join(missing), expected="y_true and y_pred")
    names = [str(name) for name in named.values()]
    arrays = read_arrays(file, names)
    true, predicted = (arrays[name] for name in names)
    if true.shape != predicted.shape or true.ndim < 1:
        raise FormatError(
            "truth and prediction differ in shape",
            file=file,
            field=names[1],
            found=predicted.shape,
            expected=f"{true.shape}, at least one axis",
        )
    refuse_empty(file, true.size)
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)


def _scored(task: str, true: np.ndarray, predicted: np.ndarray, notes: list[str] | None = None) -> Scored:
    """The metrics; in single precision where that is how the numbers are kept, as the suite computes them."""
    single = [np.asarray(values, np.float32) for values in (true, predicted)]
    kept = all((one == values).all() for one, values in zip(single, (true, predicted), strict=True))
    metrics: dict[str, Any] = single_precision(*single) if kept else regression(true, predicted)
    metrics["rmse"] = float(np.sqrt(metrics["mse"]))
    return Scored(metrics | _named(task, metrics, len(true), true.shape[1]), notes or [])


def _named(task: str, metrics: dict[str, Any], count: int, size: int | None) -> dict[str, Any]:
    """Counts and copies under the names of published runs."""
    primary = PRIMARY.get(task, "mae")
    named: dict[str, Any] = dict.fromkeys(("num_test_windows", "num_test", "num_samples"), count)
    if size is not None:
        named["target_dim"] = size
    if task == "time_to_transition":
        named["mae_frames"] = metrics["mae"]
    return named | {"primary_metric": primary, "primary_score": metrics.get(primary)}


def _from_errors(task: str, source: Source, split: str | None) -> Scored:
    """What follows from a table of the error of each window, all with targets of one size."""
    named = {name: columns.find(source.names, (name,)) for name in (*ERRORS, *LENGTHS)}
    there = {role: (name,) for role, name in named.items() if name is not None}
    if not there:
        raise FormatError(
            "neither true and predicted numbers nor errors",
            file=source.path,
            field="true_value, predicted_value",
            found=", ".join(source.names)[:300] or "an empty file",
            expected=f"{columns.true_names(task)[0]} and {columns.predicted_names(task)[0]}, or {', '.join(ERRORS)}",
        )
    rows = read_rows(source.path, there, split=split)
    refuse_empty(source.path, len(rows))
    error = {role: rows.numbers(role) for role in there}
    metrics: dict[str, Any] = {"mse": None, "mae": None, "r2": None, "rmse": None}
    for role in ("absolute_error", "mae"):
        if role in error:
            metrics["mae"] = float(error[role].mean())
    if "rmse" in error:
        metrics["mse"] = float((error["rmse"] ** 2).mean())
    if "mpjpe" in error:
        metrics["mpjpe"] = float(error["mpjpe"].mean())
    size = DIMENSIONS.get(task)
    if "delta_l2_error" in error and size is not None:
        metrics["mse"] = float((error["delta_l2_error"] ** 2).mean() / size)
        metrics["mean_delta_l2_error"] = float(error["delta_l2_error"].mean())
    if metrics["mse"] is not None:
        metrics["rmse"] = float(np.sqrt(metrics["mse"]))
    lacking = [name for name, value in metrics.items() if value is None]
    notes = [*rows.notes, f"the file holds errors only: {', '.join(lacking)} need the true and predicted numbers"]
    return Scored(metrics | _named(task, metrics, len(rows), size), notes)
