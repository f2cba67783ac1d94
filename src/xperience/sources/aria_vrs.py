"""Reads one Aria VRS file and writes the episode. Runs as a child process of `aria.Aria.convert`.

Times are the device clock in nanoseconds throughout: all of Aria's sensors share it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import geometry, layout
from xperience.episode.annotation import MAX_LENGTH
from xperience.episode.cameras import FISHEYE_VIEWS
from xperience.episode.modalities.video import MAX_PIXELS
from xperience.episode.writer import AnnotationWriter
from xperience.errors import CorruptError, FormatError, LimitError
from xperience.progress import track
from xperience.sources import mp4
from xperience.sources.isolated import serve
from xperience.sources.lens import fit_equidistant
from xperience.sources.utd_mhad import nearest

CAMERAS = (
    ("camera-slam-left", "slam-front-left"),
    ("camera-slam-right", "slam-front-right"),
    ("camera-rgb",),
)
"""Labels of the cameras that become fisheye_cam0, 1, 2, of either device generation."""

CLOCK_CAMERAS = ("camera-rgb", "camera-slam-left", "slam-front-left", "camera-slam-right", "slam-front-right")
"""The first of these that is there gives the frames."""

IMU = "imu-right"
FULL_SCALE = {13: 2.0**31, 5: 2.0**15}
"""Full scale of the sample formats that VRS numbers 13 (32-bit) and 5 (16-bit)."""

POSE_TOLERANCE_NS = 5_000_000
"""A frame takes the trajectory's sample that is nearest, if it is this near; the trajectory has 1,000 a second."""

GAP_NS = 2_000_000
"""A hole in the sound longer than this is filled with silence; shorter ones are rounding."""

UPRIGHT = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Aria's sensors are mounted on their side: images are turned clockwise, and camera axes with them."""


class Vrs:
    """An open recording.

    Raises:
        CorruptError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        from projectaria_tools.core import data_provider
        from projectaria_tools.core.sensor_data import TimeDomain

        self.path = path
        self.domain = TimeDomain.DEVICE_TIME
        self.provider = data_provider.create_vrs_data_provider(str(path))
        if self.provider is None:
            raise CorruptError("VRS file cannot be opened", file=path, hint="the copy may be truncated: fetch it again")
        self.labels = {
            self.provider.get_label_from_stream_id(stream): stream for stream in self.provider.get_all_streams()
        }
        self.calibration = self.provider.get_device_calibration()

    def times_ns(self, label: str) -> np.ndarray:
        """[n] int64 device times of a stream; empty where there is no such stream.

        Raises:
            FormatError: not increasing.
            LimitError: absurdly many.
        """
        if label not in self.labels:
            return np.zeros(0, np.int64)
        count = self.provider.get_num_data(self.labels[label])
        if count > MAX_LENGTH:
            raise LimitError("stream is absurdly long", file=self.path, field=label, found=f"{count} records")
        times = np.array(self.provider.get_timestamps_ns(self.labels[label], self.domain), np.int64)
        if (np.diff(times) <= 0).any():
            raise FormatError("timestamps do not increase", file=self.path, field=label)
        return times

    def size(self, label: str) -> tuple[int, int]:
        """(width, height) of a camera's images as stored."""
        config = self.provider.get_image_configuration(self.labels[label])
        width, height = int(config.image_width), int(config.image_height)
        if width < 2 or height < 2 or width * height > MAX_PIXELS or width % 2 or height % 2:
            raise FormatError("not an image size", file=self.path, field=label, found=f"{width}x{height}")
        return width, height

    def image(self, label: str, index: int) -> np.ndarray:
        """One image upright, uint8 [H, W, 3] RGB or [H, W]."""
        data, _ = self.provider.get_image_data_by_index(self.labels[label], index)
        width, height = self.size(label)
        pixels = data.to_numpy_array() if data.is_valid() else np.zeros((0, 0), np.uint8)
        if pixels.shape[:2] != (height, width) or pixels.dtype != np.uint8:
            raise CorruptError(
                "image cannot be decoded",
                file=self.path,
                field=f"{label} image {index}",
                found=f"{pixels.shape} {pixels.dtype}",
                expected=f"({height}, {width}) uint8",
            )
        return np.rot90(pixels, -1)

    def imu(self) -> tuple[np.ndarray, np.ndarray]:
        """(accel m/s2, gyro rad/s), each [M, 3], as recorded; NaN where the device marks a sample invalid."""
        stream = self.labels[IMU]
        out = np.full((self.provider.get_num_data(stream), 2, 3), np.nan)
        for k in range(len(out)):
            sample = self.provider.get_imu_data_by_index(stream, k)
            if sample.accel_valid:
                out[k, 0] = sample.accel_msec2
            if sample.gyro_valid:
                out[k, 1] = sample.gyro_radsec
        return out[:, 0], out[:, 1]

    def imu_time_offsets(self) -> dict[str, float]:
        """By how much the factory found the IMU's two halves to be off the device clock, seconds; {} if not stated."""
        text = self.provider.get_imu_configuration(self.labels[IMU]).factory_calibration
        try:
            (imu,) = (entry for entry in json.loads(text)["ImuCalibrations"] if entry["Label"] == IMU)
            return {
                "accel": float(imu["Accelerometer"]["TimeOffsetSec_Device_Accel"]),
                "gyro": float(imu["Gyroscope"]["TimeOffsetSec_Device_Gyro"]),
            }
        except (ValueError, KeyError, TypeError):
            return {}


