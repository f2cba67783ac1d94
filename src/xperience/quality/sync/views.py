"""View against view: the cameras sit on one rig, so all see the same turn. Needs neither pose nor IMU."""

from __future__ import annotations

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import alignment
from xperience.quality.sync.video_pose import MAX_STD_S

STREAM = "files"


def measure(evidence: Evidence) -> list[Offset]:
    """Every view against the first one that has pictures."""
    seen = {view: evidence.view_motion(view) for view in evidence.episode.views}
    usable = [view for view, increments in seen.items() if increments is not None and len(increments.start_s)]
    if len(usable) < 2:
        return []
    first = seen[usable[0]]
    assert first is not None
    track = first.track()
    return [
        alignment.measure(usable[0], view, track, increments, max_std_s=MAX_STD_S, pictures=True)
        for view in usable[1:]
        if (increments := seen[view]) is not None
    ]
