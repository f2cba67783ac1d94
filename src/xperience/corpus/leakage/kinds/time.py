"""Episodes of one session whose device clocks overlap: one stretch of a recording, cut twice.

Recordings of different sessions may well run at one time, on two devices; and a device clock that starts at zero with
each recording says nothing between them. So time counts within a session, and anywhere where whole spans are equal to
the nanosecond.
"""

from __future__ import annotations

from collections import defaultdict

from xperience.corpus.leakage.evidence import Evidence, Found, Leak
from xperience.corpus.leakage.registry import Kind

EPOCH_NS = 10**15
"""Clocks below count from the start of a device (11 days at most): equal spans of two of them may be chance."""


def run(evidence: Evidence) -> Found:
    found = Found(of=len(evidence.part_of))
    spans: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for id in evidence.part_of:
        row = evidence.row(id)
        if row.start_ns is not None and row.end_ns is not None:
            found.looked += 1
            spans[f"session {row.session}"].append((row.start_ns, row.end_ns, id))
            if row.start_ns >= EPOCH_NS:
                spans[f"span {row.start_ns} {row.end_ns}"].append((row.start_ns, row.end_ns, id))
    said: dict[tuple[str, str], Leak] = {}
    for group in spans.values():
        running: list[tuple[int, int, str]] = []
        for start, end, id in sorted(group):
            running = [other for other in running if other[1] > start]
            for _, other_end, other in running:
                if evidence.part_of[other] != evidence.part_of[id]:
                    seconds = (min(end, other_end) - start) / 1e9
                    leak = evidence.leak("time", other, id, f"{seconds:.2f} s of the device clock in both")
                    said.setdefault((leak.one, leak.other), leak)
            running.append((start, end, id))
    found.leaks = list(said.values())
    return found


KIND = Kind("time", "Do recordings of two parts overlap in time?", run)
