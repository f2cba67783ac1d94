"""Reads one Aria VRS file and writes the episode. Runs as a child process of `aria.Aria.convert`.

Times are the device clock in nanoseconds throughout: all of Aria's sensors share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import geometry, layout
from xperience.episode.cameras import FISHEYE_VIEWS
from xperience.episode.writer import AnnotationWriter
from xperience.errors import CorruptError, FormatError
from xperience.progress import track
from xperience.sources import mp4
from xperience.sources.isolated import serve
from xperience.sources.lens import fit_equidistant
from xperience.sources.mps import read_trajectory
from xperience.sources.nearest import nearest
from xperience.sources.vrs import IMU, Sound, Vrs

CAMERAS = ("camera-slam-left", "camera-slam-right", "camera-rgb")
"""Labels of the cameras that become fisheye_cam0, 1, 2; where one is missing the next takes its place, because the
layout chains each camera's mounting to the one before."""

CLOCK_CAMERAS = ("camera-rgb", "camera-slam-left", "camera-slam-right")
"""The first of these that is there gives the frames."""

UPRIGHT = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Aria's sensors are mounted on their side: images are turned clockwise, and camera axes with them."""

POSE_TOLERANCE_NS = 5_000_000
"""A frame takes the trajectory's sample that is nearest, if it is this near; the trajectory has 1,000 a second."""


def convert(arguments: dict[str, Any], show: bool) -> dict[str, Any]:
    """Writes the episode of `arguments` (vrs, folder, trajectory) and returns the fields of a `Conversion`."""
    path, folder = Path(arguments["vrs"]), Path(arguments["folder"])
    try:
        return _convert(Vrs(path), folder, arguments.get("trajectory"), show)
    except (RuntimeError, ValueError, IndexError, TypeError, AttributeError, MemoryError) as error:
        # What the native reader raises on a damaged file; the kinds vary with where the damage lies.
        raise CorruptError(
            "VRS file cannot be read",
            file=path,
            found=(str(error).splitlines() or [type(error).__name__])[0][:200],
            hint="the copy may be truncated: fetch it again",
        ) from error


def _convert(vrs: Vrs, folder: Path, trajectory: str | None, show: bool) -> dict[str, Any]:
    present = [label for label in CAMERAS if len(vrs.times_ns(label))]
    clock_label = next((label for label in CLOCK_CAMERAS if label in present), None)
    if clock_label is None:
        known = ", ".join(sorted(vrs.labels)) or "nothing"
        raise FormatError("recording has no camera to take frames from", file=vrs.path, found=known)
    frames_ns = vrs.times_ns(clock_label)
    views = dict(zip(present, FISHEYE_VIEWS, strict=False))
    out: dict[str, Any] = {"streams": {}, "conversions": [], "left_out": {}, "details": {}}
    out["absent"] = dict.fromkeys(
        ("stereo_left", "stereo_right", "fisheye_cam3", "depth", "hands", "body", "contacts", "point_cloud"),
        "Aria has no such stream",
    )
    out["absent"]["caption"] = "the recording carries no labels; transcripts of speech are not action labels"
    out["clock"] = {
        "frames": f"{clock_label}, device time",
        "relation": "one device clock for all sensors, nanoseconds, as recorded",
        "not_applied": "factory time offsets of the IMUs (1 to 4 ms), see details",
    }
    with AnnotationWriter(folder / layout.ANNOTATION) as writer:
        writer.put("video/device_timestamp", frames_ns)
        writer.put("video/frame_number", np.arange(len(frames_ns)))
        period = float(np.median(np.diff(frames_ns))) * 1e-9 if len(frames_ns) > 1 else 0.0
        writer.put("video/length_sec", (frames_ns[-1] - frames_ns[0]) * 1e-9 + period)
        _write_imu(vrs, writer, frames_ns, out)
        _write_calibration(vrs, writer, views, out)
        _write_pose(vrs, writer, frames_ns, trajectory, out)
    _write_views(vrs, folder, views, frames_ns, out, show)
    used = {IMU, "mic", *views}
    for label in sorted(set(vrs.labels) - used):
        out["left_out"][label] = (
            f"{vrs.provider.get_num_data(vrs.labels[label])} records; the layout has no place for it"
        )
    return out


