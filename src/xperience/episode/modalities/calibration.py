"""Calibration of the four fisheye cameras and the rectified stereo pair."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import UNREADABLE, AnnotationFile
from xperience.episode.cameras import FISHEYE_VIEWS, Camera, Rig
from xperience.episode.presence import Notes
from xperience.errors import FormatError

GROUP = "calibration"

RIGID_WITHIN = 1e-3
"""How far R R^T of a stored extrinsic may be from the identity. The sample's are within 1e-6."""

EQUIDISTANT = ("equidistant", "equi", "kannala_brandt", "kannala-brandt", "kb4", "fisheye")


def read(file: AnnotationFile, notes: Notes, sizes: dict[str, tuple[int, int]]) -> Rig | None:
    """The rig, or None where the recording has no calibration, or none of a single camera.

    Args:
        sizes: (width, height) of the views whose video is there.

    The lens is taken from `distortion_model`, never from `camera_model` (real files say "pinhole" for their
    fisheye cameras). A camera whose own entry or whose chain of T_cn_cnm1 is broken is left out and noted.
    """
    if GROUP not in file:
        return None
    cameras: dict[str, Camera] = {}
    previous: np.ndarray | None = None
    for k, view in enumerate(FISHEYE_VIEWS):
        group = f"{GROUP}/cam{k}"
        T_camera_body = None
        try:
            T_camera_body = _extrinsics(file, group, k, previous)
            cameras[view] = _fisheye(file, group, view, T_camera_body, sizes.get(view))
        except UNREADABLE as error:
            notes.error(error.field or group, error)
        previous = T_camera_body
    baseline = None
    try:
        baseline = _baseline(file)
        cameras |= _stereo(file, baseline, sizes)
    except UNREADABLE as error:
        notes.error(error.field or f"{GROUP}/cam01", error)
    return Rig(cameras, baseline) if cameras else None


def _fisheye(
    file: AnnotationFile, group: str, view: str, T_camera_body: np.ndarray, size: tuple[int, int] | None
) -> Camera:
    model = (file.text(f"{group}/distortion_model") or "none").strip().lower()
    if model not in (*EQUIDISTANT, "none", ""):
        raise FormatError(
            "unknown lens model",
            file=file.path,
            field=f"{group}/distortion_model",
            found=model,
            expected="equidistant or none",
        )
    K = _intrinsics(file, group)
    if model not in EQUIDISTANT:
        return Camera(view, "none", K, np.zeros(0), T_camera_body, size)
    return Camera(view, "equidistant", K, _finite(file, f"{group}/D"), T_camera_body, size)


def _stereo(file: AnnotationFile, baseline: float | None, sizes: dict[str, tuple[int, int]]) -> dict[str, Camera]:
    """The rectified pair: pinholes with one K; the right one stands a baseline along x."""
    group = f"{GROUP}/cam01"
    K, T_left_body = _intrinsics(file, group), _rigid(file, f"{group}/T_c0_b")
    none = np.zeros(0)
    cameras = {"stereo_left": Camera("stereo_left", "none", K, none, T_left_body, sizes.get("stereo_left"))}
    if baseline is not None:
        T_right_body = geometry.transform(np.eye(3), np.array([-baseline, 0.0, 0.0])) @ T_left_body
        cameras["stereo_right"] = Camera("stereo_right", "none", K, none, T_right_body, sizes.get("stereo_right"))
    return cameras


def _extrinsics(file: AnnotationFile, group: str, k: int, previous: np.ndarray | None) -> np.ndarray:
    """T_camera_body: the camera's own, else by the step from the camera before it."""
    if f"{group}/T_c_b" in file or k == 0:  # some rigs may store it for every camera
        return _rigid(file, f"{group}/T_c_b")
    step = _rigid(file, f"{group}/T_cn_cnm1")
    if previous is None:
        raise FormatError(
            "the camera before this one, which its place is relative to, is not calibrated",
            file=file.path,
            field=f"{group}/T_cn_cnm1",
        )
    return step @ previous


def _intrinsics(file: AnnotationFile, group: str) -> np.ndarray:
    K = _finite(file, f"{group}/K")
    if not (K[:2] > 0).all():
        raise FormatError(
            "focal lengths are not positive", file=file.path, field=f"{group}/K", found=K, expected="fx fy cx cy"
        )
    return K


def _baseline(file: AnnotationFile) -> float | None:
    path = f"{GROUP}/cam01/baseline"
    value = file.scalar(path)
    if value is not None and not (np.isfinite(value) and value > 0):
        raise FormatError("stereo baseline is not positive", file=file.path, field=path, found=value)
    return value


def _rigid(file: AnnotationFile, path: str) -> np.ndarray:
    T = _finite(file, path)
    good = T.shape == (4, 4) and np.allclose(T[3], [0, 0, 0, 1], atol=RIGID_WITHIN)
    rotation = T[:3, :3] if good and np.abs(T).max() < 1e6 else np.zeros((3, 3))
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=RIGID_WITHIN) or np.linalg.det(rotation) < 0:
        raise FormatError(
            "not a rigid transform", file=file.path, field=path, found=f"shape {T.shape}", expected="4x4, R R^T = 1"
        )
    return T


def _finite(file: AnnotationFile, path: str) -> np.ndarray:
    stored = file.read(path)
    if stored is None:
        raise FormatError("calibration is missing", file=file.path, field=path)
    if stored.dtype.kind not in "iuf" or not np.isfinite(stored).all():
        raise FormatError("calibration is not finite numbers", file=file.path, field=path, found=stored.dtype)
    return np.asarray(stored, np.float64)


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
