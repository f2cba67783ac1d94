"""How much of the test's language training never showed: no leak, but every score must be read with it."""

from __future__ import annotations

from collections import Counter

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.registry import Kind


def run(evidence: Evidence) -> Found:
    from xperience.corpus.labels import VERSION, family

    labels: dict[str, Counter[str]] = {part: Counter() for part in evidence.split.parts}
    found = Found(of=len(evidence.part_of))
    for id, part in evidence.part_of.items():
        row = evidence.row(id)
        found.looked += bool(row.actions)
        counts_of = row.action_frames if len(row.action_frames) == len(row.actions) else [1] * len(row.actions)
        for label, count in zip(row.actions, counts_of, strict=True):
            labels[part][label] += count
    found.facts["label_rules"] = VERSION
    families = {label: family(label) for counts in labels.values() for label in counts}
    seen = {families[label] for label in labels["train"]}
    for part in ("val", "test"):
        counts = labels[part]
        raw = {label for label in counts if label not in labels["train"]}
        coarse = {label for label in counts if families[label] not in seen}
        total, frames = len(counts), sum(counts.values())
        found.facts |= {
            f"{part}_labels": total,
            f"{part}_labels_unseen": len(raw) / total if total else None,
            f"{part}_frames_unseen": sum(counts[label] for label in raw) / frames if frames else None,
            f"{part}_families_unseen": _share({families[label] for label in coarse}, counts, families),
            f"{part}_frames_of_unseen_families": sum(counts[x] for x in coarse) / frames if frames else None,
        }
    return found


def _share(unseen: set[str], counts: Counter[str], families: dict[str, str]) -> float | None:
    there = {families[label] for label in counts}
    return len(unseen) / len(there) if there else None


KIND = Kind("labels", "How many of the labels of val and test does training never show?", run)
