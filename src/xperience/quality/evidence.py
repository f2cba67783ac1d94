"""What the checks look at, each thing read once: the episode, and a digest of every video and of the sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience import storage
from xperience.episode.cameras import Camera
from xperience.episode.modalities.video import orientation, turned
from xperience.errors import CorruptError, MissingError
from xperience.quality.finding import Offset
from xperience.quality.recording import Recording
from xperience.storage import replacing

if TYPE_CHECKING:
    from xperience.episode.modalities.audio import Sound
    from xperience.quality.sync.alignment import Increments

DIGEST_WIDTH = 64
"""Widest digest image, pixels: enough to see rotations of a tenth of a degree, 28 MB a view for a full-length episode."""

DIGEST_VERSION = 1
"""Part of the cache's file names: raise it when the digest changes."""

MAX_DIGEST_BYTES = 96 * 2**20
"""Largest digest of a view, so that six fit into memory: 17 minutes of a fisheye view at 20 fps."""

MAX_PIXELS = 30_000_000_000
"""Most pixels that are decoded of a view: 18 minutes at 1088x1280 and 20 fps."""

MORE_FRAMES = 100
"""Frames that are decoded beyond the annotation's: those of a longer video are counted, not looked at."""

DEPTH_PIXELS = 64 * 256 * 256
"""Pixels of depth that are looked at together: 64 images of the real size, 17 MB."""

MAX_SOUND_S, MORE_SOUND_S = 1800.0, 5.0
"""Longest sound that is listened to, and how much of it beyond the end of the recording."""


@dataclass(frozen=True)
class VideoDigest:
    """One decoding pass over a view.

    Attributes:
        view: its name.
        times_s: [F] presentation times of decoded frames by the container, seconds.
        gray: [F, h, w] uint8 luma, mean of `factor` x `factor` pixels; right and bottom remainders are left out.
        factor: pixels a digest pixel is wide.
        declared: frames by the container's index.
        error: what stopped the decoder early, or "".
    """

    view: str
    times_s: np.ndarray
    gray: np.ndarray
    factor: int
    declared: int
    error: str = ""

    def __len__(self) -> int:
        return len(self.times_s)

    @cached_property
    def std(self) -> np.ndarray:
        """[F] standard deviation of the luma over the digest image."""
        return self.spread(np.ones(self.gray.shape[1:], bool))

    def spread(self, mask: np.ndarray) -> np.ndarray:
        """[F] standard deviation of the luma where the mask [h, w] is set."""
        runs = [self.gray[start : start + 256][:, mask] for start in range(0, len(self), 256)]
        return np.concatenate([run.std(axis=1, dtype=np.float32) for run in runs])

    @cached_property
    def change(self) -> np.ndarray:
        """[F] mean absolute difference from the frame before; 0 for the first."""
        out = np.zeros(len(self), np.float32)
        for start in range(1, len(self), 256):  # in runs: int16 copies of all frames would be four times the digest
            run = self.gray[start - 1 : start + 256].astype(np.int16)
            out[start : start + len(run) - 1] = np.abs(np.diff(run, axis=0)).mean(axis=(1, 2))
        return out

    def camera(self, camera: Camera) -> Camera:
        """The view's camera on the digest image."""
        fx, fy, cx, cy = camera.K / self.factor
        half = 0.5 - 0.5 / self.factor
        height, width = self.gray.shape[1:]
        return Camera(
            camera.name, camera.distortion, np.array([fx, fy, cx - half, cy - half]), camera.D, camera.T_camera_body,
            (width, height),
        )  # fmt: skip


