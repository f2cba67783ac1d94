"""A section of an evaluation, whatever it measured, as text, table, curves, pictures and examples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from xperience.report import svg
from xperience.report.images import data_uri, shrink
from xperience.report.text import cut

ROWS, EXAMPLES, PICTURES, SERIES = 80, 24, 12, 6
"""At most so many of each; the rest stands in evaluation.json."""

WIDEST = 1100
"""Pixels of a picture."""

MOST_PIXELS = 40_000_000
CHART = (520, 250)


@dataclass(frozen=True)
class Part:
    """A section, ready to be shown.

    Attributes:
        columns: (name, whether numbers). rows: of cells as text. hidden: rows left out. charts: (name, legend as pairs of
            style and name, drawing). pictures: (data URI or "" where it cannot be read, name). examples: pairs of name
            and text each.
    """

    id: str
    title: str
    text: str
    reason: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    hidden: int
    charts: tuple[tuple[str, tuple[tuple[str, str], ...], Markup], ...]
    pictures: tuple[tuple[str, str], ...]
    examples: tuple[tuple[tuple[str, str], ...], ...]


def part(id: str, found: Mapping[str, Any], folder: Path) -> Part:
    """Reads what `sections.<id>.measure` returned; pictures are looked for below `folder` alone."""
    table = found.get("table") or {}
    columns, rows = list(table.get("columns") or []), list(table.get("rows") or [])
    numeric = [bool(rows) and all(_number(row[k]) for row in rows if k < len(row)) for k in range(len(columns))]
    return Part(
        id,
        cut(str(found.get("title") or id), 120),
        cut(str(found.get("text") or ""), 2000),
        cut(str(found.get("reason") or ""), 1000),
        tuple((cut(str(name), 60), number) for name, number in zip(columns, numeric, strict=True)),
        tuple(tuple(plain(cell) for cell in row) for row in rows[:ROWS]),
        max(0, len(rows) - ROWS),
        tuple(charts(found.get("curves") or {}, found.get("curve_s"))),
        tuple((_embedded(folder, str(name)), cut(str(name), 80)) for name in (found.get("pictures") or [])[:PICTURES]),
        tuple(_example(one) for one in (found.get("examples") or [])[:EXAMPLES]),
    )


def plain(value: Any) -> str:
    """A cell: numbers short, nothing as a dash, lists joined."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−")
    if isinstance(value, list | tuple):
        return cut(", ".join(plain(one) for one in value))
    if isinstance(value, Mapping):
        return cut("; ".join(f"{name}: {plain(one)}" for name, one in value.items()))
    return cut(str(value))


def _number(cell: Any) -> bool:
    return cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool))


def _example(one: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(one, Mapping):
        return tuple((cut(str(name).replace("_", " "), 60), plain(value)) for name, value in one.items())
    return (("", plain(one)),)


def charts(
    curves: Mapping[str, Any], x: Sequence[float] | None
) -> list[tuple[str, tuple[tuple[str, str], ...], Markup]]:
    """One chart where curves are lists of numbers, one each where they are named groups of them."""
    groups = {name: one for name, one in curves.items() if isinstance(one, Mapping)}
    single = {name: one for name, one in curves.items() if isinstance(one, list)}
    if single:
        groups = {"": single} | groups
    return [chart(name, group, x) for name, group in groups.items()]


def chart(
    name: str, group: Mapping[str, Any], x: Sequence[float] | None
) -> tuple[str, tuple[tuple[str, str], ...], Markup]:
    """Lines over `x` in seconds, or over their index. "low" and "high" are thin lines around the others."""
    series = {key: _values(one) for key, one in list(group.items())[:SERIES] if isinstance(one, list) and one}
    longest = max((len(one) for one in series.values()), default=1)
    timed = x is not None and len(x) >= longest
    places = np.array(x if timed else range(longest), np.float64)
    everything = np.concatenate([*series.values(), np.zeros(0)])
    axes = svg.Axes(
        52, 14, CHART[0] - 66, CHART[1] - 46, (float(places.min()), float(places.max())), svg.span(everything)
    )
    parts = [*axes.grid_y(5), *axes.ticks_x("s" if timed else ""), axes.frame()]
    legend, bound = [], 0
    for key, values in series.items():
        edge = key in ("low", "high")
        style = "bound" if edge else f"s{bound % 3}" + (" dashed" if bound >= 3 else "")
        bound += not edge
        parts.append(axes.curve(places[: len(values)], values, f"curve {style}"))
        legend.append((style, "95 % interval" if edge else cut(key, 60)))
    label = f"{name}: {', '.join(series)}" if name else ", ".join(series)
    return cut(name, 80), tuple(dict.fromkeys(legend)), svg.drawing(*CHART, parts, cut(label), "chart")


def _values(one: list[Any]) -> np.ndarray:
    return np.array([float(v) if _number(v) and v is not None else np.nan for v in one], np.float64)


def _embedded(folder: Path, name: str) -> str:
    """A picture below `folder` as a data URI; "" where there is none that can be read."""
    from PIL import Image

    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return ""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                return ""
            small = image.convert("RGB").resize(shrink(image.size, WIDEST))
        return data_uri(np.asarray(small), quality=82)
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
