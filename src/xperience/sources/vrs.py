"""Streams of one Project Aria VRS file: times, upright images, inertial samples, sound.

Times are the device clock in nanoseconds throughout: all of Aria's sensors share it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xperience.episode.annotation import MAX_LENGTH
from xperience.episode.modalities.video import MAX_PIXELS
from xperience.errors import CorruptError, FormatError, LimitError

IMU = "imu-right"

FULL_SCALE = {13: 2.0**31, 5: 2.0**15}
"""Full scale of the sample formats that VRS numbers 13 (32-bit) and 5 (16-bit)."""

GAP_NS = 2_000_000
"""A hole in the sound longer than this is filled with silence; shorter ones are rounding."""


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
