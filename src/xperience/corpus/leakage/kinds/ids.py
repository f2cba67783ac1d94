"""Ids that two recordings share: which of them a part holds cannot be told."""

from __future__ import annotations

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.registry import Kind


def run(evidence: Evidence) -> Found:
    found = Found(looked=len(evidence.rows), of=len(evidence.part_of))
    for id, rows in evidence.rows.items():
        if len(rows) > 1:
            places = " and ".join(str(row.location) for row in rows[:2])
            found.leaks.append(evidence.leak("ids", id, id, f"{len(rows)} recordings have this id: {places}"))
    return found


KIND = Kind("ids", "Do two recordings have one id?", run)