@dataclass
class Evidence:
    """Everything checks may ask of a recording; digests are made on first use.

    Attributes:
        episode: the recording.
        cache: folder that keeps digests by content hash between runs; None keeps none.
        progress: called with (view, share done) while a video is digested.
    """

    episode: Recording
    cache: Path | None = None
    progress: Callable[[str, float], None] | None = None
    _digests: dict[str, VideoDigest | None] = field(default_factory=dict)
    _motions: dict[str, Increments | None] = field(default_factory=dict)
    _contents: dict[Path, str] = field(default_factory=dict)
    sync: list[Offset] = field(default_factory=list)
    """Measured offsets, filled by the gate before the checks run."""
    errors: dict[str, str] = field(default_factory=dict)
    """Why a view has no digest, by view."""

    def digest(self, view: str) -> VideoDigest | None:
        """The digest of a view, or None where its file is missing or cannot be opened (then see `errors`)."""
        if view not in self._digests:
            self._digests[view] = self._digest(view)
        return self._digests[view]

    def view_motion(self, view: str) -> Increments | None:
        """Rotation of the body as a view saw it; None where it has no pictures, no calibration or no ordered clock."""
        if view not in self._motions:
            self._motions[view] = self._motion(view)
        return self._motions[view]

    def _motion(self, view: str) -> Increments | None:
        from xperience.quality.sync import motion, video_rotation

        rig, digest, times = self.episode.rig, self.digest(view), self.episode.clock.times_s
        if rig is None or view not in rig or digest is None or len(digest) < 2 or not motion.ordered(times).all():
            return None
        camera = rig[view]
        lens = storage.digest(camera.distortion, camera.K.tobytes(), camera.D.tobytes())
        kept = self._kept(self.episode.video(view).path, f"turns-{lens}", "npy")
        if kept is not None and kept.is_file():
            angle = np.load(kept, allow_pickle=False)
        else:
            angle = video_rotation.turns(digest, camera)
            if kept is not None:
                storage.write_npy(kept, angle)
        return video_rotation.increments(angle, camera, times)

    @cached_property
    def sound(self) -> Sound | None:
        """Mono 16 kHz on the recording's clock, or None where there is no audio or it cannot be decoded (then see `errors`)."""
        audio = self.episode.audio
        most_s = min(self.episode.clock.duration_s + MORE_SOUND_S, MAX_SOUND_S)
        try:
            return audio.read(most_s=most_s) if audio.present else None
        except (CorruptError, MissingError) as error:
            self.errors["audio"] = error.what
            return None

    @cached_property
    def depth_statistics(self) -> np.ndarray:
        """[frames, 3] share valid, share outside its range, equal to the frame before: depth read once, in runs."""
        from xperience.quality.checks.depth import frame_statistics

        depth = self.episode.depth
        rows, before = [np.zeros((0, 3))], None
        for _, block, _ in depth.blocks(max(1, DEPTH_PIXELS // max(1, depth.shape[1] * depth.shape[2]))):
            rows.append(frame_statistics(block, before, depth.depth_min, depth.depth_max))
            before = block[-1]
        return np.concatenate(rows)

    def _digest(self, view: str) -> VideoDigest | None:
        video = self.episode.video(view)
        try:
            declared, width = video.num_frames, video.width
        except (CorruptError, MissingError) as error:
            self.errors[view] = error.what
            return None
        kept = self._kept(video.path, "digest", "npz")
        if kept is not None and kept.is_file():
            with np.load(kept, allow_pickle=False) as data:
                return VideoDigest(
                    view, data["times_s"], data["gray"], int(data["factor"]), int(data["declared"]), str(data["error"])
                )
        factor = min(-(-width // DIGEST_WIDTH), video.height)
        most = min(MAX_DIGEST_BYTES * factor**2, MAX_PIXELS) // (width * video.height)
        grays: list[np.ndarray] = []
        times, problem, shown = [], "", None
        try:
            for number, frame in video.decode(0, len(self.episode.clock) + MORE_FRAMES):
                if number >= most:
                    problem = f"only the first {most} frames are looked at"
                    break
                shown = shown or orientation(frame)
                gray = _shrink(turned(_luma(frame), shown), factor)
                if grays and gray.shape != grays[0].shape:
                    problem = f"the image size changes at frame {number}"
                    break
                grays.append(gray)
                times.append(np.nan if frame.time is None else frame.time)
                if self.progress is not None and number % 100 == 0:
                    self.progress(view, number / max(1, declared))
        except CorruptError as error:
            problem = str(error.found or error.what)
        if not grays:
            self.errors[view] = problem or "no frame can be decoded"
            return None
        digest = VideoDigest(view, np.array(times, np.float64), np.stack(grays), factor, declared, problem)
        if kept is not None and len(digest) < len(self.episode.clock) + MORE_FRAMES:  # else another clock may want more
            with replacing(kept) as temporary, temporary.open("wb") as file:
                np.savez(
                    file, times_s=digest.times_s, gray=digest.gray, factor=factor, declared=declared, error=problem
                )
        return digest

    def _kept(self, path: Path, what: str, suffix: str) -> Path | None:
        """Where something made of a video alone is kept: named by the video's content."""
        return None if self.cache is None else self.cache / f"{self.file_hash(path)}-v{DIGEST_VERSION}-{what}.{suffix}"

    def file_hash(self, path: Path) -> str:
        """Of a file's bytes, as hexadecimal digits."""
        if path not in self._contents:
            with path.open("rb") as file:
                self._contents[path] = hashlib.file_digest(file, "sha1").hexdigest()
        return self._contents[path]


def _luma(frame: Any) -> np.ndarray:
    """Luma plane [H, W] of an av.VideoFrame, without colour conversion where the format is planar YUV."""
    name = frame.format.name
    if name.startswith(("yuv", "yuvj")) and not name.endswith(("le", "be")) and "p" in name:
        plane = frame.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        return rows[: frame.height, : frame.width]
    return frame.to_ndarray(format="gray")


def _shrink(image: np.ndarray, factor: int) -> np.ndarray:
    """Mean of factor x factor blocks, [h, w] uint8."""
    if factor == 1:
        return image.copy()
    height, width = image.shape[0] // factor, image.shape[1] // factor
    image = image[: height * factor, : width * factor]
    rows = np.add.reduce(image.reshape(height, factor, width * factor), axis=1, dtype=np.uint16)
    blocks = np.add.reduce(rows.reshape(height, width, factor), axis=2, dtype=np.uint32)
    return ((blocks + factor * factor // 2) // (factor * factor)).astype(np.uint8)
