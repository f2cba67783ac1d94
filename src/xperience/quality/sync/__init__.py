"""Measured synchronisation: offset and drift between streams, from the signals themselves."""

from __future__ import annotations

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset


def measure_all(evidence: Evidence) -> list[Offset]:
    """Every pair that the recording allows; a pair whose streams are not there is left out."""
    from xperience.quality.sync import audio_motion, hands_body, imu_pose, video_pose, views

    return [
        offset for pair in (imu_pose, video_pose, views, hands_body, audio_motion) for offset in pair.measure(evidence)
    ]
