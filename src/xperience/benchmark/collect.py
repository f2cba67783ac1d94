"""From a path to recordings: makes what features are missing, then reads what the tasks ask about."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from xperience.benchmark.recording import Recording, recording_of
from xperience.episode import Episode
from xperience.episode.folders import file_name, find_episodes
from xperience.episode.layout import ANNOTATION
from xperience.errors import FormatError, LimitError, MissingError, XperienceError, let_through
from xperience.prepare.extraction import extract, extract_all
from xperience.prepare.features import ARRAY, describe, is_done, load_features
from xperience.prepare.windows import FRAMES, STRIDE
from xperience.progress import track

FEATURES = "features"
"""Folder of the feature tables in the run's folder."""

IN_MEMORY = 8
"""Most recordings whose features are held in memory; those of more are mapped from disk."""


def collect(path: Path, out: Path, *, workers: int = 1, show: bool = True) -> tuple[list[Recording], dict[str, str]]:
    """Recordings at or below `path` in order of their ids, and those set aside with the reason.

    Raises:
        XperienceError: a single recording cannot be read, or none of several can.
    """
    folder = out / FEATURES
    if path.is_file() or (path / ANNOTATION).is_file() or not path.exists():
        return [_single(path, folder, workers, show)], {}
    outcomes = extract_all(path, folder, workers=workers, show=show)
    set_aside = {outcome.episode: outcome.reason for outcome in outcomes if outcome.state == "aside"}
    recordings: dict[str, Recording] = {}
    paths = [episode for episode in find_episodes(path) if str(episode) not in set_aside]
    for episode in track(paths, "labels and targets", show=show):
        try:
            recording = _load(episode, folder, mapped=len(paths) > IN_MEMORY)
            if recording.id in recordings:
                raise FormatError("another recording has the same id", file=episode, found=recording.id)
            recordings[recording.id] = recording
        except XperienceError as error:
            let_through(error)
            set_aside[str(episode)] = str(error)
    if not recordings:
        name, reason = next(iter(set_aside.items()))
        raise MissingError("no recording could be read", file=path, found=f"{name}: {reason}")
    prefix = f"{path}/"  # results travel, paths of this machine do not
    aside = {name.removeprefix(prefix): reason.replace(prefix, "") for name, reason in set_aside.items()}
    return [recordings[id] for id in sorted(recordings)], aside


def _single(path: Path, folder: Path, workers: int, show: bool) -> Recording:
    with Episode.open(path) as episode:
        target = folder / file_name(episode.id)
        if not is_done(target, describe(episode, FRAMES, STRIDE)["identity"]):
            extract(episode, workers=workers, show=show).save(target)
    return _load(path, folder, mapped=False)


def _load(path: Path, folder: Path, mapped: bool) -> Recording:
    with Episode.open(path) as episode:
        target = folder / file_name(episode.id)
        if not is_done(target, describe(episode, FRAMES, STRIDE)["identity"]):
            raise FormatError("another recording has the same id", file=path, found=episode.id)
        table = load_features(target)
        if mapped:
            table = dataclasses.replace(table, x=np.load(target / ARRAY, mmap_mode="r"))
        recording = recording_of(episode, table)
    if len(recording.windows) == 0:
        found = f"{recording.num_frames} frames"
        raise LimitError("shorter than one window", file=path, found=found, expected=f"at least {FRAMES} frames")
    return recording
