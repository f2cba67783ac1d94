"""Statistics and coarse grids of depth and its confidence."""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.episode.presence import Problem
from xperience.errors import CorruptError
from xperience.prepare.area import block_sums, grids
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames
from xperience.prepare.percentiles import positive_percentiles

NAME = "depth_confidence"
GRID = 8
CHANNELS = 140
BATCH = 16
PERCENTILES = (10, 50, 90)

UNKNOWN_RANGE = (0.0, 4.0)
"""Metres that the published features take where the file has no range."""


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """140 numbers a frame; frames past the end of the depth are zeros."""
    depth = episode.depth
    if not depth.present:
        return absent(NAME, windows, depth.reason)
    low = depth.depth_min if "depth/depth_min" in episode.file else UNKNOWN_RANGE[0]
    high = depth.depth_max if "depth/depth_max" in episode.file else UNKNOWN_RANGE[1]
    count = min(len(depth), windows.num_frames)
    values = np.zeros((windows.num_frames, CHANNELS), np.float32)
    valid = np.zeros(windows.num_frames, bool)
    problems = []
    if count < windows.num_frames:
        found, expected = f"{count} frames", str(windows.num_frames)
        problems.append(Problem("depth/depth", "depth ends before the annotation", found, expected))
    try:
        for start in range(0, count, BATCH):
            stop = min(start + BATCH, count)
            images, confidence = depth.frames(start, stop)
            values[start:stop, :72] = depth_summary(images, low, high)
            if confidence is not None:
                values[start:stop, 72:] = confidence_summary(confidence)
            valid[start:stop] = values[start:stop, 7] > 0
            tick(stop - start)
    except CorruptError as error:
        problems.append(Problem("depth/depth", error.what, str(error.found or "")))
    return from_frames(NAME, windows, values, valid, problems[0].what if problems else "", tuple(problems))


def depth_summary(images: np.ndarray, low: float, high: float) -> np.ndarray:
    """[n, 72] of depth images [n, H, W] float32, metres.

    Over the valid pixels (finite and above 0): mean, std, min, max, p10, p50, p90; the valid share; then the 8x8 grid
    of (depth - low) / (high - low) over all pixels, clipped to 0..1, NaN counting as depth 0.
    """
    n, height, width = images.shape
    out = np.zeros((n, 8 + GRID * GRID), np.float32)
    scaled = np.empty((1, height, width), np.float32)
    span = max(high - low, 1e-6)
    for k, image in enumerate(images):
        clean = positive_percentiles(image, PERCENTILES)
        out[k, :8] = _any_statistics(image) if clean is None else _clean_statistics(image, *clean)
        np.subtract(image, np.float32(low), out=scaled[0])
        scaled /= np.float32(span)
        np.clip(scaled, 0, 1, out=scaled)
        if clean is None:
            scaled[np.isnan(scaled)] = min(1.0, max(0.0, -low / span))
        out[k, 8:] = grids(scaled, GRID).reshape(-1)
    return out


def _clean_statistics(image: np.ndarray, count: int, ranks: np.ndarray) -> np.ndarray:
    """[8] where all that is not valid is exactly 0, so that sums over the image are sums over the valid pixels."""
    if not count:
        return np.zeros(8)
    mean = image.sum() / np.float32(count)
    away = image - mean
    if count < image.size:
        away *= image > 0
    return np.array([mean, np.sqrt(np.square(away, out=away).sum() / count), *ranks, count / image.size])


def _any_statistics(image: np.ndarray) -> np.ndarray:
    good = image[np.isfinite(image) & (image > 0)]
    if not len(good):
        return np.zeros(8)
    ranks = np.percentile(good, PERCENTILES)
    return np.array([good.mean(), good.std(), good.min(), good.max(), *ranks, len(good) / image.size])


def confidence_summary(images: np.ndarray) -> np.ndarray:
    """[n, 68] of confidence images [n, H, W]: mean, std, 0, max, then the 8x8 grid, all on 0..1.

    Divided by 255 where an image's maximum exceeds 1. The third number is a minimum that the published code takes
    together with 0, hence always 0.
    """
    n, height, width = images.shape
    if images.dtype != np.uint8 or height % GRID or width % GRID:
        return _confidence_of_any_kind(np.asarray(images, np.float32))
    out = np.zeros((n, 4 + GRID * GRID), np.float32)
    for k, image in enumerate(images):
        top = int(image.max(initial=0))
        scale = 255.0 if top > 1 else 1.0
        sums = block_sums([image], GRID)
        squares = int(np.add.reduce(np.square(image, dtype=np.uint16), axis=None, dtype=np.uint64))
        mean = int(sums.sum(dtype=np.float64)) / image.size
        out[k, :4] = mean / scale, np.sqrt(max(0.0, squares / image.size - mean * mean)) / scale, 0, top / scale
        out[k, 4:] = sums.reshape(-1) / (image.size / (GRID * GRID) * scale)
    return out


def _confidence_of_any_kind(images: np.ndarray) -> np.ndarray:
    out = np.zeros((len(images), 4 + GRID * GRID), np.float32)
    for k, image in enumerate(images):
        scaled = np.clip(image / np.float32(255 if image.max(initial=0) > 1 else 1), 0, 1)
        out[k, :4] = scaled.mean(), scaled.std(), 0, scaled.max(initial=0)
        out[k, 4:] = grids(scaled[None], GRID).reshape(-1)
    return out


BLOCKS = (Block(NAME, extract, 14),)
