"""The caption JSON of a recording, parsed with its quirks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xperience.episode.annotation import AnnotationFile
from xperience.episode.presence import Notes

TimeKey = int | str
"""A caption's time as parsed: int device nanoseconds, or the text as it stood where it is not digits."""


@dataclass(frozen=True)
class Action:
    """One labelled action; times as written (resolve them with `labels`)."""

    label: str
    description: str
    start: TimeKey | None
    end: TimeKey | None


@dataclass(frozen=True)
class Segment:
    """One captioned segment, nominally 20 s."""

    id: int
    subtask: str
    start: TimeKey | None
    end: TimeKey | None
    actions: tuple[Action, ...] = ()
    objects: tuple[tuple[TimeKey, tuple[str, ...]], ...] = ()
    interaction: tuple[tuple[TimeKey, str], ...] = ()


@dataclass(frozen=True)
class Caption:
    """The whole caption of a recording."""

    main_task: str
    summary: str
    segments: tuple[Segment, ...]


def read_caption(file: AnnotationFile, folder: Path, notes: Notes) -> Caption | None:
    """The caption of `caption` or `captions`; None where there is none or it cannot be parsed (then noted)."""
    return None
