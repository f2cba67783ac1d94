"""One moment of a recording, chosen to be worth showing, and what pictures of it need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xperience.episode import Episode, geometry
from xperience.episode.cameras import Camera
from xperience.errors import CorruptError, MissingError
from xperience.report import images

CANDIDATES = 400
"""Moments that are compared; more would not be better chosen."""

STEADY_FRAMES = 10


@dataclass(frozen=True)
class Scene:
    """A recording and the frame that its pictures show."""

    episode: Episode
    frame: int

    @property
    def time_s(self) -> float:
        times = self.episode.clock.times_s
        return float(times[self.frame]) if len(times) else 0.0

    @cached_property
    def times_s(self) -> np.ndarray:
        return self.episode.clock.times_s

    def camera(self, view: str, size: tuple[int, int]) -> Camera | None:
        """The view's lens at the size of a picture; None where it is not calibrated or its own size is unknown."""
        rig = self.episode.rig
        if rig is None or view not in rig or rig[view].size is None:
            return None
        return rig[view].scaled(size)

    def hand_pixels(self, side: str, view: str, size: tuple[int, int], frame: int | None = None) -> np.ndarray | None:
        """[21, 2] pixels of a hand in a view, NaN where the lens does not see them; None without hand or lens."""
        frame = self.frame if frame is None else frame
        camera, left = self.camera(view, size), self.camera("stereo_left", size)
        signal = self.episode.hand(side)
        if camera is None or left is None or frame >= len(signal) or not signal.valid[frame]:
            return None
        T_camera_left = camera.T_camera_body @ geometry.invert(left.T_camera_body)
        pixels, seen = camera.project(geometry.apply(T_camera_left, signal.values[frame].astype(np.float64)))
        return np.where(seen[:, None], pixels, np.nan)


def choose_frame(episode: Episode) -> int:
    """The frame to show: both hands tracked and in the left stereo picture, hands in contact, an action under way.

    Among equally good frames the one nearest to the middle of the recording.
    """
    count = episode.num_frames
    if count == 0:
        return 0
    frames = np.unique(np.linspace(0, count - 1, min(count, CANDIDATES)).astype(int))
    score = np.zeros(len(frames))
    labels = episode.labels
    score += (labels.action[frames] != "") * 1.0
    scene = Scene(episode, 0)
    size = _stereo_size(episode)
    for side in ("left", "right"):
        signal = episode.hand(side)
        if not signal.present:
            continue
        for k, frame in enumerate(frames):
            if _steady(signal.valid, int(frame)):
                score[k] += 1.0
                pixels = scene.hand_pixels(side, "stereo_left", size, int(frame)) if size else None
                if pixels is not None:
                    score[k] += 2.0 * np.isfinite(pixels).all(1).mean()
    if episode.contacts.present:
        known = frames < len(episode.contacts)
        touching = np.nan_to_num(episode.contacts.values[frames[known]][:, 19:21]) > 0.5
        score[known] += 0.5 * touching.any(1)
    off_centre = np.abs(frames - count / 2) / count
    return int(frames[np.argmax(score - 0.3 * off_centre)])


def _steady(valid: np.ndarray, frame: int) -> bool:
    """Tracked at this frame and around it: the first and last frames of a track are the worst."""
    around = valid[max(0, frame - STEADY_FRAMES) : frame + STEADY_FRAMES + 1]
    return frame < len(valid) and bool(around.all())


def _stereo_size(episode: Episode) -> tuple[int, int] | None:
    if episode.rig is None or "stereo_left" not in episode.rig:
        return None
    return episode.rig["stereo_left"].size


def picture(episode: Episode, view: str, frame: int, width: int) -> tuple[str, tuple[int, int]] | None:
    """One frame of a view as a data URI with its (width, height); None where it cannot be decoded."""
    if view not in episode.views:
        return None
    try:
        video = episode.video(view)
        size = images.shrink(video.size, width)
        frames = video.frames(frame, frame + 1, size)
    except (CorruptError, MissingError):
        return None
    return (images.data_uri(frames[0]), size) if len(frames) else None