def _write_imu(vrs: Vrs, writer: AnnotationWriter, frames_ns: np.ndarray, out: dict[str, Any]) -> None:
    times = vrs.times_ns(IMU)
    if not len(times):
        out["absent"]["imu"] = f"no {IMU} in the recording"
        return
    accel, gyro = vrs.imu()
    writer.put("imu/device_timestamp_ns", times)
    writer.put("imu/accel_xyz", accel)
    writer.put("imu/gyro_xyz", gyro)
    writer.put("imu/keyframe_indices", nearest(times, frames_ns))
    rate = 1e9 / float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    out["streams"]["imu"] = (
        f"{IMU}, {rate:.0f} Hz, as recorded (factory bias and scale not applied); body frame = its own"
    )
    out["details"]["imu_mean_norm_m_s2"] = float(np.nanmean(np.linalg.norm(accel, axis=1)))
    out["details"]["imu_time_offset_s"] = vrs.imu_time_offsets()
    if vrs.calibration is not None and (imu := vrs.calibration.get_imu_calib(IMU)) is not None:
        for name, model in (("accel", imu.get_accel_model()), ("gyro", imu.get_gyro_model())):
            out["details"][f"imu_{name}_rectification"] = np.asarray(model.get_rectification()).tolist()
            out["details"][f"imu_{name}_bias"] = np.asarray(model.get_bias()).tolist()


def _write_calibration(vrs: Vrs, writer: AnnotationWriter, views: dict[str, str], out: dict[str, Any]) -> None:
    device = vrs.calibration
    imu = None if device is None else device.get_imu_calib(IMU)
    if imu is None:
        out["absent"]["calibration"] = "no factory calibration in the recording"
        return
    T_device_body = imu.get_transform_device_imu().to_matrix()
    previous: np.ndarray | None = None
    fits: dict[str, Any] = {}
    for k, label in enumerate(views):
        camera = device.get_camera_calib(label)
        if camera is None or tuple(camera.get_image_size()) != vrs.size(label):
            out["absent"]["calibration"] = f"{label} has none at its image size; it and the cameras after it lack one"
            break
        T_device_camera = camera.get_transform_device_camera().to_matrix()
        T_upright_body = geometry.transform(UPRIGHT, np.zeros(3)) @ geometry.invert(T_device_camera) @ T_device_body
        pixels, rays = _seen(camera, vrs.size(label))
        focal, *centre = (float(x) for x in camera.get_projection_params()[:3])
        fit = fit_equidistant(pixels, rays, focal, (vrs.size(label)[1] - 1 - centre[1], centre[0]))
        group = f"calibration/cam{k}"
        writer.put(f"{group}/K", fit.K)
        writer.put(f"{group}/D", fit.D)
        if previous is None:
            writer.put(f"{group}/T_c_b", T_upright_body)
        else:
            writer.put(f"{group}/T_cn_cnm1", T_upright_body @ geometry.invert(previous))
        writer.put(f"{group}/camera_model", "pinhole")
        writer.put(f"{group}/distortion_model", "equidistant")
        previous = T_upright_body
        fits[views[label]] = {
            "camera": label,
            "rms_px": fit.rms_px,
            "worst_px": fit.worst_px,
            "field_deg": fit.field_deg,
            "points": len(pixels),
        }
    if fits:
        out["streams"]["calibration"] = f"factory calibration of {', '.join(views)}"
        out["details"]["lens_fit"] = fits
        out["conversions"].append(
            "each lens (FisheyeRadTanThinPrism) fitted by the equidistant model over the whole image; errors in details"
        )


