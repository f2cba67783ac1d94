"""Colour, grey grid and edges of each view's frames."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from xperience.episode import Episode
from xperience.episode.cameras import FISHEYE_VIEWS, VIEWS
from xperience.episode.modalities.video import Video, orientation
from xperience.episode.presence import Problem
from xperience.errors import CorruptError
from xperience.prepare.area import grid_8bit
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames

CELLS, GRID, BINS = 32, 8, 8
CHANNELS = 98
BATCH = 64
"""Frames whose cells are summed up together."""

MAX_DAMAGE = 100
"""Damaged places after which a video is given up."""

PLANAR_WIDTH = 32
"""libswscale's planar RGB writer is the fastest, but leaves the last columns of other widths unwritten."""


def extract(view: str, episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """98 numbers a frame.

    A frame that cannot be decoded, or lies past the end of the video, repeats the one before it and counts as not
    valid. After damage, decoding goes on at the next key frame.
    """
    name = f"video_{view}"
    if view not in episode.views:
        return absent(name, windows, f"{view}.mp4 is not in the folder")
    values = np.zeros((windows.num_frames, CHANNELS), np.float32)
    valid = np.zeros(windows.num_frames, bool)
    batch: dict[int, np.ndarray] = {}
    problems: list[Problem] = []

    def flush() -> None:
        frames = list(batch)
        values[frames] = summary(np.stack([batch[k] for k in frames]))
        valid[frames] = True
        tick(len(frames))
        batch.clear()

    for number, grid in cells(episode.video(view), windows.num_frames, problems):
        batch[number] = grid
        if len(batch) == BATCH:
            flush()
    if batch:
        flush()
    if not valid.any():
        return absent(name, windows, problems[0].what if problems else "no frame can be decoded", tuple(problems))
    count = int(np.flatnonzero(valid)[-1]) + 1
    if count < windows.num_frames:
        what = "video ends before the annotation"
        problems.append(Problem(f"{view}.mp4", what, f"{count} frames", f"{windows.num_frames}"))
    source = np.maximum.accumulate(np.where(valid, np.arange(windows.num_frames), -1))
    values = np.where(source[:, None] >= 0, values[source], 0)
    return from_frames(name, windows, values, valid, problems[0].what if problems else "", tuple(problems))


def cells(video: Video, count: int, problems: list[Problem]) -> Iterator[tuple[int, np.ndarray]]:
    """(frame number, upright RGB at 32x32, uint8 [3, 32, 32]) of the first `count` frames that can be decoded.

    Damage is added to `problems`.
    """
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    shown = None
    start = 0
    while start < count:
        number = start - 1
        try:
            for number, frame in video.decode(start, count):
                shown = shown or orientation(frame)
                yield number, frame_cells(reformatter, frame, shown)
            return
        except CorruptError as error:
            found = f"{error.field or ''} {error.found or ''}".strip()
            problems.append(Problem(f"{video.view}.mp4", error.what, found))
            if len(problems) > MAX_DAMAGE:
                return
            start = _next_key_frame(video, number + 1, count)


def _next_key_frame(video: Video, damaged: int, count: int) -> int:
    """First key frame after the damaged frame; `count` where there is none or the container cannot be read."""
    try:
        later = [int(k) for k in video.key_frames() if k > damaged]
    except CorruptError:
        return count
    return min(later, default=count)


def frame_cells(reformatter: Any, frame: Any, shown: tuple[bool, bool, bool]) -> np.ndarray:
    """[3, 32, 32] uint8 RGB of one decoded frame, turned as `orientation` says it is to be shown."""
    turned, flip_x, flip_y = shown
    planes = rgb_planes(reformatter, frame)
    if turned:
        planes = [plane.T for plane in planes]
    planes = [plane[:: -1 if flip_y else 1, :: -1 if flip_x else 1] for plane in planes]
    return grid_8bit(planes, CELLS)


def rgb_planes(reformatter: Any, frame: Any) -> list[np.ndarray]:
    """Red, green and blue [H, W] uint8 by libswscale's default conversion, views where that is possible."""
    if frame.width % PLANAR_WIDTH == 0 and frame.format.name in ("yuv420p", "yuvj420p"):
        planar = reformatter.reformat(frame, format="gbrp", threads=1)
        green, blue, red = (
            np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
            for plane in planar.planes
        )
        return [red, green, blue]
    packed = reformatter.reformat(frame, format="bgr24", interpolation="BICUBIC", threads=1).to_ndarray()
    return [packed[..., k] for k in (2, 1, 0)]


def summary(rgb: np.ndarray) -> np.ndarray:
    """[n, 98] of frames uint8 [n, 3, 32, 32]: mean 3, std 3, histograms 3x8, grey grid 64, gradients 4.

    Values are on 0..1. Histograms: 8 equal bins, each channel summing to 1. Grey = (9798 R + 19235 G + 3735 B + 16384)
    >> 15, in 8 bits. Gradients: mean |gx|, mean |gy|, std |gx|, std |gy| by central differences.
    """
    n, pixels = len(rgb), CELLS * CELLS
    flat = rgb.reshape(n, 3, pixels)
    wide = flat.astype(np.int32)
    mean = wide.sum(axis=2, dtype=np.int32) / pixels
    spread = np.sqrt(np.einsum("ncp,ncp->nc", wide, wide) / pixels - np.square(mean))
    # Eight bins on 0..255 begin at the multiples of 32, for 255 / 8 = 31.9. Counting beats sorting into bins.
    reach = np.full((n, 3, BINS + 1), pixels)
    for k in range(1, BINS):
        reach[..., k] = np.add.reduce(flat >= 32 * k, axis=2, dtype=np.uint16)
    reach[..., BINS] = 0
    histogram = (reach[..., :-1] - reach[..., 1:]).reshape(n, -1) / pixels
    grey8 = (9798 * wide[:, 0] + 19235 * wide[:, 1] + 3735 * wide[:, 2] + 16384) >> 15
    side = CELLS // GRID
    rows = grey8.reshape(n, GRID, side, CELLS).sum(axis=2, dtype=np.int32)
    small = np.einsum("nabc->nab", rows.reshape(n, GRID, GRID, side)).reshape(n, -1) / (side * side * 255)
    grey = (grey8.astype(np.float32) / 255).reshape(n, CELLS, CELLS)
    edges = [np.abs(np.gradient(grey, axis=axis)).reshape(n, -1) for axis in (2, 1)]
    strength = np.stack([*(e.mean(axis=1) for e in edges), *(e.std(axis=1) for e in edges)], axis=1)
    return np.concatenate([mean / 255, spread / 255, histogram, small, strength], axis=1).astype(np.float32)


BLOCKS = tuple(Block(f"video_{view}", partial(extract, view), 100 if view in FISHEYE_VIEWS else 22) for view in VIEWS)
