"""Depth and its confidence: without loss at the native size, or as small means of the valid pixels.

At the native size each frame is deflated on its own after its bytes are sorted by significance, so that any frame is one
read. Depth and confidence are two streams of one modality.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from xperience.prepare.piece import Piece

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span

LEVEL = 1
"""Of the deflation: higher ones cost thrice the time for a few per cent."""


class Source:
    """Frames of the segment, every n-th; absent where the recording has none."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        self.depth, self.settings = episode.depth, recipe.depth
        self.confidence = stream == "depth_confidence"
        self.present = self.depth.present and (self.depth.has_confidence or not self.confidence)

    def segment(self, span: Span) -> Members:
        if not self.present:
            return {}
        every = self.settings.every
        kept = np.arange(-(-span.start // every) * every, min(span.stop, len(self.depth)), every)
        if not len(kept):
            return {}
        depth, confidence = self.depth.frames(int(kept[0]), int(kept[-1]) + 1)
        images = confidence if self.confidence else depth
        assert images is not None
        images = np.nan_to_num(np.asarray(images)[::every], nan=0.0, posinf=0.0, neginf=0.0)
        index = (kept - span.start).astype(np.int32)
        if self.settings.width and self.settings.width < images.shape[2]:
            return {"values.npy": reduced(images, self.settings.width), "index.npy": index}
        packed = [_pack(image) for image in images]
        offsets = np.cumsum([0, *(len(data) for data in packed)]).astype(np.int64)
        shape = np.array(images.shape[1:], np.int32)
        kind = np.array([images.dtype.itemsize], np.int32)
        return {
            "frames.bin": b"".join(packed),
            "offsets.npy": offsets,
            "shape.npy": shape,
            "bytes.npy": kind,
            "index.npy": index,
        }


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
