"""Presence in three states, and arrays that carry it.

*Absent* (the recording lacks it), *invalid* (stored, but NaN or all zero) and *zero* (a measured value) are
three different things. `Signal` keeps them apart; nothing in this package fills one with another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from xperience.errors import CorruptError, XperienceError


class Presence(IntEnum):
    """State of a modality: there, not in the data, or left out by us (dropout, ablation, filter)."""

    PRESENT = 0
    ABSENT = 1
    DROPPED = 2


@dataclass(frozen=True)
class Problem:
    """Something wrong with a recording that does not stop the rest from being read."""

    field: str
    what: str
    found: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Signal:
    """A sampled stream at its native times.

    Attributes:
        values: [T, ...] samples; invalid entries keep what the file holds (often NaN).
        valid: [T] bool, True where the sample is usable.
        times_s: [T] float64 seconds from the recording's first frame, on the recording's own clock.
        presence: whether the stream exists at all. Absent signals have T = 0.
        unit: physical unit, such as "m" or "rad/s".
        frame: coordinate frame, such as "world" or "body".
        reason: why the stream is absent, for people.
    """

    values: np.ndarray
    valid: np.ndarray
    times_s: np.ndarray
    presence: Presence = Presence.PRESENT
    unit: str = ""
    frame: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        lengths = len(self.values), len(self.valid), len(self.times_s)
        if len(set(lengths)) > 1:
            raise CorruptError("arrays of a stream differ in length", field="values, valid, times", found=lengths)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def present(self) -> bool:
        return self.presence is Presence.PRESENT

    @classmethod
    def absent(cls, tail: tuple[int, ...] = (), *, unit: str = "", frame: str = "", reason: str = "") -> Signal:
        """A stream that the recording does not have; `tail` is the shape of one sample."""
        return cls(
            values=np.zeros((0, *tail), np.float32),
            valid=np.zeros(0, bool),
            times_s=np.zeros(0),
            presence=Presence.ABSENT,
            unit=unit,
            frame=frame,
            reason=reason or "not in the recording",
        )


def usable(values: np.ndarray) -> np.ndarray:
    """[T] bool for values [T, ...]: finite throughout and not all exactly zero.

    For positions and rotations, where an exact all-zero sample only ever means "not tracked". Never use it for
    contacts, confidence or counts, whose zeros are measurements.
    """
    inner = tuple(range(1, values.ndim))
    return np.asarray(np.isfinite(values).all(axis=inner) & (values != 0).any(axis=inner))


def tracked(points: np.ndarray) -> np.ndarray:
    """[T, J] bool for joint positions [T, J, 3]: finite and not exactly zero, joint by joint."""
    return np.isfinite(points).all(axis=-1) & (points != 0).any(axis=-1)


@dataclass
class Notes:
    """Collects the problems met while a recording is read."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, field: str, what: str, found: object = "", expected: object = "") -> None:
        problem = Problem(field, what, str(found), str(expected))
        if problem not in self.problems:
            self.problems.append(problem)

    def error(self, field: str, error: XperienceError) -> None:
        """Notes an error that stopped one stream from being read."""
        self.add(
            field,
            error.what,
            "" if error.found is None else error.found,
            "" if error.expected is None else error.expected,
        )
