"""Streams whose content is the same, by the hashes of the catalogue."""

from __future__ import annotations

from collections import defaultdict

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.registry import Kind


def run(evidence: Evidence) -> Found:
    found = Found(of=len(evidence.part_of))
    first: dict[str, dict[str, tuple[str, str]]] = {}
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    for id, part in evidence.part_of.items():
        content = evidence.row(id).content
        found.looked += bool(content)
        for stream, value in sorted(content.items()):
            there = first.setdefault(value, {})
            for other_part, (other, theirs) in there.items():
                if other_part != part:
                    shared[other, id].append(stream if stream == theirs else f"{theirs} as {stream}")
            there.setdefault(part, (id, stream))
    for (one, other), names in shared.items():
        found.leaks.append(evidence.leak("streams", one, other, f"the same {', '.join(names)}"))
    found.facts["hashes"] = len(first)
    return found


KIND = Kind("streams", "Is a stream of one part, byte for byte, in another?", run)
