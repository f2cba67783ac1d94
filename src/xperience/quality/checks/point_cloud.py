"""Is the map finite, of a room's size, and around the person?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

POINTS = Threshold(20, "points", "real 20-frame recordings have 47 to 837")
NEAR = Threshold(8.0, "m", "median distance of map points to the path of the head; stereo maps a room, not a street")
SPREAD = Threshold(0.05, "m", "median distance of points to their median: less is no room")


def run(evidence: Evidence) -> list[Finding]:
    points, pose = evidence.episode.point_cloud, evidence.episode.pose
    end = evidence.episode.clock.duration_s
    if points is None:
        return []

    def add(value: float, bound: Threshold, reason: str) -> list[Finding]:
        return [Finding("point_cloud", "point_cloud", 0.0, end, value, bound.value, reason)]

    finite = np.isfinite(points).all(1)
    if not finite.all():
        return add(float((~finite).sum()), Threshold(0, "points", ""), f"{(~finite).sum()} points are not finite")
    if len(points) < POINTS.value:
        return add(len(points), POINTS, f"{len(points)} points only")
    middle = np.median(points, axis=0)
    spread = float(np.median(np.linalg.norm(points - middle, axis=1)))
    if spread < SPREAD.value:
        return add(spread, SPREAD, "all points lie in one place")
    path = pose.values[pose.valid, :3, 3] if pose.present else np.zeros((0, 3))
    if len(path):
        away = float(np.median(np.linalg.norm(points - np.median(path, axis=0), axis=1)))
        if away > NEAR.value:
            return add(away, NEAR, f"map lies {away:.0f} m from the person: wrong unit or frame")
    return []


CHECK = Check(
    name="point_cloud",
    reads=("point_cloud",),
    question="Is the map finite, of a room's size, and around the person?",
    thresholds={"points": POINTS, "near": NEAR, "spread": SPREAD},
    run=run,
)
