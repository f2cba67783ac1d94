"""What a recording holds, as plain data for machines and as a page of text for people."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from xperience.episode import layout
from xperience.episode.annotation import UNREADABLE
from xperience.episode.cameras import VIEWS
from xperience.episode.episode import MODALITIES, Episode
from xperience.episode.modalities.depth import Depth
from xperience.episode.modalities.imu import Imu
from xperience.episode.presence import Presence, Signal
from xperience.episode.usable import COMMON, seconds, usable

DEPTH_SAMPLES = 8
"""Depth images, spread over the recording, whose valid share stands for all: reading all of them takes gigabytes."""

TIMELINE_LINES = 40
"""Most stretches of one action that are printed; JSON has them all."""


def describe(episode: Episode) -> dict[str, Any]:
    """Everything that `xperience inspect --json` prints; keys are stable, what is not known is None.

    Raises:
        FormatError: the recording has no frame clock.
    """
    clock = episode.clock
    presence = episode.presence
    ready = usable(episode)
    streams = {
        name: _stream(episode, name, presence[name]) | {"usable_s": seconds(ready[name]) if name in ready else None}
        for name in MODALITIES
    }
    return {
        "id": episode.id,
        "folder": str(episode.folder),
        "frames": len(clock),
        "duration_s": clock.duration_s,
        "fps": {
            "clock": clock.mean_fps or None,
            "clock_median": clock.fps or None,
            "mp4": next((s["rate_hz"] for v in VIEWS if (s := streams[v])["rate_hz"]), None),
        },
        "clock": {
            "source": clock.source,
            "increasing": clock.monotonic,
            "first_ns": int(clock.times_ns[0]) if len(clock) else None,
            "last_ns": int(clock.times_ns[-1]) if len(clock) else None,
        },
        "streams": streams,
        "usable": {"of": list(COMMON), "seconds": seconds(ready["common"]), "spans": ready["common"]},
        "caption": _caption(episode) if presence["caption"] is Presence.PRESENT else None,
        "ground_height_m": episode.ground_height,
        "metadata": episode.metadata,
        "bytes": {f.name: f.stat().st_size for f in sorted(episode.folder.iterdir()) if f.is_file()},
        "visualization": (episode.folder / layout.VISUALIZATION).is_file(),
        "problems": [asdict(problem) for problem in episode.problems],
    }


def _stream(episode: Episode, name: str, presence: Presence) -> dict[str, Any]:
    """One stream: presence, count, rate, shape of one sample, share of valid samples, and what else is to be said."""
    facts: dict[str, Any] = dict.fromkeys(("count", "rate_hz", "shape", "valid_share", "unit", "frame", "detail"))
    if presence is Presence.PRESENT:
        describer = _DESCRIBERS.get(name, _view)
        try:
            facts |= describer(episode, name)
        except UNREADABLE as error:
            facts["detail"] = error.what
    else:
        facts["detail"] = _reason(episode, name)
    return {"presence": presence.name.lower(), **facts}


def _reason(episode: Episode, name: str) -> str:
    if name in VIEWS:
        return "unreadable" if name in episode.views else f"{layout.video_file(name)} is not in the folder"
    sound = f"no sound in {episode.audio.path.name}" if episode.views else "no video to take it from"
    plain = {"audio": sound, "point_cloud": "slam/point_cloud is not in the file"}
    signals: dict[str, Callable[[], Signal | Depth | Imu]] = {
        "depth": lambda: episode.depth,
        "pose": lambda: episode.pose,
        "hand_left": lambda: episode.hand("left"),
        "hand_right": lambda: episode.hand("right"),
        "body": lambda: episode.body,
        "contacts": lambda: episode.contacts,
        "imu": lambda: episode.imu,
    }
    try:
        return signals[name]().reason if name in signals else plain.get(name, "not in the recording")
    except UNREADABLE as error:
        return error.what


def _view(episode: Episode, name: str) -> dict[str, Any]:
    header = episode.video(name).header
    return {
        "count": header.num_frames,
        "rate_hz": header.fps or None,
        "shape": [header.height, header.width, 3],
        "detail": header.codec + (", truncated" if header.truncated else ""),
    }


def _audio(episode: Episode, name: str) -> dict[str, Any]:
    header = episode.audio.header
    begins = f", begins {header.start_s:+.2f} s from the first picture" if abs(header.start_s) >= 0.02 else ""
    return {
        "count": round(header.duration_s * header.rate_hz),
        "rate_hz": float(header.rate_hz),
        "shape": [header.channels],
        "detail": f"{header.codec}, {header.duration_s:.2f} s in {episode.audio.path.name}{begins}",
    }


def _depth(episode: Episode, name: str) -> dict[str, Any]:
    depth = episode.depth
    valid, pixels = 0, 0
    for frame in np.unique(np.linspace(0, len(depth) - 1, DEPTH_SAMPLES).astype(int)) if len(depth) else ():
        image, _ = depth.frames(int(frame), int(frame) + 1)
        valid, pixels = valid + int((np.isfinite(image) & (image > 0)).sum()), pixels + image.size
    kept = "confidence" if depth.has_confidence else "no confidence"
    return {
        "count": len(depth),
        "rate_hz": episode.clock.fps or None,
        "shape": list(depth.shape[1:]),
        "valid_share": valid / pixels if pixels else None,
        "unit": "m",
        "frame": "stereo_left",
        "detail": f"{depth.depth_min:g} to {depth.depth_max:g} m, scale {depth.scale:g}, {kept}",
    }


def _signal(signal: Signal, rate_hz: float) -> dict[str, Any]:
    return {
        "count": len(signal),
        "rate_hz": rate_hz or None,
        "shape": list(signal.values.shape[1:]),
        "valid_share": float(signal.valid.mean()) if len(signal) else None,
        "unit": signal.unit or None,
        "frame": signal.frame or None,
    }


def _imu(episode: Episode, name: str) -> dict[str, Any]:
    imu = episode.imu
    return {
        "count": len(imu),
        "rate_hz": imu.rate_hz or None,
        "shape": [6],
        "valid_share": float(imu.valid.mean()) if len(imu) else None,
        "unit": "m/s2, rad/s",
        "frame": "body",
        "detail": "with key frames" if imu.keyframes is not None else "without key frames",
    }


def _points(episode: Episode, name: str) -> dict[str, Any]:
    points = episode.point_cloud
    assert points is not None
    finite = np.isfinite(points).all(axis=1)
    share = float(finite.mean()) if len(points) else None
    return {"count": len(points), "shape": [3], "valid_share": share, "unit": "m", "frame": "world"}


def _calibration(episode: Episode, name: str) -> dict[str, Any]:
    rig = episode.rig
    assert rig is not None
    missing = [view for view in VIEWS if view not in rig]
    parts = [f"all but {', '.join(missing)}" if missing else "all views"]
    parts += [f"baseline {rig.baseline:.4f} m"] if rig.baseline else []
    return {"count": len(rig.cameras), "detail": ", ".join(parts)}


def _caption_stream(episode: Episode, name: str) -> dict[str, Any]:
    caption = episode.caption
    assert caption is not None
    labelled = episode.labels.action != ""
    return {
        "count": len(caption.segments),
        "valid_share": float(labelled.mean()) if len(labelled) else None,
        "detail": f"{len(caption.segments)} segments, {caption.num_actions} actions; valid = frames with an action",
    }


_DESCRIBERS: dict[str, Callable[[Episode, str], dict[str, Any]]] = {
    "audio": _audio,
    "depth": _depth,
    "pose": lambda episode, _: _signal(episode.pose, episode.clock.fps),
    "point_cloud": _points,
    "hand_left": lambda episode, _: _signal(episode.hand("left"), episode.clock.fps),
    "hand_right": lambda episode, _: _signal(episode.hand("right"), episode.clock.fps),
    "body": lambda episode, _: _signal(episode.body, episode.clock.fps),
    "contacts": lambda episode, _: _signal(episode.contacts, episode.clock.fps),
    "imu": _imu,
    "calibration": _calibration,
    "caption": _caption_stream,
}


def _caption(episode: Episode) -> dict[str, Any]:
    caption, labels, times = episode.caption, episode.labels, episode.clock.times_s
    assert caption is not None
    named = {name for frame in labels.objects if frame for name in frame}
    return {
        "main_task": caption.main_task,
        "summary": caption.summary,
        "segments": len(caption.segments),
        "actions": caption.num_actions,
        "action_labels": len(set(labels.action.tolist()) - {""}),
        "subtask_labels": len(set(labels.subtask.tolist()) - {""}),
        "objects": len(named),
        "boundaries": len(labels.boundaries),
        "labelled_share": float((labels.action != "").mean()) if len(labels) else None,
        "timeline": [
            {"start": a, "end": b - 1, "start_s": float(times[a]), "end_s": float(times[b - 1]), "label": label}
            for a, b, label in labels.runs()
        ],
    }


def render(facts: dict[str, Any]) -> str:
    """The description as text of at most 120 columns."""
    fps = facts["fps"]
    rates = [f"{fps[k]:.4f} fps by {name}" for k, name in (("clock", "the clock"), ("mp4", "MP4")) if fps[k]]
    head = ", ".join([f"{facts['frames']} frames", f"{facts['duration_s']:.2f} s", *rates])
    lines = [facts["id"], head, f"clock: {facts['clock']['source']}", ""]
    lines += _table(
        [("stream", "state", "count", "rate", "shape", "valid", "usable", "about")]
        + [_row(name, stream) for name, stream in facts["streams"].items()]
    )
    lines += ["", *_caption_lines(facts["caption"], facts["frames"])]
    common = facts["usable"]
    lines += ["", f"usable at once ({', '.join(common['of'])}): {common['seconds']:.1f} of {facts['duration_s']:.1f} s"]
    lines += [f"floor at {facts['ground_height_m']:.2f} m"]
    problems = [
        f"  {p['field']}: {p['what']}"
        + (
            f" (found {p['found']}" + (f", expected {p['expected']}" if p["expected"] else "") + ")"
            if p["found"]
            else ""
        )
        for p in facts["problems"]
    ]
    lines += ["", f"{len(problems)} problem(s)" if problems else "no problems", *problems]
    return "\n".join(lines)


def _row(name: str, stream: dict[str, Any]) -> tuple[str, ...]:
    about = [stream["unit"], f"in {stream['frame']}" if stream["frame"] else None, stream["detail"]]
    return (
        name,
        stream["presence"],
        "" if stream["count"] is None else str(stream["count"]),
        "" if stream["rate_hz"] is None else f"{_short(stream['rate_hz'])} Hz",
        "" if stream["shape"] is None else "x".join(map(str, stream["shape"])),
        "" if stream["valid_share"] is None else f"{math.floor(stream['valid_share'] * 1000) / 10:.1f} %",
        "" if stream["usable_s"] is None else f"{stream['usable_s']:.1f} s",
        ", ".join(part for part in about if part),
    )


def _short(rate: float) -> str:
    return f"{rate:.4g}" if rate < 10_000 else f"{rate:.0f}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = (2, 3, 5, 6)
    return [
        "  ".join(
            cell.rjust(width) if k in right else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _caption_lines(caption: dict[str, Any] | None, frames: int) -> list[str]:
    if caption is None:
        return ["no caption"]
    share = caption["labelled_share"]
    lines = [
        f"main task: {caption['main_task'] or '(none)'}",
        f"{caption['segments']} segments, {caption['actions']} actions; "
        + ("" if share is None else f"{share:.1%} of {frames} frames labelled"),
        f"on the frames: {caption['action_labels']} action labels, {caption['subtask_labels']} sub-tasks, "
        f"{caption['objects']} objects, {caption['boundaries']} boundaries",
    ]
    runs = caption["timeline"]
    for run in runs[:TIMELINE_LINES]:
        span = f"{run['start_s']:8.2f} to {run['end_s']:8.2f} s"
        lines.append(f"  {span}  frames {run['start']:>5} to {run['end']:>5}  {run['label'] or '(no label)'}")
    if len(runs) > TIMELINE_LINES:
        lines.append(f"  and {len(runs) - TIMELINE_LINES} more (--json lists all)")
    return lines
