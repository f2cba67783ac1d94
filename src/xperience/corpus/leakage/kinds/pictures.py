"""Views that show the same, though copied, encoded anew, resized, brightened, or only a stretch of it.

Two recordings of one room show nearly the same wherever the person stands still at one spot. What they do not share is
one order of many different pictures, and that is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.landmarks import Landmarks
from xperience.corpus.leakage.matching import Match, matches
from xperience.corpus.leakage.registry import Kind
from xperience.episode.cameras import VIEWS

ALIKE = 0.95
"""Correlation of two pictures that match, common background taken out: sampled an eighth of a second apart in a moving
head's view they still correlate so."""

OVERLAP_S = 3.0

SHARE, SHARE_OF_ONE = 0.7, 0.85
"""Matching pictures of all views, or of one, in the common time. Of 24 clean simulated recordings of 12 s, two a session,
the nearest pair reaches 0.57; cuts of 5 to 7 s and copies encoded anew at three quarters of the size at least 0.81."""

DIFFERENT, DIFFERENT_IN_ONE = 6, 9
"""Pictures that must differ from one another among those: someone sitting still is no copy."""

SAME = 0.97
"""Correlation from which on two pictures of one view count as one."""


def run(evidence: Evidence) -> Found:
    looked = sum(any(view in one for view in VIEWS) for one in evidence.landmarks.values())
    found = Found(looked=looked, of=len(evidence.part_of))
    for sides in evidence.pairs_of_parts():
        for match in matches(sides, VIEWS, ALIKE, across=True):
            if copied(match, evidence.landmarks[match.one]):
                views = ", ".join(sorted(name for name in match.streams if match.share(name) >= 0.5))
                what = (
                    f"{match.count} pictures over {match.span_s:.1f} s of {views} are alike "
                    f"(correlation {match.correlation:.3f}, {match.shift_s:+.2f} s apart)"
                )
                found.leaks.append(evidence.leak("pictures", match.one, match.other, what))
    return found


def copied(match: Match, ours: Mapping[str, Landmarks]) -> bool:
    """Whether a match is more than the same room."""
    if match.overlap_s < OVERLAP_S:
        return False
    start = max(0.0, -match.shift_s)
    common = {}
    for view in VIEWS:
        if view in ours:
            times = ours[view].times_s
            common[view] = ours[view].vectors[(times >= start) & (times <= start + match.overlap_s)]
    total = sum(map(len, common.values()))
    if match.count >= SHARE * total and any(different(v, DIFFERENT) for v in common.values()):
        return True
    return any(match.share(view) >= SHARE_OF_ONE and different(v, DIFFERENT_IN_ONE) for view, v in common.items())


def different(vectors: np.ndarray, least: int) -> bool:
    """Whether that many of the pictures differ from one another."""
    kept: list[np.ndarray] = []
    for vector in vectors.astype(np.float32):
        unit = vector / max(float(np.linalg.norm(vector)), 1e-6)
        if all(float(unit @ other) < SAME for other in kept):
            kept.append(unit)
            if len(kept) >= least:
                return True
    return False


KIND = Kind("pictures", "Do views of two parts show the same?", run)
