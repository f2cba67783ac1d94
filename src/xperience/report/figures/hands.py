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
    placed, scale = svg.fit(joints[..., :2], (20, 16, WIDTH - 40, HEIGHT - 40))
    for k, side in enumerate(HAND_SIDES):
        parts += svg.skeleton(placed[k], bones(HAND_PARENTS), side)
        wrist = placed[k, 0]
        if np.isfinite(wrist).all():
            anchor = "start" if k == 0 else "end"
            parts.append(svg.text(8 if k == 0 else WIDTH - 8, 16, side, f"label {side}", anchor))
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


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
