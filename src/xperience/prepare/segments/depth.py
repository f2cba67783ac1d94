"""Depth and its confidence: without loss at the native size, or as small means of the valid pixels.

At the native size each frame is deflated on its own after its bytes are sorted by significance, so that any frame is one
read. Depth and confidence are two streams of one modality.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece
from xperience.prepare.plausible import DEPTH_REACH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span

LEVEL = 1
"""Of the deflation: higher ones cost thrice the time for a few per cent."""

BLOCK = 32
"""Frames read at once."""

SAMPLED = 32
"""One frame in so many counts for the statistics."""


class Source:
    """Frames of the segment, every n-th; absent where the recording has none."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.depth, self.settings = episode.depth, recipe.depth
        self.confidence = stream == "depth_confidence"
        self.present = self.depth.present and (self.depth.has_confidence or not self.confidence)
        self.tally = Tally()
        self.implausible = 0

    def segment(self, span: Span) -> Members:
        if not self.present:
            return {}
        every = self.settings.every
        kept = np.arange(-(-span.start // every) * every, min(span.stop, len(self.depth)), every)
        if not len(kept):
            return {}
        index = {"index.npy": (kept - span.start).astype(np.int32)}
        width = self.settings.width
        if width and width < self.depth.shape[2]:
            return {"values.npy": np.concatenate([reduced(block, width) for block in self._blocks(kept)]), **index}
        packed = [_pack(image) for block in self._blocks(kept) for image in block]
        return {
            "frames.bin": b"".join(packed),
            "offsets.npy": np.cumsum([0, *(len(data) for data in packed)]).astype(np.int64),
            "shape.npy": np.array(self.depth.shape[1:], np.int32),
            "bytes.npy": np.array([1 if self.confidence else 4], np.int32),
            **index,
        }

    def _blocks(self, kept: np.ndarray) -> Iterator[np.ndarray]:
        """The kept frames, a block at a time; frames between them are not read."""
        step = BLOCK if self.settings.every == 1 else 1
        for at in range(0, len(kept), step):
            first, last = int(kept[at]), int(kept[min(at + step, len(kept)) - 1]) + 1
            if self.confidence:
                images = grey(self.depth.confidence(first, last))
            else:
                images = self.depth.metres(first, last)
                images = np.where((images > 0) & (images <= DEPTH_REACH), images, np.float32(0))
            if at % SAMPLED == 0:
                some = images[:1].reshape(-1, 1)
                self.tally.add(some if self.confidence else some[some > 0][:, None])
            yield images


def grey(images: np.ndarray) -> np.ndarray:
    """Confidence as 0..255, whichever of 0..1 and 0..255 an image has it in."""
    if images.dtype == np.uint8:
        return images
    with np.errstate(invalid="ignore"):
        plain = np.nan_to_num(images.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        scale = np.where(plain.max(axis=(1, 2), keepdims=True, initial=0) <= 1, 255, 1)
        return np.rint(plain * scale).clip(0, 255).astype(np.uint8)


def reduced(images: np.ndarray, width: int) -> np.ndarray:
    """[n, h, width]: means of the valid (positive) pixels of each cell, 0 where it has none, in the images' type."""
    _, height, full = images.shape
    rows = max(1, round(height * width / full))
    y = np.linspace(0, height, rows + 1).round().astype(int)[:-1]
    x = np.linspace(0, full, width + 1).round().astype(int)[:-1]
    valid = (images > 0).astype(np.float64)
    total = np.add.reduceat(np.add.reduceat(images * valid, y, 1), x, 2)
    count = np.add.reduceat(np.add.reduceat(valid, y, 1), x, 2)
    mean = total / np.maximum(count, 1)
    return (np.round(mean) if images.dtype.kind == "u" else mean).astype(images.dtype)


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    index = parts.array("index.npy")
    low, high = (int(k) for k in np.searchsorted(index, [start, stop]))
    if "values.npy" in parts:
        values = parts.array("values.npy", low, high)
    else:
        offsets, shape = parts.array("offsets.npy"), tuple(int(k) for k in parts.array("shape.npy"))
        dtype = np.dtype({1: "uint8", 4: "<f4"}[int(parts.array("bytes.npy")[0])])
        data = parts.bytes("frames.bin", int(offsets[low]), int(offsets[high]))
        base = offsets[low]
        frames = [_unpack(data[offsets[k] - base : offsets[k + 1] - base], shape, dtype) for k in range(low, high)]
        values = np.stack(frames) if frames else np.zeros((0, *shape), dtype)
    return Piece(values, clock[index[low:high]], np.ones(len(values), bool))


def _pack(image: np.ndarray) -> bytes:
    data = np.ascontiguousarray(image).view(np.uint8).reshape(-1, image.dtype.itemsize)
    return zlib.compress(np.ascontiguousarray(data.T).tobytes(), LEVEL)


def _unpack(data: bytes, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    size = int(np.prod(shape)) * dtype.itemsize
    reader = zlib.decompressobj()
    raw = np.frombuffer(reader.decompress(data, size), np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(raw.T).view(dtype).reshape(shape)
