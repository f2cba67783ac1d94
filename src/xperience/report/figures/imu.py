"""Acceleration and rotation rate over the whole recording."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 90
TITLE = "Inertial sensor"
WHAT = "Acceleration with gravity, and turning rate, along three axes of the headset: x right, y down, z ahead."
WIDTH, PLOT = 560, 96
AXES_NAMES = ("x", "y", "z")


def draw(scene: Scene) -> Card:
    imu = scene.episode.imu
    if not imu.present or len(imu) == 0:
        return Card(TITLE, WHAT, columns=6, absent=imu.reason or "no samples")
    x_range = (min(0.0, float(imu.times_s[0])), max(float(imu.times_s[-1]), scene.episode.clock.duration_s))
    parts: list[Markup] = []
    y = 26.0
    for name, values in (("acceleration, m/s\u00b2", imu.accel), ("turning rate, rad/s", imu.gyro)):
        values = np.where(imu.valid[:, None], values, np.nan)
        axes = svg.Axes(46, y, WIDTH - 54, PLOT, x_range, svg.span(values))
        parts += [axes.title(name), *axes.grid_y(), axes.frame()]
        parts += [axes.curve(imu.times_s, values[:, k], f"curve s{k}") for k in range(3)]
        x = float(axes.px(scene.time_s))
        parts.append(svg.line(x, y, x, y + PLOT, "now"))
        y += PLOT + 40
    parts += axes.ticks_x("s")
    legend = [
        svg.text(WIDTH - 70 + 26 * k, 18, letter, f"label s{k}-text", "middle") for k, letter in enumerate(AXES_NAMES)
    ]
    mean = np.linalg.norm(imu.accel[imu.valid].mean(0)) if imu.valid.any() else float("nan")
    facts = (f"{imu.rate_hz:.0f} Hz", f"{len(imu)} samples", f"mean acceleration {mean:.2f} m/s\u00b2")
    figure = svg.drawing(WIDTH, y - 8, parts + legend, "acceleration and turning rate over time", "wide")
    return Card(TITLE, WHAT, figure, facts, 6)
