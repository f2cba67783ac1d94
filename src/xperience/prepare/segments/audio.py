"""Sound as 16 kHz mono, 16 bit, in chunks of 20 ms that each have a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece
from xperience.prepare.streams import AUDIO_CHUNK, AUDIO_RATE

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span

CHUNK_S = AUDIO_CHUNK / AUDIO_RATE


class Source:
    """Chunk k begins k * 20 ms after the first frame; a segment has the chunks that begin in it.

    A chunk that was not recorded to its end is not valid and stored as zeros, and left out at a segment's ends. Which
    chunks are valid is stored only where the sound pauses inside the segment.
    """

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.tally = Tally()
        self.implausible = 0
        self.chunks, self.valid = np.zeros((0, AUDIO_CHUNK), np.int16), np.zeros(0, bool)
        if episode.audio.present:
            sound = episode.audio.read(AUDIO_RATE)
            count = len(sound.samples) // AUDIO_CHUNK
            whole = np.round(sound.samples[: count * AUDIO_CHUNK] * 32767).clip(-32768, 32767).astype(np.int16)
            edges = np.arange(count + 1) * AUDIO_CHUNK
            self.valid = sound.holds(edges[:-1], edges[1:])
            self.chunks = whole.reshape(count, AUDIO_CHUNK)
            self.chunks[~self.valid] = 0

    def segment(self, span: Span) -> Members:
        first, last = (int(np.ceil(s / CHUNK_S - 1e-9)) for s in (span.start_s, span.stop_s))
        there = first + np.flatnonzero(self.valid[first:last])
        if not len(there):
            return {}
        first, last = int(there[0]), int(there[-1]) + 1
        self.tally.add(self.chunks[there].reshape(-1, 1))
        members: dict[str, np.ndarray | bytes] = {
            "values.npy": self.chunks[first:last],
            "first.npy": np.array([first], np.int64),
        }
        return members if len(there) == last - first else {**members, "valid.npy": self.valid[first:last]}


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    first = int(parts.array("first.npy")[0])
    low, high = (max(int(np.ceil(s / CHUNK_S - 1e-9)) - first, 0) for s in (clock[start], clock[stop]))
    values = parts.array("values.npy", low, high)
    times = (first + low + np.arange(len(values))) * CHUNK_S
    valid = parts.array("valid.npy", low, high) if "valid.npy" in parts else np.ones(len(values), bool)
    return Piece(values, times, valid)
