"""Which streams a model may see where a task names blocks of the feature contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xperience.benchmark.task import CAPTION
from xperience.episode.cameras import VIEWS

STREAMS_OF: dict[str, tuple[str, ...]] = {
    "hand_left_joints": ("hand_left",),
    "hand_right_joints": ("hand_right",),
    "body_joints": ("body",),
    "body_contacts": ("contacts",),
    "camera_translation": ("pose",),
    "camera_rotation_matrix": ("pose",),
    "imu_accel_gyro": ("imu",),
    "depth_confidence": ("depth", "depth_confidence"),
    **{f"video_{view}": (f"video_{view}",) for view in VIEWS},
    "audio_fisheye_cam0_aac": ("audio",),
    "caption_objects_interaction_text": (),
    "slam_point_cloud": (),
    "calibration": (),
}
"""Streams behind each block. Language is no stream; map points and calibration stand beside the streams."""


@dataclass(frozen=True)
class Inputs:
    """What a model sees for one task: streams in registry order, and whether objects and interaction are read to it."""

    streams: tuple[str, ...]
    language: bool


def inputs_of(blocks: Sequence[str]) -> Inputs:
    """The inputs that hold what these blocks are made from, and no more."""
    from xperience.prepare.streams import STREAMS

    wanted = {stream for block in blocks for stream in STREAMS_OF[block]}
    return Inputs(tuple(name for name in STREAMS if name in wanted), CAPTION[0] in blocks)
