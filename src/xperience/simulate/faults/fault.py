"""What a fault is, and how strong it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xperience.simulate.faults.editor import Editor


@dataclass(frozen=True)
class Magnitude:
    """Strength of a fault by severity: geometric between three anchors.

    Attributes:
        unit: of the numbers.
        invisible, moderate, gross: at severities 0.1, 0.5 and 1. Invisible is below what matters to anyone;
            moderate spoils training; gross is plain to see.
    """

    unit: str
    invisible: float
    moderate: float
    gross: float

    def at(self, severity: float) -> float:
        anchors = np.log([self.invisible, self.moderate, self.gross])
        points = np.array([0.1, 0.5, 1.0])
        low = anchors[0] - (anchors[1] - anchors[0]) / 0.4 * (0.1 - severity)
        return float(np.exp(low if severity < 0.1 else np.interp(severity, points, anchors)))


@dataclass(frozen=True)
class Request:
    """One fault to be put into one recording.

    Attributes:
        modality: which stream. magnitude: strength in the fault's unit.
        start, stop: frames concerned, stop exclusive. times_s: [N] frame times. rng: for everything random.
    """

    modality: str
    severity: float
    magnitude: float
    start: int
    stop: int
    times_s: np.ndarray
    rng: np.random.Generator

    @property
    def start_s(self) -> float:
        return float(self.times_s[self.start])

    @property
    def stop_s(self) -> float:
        return float(self.times_s[min(self.stop, len(self.times_s)) - 1]) + 0.05


@dataclass(frozen=True)
class Fault:
    """One kind of fault, found by the registry.

    Attributes:
        name: unique. what: one sentence for people.
        modalities: streams it can hit; the first is the default.
        magnitude: strength by severity.
        local: whether it hits a stretch of time. If `lasting`, the magnitude is the stretch's length in seconds.
        apply: does it.
    """

    name: str
    what: str
    modalities: tuple[str, ...]
    magnitude: Magnitude
    apply: Callable[[Editor, Request], None]
    local: bool = False
    lasting: bool = False
