"""Which episodes a split or a selection names: the colours of the page, and how well its parts cover the values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import FormatError, LimitError, MissingError
from xperience.report.taxonomy.facets import Facet

PARTS = ("train", "val", "test")
MAX_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Groups:
    """Episodes by group.

    Attributes:
        names: of the groups; one without a split or a selection.
        of_row: group of each episode.
        styles: class of each group on the page.
        absent: named episodes that the catalogue does not have.
    """

    names: tuple[str, ...]
    styles: tuple[str, ...]
    of_row: tuple[int, ...]
    absent: int = 0

    @property
    def sizes(self) -> list[int]:
        return [self.of_row.count(k) for k in range(len(self.names))]


@dataclass(frozen=True)
class Coverage:
    """How one group spreads over the values of a facet.

    Attributes:
        covered: share of the facet's values that the group has.
        distance: total variation distance of its shares to those of all episodes, 0..1.
        unseen: share of the group's mentions whose value train does not have; None without a train part.
    """

    group: str
    style: str
    covered: float
    distance: float
    unseen: float | None


def groups(ids: Sequence[str], split: Path | None, selection: Path | None) -> Groups:
    """Groups of the episodes.

    Raises:
        MissingError, FormatError, LimitError: a file that is not there, or does not name episodes.
    """
    if split is None and selection is None:
        return Groups(("all",), ("g0",), (0,) * len(ids))
    named: dict[str, str] = {}
    names: list[str] = []
    styles: list[str] = []
    if selection is not None:
        names, styles = ["selected"], ["g0"]
        named.update(dict.fromkeys(_selected(selection), "selected"))
    if split is not None:
        parts = _parts(split)
        names, styles = [*parts, *(["selected, not split"] if names else [])], ["g0", "g1", "g2", "g3"][: len(parts)]
        styles += ["g3"] * (len(names) - len(styles))
        named = dict.fromkeys(named, "selected, not split")
        for part, members in parts.items():
            named.update(dict.fromkeys(members, part))
    names.append("not chosen")
    styles.append("rest")
    place = {name: k for k, name in enumerate(names)}
    of_row = tuple(place[named.get(id, "not chosen")] for id in ids)
    return Groups(tuple(names), tuple(styles), of_row, len(named.keys() - set(ids)))


def coverage(facet: Facet, groups: Groups) -> list[Coverage]:
    """How each chosen group lies to the whole; empty where nothing is known or nothing was chosen."""
    if not facet.values or len(groups.names) < 2:
        return []
    table = np.array([value.by_group for value in facet.values], np.float64)
    whole = table.sum(1) / table.sum()
    train = groups.names.index("train") if "train" in groups.names else None
    out = []
    for k, (name, style) in enumerate(zip(groups.names, groups.styles, strict=True)):
        part = table[:, k]
        if style == "rest":
            continue
        mentions = float(part.sum())  # a part without any covers nothing, at distance 1
        unseen = None
        if train is not None and k != train:
            unseen = float(part[table[:, train] == 0].sum() / mentions) if mentions else 0.0
        distance = float(np.abs(part / mentions - whole).sum() / 2) if mentions else 1.0
        out.append(Coverage(name, style, float((part > 0).mean()), distance, unseen))
    return out


def _parts(path: Path) -> dict[str, list[str]]:
    data = _read(path)
    parts = {part: _ids(path, part, data[part]) for part in PARTS if isinstance(data, dict) and part in data}
    if not parts:
        raise FormatError(
            "not a split", file=path, expected="a JSON object with train, val, test: lists of episode ids"
        )
    return {part: members for part, members in parts.items() if members}


def _selected(path: Path) -> list[str]:
    """Ids of a selection: a list, or an object whose `episodes` or `selected` is one; entries are ids or objects."""
    data = _read(path)
    entries = data
    if isinstance(data, dict):
        entries = next((data[key] for key in ("episodes", "selected", "episode_ids") if key in data), None)
    if not isinstance(entries, list):
        raise FormatError("not a selection", file=path, expected="a list of episodes, or an object with `episodes`")
    return _ids(path, "episodes", [e.get("episode_id") if isinstance(e, dict) else e for e in entries])


def _ids(path: Path, field: str, entries: object) -> list[str]:
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise FormatError("not episode ids", file=path, field=field, expected="a list of texts")
    return entries


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LimitError("too large to be a list of episodes", file=path, expected=f"at most {MAX_BYTES:,} bytes")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingError("cannot read", file=path, found=error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise FormatError("not JSON", file=path, found=str(error)[:200]) from error
