"""An atlas of episodes as one offline page: by activity, object, place, session and missing stream, with balance.

All labels come from anyone: they are escaped, cut, and the page's policy forbids every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from xperience import __version__
from xperience.errors import UsageError
from xperience.report.page import TEMPLATES, Fact, environment
from xperience.report.taxonomy import drawings
from xperience.report.taxonomy.facets import READERS, Facet, Value, count, cross
from xperience.report.taxonomy.groups import Coverage, Groups, coverage, groups
from xperience.report.taxonomy.listing import FILTERS, listing
from xperience.report.taxonomy.streams import streams
from xperience.report.text import cut
from xperience.storage import write_text

if TYPE_CHECKING:
    from xperience.corpus.row import EpisodeRow

BARS = 18
"""Values of a facet drawn as bars; the rest are counted in one line."""

BALANCE = ("activity", "task", "place", "object", "verb", "noun", "action", "session")
"""Facets in the table of balance."""

PATTERNS = 24
"""Patterns of missing streams drawn."""

MATRIX = (16, 14)
"""Rows and columns of a matrix at most."""


@dataclass(frozen=True)
class Bars:
    """A facet as bars.

    Attributes:
        rows: value, its share of the widest bar, share of recorded time (None where lengths are unknown), segments as
            (style, percent of the widest bar).
    """

    facet: Facet
    intro: str
    rows: tuple[tuple[Value, float | None, tuple[tuple[str, float], ...]], ...]
    hidden: int
    hidden_episodes: int


@dataclass(frozen=True)
class Matrix:
    """Two facets against each other: `cells[i][j]` is (episodes, strength 0..1)."""

    rows: tuple[Value, ...]
    columns: tuple[Value, ...]
    row_facet: Facet
    column_facet: Facet
    cells: tuple[tuple[tuple[int, float], ...], ...]
    empty: float


def build(
    rows: Sequence[EpisodeRow],
    out: Path,
    *,
    split: Path | None = None,
    selection: Path | None = None,
    name: str = "catalogue",
) -> Path:
    """Writes the page and returns its path.

    Args:
        rows: all episodes of a catalogue; what is unknown in all of them is listed, not drawn.
        out: the .html file.
        split: JSON file with lists of episode ids under train, val, test; colours the page.
        selection: JSON file that names chosen episodes.
        name: of the catalogue, in the page's heading.

    Raises:
        UsageError: no episodes.
        MissingError, FormatError: a split or selection that cannot be read.
    """
    if not rows:
        raise UsageError("a catalogue without episodes", field="CATALOG", found="0 episodes", expected="at least one")
    chosen = groups([row.episode_id for row in rows], split, selection)
    facets = {key: count(key, rows, chosen.of_row, len(chosen.names)) for key in READERS}
    found = streams(rows)
    data, note = listing(rows, facets, chosen, found)
    script = (TEMPLATES / "taxonomy.js").read_text(encoding="utf-8")
    write_text(
        out,
        environment()
        .get_template("taxonomy.html")
        .render(
            title=cut(name, 120),
            total=len(rows),
            facts=_facts(rows, facets),
            groups=list(zip(chosen.names, chosen.styles, chosen.sizes, strict=True)),
            absent=chosen.absent,
            balance=[facets[key] for key in BALANCE],
            covered=_coverage(facets, chosen),
            tail=drawings.tail([facets[key] for key in ("action", "object", "task", "session") if facets[key].values]),
            bars=[_bars(facets[key], chosen, words) for key, words in BAR_FACETS.items() if _worth(facets[key])],
            matrices=_matrices(facets),
            filters=set(FILTERS),
            streams=found,
            patterns=found.patterns[:PATTERNS],
            more_patterns=found.patterns[PATTERNS:],
            sessions=drawings.sessions(facets["session"], chosen),
            session=facets["session"],
            cut_sessions=_cut(facets["session"], chosen),
            strip=drawings.LONGEST_STRIP,
            histograms=_histograms(rows, chosen),
            unknown=_unknown(facets, rows),
            data=Markup(data),
            note=note,
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            version=__version__,
        ),
    )
    return out


BAR_FACETS = {
    "activity": "Families of what people set out to do, from the main task of each recording.",
    "place": "Where they were recorded.",
    "object": "Things named in the language annotations. A recording counts once for each of its objects.",
    "verb": "What is done, from the action labels.",
    "noun": "What it is done to, from the action labels.",
    "task": "Main tasks as they are written.",
    "source": "Where the recordings come from.",
    "verdict": "What the quality gate says.",
}


def _facts(rows: Sequence[EpisodeRow], facets: dict[str, Facet]) -> list[Fact]:
    lengths = [row.duration_s for row in rows if row.duration_s and 0 < row.duration_s < np.inf]
    sizes = [row.bytes for row in rows if row.bytes is not None]
    out = [Fact(f"{len(rows):,}", "episodes" if len(rows) != 1 else "episode")]
    sessions = len(facets["session"].values)
    out.append(Fact(f"{sessions:,}", "sessions" if sessions != 1 else "session"))
    if lengths:
        some = "" if len(lengths) == len(rows) else f", known for {len(lengths):,}"
        out.append(Fact(duration_text(sum(lengths)), "recorded" + some))
    else:
        out.append(Fact("unknown", "recorded time"))
    if sizes:
        some = "" if len(sizes) == len(rows) else f", known for {len(sizes):,}"
        out.append(Fact(size_text(sum(sizes)), "on disk" + some))
    else:
        out.append(Fact("unknown", "size on disk"))
    activity = facets["activity"]
    if activity.values:
        out.append(Fact(f"{activity.effective:.1f} of {len(activity.values):,}", "effective activities"))
    complete = [row.complete for row in rows if row.complete is not None]
    if complete:
        out.append(Fact(f"{sum(complete):,}", "complete episodes"))
    aside = sum(row.reason is not None for row in rows)
    if aside:
        out.append(Fact(f"{aside:,}", "set aside"))
    return out


def _cut(session: Facet, groups: Groups) -> int:
    """Sessions with episodes in more than one part; what was not chosen is no part."""
    parts = [k for k, style in enumerate(groups.styles) if style != "rest"]
    return sum(sum(value.by_group[k] > 0 for k in parts) > 1 for value in session.values)


def _worth(facet: Facet) -> bool:
    """Bars of where recordings come from say nothing where all come from one place."""
    return len(facet.values) > (facet.key in ("source", "verdict"))


def _bars(facet: Facet, groups: Groups, intro: str) -> Bars:
    shown = facet.values[:BARS]
    widest = shown[0].episodes
    rows = []
    for value in shown:
        share = value.seconds / facet.seconds if facet.seconds else None
        segments = tuple((style, 100 * n / widest) for n, style in zip(value.by_group, groups.styles, strict=True) if n)
        rows.append((value, share, segments))
    rest = facet.values[BARS:]
    hidden = {v.index for v in rest}
    without = sum(bool(own) and hidden.issuperset(own) for own in facet.of_row)
    return Bars(facet, intro, tuple(rows), len(rest), without)


def _matrices(facets: dict[str, Facet]) -> list[Matrix]:
    out = []
    for first, second in (("activity", "place"), ("verb", "noun"), ("activity", "object")):
        a, b = facets[first], facets[second]
        if len(a.values) < 2 or len(b.values) < 2:
            continue
        table = cross(a, b, *MATRIX)
        if not table.any():
            continue
        strength = np.sqrt(table / table.max())
        cells = tuple(
            tuple((int(n), round(float(s), 2)) for n, s in zip(row, shade, strict=True))
            for row, shade in zip(table, strength, strict=True)
        )
        out.append(Matrix(a.values[: MATRIX[0]], b.values[: MATRIX[1]], a, b, cells, float((table == 0).mean())))
    return out


def _coverage(facets: dict[str, Facet], groups: Groups) -> list[tuple[Facet, list[Coverage]]]:
    """Sessions are left out: that parts share none is what a split is for."""
    found = [(facets[key], coverage(facets[key], groups)) for key in BALANCE if key != "session"]
    return [(facet, lines) for facet, lines in found if lines]


def _histograms(rows: Sequence[EpisodeRow], groups: Groups) -> list[tuple[str, str, Markup]]:
    """(title, words, drawing) of each number that is known."""
    out = []
    for title, unit, scale, read in (
        ("Size", "GB", 1e-9, lambda row: row.bytes),
        ("Length", "s", 1.0, lambda row: row.duration_s),
        ("Synchronisation score", "", 1.0, lambda row: row.sync_score),
    ):
        pairs = [(read(row), group) for row, group in zip(rows, groups.of_row, strict=True)]
        known = [(value, group) for value, group in pairs if value is not None and np.isfinite(value)]
        if not known:
            continue
        values = np.array([value for value, _ in known], np.float64)
        if unit == "GB" and values.max() < 2e9:
            unit, scale = "MB", 1e-6
        values *= scale
        low, middle, high = np.percentile(values, [5, 50, 95])
        of = f" {unit}" if unit else ""
        words = f"Median {middle:,.4g}{of}; nine of ten between {low:,.4g} and {high:,.4g}{of}."
        if len(known) < len(rows):
            words += f" Unknown for {len(rows) - len(known):,}."
        out.append((title, words, drawings.histogram(values, [g for _, g in known], groups.styles, unit, title)))
    return out


def _unknown(facets: dict[str, Facet], rows: Sequence[EpisodeRow]) -> list[tuple[str, int]]:
    """What is not known, and of how many episodes."""
    out = [(facet.name, facet.unknown) for facet in facets.values() if facet.unknown]
    for name, missing in (
        ("Length", sum(row.duration_s is None for row in rows)),
        ("Size", sum(row.bytes is None for row in rows)),
        ("Synchronisation score", sum(row.sync_score is None for row in rows)),
    ):
        if missing:
            out.append((name, missing))
    return sorted(out, key=lambda item: (-item[1], item[0]))


def duration_text(seconds: float) -> str:
    """Hours, or minutes or seconds where they are few."""
    if seconds >= 36_000:
        return f"{seconds / 3600:,.0f} h"
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:,.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def size_text(size: float) -> str:
    """Decimal bytes."""
    for unit, scale in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"
