"""Motion that is the same, though shifted in time, cut, re-sampled or with noise added.

People walk, turn and reach alike, and a few such movements match by chance at one time shift. Of a copy, all match.
"""

from __future__ import annotations

from xperience.corpus.leakage.evidence import Evidence, Found
from xperience.corpus.leakage.matching import Match, matches
from xperience.corpus.leakage.registry import Kind

STREAMS = ("pose", "imu", "hand_left", "hand_right", "body")

ALIKE = 0.95
"""Correlation of two movements that match. Noise of 0.3 m/s2 and 0.05 rad/s on an IMU leaves 0.994."""

OVERLAP_S = 1.5
"""From the first to the last moment that could match: the end of one recording may look like the start of another."""

SHARE, LEAST = 0.85, 5
"""Matching movements of all streams together, and how many at least. Of 24 clean simulated recordings of 12 s the nearest
pair reaches 0.33, of 112 of 30 s (where two may overlap by a second or two of walking at one shift) 0.83; cuts of 5 to
7 s reach at least 0.9."""

SHARE_OF_ONE, LEAST_OF_ONE = 0.85, 6
"""The same of a single stream, as where only the IMU was copied; of those 112 the nearest has 4."""


def run(evidence: Evidence) -> Found:
    looked = sum(any(name in one for name in STREAMS) for one in evidence.landmarks.values())
    found = Found(looked=looked, of=len(evidence.part_of))
    for sides in evidence.pairs_of_parts():
        for match in matches(sides, STREAMS, ALIKE):
            if copied(match):
                streams = ", ".join(f"{name} {n} of {total}" for name, (total, n) in sorted(match.streams.items()))
                what = (
                    f"{match.count} movements over {match.span_s:.1f} s are alike: {streams} "
                    f"(correlation {match.correlation:.3f}, {match.shift_s:+.2f} s apart)"
                )
                found.leaks.append(evidence.leak("motion", match.one, match.other, what))
    return found


def copied(match: Match) -> bool:
    """Whether a match is more than people moving alike."""
    if match.overlap_s < OVERLAP_S:
        return False
    total = sum(there for there, _ in match.streams.values())
    return (match.count >= LEAST and match.count >= SHARE * total) or any(
        n >= LEAST_OF_ONE and match.share(name) >= SHARE_OF_ONE for name, (_, n) in match.streams.items()
    )


KIND = Kind("motion", "Do hands, body, camera or IMU of two parts move the same way?", run)
