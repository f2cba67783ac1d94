"""One recording cut into segments: members of all its streams, and what is said about each segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import FormatError
from xperience.prepare.segments import Members, Span, open_source
from xperience.prepare.shards.layout import META
from xperience.storage import to_json

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe


@dataclass(frozen=True)
class Provenance:
    """Where a recording comes from; travels with every segment. "" and None where unknown."""

    source: str = ""
    revision: str = ""
    licence: str = ""
    hash: str = ""
    verdict: str = ""
    sync_score: float | None = None


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


def segments(episode: Episode, recipe: Recipe, origin: Provenance) -> Iterator[tuple[Span, dict[str, Any], Members]]:
    """(span, meta, members) of each segment; the meta is a member too.

    Raises:
        XperienceError: the recording cannot be read.
    """
    clock = episode.clock.times_s
    if not len(clock):
        raise FormatError("no frames", file=episode.folder)
    sources = {stream: open_source(episode, stream, recipe) for stream in recipe.ordered()}
    static = _static(episode, recipe)
    for span in spans(clock, frames_of(recipe)):
        members: Members = {}
        present = []
        for stream, source in sources.items():
            parts = source.segment(span)
            if parts:
                present.append(stream)
                members |= {f"{stream}.{name}": content for name, content in parts.items()}
        ends = np.append(clock, end_of(clock))
        members["clock.times.npy"] = ends[span.start : span.stop + 1].astype(np.float64)
        members["points.npy"] = static["points"]
        meta = {
            "episode": episode.id, "session": episode.session, "segment": span.n,
            "start_frame": span.start, "frames": span.stop - span.start,
            "start_s": span.start_s, "stop_s": span.stop_s, "fps": NOMINAL_FPS,
            "present": present, "provenance": asdict(origin), "cameras": static["cameras"],
            "text": _text(episode, span, static["main_task"]),
        }  # fmt: skip
        members[META] = to_json(meta).encode()
        yield span, meta, members


def _static(episode: Episode, recipe: Recipe) -> dict[str, Any]:
    rig = episode.rig
    cameras = {}
    for view in VIEWS:
        if rig is not None and view in rig:
            camera = rig[view]
            width, height = episode.video(view).size if view in episode.views else camera.size or (0, 0)
            cameras[view] = {
                "K": np.asarray(camera.K).tolist(), "D": np.asarray(camera.D).tolist(),
                "T_camera_body": np.asarray(camera.T_camera_body).tolist(), "size": [width, height],
                "fisheye": bool(np.any(np.asarray(camera.D) != 0)),
            }  # fmt: skip
    points = episode.point_cloud
    cloud = np.zeros((0, 3), np.float32)
    if points is not None and len(points):
        good = points[np.isfinite(points).all(axis=1)].astype(np.float32)
        keep = np.linspace(0, max(len(good) - 1, 0), min(recipe.points, len(good))).round().astype(int)
        cloud = good[keep]
    caption = episode.caption
    return {"cameras": cameras, "points": cloud, "main_task": caption.main_task if caption is not None else None}


def _text(episode: Episode, span: Span, main_task: str | None) -> dict[str, Any] | None:
    """Runs of what the label rule puts on the frames, as [first, behind the last, value] within the segment."""
    if main_task is None:
        return None
    labels = episode.labels
    fields: dict[str, Any] = {
        "action": labels.action, "subtask": labels.subtask, "objects": labels.objects, "interaction": labels.interaction,
    }  # fmt: skip
    runs: dict[str, Any] = {name: _runs(list(values[span.start : span.stop])) for name, values in fields.items()}
    return {"main_task": main_task, **runs}


def _runs(values: list[Any]) -> list[list[Any]]:
    out: list[list[Any]] = []
    for k, value in enumerate(values):
        plain = list(value) if isinstance(value, tuple) else value
        if out and out[-1][2] == plain:
            out[-1][1] = k + 1
        else:
            out.append([k, k + 1, plain])
    return [run for run in out if run[2]]
