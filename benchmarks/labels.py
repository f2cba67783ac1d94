"""How well labels are understood: by the official classes of EPIC-KITCHENS-100, on real labels, and how many stay unseen.

    python benchmarks/labels.py REAL [--judged FILE ...] [--draw N --seed S --out FILE]

REAL is a folder of real pieces; --quick takes a few made-up ones. Two sources, each cut in two halves by the parity of a
SHA-1 (as a whole number); rules were fixed on the even half only:

  epic_kitchens_100/  EPIC-KITCHENS-100: EPIC_100_validation.csv and the two tables of classes, cut by video id; only the
                      names of the classes are read, never the lists of instances behind them
  xperience_128/      episode_manifest.json of 128 episodes, cut by session id (`top_level_session`); labels are those of
                      actions and subtasks of the odd half

`--draw` writes labels of the odd half to read by hand, one a line. Write down verb and noun twice from the bare list, each
time without the other reading or the rules' output; then compare, and save for `--judged` a table with tabs and the
columns label, first, second, where a reading is "right" or "wrong". A label is wrong where either says so.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common
import stand_ins

from xperience.corpus.labels import VERSION, parse
from xperience.corpus.labels.coverage import coverage_of
from xperience.errors import MissingError, UsageError

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
        raise UsageError("labels that are not of the scored half", file=path, found=outside[:3] or "no rows at all")
    wrong = {reader: sum(row[reader] == "wrong" for row in rows) for reader in ("first", "second")}
    either = sum("wrong" in (row["first"], row["second"]) for row in rows)
    return {"labels": len(rows), **wrong, "either": either, "share": either / len(rows)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("real", nargs="?", type=Path, help="folder of real pieces")
    parser.add_argument("--judged", type=Path, action="append", default=[], help="labels read by hand, twice")
    parser.add_argument("--draw", type=int, default=0, help="labels of the scored half to draw")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--out", type=Path, help="file of the draw")
    args = parser.parse_args(arguments)
    if args.draw and args.out is None:
        parser.error("--draw needs --out")
    with common.place(None, "labels", quick=True) as scratch, common.report(args) as report:
        real = stand_ins.labels(scratch) if args.quick else common.needed(args.real, "REAL", "a folder of real pieces")
        manifest = real / "xperience_128" / "episode_manifest.json"
        if not manifest.is_file():
            raise MissingError("not here", file=manifest, expected="the manifest of 128 episodes")
        scored = labels_of_half(manifest, 1)
        if args.draw:
            drawn = random.Random(args.seed).sample(scored, min(args.draw, len(scored)))
            args.out.write_text("\n".join(drawn) + "\n", encoding="utf-8")
        measure(report, real, manifest, [judged(path, scored) for path in args.judged])
    return report.status


def measure(report: common.Report, real: Path, manifest: Path, readings: list[dict[str, Any]]) -> None:
    report.figure("version of the label rules", VERSION)
    for name, count, verb, noun in epic(real / "epic_kitchens_100"):
        report.figure(f"EPIC-KITCHENS-100, {name}: narrations", count)
        report.figure(f"EPIC-KITCHENS-100, {name}: verb accuracy", verb)
        report.figure(f"EPIC-KITCHENS-100, {name}: noun accuracy", noun)
    for row in coverage_of(manifest):
        report.figure(f"{row.kind}: labels", row.labels)
        report.figure(f"{row.kind}: families", row.families)
        report.figure(f"{row.kind}: share of test frames whose label is unseen in training", row.raw)
        report.figure(f"{row.kind}: share of test frames whose family is unseen in training", row.family)
    for row in readings:
        report.figure(f"read by hand, wrong by either reading, of {row['labels']}", row["share"], at_most=0.08)
    report.details["judged"] = readings


if __name__ == "__main__":
    common.start(main)
