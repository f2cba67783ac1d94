"""Stereo depth of the left rectified camera, read by frame range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xperience.episode.annotation import MAX_READ_BYTES, AnnotationFile
from xperience.episode.presence import Presence
from xperience.errors import FormatError

PATHS = ("depth/depth", "depth/confidence")


@dataclass(frozen=True)
class Depth:
    """Depth images, not read until asked for.

    Attributes:
        shape: (frames, height, width); (0, 0, 0) where absent.
        scale: depth image size over stereo image size.
        depth_min, depth_max: range of valid depth, metres.
        has_confidence: whether the file has a confidence image beside each depth image.
    """

    file: AnnotationFile
    shape: tuple[int, int, int]
    scale: float
    depth_min: float
    depth_max: float
    has_confidence: bool
    presence: Presence = Presence.PRESENT
    reason: str = ""

    @property
    def present(self) -> bool:
        return self.presence is Presence.PRESENT

    def __len__(self) -> int:
        return self.shape[0]

    def frames(self, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Depth [n, H, W] float32 in metres (0 or not finite = none) and confidence [n, H, W] uint8 or None."""
        depth = self.file.read(PATHS[0], start=start, stop=stop)
        assert depth is not None, "depth is absent"
        confidence = self.file.read(PATHS[1], start=start, stop=stop) if self.has_confidence else None
        return np.asarray(depth, np.float32), confidence

    def blocks(self, size: int = 64) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """(first frame, depth, confidence) for consecutive runs of at most `size` frames."""
        bytes_a_frame = max(1, self.shape[1] * self.shape[2] * 4)
        size = max(1, min(size, MAX_READ_BYTES // bytes_a_frame))
        for start in range(0, len(self), size):
            yield (start, *self.frames(start, min(start + size, len(self))))


def read(file: AnnotationFile) -> Depth:
    dataset = file.dataset(PATHS[0])
    if dataset is None:
        return Depth(file, (0, 0, 0), 1.0, 0.0, 0.0, False, Presence.ABSENT, "depth/depth is not in the file")
    if dataset.ndim != 3:
        raise FormatError(
            "depth has the wrong shape",
            file=file.path,
            field=PATHS[0],
            found=dataset.shape,
            expected="(N, H, W)",
        )
    confidence = file.dataset(PATHS[1])
    matching = confidence is not None and confidence.shape == dataset.shape
    scale = file.scalar("depth/scale")
    low, high = file.scalar("depth/depth_min"), file.scalar("depth/depth_max")
    return Depth(
        file,
        dataset.shape,
        1.0 if scale is None else scale,
        0.0 if low is None else low,
        4.0 if high is None else high,
        matching,
    )
