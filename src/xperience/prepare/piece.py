"""A stretch of one stream, as readers give it and batches carry it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode import Presence
from xperience.errors import CorruptError


@dataclass(frozen=True)
class Piece:
    """Samples of one stream over a span of a recording.

    Attributes:
        values: [n, *shape] in the stream's dtype; what is not valid holds zeros.
        times_s: [n] float64, seconds on the recording's clock.
        valid: [n] bool.
        presence: PRESENT, or ABSENT where the recording (or what is left of its shard) has none; then n may be 0.
    """

    values: np.ndarray
    times_s: np.ndarray
    valid: np.ndarray
    presence: Presence = Presence.PRESENT

    def __post_init__(self) -> None:
        lengths = len(self.values), len(self.times_s), len(self.valid)
        if len(set(lengths)) > 1:
            raise CorruptError("arrays of a stream differ in length", field="values, times, valid", found=lengths)
