"""The list of episodes as compact data for the page's own filter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xperience.report.taxonomy.facets import Facet
from xperience.report.taxonomy.groups import Groups
from xperience.report.taxonomy.streams import Streams
from xperience.report.text import cut

if TYPE_CHECKING:
    from xperience.corpus.row import EpisodeRow

LONGEST = 25_000
"""Episodes listed; all others are in the catalogue."""

ROOM = 1_800_000
"""Bytes that the list may take, so that the page stays under 3 MB."""

FILTERS = ("activity", "place", "session", "object", "verb", "noun", "source", "verdict")
"""Facets that a click can filter by."""

STEPS = ((120, 60), (90, 24), (60, 12), (40, 6), (40, 2), (24, 0))
"""(characters of a text, values of one facet in an episode) that are tried until the list has room."""


def listing(
    rows: Sequence[EpisodeRow], facets: dict[str, Facet], groups: Groups, streams: Streams
) -> tuple[str, str | None]:
    """The list as JSON that may stand inside a page, and what had to be left out."""
    kept = rows[:LONGEST]
    note = f"The list holds the first {LONGEST:,} of {len(rows):,} episodes." if len(rows) > LONGEST else None
    text = ""
    for k, (longest, most) in enumerate(STEPS):
        data = _data(kept, facets, groups, streams, longest, most)
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        if len(text.encode("utf-8", "replace")) <= ROOM:
            if k:
                short = f"To keep the page small, an episode in the list carries at most {most} values of each kind."
                note = f"{note} {short}" if note else short
            return text, note
    fit = max(1, int(len(kept) * ROOM / len(text.encode("utf-8", "replace")) * 0.8))
    data = _data(kept[:fit], facets, groups, streams, *STEPS[-1])
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c"), f"The list holds the first {fit:,} of {len(rows):,} episodes."


def _data(
    rows: Sequence[EpisodeRow],
    facets: dict[str, Facet],
    groups: Groups,
    streams: Streams,
    longest: int,
    most: int,
) -> dict[str, Any]:
    """Tables of labels, and a short list for each episode.

    A row is [name within its session, bytes, tenths of a second, group, stream pattern, main task,
    [values of each filter facet], whether the name is whole, why it is set aside]; null where unknown.
    """
    used: dict[str, dict[int, int]] = {key: {} for key in FILTERS}
    tasks: dict[str, int] = {}
    table = []
    for k, row in enumerate(rows):
        values = []
        for key in FILTERS:
            # the session is not cut: it is half of the name
            own = facets[key].of_row[k] if key == "session" else facets[key].of_row[k][:most]
            values.append([used[key].setdefault(index, len(used[key])) for index in own])
        session, _, name = row.episode_id.partition("__")
        whole = not name or session != row.session
        task = cut(row.main_task.strip(), longest) if row.main_task and row.main_task.strip() else None
        table.append(
            [
                cut(row.episode_id if whole else name, 80),
                row.bytes,
                round(row.duration_s * 10) if row.duration_s and 0 < row.duration_s < 1e9 else None,
                groups.of_row[k],
                streams.of_row[k],
                None if task is None else tasks.setdefault(task, len(tasks)),
                values,
                int(whole),
                cut(row.reason, longest) if row.reason else None,
            ]
        )
    return {
        "facets": {key: facets[key].name for key in FILTERS},
        "labels": {key: [cut(facets[key].values[index].label, longest) for index in used[key]] for key in FILTERS},
        "index": {key: list(used[key]) for key in FILTERS},
        "tasks": list(tasks),
        "groups": list(groups.names),
        "styles": list(groups.styles),
        "streams": list(streams.names),
        "patterns": [pattern.states for pattern in streams.patterns],
        "rows": table,
    }
