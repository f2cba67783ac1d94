"""95 % intervals of means over windows, by drawing whole sessions: windows of one session are no independent evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xperience.benchmark.recording import Recording

RESAMPLES, LEVEL = 2000, 0.95

STRETCH_FRAMES = 200
"""Length of what is drawn where there is one recording only: 10 s, half of a caption segment."""

Span = tuple[float, float] | None
"""Low and high end; None where there is nothing to draw from."""


@dataclass(frozen=True)
class Apart:
    """Mean of one way minus that of another on the same windows.

    Attributes:
        low, high: 95 % interval of `diff`, None where there is nothing to draw from.
    """

    diff: float
    low: float | None
    high: float | None

    @property
    def span(self) -> Span:
        return None if self.low is None or self.high is None else (self.low, self.high)


def drawn(recordings: Sequence[Recording]) -> tuple[list[np.ndarray], str]:
    """What is drawn: for each recording the name [W] of each window's unit, and what units are in words.

    Sessions; where all recordings are of one session, recordings; where there is one recording, stretches of it.
    """
    counts = [len(recording.windows) for recording in recordings]
    for names, kind in (([r.session for r in recordings], "sessions"), ([r.id for r in recordings], "recordings")):
        distinct = len(set(names))
        if distinct > 1:
            return [np.full(count, name) for name, count in zip(names, counts, strict=True)], f"{distinct} {kind}"
    stretches = [recording.windows.start_frame // STRETCH_FRAMES for recording in recordings]
    count = sum(len(np.unique(one)) for one in stretches)
    return [one.astype(str) for one in stretches], f"{count} stretches of one recording"


def session_interval(values: np.ndarray, sessions: np.ndarray, seed: int) -> Span:
    """Interval of the mean of values [n], whose units are sessions [n]; NaN values take no part."""
    known = np.isfinite(values)
    names, of = np.unique(sessions[known], return_inverse=True)
    if len(names) < 2:
        return None
    total = np.bincount(of, values[known], len(names))
    count = np.bincount(of, minlength=len(names))
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    low, high = np.quantile(draws @ total / (draws @ count), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def paired(a: np.ndarray, b: np.ndarray, sessions: np.ndarray, seed: int) -> Apart:
    """Of two arrays of numbers [n] a window; windows count where both are known."""
    apart = a - b
    diff = float(np.nanmean(apart))
    span = session_interval(apart, sessions, seed)
    if span is None:
        return Apart(diff, None, None)
    return Apart(diff, *span)


def span_text(span: Span, digits: int = 3) -> str:
    """For a table; "" where there is none."""
    return f"{span[0]:.{digits}f} to {span[1]:.{digits}f}" if span else ""
