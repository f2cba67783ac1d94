"""Depth and its confidence as colours with a scale."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.report import images
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 30
TITLE = "Depth and confidence"
WHAT = "How far away each point of the left stereo view is, and how sure the measurement is."
COLORMAP, CONFIDENCE_COLORMAP = "viridis_r", "cividis"


def draw(scene: Scene) -> Card:
    depth = scene.episode.depth
    if not depth.present or len(depth) == 0:
        return Card(TITLE, WHAT, absent=depth.reason or "no depth frames")
    frame = min(scene.frame, len(depth) - 1)
    image, confidence = depth.frames(frame, frame + 1)
    metres = np.where(np.isfinite(image[0]) & (image[0] > 0), image[0], np.nan)
    seen = metres[np.isfinite(metres)]
    low, high = (np.percentile(seen, [1, 99]) if seen.size else (depth.depth_min, depth.depth_max)).tolist()  # type: ignore[union-attr]
    figures = [_map("depth", metres, low, high, COLORMAP, f"{low:.2f} m", f"{high:.2f} m")]
    if confidence is not None:
        figures.append(_map("confidence", confidence[0].astype(float), 0, 255, CONFIDENCE_COLORMAP, "unsure", "sure"))
    facts = [
        f"{depth.shape[2]}\u00d7{depth.shape[1]} pixels",
        f"{len(depth)} frames",
        f"{np.isfinite(metres).mean():.0%} of pixels measured here",
    ]
    if confidence is None:
        facts.append("no confidence in this recording")
    return Card(TITLE, WHAT, Markup('<div class="views two">{}</div>').format(Markup("").join(figures)), tuple(facts))


def _map(name: str, values: np.ndarray, low: float, high: float, colormap: str, least: str, most: str) -> Markup:
    href = images.data_uri(images.colored(values, low, high, colormap), lossless=True)
    return Markup(
        '<figure><img src="{}" alt="{}" class="map"><div class="scale"><span>{}</span>'
        '<img src="{}" alt=""><span>{}</span></div><figcaption>{}</figcaption></figure>'
    ).format(href, f"{name} as colours", least, images.scale_strip(colormap), most, name)
