"""One recording cut into segments: members of all its streams, and what is said about each segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience.episode.annotation import UNREADABLE
from xperience.episode.cameras import VIEWS
from xperience.episode.layout import NOMINAL_FPS
from xperience.episode.modalities import calibration
from xperience.errors import FormatError
from xperience.prepare.segments import Members, Span, open_source
from xperience.prepare.shards.layout import META
from xperience.prepare.spoken import Spoken
from xperience.storage import to_json

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Source


@dataclass(frozen=True)
class Provenance:
    """Where a recording comes from; travels with every segment. "" and None where unknown."""

    source: str = ""
    revision: str = ""
    licence: str = ""
    hash: str = ""
    verdict: str = ""
    sync_score: float | None = None


class UnreadableStream(Exception):
    """A stream that opened or began well cannot be read on; the recording is cut again without it."""

    def __init__(self, stream: str, reason: str) -> None:
        super().__init__(stream, reason)
        self.stream, self.reason = stream, reason


def frames_of(recipe: Recipe) -> int:
    """Frames of a whole segment."""
    return max(1, round(recipe.seconds * NOMINAL_FPS))


def spans(times_s: np.ndarray, size: int) -> list[Span]:
    """Segments of `size` frames, the last with what is left."""
    count = len(times_s)
    ends = np.append(times_s, end_of(times_s))
    return [
        Span(n, start, min(start + size, count), float(ends[start]), float(ends[min(start + size, count)]))
        for n, start in enumerate(range(0, count, size))
    ]


def end_of(times_s: np.ndarray) -> float:
    """End of the last frame: one median step behind it."""
    step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1 / NOMINAL_FPS
    return float(times_s[-1]) + step


class Cut:
    """A recording on its way into segments.

    Args:
        id, session: by which it is known, whatever its folder is called.
        without: streams to leave away, with the reason.

    Raises:
        UnreadableStream: at any time; cut again with it in `without`.
        XperienceError: the recording cannot be read at all: no frame clock, one that does not go forward, or nothing of
            what the recipe asks for.
    """

    def __init__(
        self, episode: Episode, recipe: Recipe, id: str, session: str, origin: Provenance, without: Mapping[str, str]
    ) -> None:
        self.episode, self.recipe, self.id, self.session, self.origin = episode, recipe, id, session, origin
        self.without = dict(without)
        clock = episode.clock
        if not len(clock):
            raise FormatError("no frames", file=episode.folder, field=clock.source)
        if not clock.monotonic:
            raise FormatError(
                "the frame clock does not go forward", file=episode.folder, field=clock.source,
                expected="each frame later than the one before", hint="`xperience check` says where",
            )  # fmt: skip
        self.ends = np.append(clock.times_s, end_of(clock.times_s))
        self.sources: dict[str, Source] = {}
        for stream in recipe.ordered():
            if stream not in self.without:
                try:
                    self.sources[stream] = open_source(episode, stream, recipe)
                except UNREADABLE as error:
                    self.without[stream] = str(error)

    def segments(self) -> Iterator[tuple[Span, dict[str, Any], Members]]:
        """(span, meta, members) of each segment; the meta is a member too."""
        points, cameras = _points(self.episode, self.recipe.points), self._cameras()
        spoken = Spoken(self.episode)
        for span in spans(self.ends[:-1], frames_of(self.recipe)):
            members: Members = {}
            present = []
            for stream, source in self.sources.items():
                try:
                    parts = source.segment(span)
                except UNREADABLE as error:
                    raise UnreadableStream(stream, str(error)) from error
                if parts:
                    present.append(stream)
                    members |= {f"{stream}.{name}": content for name, content in parts.items()}
            members["clock.times.npy"] = self.ends[span.start : span.stop + 1].astype(np.float64)
            members["points.npy"] = points
            meta = {
                "episode": self.id, "session": self.session, "segment": span.n,
                "start_frame": span.start, "frames": span.stop - span.start,
                "start_s": span.start_s, "stop_s": span.stop_s, "fps": NOMINAL_FPS,
                "present": present, "without": self.without, "provenance": asdict(self.origin), "cameras": cameras,
                "text": spoken.runs(span.start, span.stop),
            }  # fmt: skip
            members[META] = to_json(meta).encode()
            yield span, meta, members

    def sums(self) -> dict[str, list[list[float]]]:
        """Moments of the streams over what was cut so far."""
        tallies = {stream: source.tally.sums for stream, source in self.sources.items()}
        return {stream: sums.tolist() for stream, sums in tallies.items() if sums is not None}

    def implausible(self) -> dict[str, int]:
        """By stream: samples that are no measurements and were marked invalid."""
        return {stream: source.implausible for stream, source in self.sources.items() if source.implausible}

    def _cameras(self) -> dict[str, Any]:
        """Calibration by view, at the size of the view's pictures as recorded.

        A video that the recipe does not want is not opened: there the size is taken as twice the principal point.
        """
        views = [stream.removeprefix("video_") for stream in self.sources if stream.startswith("video_")]
        try:
            sizes = {view: self.episode.video(view).size for view in views if view in self.episode.views}
            rig = calibration.read(self.episode.file, self.episode.notes, sizes)
        except UNREADABLE as error:
            self.without["calibration"] = str(error)
            rig = None
        cameras = {}
        for view in VIEWS:
            if rig is not None and view in rig:
                camera = rig[view]
                about = [round(2 * float(camera.K[2])), round(2 * float(camera.K[3]))]
                cameras[view] = {
                    "K": np.asarray(camera.K).tolist(), "D": np.asarray(camera.D).tolist(),
                    "T_camera_body": np.asarray(camera.T_camera_body).tolist(),
                    "size": list(camera.size) if camera.size else about, "fisheye": camera.distortion != "none",
                }  # fmt: skip
        return cameras


def _points(episode: Episode, most: int) -> np.ndarray:
    """[P, 3] float32 map points in world metres, at most `most`, evenly taken."""
    try:
        points = episode.point_cloud
    except UNREADABLE:
        points = None
    if points is None:
        return np.zeros((0, 3), np.float32)
    good = points[np.isfinite(points).all(axis=1)].astype(np.float32)
    return good[np.linspace(0, max(len(good) - 1, 0), min(most, len(good))).round().astype(int)]
