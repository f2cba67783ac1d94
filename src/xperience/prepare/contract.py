"""Feature contract v1: which blocks stand where in a window's vector, and how wide each is."""

from __future__ import annotations

from dataclasses import dataclass

from xperience.episode.cameras import VIEWS

VERSION = "v1"

STATISTICS = ("mean", "std", "min", "max", "delta", "velocity_mean", "velocity_std")
"""Order of the window statistics inside a block: all channels' means first, then all standard deviations, ..."""


@dataclass(frozen=True)
class BlockSpec:
    """One block of the vector.

    Attributes:
        name: name in the manifest.
        channels: numbers per frame, or in all where the block is static.
        static: the same for all windows of a recording, hence without window statistics.
    """

    name: str
    channels: int
    static: bool = False

    @property
    def size(self) -> int:
        """Numbers in the vector."""
        return self.channels if self.static else self.channels * len(STATISTICS)


BLOCKS: tuple[BlockSpec, ...] = (
    BlockSpec("hand_left_joints", 21 * 3),
    BlockSpec("hand_right_joints", 21 * 3),
    BlockSpec("body_joints", 52 * 3),
    BlockSpec("body_contacts", 21),
    BlockSpec("camera_translation", 3),
    BlockSpec("camera_rotation_matrix", 9),
    BlockSpec("imu_accel_gyro", 6),
    BlockSpec("depth_confidence", 140),
    *(BlockSpec(f"video_{view}", 98) for view in VIEWS),
    BlockSpec("audio_fisheye_cam0_aac", 24),
    BlockSpec("caption_objects_interaction_text", 128),
    BlockSpec("slam_point_cloud", 22, static=True),
    BlockSpec("calibration", 117, static=True),
)

BY_NAME: dict[str, BlockSpec] = {block.name: block for block in BLOCKS}


def _slices() -> dict[str, slice]:
    out, at = {}, 0
    for block in BLOCKS:
        out[block.name] = slice(at, at + block.size)
        at += block.size
    return out


SLICES: dict[str, slice] = _slices()
"""Place of each block in the vector."""

SIZE = sum(block.size for block in BLOCKS)
"""Numbers in a window's vector: 8,546."""
