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
    """Chunk k begins k * 20 ms after the first frame; a segment has the chunks that begin in it."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.tally = Tally()
        self.chunks = np.zeros((0, AUDIO_CHUNK), np.int16)
        if episode.audio.present:
            sound = episode.audio.mono(AUDIO_RATE)
            count = len(sound) // AUDIO_CHUNK
            self.chunks = np.round(sound[: count * AUDIO_CHUNK] * 32767).clip(-32768, 32767).astype(np.int16)
            self.chunks = self.chunks.reshape(count, AUDIO_CHUNK)

    def segment(self, span: Span) -> Members:
        first, last = (int(np.ceil(s / CHUNK_S - 1e-9)) for s in (span.start_s, span.stop_s))
        chunks = self.chunks[first:last]
        if not len(chunks):
            return {}
        self.tally.add(chunks.reshape(-1, 1))
        return {"values.npy": chunks, "first.npy": np.array([first], np.int64)}


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    first = int(parts.array("first.npy")[0])
    low, high = (max(int(np.ceil(s / CHUNK_S - 1e-9)) - first, 0) for s in (clock[start], clock[stop]))
    values = parts.array("values.npy", low, high)
    times = (first + low + np.arange(len(values))) * CHUNK_S
    return Piece(values, times, np.ones(len(values), bool))