class Sound:
    """The microphones mixed to one channel, from the time of the first frame on."""

    def __init__(self, vrs: Vrs, origin_ns: int) -> None:
        self.vrs = vrs
        self.stream = vrs.labels["mic"]
        config = vrs.provider.get_audio_configuration(self.stream)
        self.channels, self.rate = int(config.num_channels), int(config.sample_rate)
        self.scale = FULL_SCALE.get(int(config.sample_format))
        self.origin_ns = origin_ns
        self.filled = 0
        self.cut = 0
        self.start_ns: int | None = None

    @property
    def usable(self) -> bool:
        return self.scale is not None and 1 <= self.channels <= 64 and 8000 <= self.rate <= 96000

    def blocks(self) -> Iterator[np.ndarray]:
        """Mono float32 blocks without gaps; sample 0 is at the first frame. Silence stands where there is no sound."""
        assert self.scale is not None
        at = self.filled = self.cut = 0
        for k in range(self.vrs.provider.get_num_data(self.stream)):
            data, record = self.vrs.provider.get_audio_data_by_index(self.stream, k)
            samples = np.asarray(data.data, np.float64)
            stamps = record.capture_timestamps_ns
            if not len(stamps) or len(samples) != len(stamps) * self.channels:
                raise CorruptError("block of sound cannot be decoded", file=self.vrs.path, field=f"mic block {k}")
            self.start_ns = int(stamps[0]) if self.start_ns is None else self.start_ns
            mono = (samples.reshape(-1, self.channels).mean(axis=1) / self.scale).astype(np.float32)
            due = round((int(stamps[0]) - self.origin_ns) * 1e-9 * self.rate)
            if k == 0 and due < 0:
                self.cut = min(-due, len(mono))
                mono, due = mono[self.cut :], 0
            missing = due - at
            if missing > GAP_NS * 1e-9 * self.rate or (k == 0 and missing > 0):
                if missing > 3600 * self.rate:
                    raise FormatError("hole of over an hour in the sound", file=self.vrs.path, field=f"mic block {k}")
                self.filled += missing
                at += missing
                yield np.zeros(missing, np.float32)
            at += len(mono)
            yield mono


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
    present = [label for labels in CAMERAS for label in labels if len(vrs.times_ns(label))]
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


def read_trajectory(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(times [n] ns of the device clock, T_world_device [n, 4, 4]) of an MPS closed-loop trajectory; gravity along -z.

    Raises:
        FormatError: columns are missing or not numbers, or it is empty.
        LimitError: absurdly long.
    """
    names = ["tracking_timestamp_us", *(f"t{axis}_world_device" for axis in "xyz")]
    names += [f"q{axis}_world_device" for axis in "wxyz"]
    rows: list[list[float]] = []
    times: list[int] = []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = sorted(set(names) - set(reader.fieldnames or ()))
        if missing:
            raise FormatError(
                "trajectory lacks columns", file=path, found=reader.fieldnames, expected=", ".join(missing)
            )
        for number, row in enumerate(reader, 2):
            if number > MAX_LENGTH // 10:
                raise LimitError("trajectory is absurdly long", file=path)
            try:
                times.append(int(row[names[0]]) * 1000)
                rows.append([float(row[name]) for name in names[1:]])
            except (TypeError, ValueError):
                raise FormatError("not a number in the trajectory", file=path, field=f"line {number}") from None
    if not rows or not (np.abs(times) < 2**62).all():
        raise FormatError("trajectory is empty or its times are absurd", file=path)
    order = np.argsort(times, kind="stable")
    values = np.array(rows)[order]
    T_world_device = geometry.transform(geometry.quat_to_matrix(values[:, 3:]), values[:, :3])
    return np.array(times, np.int64)[order], T_world_device


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
