"""Drawings as inline SVG: crisp at any size, small, and coloured by the page's own style, in light and in dark.

Colours are never written here: shapes carry class names (`s0` to `s2` for series, `left`, `right`, `grid`, ...) that
the page's style sheet paints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape


def number(value: float) -> str:
    """A coordinate with a tenth of a pixel, as short as possible."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def element(name: str, content: Markup | str = "", /, **attributes: object) -> Markup:
    """One element; underscores in attribute names become hyphens, `cls` becomes `class`, values are escaped."""
    parts = []
    for key, value in attributes.items():
        if value is None:
            continue
        text = number(value) if isinstance(value, float) else value
        parts.append(f' {"class" if key == "cls" else key.replace("_", "-")}="{escape(text)}"')
    return Markup(f"<{name}{''.join(parts)}>{escape(content)}</{name}>")


def text(x: float, y: float, content: str, cls: str = "", anchor: str = "start") -> Markup:
    return element("text", content, x=float(x), y=float(y), cls=cls or None, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> Markup:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), cls=cls)


def circle(x: float, y: float, radius: float, cls: str) -> Markup:
    return element("circle", cx=float(x), cy=float(y), r=float(radius), cls=cls)


def rect(x: float, y: float, width: float, height: float, cls: str) -> Markup:
    return element("rect", x=float(x), y=float(y), width=float(width), height=float(height), cls=cls)


def polyline(points: np.ndarray, cls: str) -> Markup:
    """[K, 2] pixels as one path, broken where a point is not finite."""
    pieces, pen_down = [], False
    for x, y in points:
        if not (np.isfinite(x) and np.isfinite(y)):
            pen_down = False
            continue
        pieces.append(f"{'L' if pen_down else 'M'}{number(x)} {number(y)}")
        pen_down = True
    return element("path", d="".join(pieces), cls=cls)


def dots(points: np.ndarray, cls: str) -> Markup:
    """[K, 2] pixels as one path of points; the style's stroke width is their diameter."""
    finite = points[np.isfinite(points).all(1)]
    return element("path", d="".join(f"M{number(x)} {number(y)}h0" for x, y in finite), cls=f"dots {cls}")


def image(href: str, x: float, y: float, width: float, height: float) -> Markup:
    return element(
        "image",
        href=href,
        x=float(x),
        y=float(y),
        width=float(width),
        height=float(height),
        preserveAspectRatio="none",
    )


def drawing(width: float, height: float, parts: Iterable[Markup], label: str, cls: str = "") -> Markup:
    """A whole drawing, `label` for those who cannot see it."""
    body = Markup("").join(parts)
    return element("svg", body, viewBox=f"0 0 {number(width)} {number(height)}", role="img", aria_label=label, cls=cls)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round numbers inside [low, high]."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first = np.ceil(low / step - 1e-9) * step
    return [round(float(v), 10) + 0.0 for v in np.arange(first, high + step * 1e-6, step)]


def tick_label(value: float) -> str:
    return f"{value:g}".replace("-", "\u2212")


