"""Sessions, a person in a place, with episodes in two parts."""

from __future__ import annotations

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.registry import Kind


def run(evidence: Evidence) -> Found:
    found = Found(looked=len(evidence.rows), of=len(evidence.part_of))
    first: dict[str, dict[str, str]] = {}
    for id, part in evidence.part_of.items():
        session = evidence.row(id).session
        there = first.setdefault(session, {})
        if part not in there:
            what = f"both of session {session}"
            found.leaks += [evidence.leak("sessions", other, id, what) for other in there.values()]
            there[part] = id
    found.facts["sessions"] = len(first)
    return found


KIND = Kind("sessions", "Does a session stand in two parts?", run)
