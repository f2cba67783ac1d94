"""An episode as the checks see it: a stream that cannot be read counts as absent, so that it spoils no other check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from xperience.episode import Episode, Presence, Signal
from xperience.episode.annotation import UNREADABLE
from xperience.episode.cameras import Rig
from xperience.episode.labels import FrameLabels, frame_labels
from xperience.episode.modalities.depth import RANGE_UNSTORED, SCALE_UNSTORED, Depth
from xperience.episode.modalities.imu import Imu
from xperience.errors import XperienceError

T = TypeVar("T")

LARGEST = 1e6
"""No position, acceleration, turn rate or contact reaches it, in any unit that someone may have stored it in."""


class Recording(Episode):
    """Where `Episode` raises on a damaged stream, this one notes the problem and gives an absent stream.

    The frame clock is the exception: without it nothing can be placed, and it raises as there.
    """

    @cached_property
    def unreadable(self) -> dict[str, XperienceError]:
        """Why a stream that the file has cannot be used, by modality; complete after `presence`."""
        return {}

    @cached_property
    def pose(self) -> Signal:
        return self._else("pose", lambda: _possible(super(Recording, self).pose), Signal.absent((4, 4)))

    @cached_property
    def body(self) -> Signal:
        return self._else("body", lambda: _possible(super(Recording, self).body, some=True), Signal.absent((52, 3)))

    @cached_property
    def contacts(self) -> Signal:
        return self._else("contacts", lambda: _possible(super(Recording, self).contacts), Signal.absent((21,)))

    @cached_property
    def _left_hand(self) -> Signal:
        return self._else("hand_left", lambda: _possible(super(Recording, self)._left_hand), Signal.absent((21, 3)))

    @cached_property
    def _right_hand(self) -> Signal:
        return self._else("hand_right", lambda: _possible(super(Recording, self)._right_hand), Signal.absent((21, 3)))

    @cached_property
    def imu(self) -> Imu:
        times, vectors, valid = np.zeros(0), np.zeros((0, 3)), np.zeros(0, bool)
        absent = Imu(times.astype(np.int64), times, vectors, vectors, valid, None, Presence.ABSENT)
        return self._else("imu", lambda: _possible_imu(super(Recording, self).imu), absent)

    @cached_property
    def depth(self) -> Depth:
        absent = Depth(self.file, (0, 0, 0), SCALE_UNSTORED, *RANGE_UNSTORED, False, Presence.ABSENT)
        return self._else("depth", lambda: super(Recording, self).depth, absent)

    @cached_property
    def point_cloud(self) -> np.ndarray | None:
        points = self._else("point_cloud", lambda: super(Recording, self).point_cloud, None)
        return None if points is None else np.where(np.abs(points) < LARGEST, points, np.nan)

    @cached_property
    def rig(self) -> Rig | None:
        rig = self._else("calibration", lambda: super(Recording, self).rig, None)
        if rig is None:
            return None
        cameras = {}
        for view, camera in rig.cameras.items():
            numbers = np.concatenate([camera.K, camera.D, camera.T_camera_body.ravel()])
            if (np.abs(numbers) < LARGEST).all() and camera.K[:2].min() > 1 / LARGEST:
                cameras[view] = camera
            else:
                self.notes.add(f"calibration/{view}", "numbers that no camera has", float(np.abs(numbers).max()))
        return Rig(cameras, rig.baseline) if cameras else None

    @cached_property
    def labels(self) -> FrameLabels:
        none = frame_labels(None, self.clock.times_ns)
        return self._else("caption", lambda: super(Recording, self).labels, none)

    def _else(self, modality: str, read: Callable[[], T], absent: T) -> T:
        try:
            with np.errstate(all="ignore"):  # what is absurd is set aside after it is read
                return read()
        except UNREADABLE as error:
            self.notes.error(error.field or modality, error)
            self.unreadable[modality] = error
            return absent


def _possible(signal: Signal, some: bool = False) -> Signal:
    """The signal with NaN for what is infinite or absurd, which is not valid.

    Args:
        some: a sample is valid where some of its points are.
    """
    good = np.abs(signal.values) < LARGEST
    if good.all():
        return signal
    points = good.all(-1)
    inner = tuple(range(1, points.ndim))
    left = points.any(inner) if some else points.all(inner)
    return replace(signal, values=np.where(good, signal.values, np.nan), valid=signal.valid & left)


def _possible_imu(imu: Imu) -> Imu:
    good = (np.abs(imu.accel) < LARGEST) & (np.abs(imu.gyro) < LARGEST)
    if good.all():
        return imu
    accel, gyro = (np.where(good, values, np.nan) for values in (imu.accel, imu.gyro))
    return replace(imu, accel=accel, gyro=gyro, valid=imu.valid & good.all(1))
