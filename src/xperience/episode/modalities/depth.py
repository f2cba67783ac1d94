"""Stereo depth of the left rectified camera, read by frame range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xperience.episode.annotation import MAX_READ_BYTES, AnnotationFile
from xperience.episode.presence import Notes, Presence
from xperience.errors import FormatError, MissingError

DEPTH, CONFIDENCE = "depth/depth", "depth/confidence"

SCALE_UNSTORED, RANGE_UNSTORED = 1.0, (0.0, 1.0)
"""What the official reader takes where the file does not say; noted as a problem."""


@dataclass(frozen=True)
class Depth:
    """Depth images, not read until asked for.

    Attributes:
        shape: (frames, height, width), at most the frames of the clock; (0, 0, 0) where absent.
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
        """Depth [n, H, W] float32 in metres (0 or not finite = none) and confidence [n, H, W] as stored, or None.

        Raises:
            LimitError: more than MAX_READ_BYTES at once; ask for fewer frames, or use `blocks`.
            CorruptError: the images cannot be decoded.
            MissingError: the recording has none.
        """
        return self.metres(start, stop), self.confidence(start, stop) if self.has_confidence else None

    def metres(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """The depth of `frames` alone."""
        begin, end, _ = slice(start, stop).indices(len(self))
        depth = self._read(DEPTH, begin, end)
        with np.errstate(over="ignore"):  # stored in double precision, nonsense may be too large
            return np.asarray(depth, np.float32)

    def confidence(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """The confidence of `frames` alone; only where `has_confidence`."""
        begin, end, _ = slice(start, stop).indices(len(self))
        return self._read(CONFIDENCE, begin, end)

    def _read(self, name: str, start: int, stop: int) -> np.ndarray:
        images = self.file.read(name, start=start, stop=stop)
        if images is None:
            raise MissingError("no such images in this recording", file=self.file.path, field=name)
        return images

    def blocks(self, size: int = 64) -> Iterator[tuple[int, np.ndarray, np.ndarray | None]]:
        """(first frame, depth, confidence) for consecutive runs of at most `size` frames."""
        bytes_a_frame = max(1, self.shape[1] * self.shape[2] * 8)
        size = max(1, min(size, MAX_READ_BYTES // bytes_a_frame))
        for start in range(0, len(self), size):
            yield (start, *self.frames(start, min(start + size, len(self))))


def read(file: AnnotationFile, num_frames: int, notes: Notes) -> Depth:
    """Looks at depth without reading an image.

    Raises:
        FormatError: depth is not [N, H, W].
    """
    dataset = file.dataset(DEPTH)
    if dataset is None:
        reason = f"{DEPTH} is not in the file"
        return Depth(file, (0, 0, 0), SCALE_UNSTORED, *RANGE_UNSTORED, False, Presence.ABSENT, reason)
    if dataset.ndim != 3 or dataset.dtype.kind not in "fiu":
        raise FormatError(
            "depth is not a stack of images",
            file=file.path,
            field=DEPTH,
            found=f"shape {dataset.shape} of {dataset.dtype}",
            expected="(N, H, W) of float32",
        )
    count, height, width = dataset.shape
    if count != num_frames:
        notes.add(DEPTH, "not as long as the frame clock", f"{count} images", f"{num_frames} frames")
    return Depth(
        file,
        (min(count, num_frames), height, width),
        _number(file, "scale", SCALE_UNSTORED, notes),
        _number(file, "depth_min", RANGE_UNSTORED[0], notes),
        _number(file, "depth_max", RANGE_UNSTORED[1], notes),
        _has_confidence(file, dataset.shape, notes),
    )


def _number(file: AnnotationFile, key: str, unstored: float, notes: Notes) -> float:
    value = file.scalar(f"depth/{key}")
    if value is not None and np.isfinite(value) and (key != "scale" or value > 0):
        return value
    notes.add(f"depth/{key}", "not stored: the official reader's default is taken", value, unstored)
    return unstored


def _has_confidence(file: AnnotationFile, shape: tuple[int, ...], notes: Notes) -> bool:
    confidence = file.dataset(CONFIDENCE)
    if confidence is not None and confidence.shape != shape:
        notes.add(CONFIDENCE, "not of the shape of depth: left out", confidence.shape, shape)
    return confidence is not None and confidence.shape == shape
