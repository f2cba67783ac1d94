"""The atlas's curves and strips as SVG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from xperience.report import svg
from xperience.report.taxonomy.facets import Facet
from xperience.report.taxonomy.groups import Groups

WIDTH = 560
LONGEST_STRIP = 1200
"""Sessions drawn; more would be thinner than a pixel."""


def histogram(values: np.ndarray, groups: Sequence[int], styles: Sequence[str], unit: str, what: str) -> Markup:
    """Episodes by a number, stacked by group."""
    values = np.asarray(values, np.float64)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        low, high = low - 0.5, high + 0.5
    bins = int(np.clip(np.sqrt(len(values)) * 2, 6, 48))
    edges = np.linspace(low, high, bins + 1)
    counts = np.stack(
        [np.histogram(values[np.asarray(groups) == k], edges)[0] for k in range(len(styles))]
    )  # [groups, bins]
    axes = svg.Axes(46, 12, WIDTH - 60, 150, (low, high), (0.0, float(counts.sum(0).max())))
    parts = [*axes.grid_y(_whole(axes)), *axes.ticks_x(unit)]
    x = axes.px(edges)
    base = np.zeros(bins)
    for row, style in zip(counts, styles, strict=True):
        top = base + row
        for k in np.flatnonzero(row):
            y0, y1 = float(axes.py(base[k])), float(axes.py(top[k]))
            parts.append(
                svg.rect(float(x[k]) + 0.5, y1, max(0.5, float(x[k + 1] - x[k]) - 1), max(0.4, y0 - y1), style)
            )
        base = top
    return svg.drawing(WIDTH, 200, [*parts, axes.frame()], what, "plot")


def _whole(axes: svg.Axes) -> int:
    """Grid lines of an axis of counts: no halves of an episode."""
    return int(min(3, max(1, axes.y_range[1])))


def tail(facets: Sequence[Facet]) -> Markup:
    """Episodes of a value over its rank, both on logarithmic axes: a straight fall is a long tail."""
    drawn = [f for f in facets if len(f.values) > 1 and f.values[0].episodes > f.values[-1].episodes][:3]
    if not drawn:
        return Markup("")
    far = np.log10(max(len(facet.values) for facet in drawn))
    high = np.log10(max(facet.values[0].episodes for facet in drawn))
    axes = svg.Axes(46, 26, WIDTH - 190, 190, (0.0, max(far, 0.3)), (0.0, max(high, 0.3) * 1.04))
    parts = []
    for power in range(int(np.ceil(axes.y_range[1])) + 1):
        if power <= axes.y_range[1]:
            y = float(axes.py(power))
            parts += [
                svg.line(axes.x, y, axes.x + axes.width, y, "grid"),
                svg.text(40, y + 4, f"{10**power:,}", "tick", "end"),
            ]
    for power in range(int(np.ceil(axes.x_range[1])) + 1):
        if power <= axes.x_range[1]:
            x = float(axes.px(power))
            parts += [svg.line(x, 216, x, 220, "axis"), svg.text(x, 233, f"{10**power:,}", "tick", "middle")]
    parts += [axes.title("episodes"), svg.text(axes.x + axes.width, 248, "rank of the value", "tick", "end")]
    for k, facet in enumerate(drawn):
        rank = np.log10(np.arange(1, len(facet.values) + 1))
        parts.append(axes.curve(rank, np.log10(facet.counts), f"curve tail s{k}"))
        parts.append(svg.text(WIDTH - 132, 46 + 20 * k, f"{facet.name} ({len(facet.values):,})", f"s{k}-text"))
    return svg.drawing(WIDTH, 254, [*parts, axes.frame()], "Episodes of each value by rank", "plot")


def sessions(facet: Facet, groups: Groups) -> Markup:
    """A bar for each session, as high as it has episodes, stacked by group."""
    shown = facet.values[:LONGEST_STRIP]
    if not shown:
        return Markup("")
    width = 1100
    axes = svg.Axes(40, 26, width - 50, 120, (0.0, float(len(shown))), (0.0, float(shown[0].episodes)))
    parts = [*axes.grid_y(_whole(axes)), axes.title("episodes")]
    step = min(axes.width / len(shown), 60.0)
    across = max(0.7, min(step - 1, step * 0.86, 44))
    for k, value in enumerate(shown):
        x = axes.x + step * k + (step - across) / 2
        base, bars = 0, []
        for n, style in zip(value.by_group, groups.styles, strict=True):
            if n:
                y0, y1 = float(axes.py(base)), float(axes.py(base + n))
                bars.append(svg.rect(x, y1, across, y0 - y1, style))
                base += n
        words = f"{value.label}: {value.episodes} episode{'s' if value.episodes != 1 else ''}"
        parts.append(svg.element("g", Markup("").join(bars), data_f="session", data_v=value.index, data_tip=words))
    return svg.drawing(width, 154, [*parts, axes.frame()], "Episodes of each session", "plot")
