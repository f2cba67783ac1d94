"""Calibration of the four fisheye cameras and the rectified stereo pair."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.cameras import FISHEYE_VIEWS, Camera, Rig
from xperience.episode.presence import Notes
from xperience.errors import FormatError

PATHS = ("calibration",)


def read(file: AnnotationFile, notes: Notes, sizes: dict[str, tuple[int, int]]) -> Rig | None:
    """The rig, or None where the recording has no calibration.

    Args:
        sizes: (width, height) of the views whose video is there.

    The lens is taken from `distortion_model`, never from `camera_model` (real files say "pinhole" for their
    fisheye cameras). A camera whose own entry or whose chain of T_cn_cnm1 is broken is left out and noted.
    """
    if "calibration" not in file:
        return None
    cameras: dict[str, Camera] = {}
    previous: np.ndarray | None = None
    for k, view in enumerate(FISHEYE_VIEWS):
        group = f"calibration/cam{k}"
        try:
            T_camera_body = _extrinsics(file, group, k, previous)
            K, D = file.read(f"{group}/K"), file.read(f"{group}/D")
            model = file.text(f"{group}/distortion_model")
        except FormatError as error:
            notes.add(group, error.what, error.found, error.expected)
            previous = None
            continue
        previous = T_camera_body
        if T_camera_body is None or K is None:
            notes.add(group, "camera is not calibrated")
            continue
        lens = _lens(model)
        if lens is None:
            notes.add(f"{group}/distortion_model", "unknown lens model", model, "equidistant or none")
            continue
        if lens == "equidistant" and D is None:
            notes.add(f"{group}/D", "lens coefficients are missing")
            continue
        coefficients = np.asarray(D if lens == "equidistant" else [], np.float64)
        cameras[view] = Camera(view, lens, np.asarray(K, np.float64), coefficients, T_camera_body, sizes.get(view))
    baseline = None
    try:
        baseline = file.scalar("calibration/cam01/baseline")
        K, T_left_body = file.read("calibration/cam01/K"), file.read("calibration/cam01/T_c0_b")
        if K is not None and T_left_body is not None:
            K, T_left_body = np.asarray(K, np.float64), np.asarray(T_left_body, np.float64)
            none = np.zeros(0)
            cameras["stereo_left"] = Camera("stereo_left", "none", K, none, T_left_body, sizes.get("stereo_left"))
            if baseline is not None:
                T_right_left = geometry.transform(np.eye(3), np.array([-baseline, 0.0, 0.0]))
                cameras["stereo_right"] = Camera(
                    "stereo_right", "none", K, none, T_right_left @ T_left_body, sizes.get("stereo_right")
                )
    except FormatError as error:
        notes.add("calibration/cam01", error.what, error.found, error.expected)
    return Rig(cameras, baseline)


def _extrinsics(file: AnnotationFile, group: str, k: int, previous: np.ndarray | None) -> np.ndarray | None:
    own = file.read(f"{group}/T_c_b")  # some rigs may store it for every camera
    if own is not None:
        return np.asarray(own, np.float64)
    step = file.read(f"{group}/T_cn_cnm1")
    if k == 0 or step is None or previous is None:
        return None
    return np.asarray(step, np.float64) @ previous


def _lens(model: str | None) -> str | None:
    name = (model or "none").strip().lower()
    if name in ("equidistant", "equi", "kannala_brandt", "kannala-brandt", "kb4", "fisheye"):
        return "equidistant"
    return "none" if name in ("none", "") else None


def numbers(file: AnnotationFile) -> dict[str, dict[str, np.ndarray]]:
    """All numeric calibration values by camera and key in byte order; text is left out."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for cam in file.keys("calibration"):
        for key in file.keys(f"calibration/{cam}"):
            path = f"calibration/{cam}/{key}"
            dataset = file.dataset(path)
            if dataset is not None and dataset.dtype.kind in "iufb":
                array = file.read(path)
                assert array is not None
                out.setdefault(cam, {})[key] = array
    return out
