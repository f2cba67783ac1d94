"""The image sensor behind a lens: brightness to grey levels, with noise."""

from __future__ import annotations

import numpy as np

READ_NOISE = 1.2
"""Standard deviation of sensor noise, grey levels of 255."""
_POOL = 1 << 18
_POOL_SEED = 5


class Sensor:
    """Exposes one view; its noise is a pure function of the seed and the order of calls.

    Args:
        gain: grey level 255 stands for this much less than brightness 1.
    """

    _pool: np.ndarray | None = None

    def __init__(self, seed: list[int], gain: float = 1.0) -> None:
        self._scale = np.float32(255 * gain)
        self._rng = np.random.default_rng(seed)
        if Sensor._pool is None:  # one pool for all sensors of a process; each starts anywhere in it
            noise = np.random.default_rng(_POOL_SEED).normal(0.5, READ_NOISE, _POOL)  # 0.5: truncation then rounds
            Sensor._pool = np.concatenate([noise, noise]).astype(np.float32)
        self._noise = Sensor._pool

    def expose(self, brightness: np.ndarray) -> np.ndarray:
        """[3, n] float32 in 0..1 and above to uint8; changes its argument."""
        brightness *= self._scale
        for channel in brightness:
            for start in range(0, len(channel), _POOL):
                piece = channel[start : start + _POOL]
                offset = int(self._rng.integers(_POOL))
                piece += self._noise[offset : offset + len(piece)]
        np.clip(brightness, 0, 255, out=brightness)
        return brightness.astype(np.uint8)
