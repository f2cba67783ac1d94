"""Numbers that a recording has once a frame: pose, hands, body, contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xperience.episode import Signal
from xperience.prepare import plausible
from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece
from xperience.prepare.streams import STREAMS

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span


class Source:
    """Values and validity; what is not valid is stored as zeros."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.stream = STREAMS[stream]
        found = _signal(episode, stream)
        self.signal = _plausible(found, stream)
        self.implausible = _taken_out(found, self.signal)
        kept = self.signal.values[self.signal.valid] if stream != "contacts" else None  # most of them are rightly zero
        self.tally = Tally(kept)

    def segment(self, span: Span) -> Members:
        if not self.signal.present:
            return {}
        rows = slice(span.start, span.stop)
        valid = self.signal.valid[rows]
        shape = (span.stop - span.start, *(size for size in self.stream.shape if size is not None))
        values = np.zeros(shape, self.stream.dtype)
        good = np.zeros(span.stop - span.start, bool)
        good[: len(valid)] = valid
        values[good] = self.signal.values[rows][valid]
        self.tally.add(values[good])
        return {"values.npy": values, "valid.npy": good}


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    return Piece(parts.array("values.npy", start, stop), clock[start:stop], parts.array("valid.npy", start, stop))


def _plausible(signal: Signal, stream: str) -> Signal:
    if not signal.present or stream == "contacts":
        return signal
    values, valid, times_s = np.asarray(signal.values), signal.valid, signal.times_s
    if stream == "body":
        good = plausible.body(values, valid, times_s)
        return replace(signal, values=np.where(good[:, :, None], values, np.nan), valid=np.asarray(good.any(1)))
    good = plausible.pose(values, valid, times_s) if stream == "pose" else plausible.hand(values, valid, times_s)
    return replace(signal, valid=good)


def _taken_out(before: Signal, after: Signal) -> int:
    """Samples that are no longer valid, or no longer whole."""
    if not before.present or before is after:
        return 0
    whole = [np.isfinite(one.values).reshape(len(one.values), -1).sum(1) * one.valid for one in (before, after)]
    return int((whole[0] != whole[1]).sum())


def _signal(episode: Episode, stream: str) -> Signal:
    if stream == "pose":
        pose = episode.pose
        if not pose.present:
            return pose
        return Signal(np.asarray(pose.values)[:, :3], pose.valid, pose.times_s)
    if stream.startswith("hand_"):
        return episode.hand(stream.removeprefix("hand_"))
    return {"body": lambda: episode.body, "contacts": lambda: episode.contacts}[stream]()
