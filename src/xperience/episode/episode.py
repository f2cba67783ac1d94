"""One recording, opened lazily: nothing large is read before it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from xperience.episode import clock, folders, layout
from xperience.episode.annotation import UNREADABLE, AnnotationFile
from xperience.episode.cameras import VIEWS, Rig
from xperience.episode.captions import Caption, read_caption
from xperience.episode.clock import Clock
from xperience.episode.labels import FrameLabels, frame_labels
from xperience.episode.modalities import body, calibration, contacts, depth, frames, hands, imu, point_cloud, pose
from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.depth import Depth
from xperience.episode.modalities.imu import Imu
from xperience.episode.modalities.video import Video
from xperience.episode.presence import Notes, Presence, Problem, Signal
from xperience.errors import CorruptError, MissingError

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
        self._videos: dict[str, Video] = {}

    @classmethod
    def open(cls, path: Path | str) -> Self:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def id(self) -> str:
        """`<session>__ep<k>`, see `folders`."""
        return folders.episode_id(self.folder)

    @property
    def session(self) -> str:
        return folders.session_and_episode(self.folder)[0]

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong that was met so far; complete after `presence` has been asked for."""
        return list(self.notes.problems)

    # -- clock ---------------------------------------------------------------------------------------------------

    @cached_property
    def clock(self) -> Clock:
        """Frame times: slam/frame_names, else video/device_timestamp.

        Raises:
            FormatError: neither is there, or neither holds whole nanoseconds.
        """
        return clock.read(self.file, self.notes)

    @property
    def num_frames(self) -> int:
        return len(self.clock)

    # -- media ---------------------------------------------------------------------------------------------------

    def video(self, view: str) -> Video:
        """A view's frames; opening is deferred to the first read."""
        if view not in self._videos:
            self._videos[view] = Video(view, self.folder / layout.video_file(view))
        return self._videos[view]

    @cached_property
    def views(self) -> tuple[str, ...]:
        """Views whose MP4 is in the folder."""
        return tuple(view for view in VIEWS if (self.folder / layout.video_file(view)).is_file())

    @cached_property
    def audio(self) -> Audio:
        """Audio of fisheye_cam0, or of the first view that is there (all six carry the same sound)."""
        view = self.views[0] if self.views else VIEWS[0]
        return Audio(self.folder / layout.video_file(view))

    @cached_property
    def depth(self) -> Depth:
        """Depth images by range; nothing is read yet."""
        return depth.read(self.file, self.num_frames, self.notes)

    @cached_property
    def frame_numbers(self) -> np.ndarray | None:
        """[N] float, the device's own frame counter (NaN where it is short), or None."""
        return frames.read(self.file, "video/frame_number", self.num_frames, self.notes, 1)

    @cached_property
    def stored_length_s(self) -> float | None:
        """Length of the video in seconds as the file says, or None; the clock is the better witness."""
        return self.file.scalar("video/length_sec")

    # -- geometry ------------------------------------------------------------------------------------------------

    @cached_property
    def rig(self) -> Rig | None:
        """Calibrated cameras at the size of their videos, or None without calibration."""
        sizes = {}
        for view in self.views:
            try:
                sizes[view] = self.video(view).size
            except CorruptError as error:
                self.notes.error(layout.video_file(view), error)
        return calibration.read(self.file, self.notes, sizes)

    @cached_property
    def pose(self) -> Signal:
        """T_world_body [N, 4, 4]."""
        return pose.read(self.file, self.clock.times_s, self.notes)

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
        """Joints [N, 21, 3] of the left or right hand in the left rectified camera, metres."""
        assert side in layout.HAND_SIDES, side
        return self._left_hand if side == "left" else self._right_hand

    @cached_property
    def _left_hand(self) -> Signal:
        return hands.read(self.file, "left", self.clock.times_s, self.notes)

    @cached_property
    def _right_hand(self) -> Signal:
        return hands.read(self.file, "right", self.clock.times_s, self.notes)

    def hand_world(self, side: str) -> Signal:
        """Joints [N, 21, 3] of a hand in the world, metres; valid where hand and pose are, else NaN.

        Absent where the recording lacks the hand, the pose, or the calibration of the left rectified camera.
        """
        hand = self.hand(side)
        if not hand.present:
            return hand
        lacking = "pose" if not self.pose.present else ""
        if self.rig is None or hands.FRAME not in self.rig:
            lacking = f"calibration of {hands.FRAME}"
        if lacking:
            return Signal.absent((21, 3), unit="m", frame="world", reason=f"no {lacking} to place the hand with")
        poses = self.T_world_camera(hands.FRAME)
        T_world_left = Signal(poses, self.pose.valid, self.pose.times_s, unit="m", frame="world")
        return hands.in_world(hand, T_world_left)

    def hand_mano(self, side: str) -> dict[str, np.ndarray]:
        """MANO parameters of a hand as far as stored: translation, pose, global_orient, betas."""
        return hands.read_mano(self.file, side)

    @cached_property
    def body(self) -> Signal:
        """Joints [N, 52, 3], world metres."""
        return body.read(self.file, self.clock.times_s, self.notes)

    def body_pose(self, name: str) -> Signal:
        """T [N, 4, 4] in the world of "root" (pelvis) or "cpf" (central pupil frame)."""
        return body.read_poses(self.file, f"Ts_world_{name}", self.clock.times_s, self.notes)

    def body_rotations(self, name: str) -> Signal:
        """Local joint rotations, wxyz: "body_quats" [N, 21, 4], "left_hand_quats", "right_hand_quats" [N, 15, 4]."""
        return body.read_rotations(self.file, name, self.clock.times_s, self.notes)

    @property
    def body_shape(self) -> np.ndarray | None:
        """SMPL-H shape coefficients [N, 16] or [16], or None."""
        return body.read_shape(self.file)

    @cached_property
    def contacts(self) -> Signal:
        """[N, 21] contact of body joints 1 to 21."""
        return contacts.read(self.file, self.clock.times_s, self.notes)

    @cached_property
    def imu(self) -> Imu:
        """Accelerometer and gyroscope at their own rate."""
        return imu.read(self.file, self.clock, self.notes)

    # -- language ------------------------------------------------------------------------------------------------

    @cached_property
    def caption(self) -> Caption | None:
        """The parsed caption, or None where there is none or it cannot be parsed (then noted in `problems`)."""
        return read_caption(self.file, self.folder, self.notes)

    @cached_property
    def labels(self) -> FrameLabels:
        """Action, sub-task, objects and interaction of every frame by the published rule."""
        labels = frame_labels(self.caption, self.clock.times_ns)
        if self.caption is not None and self.num_frames:
            low, high = int(self.clock.times_ns.min()) - 10**9, int(self.clock.times_ns.max()) + 10**9
            outside = [t for t in self.caption.times() if isinstance(t, int) and not low <= t <= high]
            if outside:
                found = f"{len(outside)}, the first {outside[0]}"
                self.notes.add("caption", "times over a second outside the recording", found, f"{low} to {high}")
        return labels

    # -- metadata ------------------------------------------------------------------------------------------------

    @cached_property
    def metadata(self) -> dict[str, float | str]:
        """Scalars of the metadata group by name, in byte order; what is neither a number nor text is noted."""
        out: dict[str, float | str] = {}
        try:
            keys = self.file.keys("metadata")
        except UNREADABLE as error:
            self.notes.error("metadata", error)
            return out
        for key in keys:
            path = f"metadata/{key}"
            try:
                dataset = self.file.dataset(path)
                numeric = dataset is not None and dataset.dtype.kind in "iufb"
                value = self.file.scalar(path) if numeric else self.file.text(path)
                if value is not None:
                    out[key] = value
            except UNREADABLE as error:
                self.notes.error(path, error)
        return out

    @cached_property
    def source(self) -> str:
        """Where the recording comes from: "simulated", the name of an import, or "" where the file does not say."""
        try:
            return self.file.attribute(layout.SOURCE_ATTRIBUTE)
        except UNREADABLE as error:
            self.notes.error(layout.SOURCE_ATTRIBUTE, error)
            return ""

    @cached_property
    def ground_height(self) -> float:
        """Height of the floor in world metres: stored in the file or its metadata, else the viewer's default."""
        for group in ("", "metadata/"):
            for key, sign in (("ground_height", 1), ("floor_z", 1), ("body_height", -1)):
                try:
                    value = self.file.scalar(group + key)
                except UNREADABLE as error:
                    self.notes.error(group + key, error)
                    continue
                if value is not None and np.isfinite(value):
                    return sign * value
        return layout.DEFAULT_GROUND_HEIGHT

    # -- what is there -------------------------------------------------------------------------------------------

    @cached_property
    def presence(self) -> dict[str, Presence]:
        """State of every modality in MODALITIES. A stream that cannot be read counts as absent and is noted.

        Raises:
            FormatError: there is no frame clock.
        """
        num_frames = self.num_frames
        probes: dict[str, Callable[[], bool]] = {
            **{view: partial(self._view_present, view) for view in VIEWS},
            "depth": lambda: self.depth.present,
            "pose": lambda: self.pose.present,
            "point_cloud": lambda: self.point_cloud is not None,
            "hand_left": lambda: self.hand("left").present,
            "hand_right": lambda: self.hand("right").present,
            "body": lambda: self.body.present,
            "contacts": lambda: self.contacts.present,
            "imu": lambda: self.imu.present,
            "calibration": lambda: self.rig is not None,
            "caption": lambda: len(self.labels) == num_frames and self.caption is not None,
            "audio": lambda: self.audio.present,
        }
        state = {}
        for name in MODALITIES:
            try:
                there = probes[name]()
            except UNREADABLE as error:
                self.notes.error(layout.video_file(name) if name in VIEWS else error.field or name, error)
                there = False
            state[name] = Presence.PRESENT if there else Presence.ABSENT
        self._note_misfits()
        return state

    def _note_misfits(self) -> None:
        """What stands in the file in a form that no reader understands, also where no modality asks for it."""
        noted = {problem.field for problem in self.notes.problems}
        said = {(problem.field.split("/")[0], problem.what) for problem in self.notes.problems}
        for path, known in layout.BY_PATH.items():
            error = self.file.misfit(path) if path not in noted else None
            if error is not None and ("link" not in error.what or (known.group, error.what) not in said):
                self.notes.error(path, error)  # a group that is a link is said once
            elif error is None and (
                path not in noted and known.shapes[0][:1] == ("N",) and known.group in ("hand_mocap", "full_body_mocap")
            ):
                self._note_length(path)

    def _note_length(self, path: str) -> None:
        dataset = self.file.dataset(path)
        if dataset is None or dataset.ndim < 2:  # shape coefficients for all frames
            return
        length = dataset.shape[1 if dataset.shape[0] == 1 and dataset.ndim > 2 and self.num_frames != 1 else 0]
        if length != self.num_frames:
            self.notes.add(path, "not as long as the frame clock", f"{length} entries", f"{self.num_frames} frames")

    def _view_present(self, view: str) -> bool:
        if view not in self.views:
            return False
        video = self.video(view)
        if video.num_frames != self.num_frames:
            found = f"{video.num_frames} frames of video"
            self.notes.add(
                layout.video_file(view), "not as long as the frame clock", found, f"{self.num_frames} frames"
            )
        if video.truncated:
            self.notes.add(layout.video_file(view), "file ends before its last frame", "truncated", "all frames")
        return True
