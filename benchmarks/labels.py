"""How well labels are understood: against the official classes of EPIC-KITCHENS-100, and unseen labels of 128 episodes.

python benchmarks/labels.py [REAL]       REAL: folder of real pieces, ../shared/real beside the project by default

The rules were fixed on the videos whose SHA-1 is even; the score is of the others. Only the names of the classes are read,
never the lists of instances behind them.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

from xperience.corpus.labels import VERSION, parse
from xperience.corpus.labels.coverage import coverage_of


def epic(folder: Path) -> list[tuple[str, int, float, float]]:
    """(half, narrations, verb accuracy, noun accuracy)."""

    def keys(name: str) -> list[str]:
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return [row["key"] for row in csv.DictReader(file)]

    verbs, nouns = keys("EPIC_100_verb_classes.csv"), keys("EPIC_100_noun_classes.csv")
    with (folder / "EPIC_100_validation.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    out = []
    for half, name in enumerate(("rules fixed on", "scored")):
        mine = [row for row in rows if int(hashlib.sha1(row["video_id"].encode()).hexdigest(), 16) % 2 == half]
        labels = [parse(row["narration"]) for row in mine]
        verb = sum(a.verb == verbs[int(row["verb_class"])] for a, row in zip(labels, mine, strict=True)) / len(mine)
        noun = sum(a.noun == nouns[int(row["noun_class"])] for a, row in zip(labels, mine, strict=True)) / len(mine)
        out.append((name, len(mine), verb, noun))
    return out


def main() -> None:
    real = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "real"
    print(f"label rules, version {VERSION}\n\nEPIC-KITCHENS-100 narrations against the official classes")
    for name, count, verb, noun in epic(real / "epic_kitchens_100"):
        print(f"  {name:15s} {count:5d} narrations   verb {verb:.4f}   noun {noun:.4f}")
    print("\n128 episodes: share of test frames whose label training never showed")
    for row in coverage_of(real / "xperience_128" / "episode_manifest.json"):
        print(
            f"  {row.kind:8s} {row.labels:5d} labels in {row.families:4d} families   "
            f"unseen raw {row.raw:.3f}   unseen family {row.family:.3f}"
        )


if __name__ == "__main__":
    main()
