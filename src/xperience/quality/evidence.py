"""What the checks look at, each thing read once: the episode, and a digest of every video and of the sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from xperience.episode import Episode


@dataclass(frozen=True)
class VideoDigest:
    """One decoding pass over a view.

    Attributes:
        view: its name.
        times_s: [F] presentation times of decoded frames by the container, seconds.
        gray: [F, h, w] uint8 luma, area-averaged to at most DIGEST_WIDTH wide.
        mean, std: [F] of the full-size luma.
        change: [F] mean absolute difference from the frame before, at digest size; 0 for the first.
        declared: frames by the container's index.
        error: what stopped the decoder early, or "".
    """

    view: str
    times_s: np.ndarray
    gray: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    change: np.ndarray
    declared: int
    error: str = ""

    def __len__(self) -> int:
        return len(self.times_s)


@dataclass
class Evidence:
    """Everything checks may ask of a recording; digests are made on first use and kept in `cache` by content."""

    episode: Episode
    cache: Path | None = None

    def digest(self, view: str) -> VideoDigest | None:
        """The digest of a view, or None where its file is missing or cannot be opened."""
        raise NotImplementedError

    @cached_property
    def sound(self) -> np.ndarray | None:
        """[samples] mono 16 kHz, or None where there is no audio or it cannot be decoded."""
        raise NotImplementedError