@dataclass(frozen=True)
class Axes:
    """A rectangle of the drawing with data coordinates.

    Attributes:
        x, y, width, height: the plot area in pixels.
        x_range, y_range: data at its edges; y grows upwards.
    """

    x: float
    y: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def px(self, value: np.ndarray | float) -> np.ndarray:
        low, high = self.x_range
        return self.x + (np.asarray(value, np.float64) - low) / ((high - low) or 1.0) * self.width

    def py(self, value: np.ndarray | float) -> np.ndarray:
        low, high = self.y_range
        return self.y + self.height - (np.asarray(value, np.float64) - low) / ((high - low) or 1.0) * self.height

    def grid_y(self, count: int = 3) -> list[Markup]:
        """Horizontal lines with numbers on the left."""
        parts = []
        for value in ticks(*self.y_range, count):
            y = float(self.py(value))
            parts.append(line(self.x, y, self.x + self.width, y, "grid"))
            parts.append(text(self.x - 6, y + 4, tick_label(value), "tick", "end"))
        return parts

    def ticks_x(self, unit: str = "", count: int = 5) -> list[Markup]:
        """Numbers under the plot; the unit follows the last one."""
        values = ticks(*self.x_range, count)
        parts = []
        for value in values:
            x = float(self.px(value))
            bottom = self.y + self.height
            parts.append(line(x, bottom, x, bottom + 4, "axis"))
            label = tick_label(value) + (f" {unit}" if unit and value == values[-1] else "")
            anchor = "end" if x > self.x + self.width - 14 else "middle"
            parts.append(text(x, bottom + 17, label, "tick", anchor))
        return parts

    def frame(self) -> Markup:
        return line(self.x, self.y + self.height, self.x + self.width, self.y + self.height, "axis")

    def curve(self, times: np.ndarray, values: np.ndarray, cls: str) -> Markup:
        """A sampled curve; where there are more samples than pixels, the least and greatest of each two pixels."""
        x, y = thin(np.asarray(times, np.float64), np.asarray(values, np.float64), int(self.width // 2))
        return polyline(np.stack([self.px(x), self.py(y)], 1), cls)

    def title(self, content: str) -> Markup:
        return text(self.x, self.y - 8, content, "label")


def thin(times: np.ndarray, values: np.ndarray, buckets: int) -> tuple[np.ndarray, np.ndarray]:
    """At most two samples a bucket, the extreme ones in order of time, so that no peak is lost."""
    if len(times) <= 2 * buckets:
        return times, values
    keep: list[int] = []
    for piece in np.array_split(np.arange(len(times)), buckets):
        good = piece[np.isfinite(values[piece])]
        if len(good) == 0:
            keep.append(int(piece[0]))
        else:
            keep.extend(sorted({int(good[values[good].argmin()]), int(good[values[good].argmax()])}))
    return times[keep], values[keep]


def span(values: np.ndarray, margin: float = 0.08) -> tuple[float, float]:
    """Range of the finite values with a little room; (0, 1) where there are none."""
    finite = np.asarray(values)[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = (high - low) * margin or abs(high) * margin or 1.0
    return low - room, high + room


def fit(points: np.ndarray, box: tuple[float, float, float, float], least: float = 1e-6) -> tuple[np.ndarray, float]:
    """[..., 2] points placed into box (x, y, width, height) at one scale; also pixels a unit. y points down."""
    flat = points.reshape(-1, 2)
    flat = flat[np.isfinite(flat).all(1)]
    x, y, width, height = box
    if len(flat) == 0:
        return np.full(points.shape, np.nan), 1.0
    low, high = flat.min(0), flat.max(0)
    scale = float(min(width / max(high[0] - low[0], least), height / max(high[1] - low[1], least)))
    return (points - (low + high) / 2) * scale + np.array([x + width / 2, y + height / 2]), scale


def scale_bar(x: float, y: float, pixels_per_unit: float, longest: float, unit: str = "m") -> list[Markup]:
    """A bar of a round length, at most `longest` pixels long, with its length beside it."""
    length = max(ticks(0.0, longest / pixels_per_unit, 2))
    width = length * pixels_per_unit
    label = f"{length:g} {unit}" if length >= 0.1 or unit != "m" else f"{length * 100:g} cm"
    parts = [line(x, y, x + width, y, "axis thick"), line(x, y - 3, x, y + 3, "axis")]
    return [*parts, line(x + width, y - 3, x + width, y + 3, "axis"), text(x + width + 6, y + 4, label, "tick")]


def skeleton(points: np.ndarray, pairs: Sequence[tuple[int, int]], cls: str, joints: bool = True) -> list[Markup]:
    """Joints [J, 2] in pixels with their bones; what is not finite is left out."""
    strokes = []
    for a, b in pairs:
        if np.isfinite(points[[a, b]]).all():
            strokes.append(
                f"M{number(points[a, 0])} {number(points[a, 1])}L{number(points[b, 0])} {number(points[b, 1])}"
            )
    parts = [element("path", d="".join(strokes), cls=f"bone {cls}")] if strokes else []
    return [*parts, dots(points, f"joint {cls}")] if joints else parts
