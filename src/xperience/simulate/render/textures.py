"""Procedural textures: small tiles of brightness with coarser copies for distant surfaces.

A tile repeats over a surface with its part's period. Each is evaluated once per session, from the session's seed,
at several resolutions, so that a far wall takes its pixel from a coarse copy and does not flicker.
"""

from __future__ import annotations

import numpy as np

TILE = 256
"""Finest tile, pixels a side; a power of two."""
LEVELS = 9
"""256, 128, ... 1 pixel."""

KINDS = ("plain", "wood", "tiles", "stripes", "speckle", "label")


def _noise(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Periodic smooth noise [TILE, TILE] in -1..1 with `cells` bumps a side."""
    grid = rng.uniform(-1, 1, (cells, cells))
    at = np.arange(TILE) * cells / TILE
    low = at.astype(int)
    t = at - low
    t = t * t * (3 - 2 * t)
    rows = grid[low % cells] * (1 - t)[:, None] + grid[(low + 1) % cells] * t[:, None]
    return rows[:, low % cells] * (1 - t) + rows[:, (low + 1) % cells] * t


def _plain(rng: np.random.Generator) -> np.ndarray:
    return 1 + 0.05 * _noise(rng, 4) + 0.04 * _noise(rng, 16) + 0.03 * _noise(rng, 64)


def _wood(rng: np.random.Generator) -> np.ndarray:
    x = np.linspace(0, 1, TILE, endpoint=False)
    along = _noise(rng, 3) * 0.06 + _noise(rng, 9) * 0.02
    rings = np.sin(2 * np.pi * (x[:, None] * 7 + along * 7))
    fibre = np.repeat(_noise(rng, 128)[:, :1], TILE, 1)
    plank = np.where((x[:, None] * 4) % 1 < 0.025, 0.72, 1.0)
    return (0.93 + 0.13 * rings + 0.07 * fibre + 0.05 * _noise(rng, 32)) * plank


def _tiles(rng: np.random.Generator) -> np.ndarray:
    x = np.linspace(0, 1, TILE, endpoint=False)
    joint = (x < 0.02) | (x > 0.98) | (np.abs(x - 0.5) < 0.02)
    shade = np.kron(rng.uniform(0.88, 1.06, (2, 2)), np.ones((TILE // 2, TILE // 2)))
    tile = shade + 0.05 * _noise(rng, 24)
    return np.where(joint[:, None] | joint[None, :], 0.62, tile)


def _stripes(rng: np.random.Generator) -> np.ndarray:
    x = np.linspace(0, 1, TILE, endpoint=False)
    band = 0.84 + 0.24 * np.tanh(4 * np.sin(2 * np.pi * x))[None, :]
    return band * (1 + 0.05 * _noise(rng, 48))


def _speckle(rng: np.random.Generator) -> np.ndarray:
    spots = _noise(rng, 40) + 0.6 * _noise(rng, 90)
    return 0.95 + 0.12 * _noise(rng, 8) + np.where(spots > 0.75, -0.35, 0.0) + np.where(spots < -0.8, 0.2, 0.0)


def _label(rng: np.random.Generator) -> np.ndarray:
    tile = np.full((TILE, TILE), 1.0)
    tile[: TILE // 4] = 0.72
    line = TILE // 16
    for row in range(5, 15):  # rows of words
        edges = np.sort(rng.integers(TILE // 10, TILE - TILE // 10, 6))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            tile[row * line : row * line + line // 2, start:stop] = 0.45
    return tile * (1 + 0.03 * _noise(rng, 32))


_MAKERS = {
    "plain": _plain,
    "wood": _wood,
    "tiles": _tiles,
    "stripes": _stripes,
    "speckle": _speckle,
    "label": _label,
}


class TextureAtlas:
    """All tiles of a session at all levels, as one flat array.

    Attributes:
        values: float32 brightness factors.
        offsets: [LEVELS] start of a level's block; in it the kinds stand one after the other.
    """

    def __init__(self, seed: int) -> None:
        blocks, offsets, start = [], [], 0
        rng = np.random.default_rng(seed)
        tiles = np.stack([_MAKERS[kind](rng) for kind in KINDS])
        for level in range(LEVELS):
            side = TILE >> level
            coarse = tiles.reshape(len(KINDS), side, TILE // side, side, TILE // side).mean((2, 4))
            offsets.append(start)
            blocks.append(coarse.reshape(-1))
            start += coarse.size
        self.values = np.concatenate(blocks).astype(np.float32)
        self.offsets = np.array(offsets, np.int32)

    def sample(self, kind: np.ndarray, a: np.ndarray, b: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        """Brightness [n] at coordinates a, b [n] in periods, for pixels that cover `footprint` [n] periods.

        Args:
            kind: [n] int32 index into KINDS.
        """
        # The exponent of the footprint in finest pixels is the level.
        level = np.frexp(footprint * np.float32(TILE))[1]
        np.clip(level, 0, LEVELS - 1, out=level)
        side = np.right_shift(np.int32(TILE), level)
        mask = side - 1
        column = (a * side).astype(np.int32)
        column &= mask
        row = (b * side).astype(np.int32)
        row &= mask
        row += kind * side
        row *= side
        row += column
        row += self.offsets.take(level)
        return self.values.take(row)
