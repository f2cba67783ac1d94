"""What the annotation of a local episode tells the catalogue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import Episode, Presence
from xperience.episode.cameras import VIEWS
from xperience.episode.usable import usable_seconds
from xperience.storage import digest


def read(folder: Path) -> dict[str, Any]:
    """Columns of `EpisodeRow` for clock, presence, labels and content of an episode folder.

    Raises:
        XperienceError, OSError: it cannot be opened, or has no clock.
    """
    with Episode.open(folder) as episode:
        times = episode.clock.times_ns
        presence = {name: state is Presence.PRESENT for name, state in episode.presence.items()}
        found: dict[str, Any] = {
            "present": [name for name, there in presence.items() if there],
            "missing": [name for name, there in presence.items() if not there],
            "frames": len(times),
            "content": _content(episode, presence),
        }
        found["usable_s"] = usable_seconds(episode)
        found["usable_common_s"] = found["usable_s"].pop("common")
        if len(times):
            found |= {"start_ns": int(times.min()), "end_ns": int(times.max())}
            found["duration_s"] = (found["end_ns"] - found["start_ns"]) / 1e9
        if presence["caption"]:
            found |= _labels(episode)
        place = episode.metadata.get("place") or episode.metadata.get("location")
        if isinstance(place, str) and place:
            found["place"] = place
        return found


def _labels(episode: Episode) -> dict[str, Any]:
    labels = episode.labels
    counts = Counter(str(action) for action in labels.action if action)
    actions = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert episode.caption is not None
    return {
        "main_task": episode.caption.main_task or None,
        "actions": [name for name, _ in actions],
        "action_frames": [count for _, count in actions],
        "subtasks": sorted({str(text) for text in labels.subtask if text}),
        "objects": sorted({name for names in labels.objects for name in names or ()}),
    }


def _content(episode: Episode, presence: dict[str, bool]) -> dict[str, str]:
    """Hashes of the small streams' numbers: equal in a copy whose file was written anew. Views: see `rows`."""
    arrays: dict[str, np.ndarray] = {}
    signals = {
        "pose": lambda: episode.pose.values,
        "hand_left": lambda: episode.hand("left").values,
        "hand_right": lambda: episode.hand("right").values,
        "body": lambda: episode.body.values,
        "contacts": lambda: episode.contacts.values,
        "imu": lambda: np.concatenate([episode.imu.accel, episode.imu.gyro], 1),
    }
    for name, get in signals.items():
        if presence.get(name):
            arrays[name] = np.ascontiguousarray(get())
    hashes = {name: digest(str(a.shape), a.dtype.str, a.tobytes()) for name, a in arrays.items()}
    if episode.caption is not None:
        hashes["caption"] = digest(repr(episode.caption.segments))
    return hashes


def content_of_views(hashes: dict[str, str | None]) -> dict[str, str]:
    """A view's content is that of its file. Takes file names to hashes."""
    return {view: value for view in VIEWS if (value := hashes.get(f"{view}.mp4"))}
