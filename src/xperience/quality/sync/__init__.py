"""Measured synchronisation: offset and drift between streams, from the signals themselves.

Each module here that has a function `measure(evidence)` gives the offsets of one kind of pair; `STREAM` is the modality
to blame where it cannot do its work. A pair whose streams are not there is left out.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xperience.quality.evidence import Evidence
    from xperience.quality.finding import Offset


def pairs() -> tuple[ModuleType, ...]:
    """The modules, in the order in which their offsets are listed."""
    from xperience.quality.sync import audio_motion, hands_body, imu_pose, video_pose, views

    return imu_pose, video_pose, views, hands_body, audio_motion


def measure_all(evidence: Evidence) -> list[Offset]:
    """Every offset that the recording allows."""
    return [offset for pair in pairs() for offset in pair.measure(evidence)]
