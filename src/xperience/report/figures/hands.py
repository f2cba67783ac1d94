"""Both hands as the left stereo camera meets them: from the front and from above."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import HAND_PARENTS, bones
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 50
TITLE = "Hands"
WHAT = "21 joints of each hand in three dimensions, and when each hand was tracked."
WIDTH, HEIGHT, BAR = 360, 210, 14


def draw(scene: Scene) -> Card:
    episode = scene.episode
    signals = {side: episode.hand(side) for side in HAND_SIDES}
    if not any(signal.present for signal in signals.values()):
        return Card(TITLE, WHAT, absent=signals["left"].reason)
    frame = scene.frame
    joints = np.full((2, 21, 3), np.nan)
    for k, side in enumerate(HAND_SIDES):
        signal = signals[side]
        if frame < len(signal) and signal.valid[frame]:
            joints[k] = signal.values[frame]
    parts: list[Markup] = []
    placed, scale = svg.fit(joints[..., :2], (40, 22, WIDTH - 80, HEIGHT - 60))
    for k, side in enumerate(HAND_SIDES):
        parts += svg.skeleton(placed[k], bones(HAND_PARENTS), side)
        if np.isfinite(placed[k]).all():
            parts.append(_label(placed[k], side))
    if np.isfinite(placed).any():
        parts += svg.scale_bar(14, HEIGHT - 8, scale, 90)
    else:
        parts.append(svg.text(WIDTH / 2, HEIGHT / 2, "neither hand is tracked at this moment", "tick", "middle"))
    y = HEIGHT + 10
    facts = []
    for side in HAND_SIDES:
        signal = signals[side]
        parts.append(svg.text(0, y + BAR - 3, side, "tick"))
        axes = svg.Axes(40, y, WIDTH - 40, BAR, (0.0, max(1.0, float(episode.num_frames))), (0, 1))
        parts.append(svg.rect(axes.x, y, axes.width, BAR, "track"))
        for start, stop in runs(signal.valid):
            x = float(axes.px(start))
            parts.append(svg.rect(x, y, max(0.5, float(axes.px(stop)) - x), BAR, f"fill {side}"))
        x = float(axes.px(frame))
        parts.append(svg.line(x, y - 2, x, y + BAR + 2, "now"))
        share = signal.valid.mean() if len(signal) else 0.0
        facts.append(f"{side} tracked {share:.0%} of the time" if signal.present else f"{side} hand absent")
        y += BAR + 6
    figure = svg.drawing(WIDTH, y, parts, "both hands seen by the left stereo camera, and when each was tracked")
    return Card(TITLE, WHAT, figure, ("metres", *facts))


def _label(hand: np.ndarray, side: str) -> Markup:
    """The side's name beside the wrist, away from the fingers and inside the drawing."""
    wrist, fingers = hand[0], hand[1:].mean(0)
    away = wrist - fingers
    x, y = wrist + away / max(float(np.linalg.norm(away)), 1e-6) * 14
    anchor = "end" if away[0] < 0 else "start"
    x = min(max(x, 34.0), WIDTH - 4.0) if anchor == "end" else min(max(x, 4.0), WIDTH - 34.0)
    return svg.text(x, min(max(y + 4, 14.0), HEIGHT - 22.0), side, f"label halo {side}", anchor)


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