def _seen(camera: Any, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Upright pixels [n, 2] and upright rays [n, 3] on a grid over the part of the image that the lens sees."""
    width, height = size
    pixels, rays = [], []
    for v in np.linspace(0, height - 1, 49):
        for u in np.linspace(0, width - 1, 49):
            ray = camera.unproject(np.array([u, v]))
            if ray is not None:
                pixels.append((height - 1 - v, u))
                rays.append(UPRIGHT @ np.asarray(ray))
    return np.array(pixels), np.array(rays)


def _write_pose(
    vrs: Vrs, writer: AnnotationWriter, frames_ns: np.ndarray, trajectory: str | None, out: dict[str, Any]
) -> None:
    imu = None if vrs.calibration is None else vrs.calibration.get_imu_calib(IMU)
    if trajectory is None or imu is None:
        out["absent"]["pose"] = "no mps/slam/closed_loop_trajectory.csv beside the recording"
        return
    times, T_world_device = read_trajectory(Path(trajectory))
    index = nearest(times, frames_ns)
    near = np.abs(times[index] - frames_ns) <= POSE_TOLERANCE_NS
    if not near.any():
        out["absent"]["pose"] = "the trajectory beside the recording covers none of its frames"
        return
    T_body_world = geometry.invert(T_world_device[index] @ imu.get_transform_device_imu().to_matrix())
    quat, trans = geometry.matrix_to_quat(T_body_world[:, :3, :3]), T_body_world[:, :3, 3]
    writer.put("slam/quat_wxyz", np.where(near[:, None], quat, np.nan))
    writer.put("slam/trans_xyz", np.where(near[:, None], trans, np.nan))
    writer.put("slam/frame_names", np.array([str(t) for t in frames_ns]))
    out["streams"]["pose"] = "MPS closed-loop trajectory, the nearest sample within 5 ms of each frame"
    out["details"]["pose_share_valid"] = float(near.mean())
    out["conversions"].append("pose of the device frame to pose of the body frame (right IMU)")


def _write_views(
    vrs: Vrs, folder: Path, views: dict[str, str], frames_ns: np.ndarray, out: dict[str, Any], show: bool
) -> None:
    sound = Sound(vrs, int(frames_ns[0])) if "mic" in vrs.labels else None
    if sound is not None and not sound.usable:
        out["left_out"]["mic"] = "sample format, rate or number of channels that is not known"
        sound = None
    native: dict[str, Any] = {}
    for label, view in views.items():
        times = vrs.times_ns(label)
        index = nearest(times, frames_ns)
        width, height = vrs.size(label)
        images = _images(vrs, label, index, frames_ns, f"{view} ({label})", show)
        blocks, rate = (None, 48000) if sound is None else (sound.blocks(), sound.rate)
        mp4.write(folder / layout.video_file(view), (height, width), images, blocks, rate)
        lag = np.abs(times[index] - frames_ns).max() * 1e-6
        out["streams"][view] = (
            f"{label}, {len(times)} images; frame k is the one nearest to frame time k ({lag:.0f} ms)"
        )
        native[view] = {"camera": label, "device_timestamp_ns": times.tolist(), "worst_distance_ms": float(lag)}
    out["details"]["native_images"] = native
    out["conversions"].append(
        "images turned upright (90 degrees clockwise), H.264 at crf 18; a camera slower than the frame clock repeats its "
        "nearest image, whose own time is in details"
    )
    if sound is None:
        out["absent"]["audio"] = "no microphones in the recording"
        return
    out["streams"]["audio"] = f"mean of {sound.channels} microphones, {sound.rate} Hz, AAC mono; the same in every view"
    out["details"]["audio"] = {
        "first_sample_ns": sound.start_ns,
        "silence_filled_samples": sound.filled,
        "cut_before_first_frame_samples": sound.cut,
    }
    out["conversions"].append("microphones mixed to one channel: their mean, of full scale 1")


def _images(
    vrs: Vrs, label: str, index: np.ndarray, frames_ns: np.ndarray, what: str, show: bool
) -> Iterator[tuple[int, np.ndarray]]:
    held, image = -1, np.zeros(0, np.uint8)
    for k in track(range(len(index)), what, show=show):
        if index[k] != held:
            held, image = int(index[k]), vrs.image(label, int(index[k]))
        yield int(frames_ns[k] - frames_ns[0]), image


if __name__ == "__main__":
    serve(convert)
