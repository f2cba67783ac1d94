"""One recording, opened lazily: nothing large is read before it is asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np

from xperience.episode import layout
from xperience.episode.annotation import AnnotationFile
from xperience.episode.cameras import VIEWS, Rig
from xperience.episode.captions import Caption, read_caption
from xperience.episode.clock import Clock
from xperience.episode.labels import FrameLabels, frame_labels
from xperience.episode.modalities import body, calibration, contacts, depth, hands, imu, point_cloud, pose
from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.depth import Depth
from xperience.episode.modalities.imu import Imu
from xperience.episode.modalities.video import Video
from xperience.episode.presence import Notes, Presence, Problem, Signal
from xperience.errors import CorruptError, FormatError, MissingError

MODALITIES = (
    *VIEWS, "audio", "depth", "pose", "point_cloud", "hand_left", "hand_right", "body", "contacts", "imu",
    "calibration", "caption",
)  # fmt: skip


class Episode:
    """A recording in the official layout.

    All times are seconds from the first frame, on the recording's own clock; every stream keeps its native rate.
    Absent streams are absent `Signal`s, never zeros. Whatever is wrong without stopping the rest is in `problems`.
    """

    def __init__(self, folder: Path, file: AnnotationFile) -> None:
        self.folder = folder
        self.file = file
        self.notes = Notes()

    @classmethod
    def open(cls, path: Path | str) -> Episode:
        """Opens an episode folder, or its annotation.hdf5.

        Raises:
            MissingError: there is no such folder or no annotation in it.
            CorruptError: annotation.hdf5 is not readable HDF5.
        """
        path = Path(path)
        if path.is_dir():
            annotation = path / layout.ANNOTATION
        elif path.exists():
            path, annotation = path.parent, path
        else:
            raise MissingError("no such episode", file=path, hint="give an episode folder or its annotation.hdf5")
        return cls(path, AnnotationFile(annotation))

    def close(self) -> None:
        self.file.close()

    def __enter__(self) -> Episode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def id(self) -> str:
        """`<session>__ep<k>`: folder names ep1, ep2 repeat between sessions."""
        folder = self.folder.resolve()
        return f"{folder.parent.name}__{folder.name}"

    @property
    def session(self) -> str:
        return self.folder.resolve().parent.name

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong that was met so far; complete after `presence` has been asked for."""
        return list(self.notes.problems)

    # -- clock ---------------------------------------------------------------------------------------------------

    @cached_property
    def clock(self) -> Clock:
        """Frame times: slam/frame_names, else video/device_timestamp.

        Raises:
            FormatError: neither is there, or the names are not decimal nanoseconds.
        """
        names = self.file.read("slam/frame_names")
        if names is not None:
            times = _decimal(names)
            if times is not None:
                return Clock(times, "slam/frame_names")
            self.notes.add("slam/frame_names", "not decimal nanoseconds", names[:1])
        stamps = self.file.read("video/device_timestamp")
        if stamps is not None:
            return Clock(stamps.reshape(-1).astype(np.int64), "video/device_timestamp")
        raise FormatError(
            "no frame clock",
            file=self.file.path,
            field="slam/frame_names",
            expected="slam/frame_names or video/device_timestamp",
        )

    @property
    def num_frames(self) -> int:
        return len(self.clock)

    # -- media ---------------------------------------------------------------------------------------------------

    def video(self, view: str) -> Video:
        """A view's frames; opening is deferred to the first read."""
        return Video(view, self.folder / layout.video_file(view))

    @cached_property
    def views(self) -> tuple[str, ...]:
        """Views whose MP4 is in the folder."""
        return tuple(view for view in VIEWS if (self.folder / layout.video_file(view)).is_file())

    @property
    def audio(self) -> Audio:
        """Audio of fisheye_cam0, or of the first view that is there (all six carry the same sound)."""
        view = self.views[0] if self.views else VIEWS[0]
        return Audio(self.folder / layout.video_file(view))

    @cached_property
    def depth(self) -> Depth:
        return depth.read(self.file)

    # -- geometry ------------------------------------------------------------------------------------------------

    @cached_property
    def rig(self) -> Rig | None:
        """Calibrated cameras at the size of their videos, or None without calibration."""
        sizes = {}
        for view in self.views:
            try:
                sizes[view] = self.video(view).size
            except CorruptError as error:
                self.notes.add(f"{view}.mp4", error.what, error.found)
        return calibration.read(self.file, self.notes, sizes)

    @cached_property
    def pose(self) -> Signal:
        """T_world_body [N, 4, 4]."""
        return pose.read(self.file, self.clock.times_s)

    def T_world_camera(self, view: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Poses [n, 4, 4] of one view in the world; NaN where the pose is invalid.

        Raises:
            MissingError: no pose, or the view is not calibrated.
        """
        if not self.pose.present:
            raise MissingError("no pose in this recording", file=self.file.path, field="slam/quat_wxyz")
        if self.rig is None or view not in self.rig:
            raise MissingError("view is not calibrated", file=self.file.path, field=view)
        T_world_body = np.where(self.pose.valid[:, None, None], self.pose.values, np.nan)[start:stop]
        return self.rig.T_world_camera(view, T_world_body)

    @cached_property
    def point_cloud(self) -> np.ndarray | None:
        """[P, 3] world metres, or None."""
        return point_cloud.read(self.file)

    # -- motion --------------------------------------------------------------------------------------------------

    def hand(self, side: str) -> Signal:
        """Joints [N, 21, 3] of the left or right hand."""
        return self._hands[side]

    @cached_property
    def _hands(self) -> dict[str, Signal]:
        return {side: hands.read(self.file, side, self.clock.times_s) for side in layout.HAND_SIDES}

    @cached_property
    def body(self) -> Signal:
        """Joints [N, 52, 3]."""
        return body.read(self.file, self.clock.times_s)

    @cached_property
    def contacts(self) -> Signal:
        """[N, 21] contact of body joints 1 to 21."""
        return contacts.read(self.file, self.clock.times_s)

    @cached_property
    def imu(self) -> Imu:
        return imu.read(self.file, self.clock)

    # -- language ------------------------------------------------------------------------------------------------

    @cached_property
    def caption(self) -> Caption | None:
        """The parsed caption, or None where there is none or it cannot be parsed (then noted in `problems`)."""
        return read_caption(self.file, self.folder, self.notes)

    @cached_property
    def labels(self) -> FrameLabels:
        """Action, sub-task, objects and interaction of every frame by the published rule."""
        return frame_labels(self.caption, self.clock.times_ns)

    # -- metadata ------------------------------------------------------------------------------------------------

    @cached_property
    def ground_height(self) -> float:
        """Height of the floor in world metres: stored, else the official viewer's default."""
        for key, sign in (("ground_height", 1), ("floor_z", 1), ("body_height", -1)):
            for path in (key, f"metadata/{key}"):
                value = self.file.scalar(path)
                if value is not None and np.isfinite(value):
                    return sign * value
        return layout.DEFAULT_GROUND_HEIGHT

    @cached_property
    def presence(self) -> dict[str, Presence]:
        """State of every modality in MODALITIES. A stream that cannot be read counts as absent and is noted."""
        probes = {
            "depth": lambda: self.depth.present,
            "pose": lambda: self.pose.present,
            "point_cloud": lambda: self.point_cloud is not None,
            "hand_left": lambda: self.hand("left").present,
            "hand_right": lambda: self.hand("right").present,
            "body": lambda: self.body.present,
            "contacts": lambda: self.contacts.present,
            "imu": lambda: self.imu.present,
            "calibration": lambda: self.rig is not None,
            "caption": lambda: self.caption is not None,
            "audio": lambda: self.audio.present,
        }
        state = {}
        for name in MODALITIES:
            if name in VIEWS:
                there = name in self.views
            else:
                try:
                    there = probes[name]()
                except (FormatError, CorruptError) as error:
                    self.notes.add(error.field or name, error.what, error.found or "", error.expected or "")
                    there = False
            state[name] = Presence.PRESENT if there else Presence.ABSENT
        return state


def _decimal(names: np.ndarray) -> np.ndarray | None:
    """Fixed-width decimal text, possibly with a file suffix, to int64; None if any entry is something else."""
    try:
        texts = [bytes(n).decode("ascii").strip("\x00 ") if not isinstance(n, str) else n for n in names.reshape(-1)]
        return np.array([int(t.rsplit(".", 1)[0]) for t in texts], np.int64)
    except (ValueError, OverflowError, UnicodeDecodeError):
        return None
