"""The rectified stereo pair: the same point lies on the same row of both pictures."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.episode.cameras import STEREO_VIEWS
from xperience.episode.layout import HAND_SIDES
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.figures.views import hand_overlay
from xperience.report.scene import Scene, picture

ORDER = 20
TITLE = "Stereo pair"
WHAT = "Two straightened views side by side. A point lies on the same row in both; how far it shifts gives its depth."
WIDTH = 320


def draw(scene: Scene) -> Card:
    episode = scene.episode
    there = [view for view in STEREO_VIEWS if view in episode.views]
    if not there:
        return Card(TITLE, WHAT, absent="no stereo video in the recording")
    figures = []
    for view in STEREO_VIEWS:
        found = picture(episode, view, scene.frame, WIDTH)
        if found is None:
            drawn = Markup('<div class="hole">not in this recording</div>')
        else:
            href, size = found
            parts = [svg.image(href, 0, 0, *size), *_rows(scene, size), *hand_overlay(scene, view, size)]
            drawn = svg.drawing(*size, parts, f"{view} at {scene.time_s:.1f} s")
        figures.append(Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(drawn, view))
    video = episode.video(there[0])
    facts = [f"{video.width}\u00d7{video.height} pixels", f"{video.fps:.3g} frames a second"]
    if episode.rig is not None and episode.rig.baseline is not None:
        facts.append(f"{episode.rig.baseline * 100:.1f} cm apart")
    return Card(TITLE, WHAT, Markup('<div class="views two">{}</div>').format(Markup("").join(figures)), tuple(facts))


def _rows(scene: Scene, size: tuple[int, int]) -> list[Markup]:
    """A horizontal line through each wrist, the same in both pictures."""
    parts = []
    for side in HAND_SIDES:
        pixels = scene.hand_pixels(side, "stereo_left", size)
        if pixels is not None and np.isfinite(pixels[0, 1]):
            parts.append(svg.line(0, pixels[0, 1], size[0], pixels[0, 1], f"row {side}"))
    return parts
