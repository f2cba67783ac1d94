"""How well labels are understood: by the official classes of EPIC-KITCHENS-100, on real labels, and how many stay unseen.

    python benchmarks/labels.py [REAL] [--judged FILE ...] [--draw N --seed S --out FILE] [--json]

REAL is a folder of real pieces, ../shared/real beside the project by default. Two sources, each cut in two halves by the
parity of a SHA-1 (as a whole number); rules were fixed on the even half only:

  EPIC-KITCHENS-100   by video id; only the names of the classes are read, never the lists of instances behind them
  128 episodes        by session id (`top_level_session`); labels are those of actions and subtasks of the odd half

`--draw` writes labels of the odd half to read by hand, one a line. Write down verb and noun twice from the bare list, each
time without the other reading or the rules' output; then compare, and save for `--judged` a table with tabs and the
columns label, first, second, where a reading is "right" or "wrong". A label is wrong where either says so.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xperience.corpus.labels import VERSION, parse
from xperience.corpus.labels.coverage import coverage_of

HALVES = ("rules fixed on", "scored")


def half(name: str) -> int:
    """0: rules were fixed on it. 1: it is scored."""
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 2


def epic(folder: Path) -> list[tuple[str, int, float, float]]:
    """(half, narrations, verb accuracy, noun accuracy)."""

    def keys(name: str) -> list[str]:
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return [row["key"] for row in csv.DictReader(file)]

    verbs, nouns = keys("EPIC_100_verb_classes.csv"), keys("EPIC_100_noun_classes.csv")
    with (folder / "EPIC_100_validation.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    out = []
    for number, name in enumerate(HALVES):
        mine = [row for row in rows if half(row["video_id"]) == number]
        labels = [parse(row["narration"]) for row in mine]
        verb = sum(a.verb == verbs[int(row["verb_class"])] for a, row in zip(labels, mine, strict=True)) / len(mine)
        noun = sum(a.noun == nouns[int(row["noun_class"])] for a, row in zip(labels, mine, strict=True)) / len(mine)
        out.append((name, len(mine), verb, noun))
    return out


def labels_of_half(manifest: Path, number: int) -> list[str]:
    """Distinct labels of actions and subtasks in the sessions of a half, in order of characters."""
    episodes = json.loads(manifest.read_text(encoding="utf-8"))["episodes"]
    found = {
        label
        for episode in episodes
        if half(episode["top_level_session"]) == number
        for kind in ("action", "subtask")
        for label in episode["label_stats"]["frame_labels"][kind]
    }
    return sorted(found - {""})


def judged(path: Path, scored: list[str]) -> dict[str, Any]:
    """Labels of a reading, and how many of them a reader, or either, found wrong."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    outside = sorted({row["label"] for row in rows} - set(scored))
    if not rows or outside:
        raise SystemExit(f"{path}: {len(outside)} labels are not of the scored half" if rows else f"{path}: no rows")
    wrong = {reader: sum(row[reader] == "wrong" for row in rows) for reader in ("first", "second")}
    either = sum("wrong" in (row["first"], row["second"]) for row in rows)
    return {"labels": len(rows), **wrong, "either": either, "share": either / len(rows)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parents[2] / "shared" / "real"
    parser.add_argument("real", nargs="?", type=Path, default=shared, help="folder of real pieces")
    parser.add_argument("--judged", type=Path, action="append", default=[], help="labels read by hand, twice")
    parser.add_argument("--draw", type=int, default=0, help="labels of the scored half to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--out", type=Path, help="file of the draw")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    manifest = args.real / "xperience_128" / "episode_manifest.json"
    scored = labels_of_half(manifest, 1)
    if args.draw:
        if args.out is None:
            parser.error("--draw needs --out")
        args.out.write_text("\n".join(random.Random(args.seed).sample(scored, args.draw)) + "\n", encoding="utf-8")
        return
    figures: dict[str, Any] = {
        "rules": VERSION,
        "epic": [
            dict(zip(("half", "narrations", "verb", "noun"), row, strict=True))
            for row in epic(args.real / "epic_kitchens_100")
        ],
        "coverage": [asdict(row) for row in coverage_of(manifest)],
        "judged": [judged(path, scored) for path in args.judged],
    }
    if args.json:
        print(json.dumps(figures))
        return
    print(f"label rules, version {VERSION}\n\nEPIC-KITCHENS-100 narrations against the official classes")
    for row in figures["epic"]:
        print(
            f"  {row['half']:15s} {row['narrations']:5d} narrations   verb {row['verb']:.4f}   noun {row['noun']:.4f}"
        )
    print("\n128 episodes: share of test frames whose label training never showed")
    for row in figures["coverage"]:
        print(
            f"  {row['kind']:8s} {row['labels']:5d} labels in {row['families']:4d} families   "
            f"unseen raw {row['raw']:.3f}   unseen family {row['family']:.3f}"
        )
    for row in figures["judged"]:
        print(
            f"\nread by hand, sessions of the scored half: {row['labels']} labels, wrong by the first reading "
            f"{row['first']}, by the second {row['second']}, by either {row['either']} ({row['share']:.1%})"
        )


if __name__ == "__main__":
    main()
