"""What derived shards hold: bytes and pixels for each recorded second."""

from __future__ import annotations

from dataclasses import dataclass

from xperience.corpus.planner.assumptions import Assumptions
from xperience.episode.layout import NOMINAL_FPS

FISHEYE_VIEWS, FISHEYE_SIZE = 4, (1088, 1280)
STEREO_VIEWS, STEREO_SIZE = 2, (512, 512)
"""Views of a recording; width, height in pixels."""

DEPTH_SIZE = 256
SENSOR_BYTES_PER_S = NOMINAL_FPS * (12 * 8 + 2 * 21 * 3 * 4 + 52 * 3 * 4 + 21 * 4 + 14) + 200 * (6 * 4 + 8)
"""Pose (3x4 float64), two hands, body, contacts, time and validity of each frame; IMU with its own clock."""

AUDIO_BYTES_PER_S = 16_000 * 2
LAYOUT_BYTES_PER_S = 42 * 768 / 8
"""Of 42 members in a segment of 8 s: a tar header and, on average, half a block of padding."""


@dataclass(frozen=True)
class ShardRecipe:
    """Which streams shards keep, and how large.

    Attributes:
        video_width: pixels across each view; 0 leaves video out; native keeps each view's own size.
        depth_width: pixels across; 0 leaves depth out.
    """

    name: str
    meaning: str
    video_width: int = 0
    depth_width: int = 0
    native: bool = False

    def view_sizes(self) -> list[tuple[int, int]]:
        """(width, height) of each view in the shards."""
        if not self.video_width and not self.native:
            return []
        out = []
        for count, (width, height) in ((FISHEYE_VIEWS, FISHEYE_SIZE), (STEREO_VIEWS, STEREO_SIZE)):
            across = width if self.native else min(self.video_width, width)
            out += [(across, round(height * across / width))] * count
        return out

    @property
    def video_mpx_per_s(self) -> float:
        """Megapixels of all views in one recorded second."""
        return sum(w * h for w, h in self.view_sizes()) * NOMINAL_FPS / 1e6

    @property
    def depth_raw_bytes_per_s(self) -> float:
        """Depth (float32) and confidence (uint8) of one recorded second, decoded."""
        return self.depth_width**2 * 5 * NOMINAL_FPS

    def parts(self, a: Assumptions) -> dict[str, float]:
        """Bytes of each kind of stream in one recorded second."""
        return {
            "video": self.video_mpx_per_s * 1e6 * a["video_bits_per_pixel"] / 8,
            "depth": self.depth_raw_bytes_per_s * a["depth_ratio"],
            "audio": float(AUDIO_BYTES_PER_S),
            "sensors": float(SENSOR_BYTES_PER_S),
            "layout": LAYOUT_BYTES_PER_S,
        }

    def bytes_per_s(self, a: Assumptions) -> float:
        return sum(self.parts(a).values())


RECIPES: dict[str, ShardRecipe] = {
    recipe.name: recipe
    for recipe in (
        ShardRecipe("sensors", "pose, hands, body, IMU, audio; no pictures"),
        ShardRecipe("small", "six views at 128 px, depth at 64 px, all sensors", 128, 64),
        ShardRecipe("standard", "six views at 256 px, depth at its own 256 px, all sensors", 256, DEPTH_SIZE),
        ShardRecipe("native", "six views at their own size in short groups, depth at 256 px", 0, DEPTH_SIZE, True),
    )
}
