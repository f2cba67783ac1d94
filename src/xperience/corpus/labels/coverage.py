"""How much of the test's language training never showed: by label as written, and by family."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xperience.corpus.labels import VERSION, family
from xperience.errors import FormatError, MissingError, UsageError


@dataclass(frozen=True)
class Coverage:
    """Shares of `frames` test frames whose label (`raw`) or family training never showed; `rules`: their version."""

    kind: str
    labels: int
    families: int
    frames: int
    raw: float
    family: float
    rules: int = VERSION


def measure(kind: str, train: Counter[str], test: Counter[str]) -> Coverage:
    """From frames by label on both sides; shares are 0 where the test has no labelled frame."""
    families = {label: family(label) for label in set(train) | set(test)}
    known = {families[label] for label in train}
    total = sum(test.values())
    raw = sum(n for label, n in test.items() if label not in train)
    coarse = sum(n for label, n in test.items() if families[label] not in known)
    return Coverage(
        kind, len(families), len(set(families.values())), total, raw / max(total, 1), coarse / max(total, 1)
    )


def coverage_of(place: Path, split: Path | None = None) -> list[Coverage]:
    """Of a catalogue with a split, or of a manifest whose episodes carry theirs.

    Raises:
        MissingError, FormatError, UsageError: nothing there, something else there, or no split given.
    """
    if place.is_dir():
        from xperience.corpus.catalogue import Catalogue
        from xperience.corpus.splits import Split

        if split is None:
            raise UsageError("a catalogue needs a split", field="--split", hint="make one with `xperience split`")
        sides = Split.load(split)
        rows = {row.episode_id: row for row in Catalogue.open(place).episodes()}
        counts: dict[str, Counter[str]] = {"train": Counter(), "test": Counter()}
        for side, found in counts.items():
            for id in getattr(sides, side):
                if id not in rows:
                    raise UsageError("the split names an unknown episode", file=split, field=side, found=id)
                found.update(dict(zip(rows[id].actions, rows[id].action_frames, strict=False)))
        return [measure("action", counts["train"], counts["test"])]
    if not place.is_file():
        raise MissingError("no catalogue or manifest here", file=place)
    try:
        episodes: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))["episodes"]
        out = []
        for kind in ("action", "subtask"):
            sides_of: dict[str, Counter[str]] = {"train": Counter(), "test": Counter()}
            for episode in episodes:
                if episode["split"] in sides_of:
                    sides_of[episode["split"]].update(episode["label_stats"]["frame_labels"][kind])
            out.append(measure(kind, sides_of["train"], sides_of["test"]))
        return out
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError("not an episode manifest", file=place, found=str(error)) from error
