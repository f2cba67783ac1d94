"""A recording as a Rerun file: every stream on the recording's own time line, with a layout to look at it.

Two time lines: `time` (seconds from the first frame, by the recording's clock) and `frame`. Streams that the
recording lacks are left out, and the entity `notes` says which and why. Coordinates: `world` in metres, z up;
`world/headset` moves with the body frame (x right, y down, z forward).

Importing this module raises MissingError where rerun-sdk is not installed.

Rerun draws pinhole cameras only: the frustum of a fisheye view has its focal length and centre but no lens, and is
labelled as approximate. Rerun has no sound either: its level is drawn as a curve.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xperience.episode import Episode, geometry
from xperience.episode.cameras import FISHEYE_VIEWS, VIEWS, Camera
from xperience.episode.presence import Signal
from xperience.episode.skeletons import HAND_PARENTS, LEFT_WRIST, SMPLH_PARENTS, bones
from xperience.errors import CorruptError, FormatError, MissingError
from xperience.extras import how_to_add
from xperience.progress import track
from xperience.storage import replacing

try:
    import rerun as rr
    from rerun import blueprint as rrb
except ImportError as error:  # an optional package of 500 MB
    raise MissingError("writing Rerun recordings needs rerun-sdk", hint=how_to_add("viz")) from error

APPLICATION = "xperience"
SIDE_COLORS = {"left": (43, 131, 186), "right": (215, 110, 40)}
BODY_COLOR, CONTACT_COLOR = (120, 130, 140), (214, 60, 60)
DEPTH_UNITS_PER_METRE = 1000.0
LEVEL_RATE_HZ = 20
FRUSTUM_M = 0.12


def export(episode: Episode, file: Path, *, show: bool = True) -> list[str]:
    """Writes the recording to `file` (.rrd) and returns what was left out, as sentences.

    Args:
        episode: any recording; every stream may be absent.
        file: replaced only when the new one is whole.
        show: progress on standard error.

    Raises:
        SpaceError: the file cannot be written.
    """
    with replacing(file) as temporary:
        recording = rr.RecordingStream(APPLICATION, recording_id=episode.id.encode("utf-8", "replace").decode())
        recording.save(temporary, default_blueprint=_blueprint(episode))
        writer = _Writer(episode, recording)
        for name, write in track(writer.steps(), "rerun", show=show):
            writer.run(name, write)
        writer.notes()
        recording.flush()
        recording.disconnect()
    return writer.left_out


class _Writer:
    """Writes one stream after the other; each step may find its stream absent and say so."""

    def __init__(self, episode: Episode, recording: Any) -> None:
        self.episode = episode
        self.recording = recording
        self.left_out: list[str] = []
        self.times_s = episode.clock.times_s

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        steps: list[tuple[str, Callable[[], None]]] = [
            ("pose", self.pose),
            ("calibration", self.cameras),
            ("point cloud", self.point_cloud),
            ("left hand", partial(self.hand, "left")),
            ("right hand", partial(self.hand, "right")),
            ("body", self.body),
            ("imu", self.imu),
            ("caption", self.caption),
            ("audio", self.audio),
            ("depth", self.depth),
        ]
        return steps + [(view, partial(self.video, view)) for view in VIEWS]

    def run(self, name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except (FormatError, CorruptError, MissingError) as error:
            self.skip(name, error.what)

    def skip(self, name: str, reason: str) -> None:
        self.left_out.append(f"{name}: {reason}")

    def index(self, frames: np.ndarray) -> list[Any]:
        """Both time lines of the given frames."""
        return [rr.TimeColumn("time", duration=self.times_s[frames]), rr.TimeColumn("frame", sequence=frames)]

    # -- geometry ------------------------------------------------------------------------------------------------

    def pose(self) -> None:
        self.recording.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        pose = self.episode.pose
        if not pose.present:
            return self.skip("pose", pose.reason)
        frames = np.flatnonzero(pose.valid)
        if len(frames) == 0:
            return self.skip("pose", "no valid sample")
        T_world_body = pose.values[frames]
        self.recording.send_columns(
            "world/headset",
            indexes=self.index(frames),
            columns=rr.Transform3D.columns(translation=T_world_body[:, :3, 3], mat3x3=T_world_body[:, :3, :3]),
        )
        path = rr.LineStrips3D([T_world_body[:, :3, 3]], colors=[BODY_COLOR])
        self.recording.log("world/path", path, static=True)
        return None

    def cameras(self) -> None:
        rig = self.episode.rig
        if rig is None:
            return self.skip("calibration", "not in the recording; images are drawn without cameras")
        for camera in rig.cameras.values():
            T_body_camera = geometry.invert(camera.T_camera_body)
            entity = f"world/headset/{camera.name}"
            self.recording.log(
                entity, rr.Transform3D(translation=T_body_camera[:3, 3], mat3x3=T_body_camera[:3, :3]), static=True
            )
            if camera.size is not None:
                self.recording.log(f"{entity}/image", _pinhole(camera, camera.size), static=True)
        return None

    def point_cloud(self) -> None:
        points = self.episode.point_cloud
        if points is None:
            return self.skip("point cloud", "not in the recording")
        points = points[np.isfinite(points).all(1)]
        self.recording.log("world/map", rr.Points3D(points, radii=0.01, colors=[BODY_COLOR]), static=True)
        return None

    # -- motion --------------------------------------------------------------------------------------------------

    def hand(self, side: str) -> None:
        signal = self.episode.hand(side)
        if not signal.present:
            return self.skip(f"{side} hand", signal.reason)
        rig = self.episode.rig
        root = hands_root(self.episode)
        if rig is not None and "stereo_left" in rig and root != "hands":
            T_body_left = geometry.invert(rig["stereo_left"].T_camera_body)
            static = rr.Transform3D(translation=T_body_left[:3, 3], mat3x3=T_body_left[:3, :3])
            self.recording.log(root, static, static=True)
        self.skeleton(f"{root}/{side}", signal, HAND_PARENTS, SIDE_COLORS[side], 0.004)
        return None

    def body(self) -> None:
        body, contacts = self.episode.body, self.episode.contacts
        if not body.present:
            self.skip("body", body.reason)
            return self.skip("contacts", contacts.reason or "drawn on the body, which is not there")
        colors = np.tile(np.array(BODY_COLOR, np.uint8), (len(body), body.values.shape[1], 1))
        if contacts.present:
            count = min(len(body), len(contacts))
            touching = contacts.valid[:count, None] & (np.nan_to_num(contacts.values[:count]) > 0.5)
            colors[:count, 1:22][touching] = CONTACT_COLOR
        else:
            self.skip("contacts", contacts.reason)
        for base, side in ((LEFT_WRIST + 2, "left"), (LEFT_WRIST + 17, "right")):
            colors[:, base : base + 15] = SIDE_COLORS[side]
        self.skeleton("world/body", body, SMPLH_PARENTS, BODY_COLOR, 0.012, colors)
        return None

    def skeleton(
        self,
        entity: str,
        signal: Signal,
        parents: np.ndarray,
        color: tuple[int, int, int],
        radius: float,
        colors: np.ndarray | None = None,
    ) -> None:
        """Joints [T, J, 3] and their bones; invalid frames draw nothing."""
        frames = np.arange(len(signal))
        joints = signal.values[signal.valid].astype(np.float32)
        counts = np.where(signal.valid, joints.shape[1], 0)
        pairs = np.array(bones(parents))
        rgb = colors[signal.valid].reshape(-1, 3) if colors is not None else np.tile(color, (joints[..., 0].size, 1))
        self.recording.send_columns(
            f"{entity}/joints",
            indexes=self.index(frames),
            columns=[
                *rr.Points3D.columns(positions=joints.reshape(-1, 3), colors=rgb.astype(np.uint8)).partition(counts)
            ],
        )
        self.recording.log(f"{entity}/joints", rr.Points3D.from_fields(radii=[radius]), static=True)
        strips = joints[:, pairs].reshape(-1, 2, 3)
        self.recording.send_columns(
            f"{entity}/bones",
            indexes=self.index(frames),
            columns=[*rr.LineStrips3D.columns(strips=strips).partition(np.where(signal.valid, len(pairs), 0))],
        )
        self.recording.log(
            f"{entity}/bones", rr.LineStrips3D.from_fields(colors=[color], radii=[radius / 3]), static=True
        )

    def imu(self) -> None:
        imu = self.episode.imu
        if not imu.present:
            return self.skip("imu", imu.reason)
        index = [rr.TimeColumn("time", duration=imu.times_s[imu.valid])]
        for name, values in (("accel_m_s2", imu.accel), ("gyro_rad_s", imu.gyro)):
            for axis, letter in enumerate("xyz"):
                columns = rr.Scalars.columns(scalars=values[imu.valid, axis])
                self.recording.send_columns(f"imu/{name}/{letter}", indexes=index, columns=columns)
        return None

    # -- sound and language --------------------------------------------------------------------------------------

    def audio(self) -> None:
        audio = self.episode.audio
        if not audio.present:
            return self.skip("audio", "no MP4 with sound in the recording")
        rate = 16000
        sound = audio.read(rate)
        step = rate // LEVEL_RATE_HZ
        edges = np.arange(len(sound.samples) // step + 1) * step
        there = sound.holds(edges[:-1], edges[1:])
        blocks = sound.samples[: edges[-1]].reshape(-1, step)[there]
        level = 20 * np.log10(np.sqrt((blocks**2).mean(1)) + 1e-6)
        index = [rr.TimeColumn("time", duration=(np.flatnonzero(there) + 0.5) / LEVEL_RATE_HZ)]
        self.recording.send_columns("audio/level_db", indexes=index, columns=rr.Scalars.columns(scalars=level))
        return None

    def caption(self) -> None:
        caption, labels = self.episode.caption, self.episode.labels
        if caption is None:
            return self.skip("caption", "not in the recording, or not readable")
        summary = f"# {caption.main_task or 'No main task'}\n\n{caption.summary}"
        self.recording.log("caption/summary", rr.TextDocument(summary, media_type="text/markdown"), static=True)
        texts = [
            (str(action), str(subtask), ", ".join(objects or ()), interaction or "")
            for action, subtask, objects, interaction in zip(
                labels.action, labels.subtask, labels.objects, labels.interaction, strict=True
            )
        ]
        frames = [k for k in range(len(texts)) if k == 0 or texts[k] != texts[k - 1]]
        documents = [
            "\n".join(
                f"{name}: {value or '-'}"
                for name, value in zip(("Action", "Sub-task", "Objects", "Interaction"), texts[k], strict=True)
            )
            for k in frames
        ]
        index = self.index(np.array(frames, np.int64))
        columns = rr.TextDocument.columns(text=documents)
        self.recording.send_columns("caption/now", indexes=index, columns=columns)
        return None

    # -- images --------------------------------------------------------------------------------------------------

    def depth(self) -> None:
        depth, rig = self.episode.depth, self.episode.rig
        if not depth.present:
            return self.skip("depth", depth.reason)
        entity = depth_entity(self.episode)
        if rig is not None and "stereo_left" in rig:
            height, width = depth.shape[1:]
            camera, scale = rig["stereo_left"], depth.scale
            size = (max(1, round(width / scale)), max(1, round(height / scale)))
            self.recording.log(entity, _pinhole(replace(camera, size=size), (width, height)), static=True)
        for start, images, _ in depth.blocks():
            blobs = []
            for image in images:
                finite = np.where(np.isfinite(image) & (image > 0), image, 0)
                units = np.clip(np.rint(finite * DEPTH_UNITS_PER_METRE), 0, 65535).astype(np.uint16)
                buffer = io.BytesIO()
                Image.fromarray(units).save(buffer, format="png", compress_level=1)
                blobs.append(np.frombuffer(buffer.getvalue(), np.uint8))
            frames = np.arange(start, min(start + len(images), len(self.times_s)))
            if len(frames) == 0:
                break
            columns = rr.EncodedDepthImage.columns(blob=blobs[: len(frames)], media_type=["image/png"] * len(frames))
            self.recording.send_columns(entity, indexes=self.index(frames), columns=columns)
        limits = (depth.depth_min * DEPTH_UNITS_PER_METRE, depth.depth_max * DEPTH_UNITS_PER_METRE)
        look = rr.EncodedDepthImage.from_fields(meter=DEPTH_UNITS_PER_METRE, colormap="turbo", depth_range=limits)
        self.recording.log(entity, look, static=True)
        return None

    def video(self, view: str) -> None:
        if view not in self.episode.views:
            return self.skip(view, "no MP4 in the recording")
        video = self.episode.video(view)
        asset = rr.AssetVideo(path=video.path)
        try:
            stamps = np.asarray(asset.read_frame_timestamps_nanos())
        except Exception as error:  # the bindings raise bare RuntimeError or ValueError for what they cannot demux
            raise CorruptError("video cannot be read", file=video.path, found=str(error)[:200]) from error
        entity = image_entity(self.episode, view)
        frames = np.arange(min(len(stamps), len(self.times_s)))
        self.recording.log(entity, asset, static=True)
        columns = rr.VideoFrameReference.columns_nanos(stamps[: len(frames)])
        self.recording.send_columns(entity, indexes=self.index(frames), columns=columns)
        return None

    def notes(self) -> None:
        lines = [f"# {self.episode.id}", "", f"{len(self.times_s)} frames, {self.episode.clock.duration_s:.1f} s.", ""]
        lines += ["Left out:", ""] if self.left_out else ["Every stream is here.", ""]
        lines += [f"- {line}" for line in self.left_out]
        lines += ["", "Frusta of the fisheye views are approximate: Rerun draws pinhole cameras only."]
        lines += ["Sound is drawn as its level only."]
        text = rr.TextDocument("\n".join(lines), media_type="text/markdown")
        self.recording.log("notes", text, static=True)


def hands_root(episode: Episode) -> str:
    """Where hands are drawn: in the left stereo camera, so on the headset where it is calibrated, else by themselves."""
    calibrated = episode.rig is not None and "stereo_left" in episode.rig
    return "world/headset/hands" if calibrated else "hands"


def image_entity(episode: Episode, view: str) -> str:
    calibrated = episode.rig is not None and view in episode.rig
    return f"world/headset/{view}/image" if calibrated else f"image/{view}"


def depth_entity(episode: Episode) -> str:
    calibrated = episode.rig is not None and "stereo_left" in episode.rig
    return "world/headset/stereo_left/depth" if calibrated else "depth"


def _pinhole(camera: Camera, size: tuple[int, int]) -> Any:
    scaled = camera.scaled(size)
    fx, fy, cx, cy = scaled.K
    return rr.Pinhole(
        image_from_camera=np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]),
        resolution=size,
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=FRUSTUM_M,
    )


def _blueprint(episode: Episode) -> Any:
    """World on the left, images on the right, curves and text below; only what the recording has."""
    images = [
        rrb.Spatial2DView(
            origin=image_entity(episode, view), name=view + (" (fisheye)" if view in FISHEYE_VIEWS else "")
        )
        for view in episode.views
    ]
    upper = [rrb.Spatial3DView(origin="world", name="World (fisheye frusta approximate)")]
    if hands_root(episode) == "hands":
        upper.append(rrb.Spatial3DView(origin="hands", name="Hands"))
    right = [rrb.Grid(*images, grid_columns=3, name="Views")] if images else []
    if episode.depth.present:
        right.append(rrb.Spatial2DView(origin=depth_entity(episode), name="Depth"))
    lower = [rrb.TextDocumentView(origin="notes", name="Notes")]
    if episode.caption is not None:
        lower.insert(0, rrb.TextDocumentView(origin="caption/now", name="Caption"))
    if episode.imu.present:
        lower.append(rrb.TimeSeriesView(origin="imu/accel_m_s2", name="Acceleration, m/s2"))
        lower.append(rrb.TimeSeriesView(origin="imu/gyro_rad_s", name="Rotation, rad/s"))
    if episode.audio.present:
        lower.append(rrb.TimeSeriesView(origin="audio", name="Sound level, dB"))
    top = rrb.Horizontal(rrb.Vertical(*upper), rrb.Vertical(*right)) if right else rrb.Vertical(*upper)
    return rrb.Blueprint(
        rrb.Vertical(top, rrb.Horizontal(*lower), row_shares=[3, 1]),
        rrb.TimePanel(timeline="time", state="collapsed"),
    )
