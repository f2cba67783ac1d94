"""Patterns of USE: how a hand or tool moves about its working pose, and when that makes a sound.

Each pattern is one function, found in `PATTERNS` by its name in the script. Every offset is zero at both ends of the
move and twice differentiable, but for the instant at which a tool strikes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xperience.simulate.motion.curves import bump, ramp


@dataclass(frozen=True)
class Use:
    """One USE move at T instants.

    Attributes:
        time: [T] seconds since its start. duration: seconds.
        right, forward, up: [3] unit vectors of the body. target: [3, 3] axes of the working pose. palm: [3, 3] axes of
            the palm in it. held: whether a tool is in the hand.
        rng: chance of this move.
    """

    time: np.ndarray
    duration: float
    right: np.ndarray
    forward: np.ndarray
    up: np.ndarray
    target: np.ndarray
    palm: np.ndarray
    held: bool
    rng: np.random.Generator

    def envelope(self, ease: float = 0.3) -> np.ndarray:
        """1 inside the move, eased to 0 at both ends."""
        ease = min(ease, self.duration / 2)
        return ramp(self.time, 0, ease) * (1 - ramp(self.time, self.duration - ease, self.duration))

    def strokes(self, rate: float) -> tuple[np.ndarray, float, int]:
        """Phase [T] within the present one of a whole number of strokes, their period and their count."""
        count = max(1, round(self.duration * rate))
        period = self.duration / count
        return np.clip(self.time / period, 0, count - 1e-9) % 1.0, period, count


@dataclass(frozen=True)
class Stroke:
    """Offsets from the working pose in the world: shift [T, 3] metres, turn [T, 3] rotation vectors about its origin.

    `sounds` are (seconds since the start, duration or 0 for an impact, strength).
    """

    shift: np.ndarray
    turn: np.ndarray
    sounds: tuple[tuple[float, float, float], ...] = ()


def blow(share: np.ndarray) -> np.ndarray:
    """Height of a tool in one stroke, 0 to 1: it rises gently and comes down faster, striking at share 1."""
    s = np.clip(share, 0.0, 1.0)
    return s**3 * (1 - s) ** 2 * (3125 / 108)


PATTERNS: dict[str, Callable[[Use], Stroke]] = {}


def pattern(function: Callable[[Use], Stroke]) -> Callable[[Use], Stroke]:
    PATTERNS[function.__name__] = function
    return function


def along(amount: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """[T] times [3]."""
    return amount[:, None] * axis


def still(use: Use) -> np.ndarray:
    return np.zeros((len(use.time), 3))


@pattern
def hold(use: Use) -> Stroke:
    """Stays there, swaying a little."""
    a, b = use.rng.uniform(0, 2 * np.pi, 2)
    sway = 0.004 * use.envelope(0.5)
    shift = along(sway * np.sin(2.1 * use.time + a), use.right) + along(sway * np.sin(2.9 * use.time + b), use.forward)
    return Stroke(shift, still(use))


@pattern
def pour(use: Use) -> Stroke:
    """Stays there tilted, with a little circling and tilting."""
    a = use.rng.uniform(0, 2 * np.pi)
    sway = 0.007 * use.envelope(0.5)
    shift = along(sway * np.cos(2.3 * use.time + a), use.right) + along(sway * np.sin(2.3 * use.time + a), use.forward)
    turn = along(0.06 * use.envelope(0.5) * np.sin(1.7 * use.time + a), use.forward)
    begin = min(0.15, 0.2 * use.duration)
    return Stroke(shift, turn, ((begin, use.duration - 2 * begin, 0.6),))


@pattern
def stir(use: Use) -> Stroke:
    """Horizontal circles; the tool taps the vessel once a turn."""
    rate, radius = 1.4 * use.rng.uniform(0.85, 1.15), 0.028 * use.rng.uniform(0.85, 1.15)
    angle, size = 2 * np.pi * rate * use.time, radius * use.envelope(0.4)
    shift = along(size * np.cos(angle), use.right) + along(size * np.sin(angle), use.forward)
    taps = np.arange(1, int(use.duration * rate) + 1) / rate
    return Stroke(shift, still(use), tuple((float(t), 0.0, 0.35) for t in taps if 0.4 < t < use.duration - 0.3))


@pattern
def cut(use: Use) -> Stroke:
    """Up along the vertical and down again, sliding forward in each cut; the blade lands at the end of each stroke."""
    phase, period, count = use.strokes(1.7 * use.rng.uniform(0.9, 1.1))
    shift = along(0.045 * blow(phase), use.up) + along(0.015 * bump(phase), -use.forward)
    drift = 0.02 * bump(use.time / use.duration)
    return Stroke(shift + along(drift, use.right), still(use), _impacts(period, count, 0.6))


@pattern
def hammer(use: Use) -> Stroke:
    """Up, tilted back, and down; the head lands at the end of each stroke."""
    phase, period, count = use.strokes(1.4 * use.rng.uniform(0.9, 1.1))
    return Stroke(
        along(0.11 * blow(phase), use.up), along(0.35 * blow(phase), use.right), _impacts(period, count, 0.95)
    )


@pattern
def press(use: Use) -> Stroke:
    """Back along the palm and to the target again."""
    phase, period, count = use.strokes(0.9)
    return Stroke(along(-0.03 * blow(phase), use.palm[:, 2]), still(use), _impacts(period, count, 0.3))


@pattern
def wipe(use: Use) -> Stroke:
    """Horizontal strokes, left and right of the body; one sound a sweep."""
    rate = 0.75 * use.rng.uniform(0.85, 1.15)
    sweep = np.sin(2 * np.pi * rate * use.time) * use.envelope(0.5)
    shift = along(0.11 * sweep, use.right) + along(0.03 * np.sin(0.8 * use.time) * use.envelope(0.6), use.forward)
    turns = (np.arange(int(2 * rate * use.duration)) + 0.5) / (2 * rate)  # where a sweep ends and the next begins
    sounds = tuple((float(t), 0.35 / rate, 0.45) for t in turns if t + 0.35 / rate < use.duration)
    return Stroke(shift, still(use), sounds)


@pattern
def scan(use: Use) -> Stroke:
    """A slow pass to the right and to the left; a beep in the middle."""
    passes = max(1, round(use.duration * 0.35))
    sweep = np.sin(2 * np.pi * passes * use.time / use.duration) * use.envelope(0.5)
    return Stroke(along(0.09 * sweep, use.right), still(use), ((use.duration / 2, 0.12, 0.5),))


@pattern
def turn(use: Use) -> Stroke:
    """To and fro about the axis of the tool in the hand, or of the bare palm."""
    axis = use.target[:, 0] if use.held else use.palm[:, 2]
    rate = 0.7 * use.rng.uniform(0.85, 1.15)
    angle = 0.55 * np.sin(2 * np.pi * rate * use.time) * use.envelope(0.4)
    halves = np.arange(int(2 * rate * use.duration)) / (2 * rate)
    sounds = tuple((float(t) + 0.1, 0.3 / rate, 0.3) for t in halves if t + 0.5 / rate < use.duration)
    return Stroke(still(use), along(angle, axis), sounds)


@pattern
def write(use: Use) -> Stroke:
    """Small strokes along a line; the line goes to the right and the hand comes back at its end."""
    lines = max(1, round(use.duration / 2.5))
    phase = np.clip(use.time / use.duration * lines, 0, lines - 1e-9) % 1.0
    line = 0.06 * (ramp(phase, 0, 0.85) - ramp(phase, 0.85, 1.0))
    size = use.envelope(0.2)
    letters = along(0.0035 * np.sin(2 * np.pi * 3.3 * use.time) * size, use.right)
    letters += along(0.0045 * np.sin(2 * np.pi * 2.6 * use.time) * size, use.forward)
    period = use.duration / lines
    sounds = tuple((k * period + 0.1, 0.75 * period, 0.25) for k in range(lines))
    return Stroke(along(line, use.right) + letters, still(use), sounds)


@pattern
def shake(use: Use) -> Stroke:
    """Quick and small along the vertical; what is inside hits the end at each turning point below."""
    rate = 2.8 * use.rng.uniform(0.9, 1.1)
    shift = along(0.03 * np.sin(2 * np.pi * rate * use.time) * use.envelope(0.4), use.up)
    lows = (np.arange(int(rate * use.duration)) + 0.75) / rate
    return Stroke(shift, still(use), tuple((float(t), 0.0, 0.4) for t in lows if 0.2 < t < use.duration - 0.2))


@pattern
def fold(use: Use) -> Stroke:
    """An arc up and away from the body, and back over."""
    phase, period, count = use.strokes(0.5)
    shift = along(0.16 * bump(phase), use.forward) + along(
        0.09 * (bump(phase / 0.55) + bump((phase - 0.45) / 0.55)), use.up
    )
    sounds = tuple(((k + 0.5) * period, 0.4 * period, 0.35) for k in range(count))
    return Stroke(shift, still(use), sounds)


@pattern
def slide(use: Use) -> Stroke:
    """Along the target's y and back."""
    s = use.time / use.duration
    shift = along(-0.16 * (ramp(s, 0, 0.5) - ramp(s, 0.5, 1.0)), use.target[:, 1])
    half = use.duration / 2
    return Stroke(shift, still(use), tuple((k * half + 0.15 * half, 0.7 * half, 0.4) for k in range(2)))


def _impacts(period: float, count: int, strength: float) -> tuple[tuple[float, float, float], ...]:
    return tuple(((k + 1) * period, 0.0, strength) for k in range(count))
