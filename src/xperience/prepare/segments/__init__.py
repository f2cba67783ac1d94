"""How each modality stands in a segment: one file each, with the way in and the way out side by side.

A `Source` reads one recording and gives the members of one segment after another, in time order; `decode` turns members
back into a piece of the stream. The reader of shards needs only `decode`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece
from xperience.prepare.segments import audio, depth, frames, imu, video
from xperience.prepare.streams import STREAMS

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe

Members = dict[str, "np.ndarray | bytes"]
"""Parts of one stream in one segment, by file name."""


class Parts(Protocol):
    """Members of one stream and segment, read only when asked for."""

    def array(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray: ...

    def bytes(self, name: str, start: int = 0, stop: int | None = None) -> bytes: ...

    def __contains__(self, name: object) -> bool: ...


@dataclass(frozen=True)
class Span:
    """Frames of a segment: number n, frames [start, stop), seconds [start_s, stop_s) on the recording's clock."""

    n: int
    start: int
    stop: int
    start_s: float
    stop_s: float


class Source(Protocol):
    """One stream of one recording.

    Attributes:
        tally: of the samples given so far.
        implausible: samples of the recording that are no measurements, see `plausible`.
    """

    tally: Tally
    implausible: int

    def segment(self, span: Span) -> Members:
        """Members of the span; {} where the stream is absent. Spans come in time order."""
        ...


_OPEN: Mapping[str, Callable[[Episode, str, Recipe], Source]] = {
    "video": video.Source,
    "audio": audio.Source,
    "depth": depth.Source,
    "imu": imu.Source,
}

_DECODE: Mapping[str, Callable[[Parts, np.ndarray, int, int], Piece]] = {
    "video": video.decode,
    "audio": audio.decode,
    "depth": depth.decode,
    "imu": imu.decode,
}


def open_source(episode: Episode, stream: str, recipe: Recipe) -> Source:
    """The source of a stream; per-frame numbers share one."""
    return _OPEN.get(STREAMS[stream].modality, frames.Source)(episode, stream, recipe)


def decode(stream: str, parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    """Samples of frames [start, stop) of a segment.

    Args:
        clock: [F + 1] times of the segment's frames, and the end of the last.
    """
    return _DECODE.get(STREAMS[stream].modality, frames.decode)(parts, clock, start, stop)
