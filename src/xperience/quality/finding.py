"""What a check says: findings about a modality and a stretch of time, offsets between streams, and a verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Effect = Literal["limit", "fail"]
"""What a finding does to the verdict: the episode is usable within limits, or fails."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a recording.

    Attributes:
        check: name of the check that found it.
        modality: one of `episode.MODALITIES`, or "clock", "files".
        start_s, end_s: stretch concerned, seconds from the first frame; the whole recording where it has no extent.
        value, threshold: what was measured and what is allowed, in the check's unit.
        reason: one sentence for people.
        effect: what it does to the verdict.
    """

    check: str
    modality: str
    start_s: float
    end_s: float
    value: float | None
    threshold: float | None
    reason: str
    effect: Effect = "limit"

    def to_json(self) -> dict[str, Any]:
        return {key: _finite(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Offset:
    """Measured time relation of two streams.

    Attributes:
        a, b: names of the streams, such as "imu" and "pose".
        offset_s: how much later b's stamps are than a's for one event; None where undetermined.
        std_s: one standard deviation of that.
        drift_ppm, drift_std_ppm: change of the offset over time, parts per million; None where undetermined.
        status: "measured" or "undetermined".
        reason: why it cannot be told, for people.
    """

    a: str
    b: str
    offset_s: float | None
    std_s: float | None
    drift_ppm: float | None
    status: Literal["measured", "undetermined"]
    reason: str = ""
    drift_std_ppm: float | None = None

    @classmethod
    def undetermined(cls, a: str, b: str, reason: str) -> Offset:
        return cls(a, b, None, None, None, "undetermined", reason)

    def to_json(self) -> dict[str, Any]:
        return {key: _finite(value) for key, value in asdict(self).items()}


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, float) or hasattr(value, "dtype"):
        value = float(value)
        return value if math.isfinite(value) else None
    return value


Verdict = Literal["pass", "limited", "fail"]


def verdict(findings: list[Finding]) -> Verdict:
    """Fail if any finding fails the episode, limited if any limits it, else pass."""
    if any(finding.effect == "fail" for finding in findings):
        return "fail"
    return "limited" if findings else "pass"
