"""Are contacts probabilities that follow the feet?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

LOW, HIGH = -1e-6, 1 + 1e-6
FEET = (6, 7, 9, 10)
"""Columns of ankles and feet: joints 7, 8, 10 and 11."""

STANDING = Threshold(0.2, "share", "frames in which some foot touches; people at work stand nearly always")
INVALID = Threshold(0.1, "s", "two frames")
FLICKER = Threshold(0.35, "share", "frames in which a foot's contact flips; steps come at most four times a second")


def run(evidence: Evidence) -> list[Finding]:
    contacts, end = evidence.episode.contacts, evidence.episode.clock.duration_s
    if not contacts.present or len(contacts) < 3:
        return []
    times, values = contacts.times_s, contacts.values
    spans = long_runs(~contacts.valid, times, INVALID.value)
    found = findings("contacts", "contacts", spans, times, None, None, "contacts are not finite")
    with np.errstate(invalid="ignore"):
        wild = ((values < LOW) | (values > HIGH)).any(1) & contacts.valid
    size = np.abs(np.nan_to_num(values)).max(1)
    spans = long_runs(wild, times, 0.0, 0.2)
    found += findings("contacts", "contacts", spans, times, size, 1.0, "contacts are not between 0 and 1")
    state = values[contacts.valid] > 0.5
    if len(state) < 20:
        return found
    standing = float(state[:, FEET].any(1).mean())
    if standing < STANDING.value:
        reason = f"a foot touches in {standing:.0%} of frames only"
        found.append(Finding("contacts", "contacts", 0.0, end, standing, STANDING.value, reason))
    flips = float((state[1:] != state[:-1]).mean(0).max())
    if flips > FLICKER.value:
        reason = f"a joint's contact flips in {flips:.0%} of frames"
        found.append(Finding("contacts", "contacts", 0.0, end, flips, FLICKER.value, reason))
    return found


CHECK = Check(
    name="contacts",
    reads=("contacts",),
    question="Are contacts probabilities that follow the feet?",
    thresholds={"standing": STANDING, "invalid": INVALID, "flicker": FLICKER},
    run=run,
)
