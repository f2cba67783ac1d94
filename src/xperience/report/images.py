"""Pictures inside the page: arrays as data URIs, values as colours."""

from __future__ import annotations

import base64
import io

import numpy as np


def data_uri(image: np.ndarray, *, lossless: bool = False, quality: int = 78) -> str:
    """uint8 RGB or RGBA [H, W, 3 or 4] as a WebP data URI."""
    from PIL import Image

    assert image.dtype == np.uint8, image.dtype
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(
        buffer, format="webp", quality=quality, lossless=lossless, method=4
    )
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def shrink(size: tuple[int, int], width: int) -> tuple[int, int]:
    """(width, height) at most `width` wide, in the same shape; never enlarged."""
    factor = min(1.0, width / size[0])
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def colored(values: np.ndarray, low: float, high: float, colormap: str) -> np.ndarray:
    """[H, W] values in low..high as RGB uint8; what is not finite becomes mid grey."""
    from matplotlib import colormaps

    scaled = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    rgb = (colormaps[colormap](np.nan_to_num(scaled))[..., :3] * 255).round().astype(np.uint8)
    rgb[~np.isfinite(values)] = 128
    return rgb


def scale_strip(colormap: str, steps: int = 128) -> str:
    """A one-pixel-high picture of the colour map, from low to high, to stretch into a legend."""
    return data_uri(colored(np.linspace(0, 1, steps)[None], 0, 1, colormap), lossless=True)
