"""Images at another size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def area_average(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A uint8 image [H, W, C] at (width, height): each pixel the mean of the area it covers, halves to even."""
    height, width = image.shape[:2]
    if (width, height) == tuple(size):
        return image
    if height % size[1] == 0 and width % size[0] == 0:
        rows, columns = height // size[1], width // size[0]
        sums = image.reshape(size[1], rows, width, -1).sum(axis=1, dtype=np.uint32)
        sums = sums.reshape(size[1], size[0], columns, -1).sum(axis=2, dtype=np.uint32)
        return np.rint(sums / (rows * columns)).astype(np.uint8)
    across = np.tensordot(_coverage(height, size[1]), image.astype(np.float32), axes=1)
    means = np.matmul(_coverage(width, size[0]), across)
    return np.clip(np.rint(means), 0, 255).astype(np.uint8)


@lru_cache(maxsize=64)
def _coverage(pixels: int, cells: int) -> np.ndarray:
    """[cells, pixels] float32: the share of each cell that lies on each pixel; rows sum to one."""
    edges = np.arange(cells + 1) * (pixels / cells)
    low, high = edges[:-1, None], edges[1:, None]
    at = np.arange(pixels)
    overlap = np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, None)
    return (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
