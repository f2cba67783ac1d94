"""The four fisheye views at one moment, with the tracked hands projected through each lens."""

from __future__ import annotations

from markupsafe import Markup

from xperience.episode.cameras import FISHEYE_VIEWS
from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import HAND_PARENTS, bones
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene, picture

ORDER = 10
TITLE = "Fisheye views"
WHAT = "Four wide-angle cameras on the headset look ahead, down and to both sides."
WIDTH = 300


def draw(scene: Scene) -> Card:
    episode = scene.episode
    figures = []
    drawn_hands = False
    for view in FISHEYE_VIEWS:
        figure, hands = view_with_hands(scene, view, WIDTH)
        figures.append(figure)
        drawn_hands |= hands
    there = [view for view in FISHEYE_VIEWS if view in episode.views]
    if not there:
        return Card(TITLE, WHAT, columns=8, absent="no fisheye video in the recording")
    video = episode.video(there[0])
    facts = [
        f"{video.width}\u00d7{video.height} pixels",
        f"{video.fps:.3g} frames a second",
        f"{len(there)} of 4 views",
    ]
    if drawn_hands:
        facts.append("hands drawn through the lens model")
    return Card(
        TITLE, WHAT, Markup('<div class="views four">{}</div>').format(Markup("").join(figures)), tuple(facts), 8
    )


def view_with_hands(scene: Scene, view: str, width: int, words: str = "") -> tuple[Markup, bool]:
    """A picture of one view with `words` (or its name) below, and whether a hand is drawn on it."""
    found = picture(scene.episode, view, scene.frame, width)
    if found is None:
        reason = "not in this recording" if view not in scene.episode.views else "cannot be decoded here"
        empty = Markup('<div class="hole">{}</div>').format(reason)
        return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(empty, view), False
    href, size = found
    parts = [svg.image(href, 0, 0, *size)]
    overlay = hand_overlay(scene, view, size)
    drawn = svg.drawing(*size, parts + overlay, f"{view} at {scene.time_s:.1f} s")
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(drawn, words or view), bool(overlay)


def hand_overlay(scene: Scene, view: str, size: tuple[int, int], frame: int | None = None) -> list[Markup]:
    """Both hands as skeletons in the pixels of a picture of this size; thin lines whatever the size."""
    parts: list[Markup] = []
    for side in HAND_SIDES:
        pixels = scene.hand_pixels(side, view, size, frame)
        if pixels is not None:
            parts += svg.skeleton(pixels, bones(HAND_PARENTS), f"{side} overlay")
    return parts
