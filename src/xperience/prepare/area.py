"""Images to small grids whose cells are the mean of their pixels, as OpenCV's INTER_AREA computes them.

Sizes that the grid divides take the fast road: integer sums, nothing lost. Other sizes weigh the pixels that a cell
cuts by the part it covers; there the order of the float32 sums is OpenCV's (columns first, then rows), since a mean
that lies half-way between two grey levels goes up or down by their last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

MAX_ROWS_16 = 257
"""Most 8-bit rows whose sum surely fits 16 bits."""

MAX_PIXELS_24 = 2**24 // 255
"""Most 8-bit pixels whose sum a float32 surely holds exactly."""


def grid_8bit(planes: Sequence[np.ndarray], cells: int) -> np.ndarray:
    """Means of 8-bit planes of one size, rounded to 8 bits, halves to even: uint8 [planes, cells, cells]."""
    height, width = planes[0].shape
    if height % cells or width % cells:
        return np.rint(np.stack([weighted_means(plane, cells) for plane in planes])).astype(np.uint8)
    sums = block_sums(planes, cells).astype(np.float32)
    return np.rint(sums * np.float32(1 / ((height // cells) * (width // cells)))).astype(np.uint8)


def block_sums(planes: Sequence[np.ndarray], cells: int) -> np.ndarray:
    """[planes, cells, cells] exact sums of the blocks of 8-bit images of one size whose sides `cells` divides."""
    height, width = planes[0].shape
    rows, columns = height // cells, width // cells
    by_row = np.empty((len(planes), cells, width), np.uint16 if rows <= MAX_ROWS_16 else np.uint32)
    for plane, out in zip(planes, by_row, strict=True):
        np.add.reduce(plane.reshape(cells, rows, width), axis=1, dtype=by_row.dtype, out=out)
    of_cell = by_row.reshape(len(planes), cells, cells, columns)
    if rows * columns <= MAX_PIXELS_24:  # exact in float32, and twice as fast
        return np.einsum("pabc->pab", of_cell.astype(np.float32))
    return np.add.reduce(of_cell, axis=3, dtype=np.uint64)


def weighted_means(plane: np.ndarray, cells: int) -> np.ndarray:
    """[cells, cells] float32 means of an image of any size; pixels that a cell cuts count by the part covered."""
    pixels = plane.astype(np.float32)
    across = np.zeros((pixels.shape[0], cells), np.float32)
    for index, weight in _taps(pixels.shape[1], cells):
        across += pixels[:, index] * weight
    out = np.zeros((cells, cells), np.float32)
    for index, weight in _taps(pixels.shape[0], cells):
        out += across[index] * weight[:, None]
    return out


def grids(images: np.ndarray, cells: int) -> np.ndarray:
    """[n, cells, cells] float32 means of float images [n, H, W]."""
    n, height, width = images.shape
    if height % cells == 0 and width % cells == 0:
        rows = np.add.reduce(images.reshape(n, cells, height // cells, width), axis=2)
        sums = np.add.reduce(rows.reshape(n, cells, cells, width // cells), axis=3)
        return sums * np.float32(1 / ((height // cells) * (width // cells)))
    return (
        np.stack([weighted_means(image, cells) for image in images]) if n else np.zeros((0, cells, cells), np.float32)
    )


@cache
def _taps(size: int, cells: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Pixels of each cell along one axis as (index [cells], weight [cells] float32) pairs, first pixels first.

    Cell i covers pixels i size / cells to (i + 1) size / cells; slivers under a thousandth of a pixel do not count.
    """
    scale = size / cells
    of_cell: list[list[tuple[int, float]]] = []
    for i in range(cells):
        first, last = i * scale, i * scale + scale
        covered = min(scale, size - first)
        whole_to = min(int(np.floor(last)), size - 1)
        whole_from = min(int(np.ceil(first)), whole_to)
        taps = [(k, 1 / covered) for k in range(whole_from, whole_to)]
        if whole_from - first > 1e-3:
            taps.insert(0, (whole_from - 1, (whole_from - first) / covered))
        if last - whole_to > 1e-3:
            taps.append((whole_to, min(last - whole_to, 1.0, covered) / covered))
        of_cell.append(taps)
    count = max(map(len, of_cell))
    padded = [taps + [(0, 0.0)] * (count - len(taps)) for taps in of_cell]
    index = np.array([[k for k, _ in taps] for taps in padded])
    weight = np.array([[w for _, w in taps] for taps in padded], np.float32)
    return tuple((index[:, t], weight[:, t]) for t in range(count))
