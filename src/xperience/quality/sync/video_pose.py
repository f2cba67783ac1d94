"""Each view against the pose, or against the IMU where there is no pose: the turn seen in the pictures."""

from __future__ import annotations

from xperience.episode import Episode
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import alignment, motion
from xperience.quality.sync.alignment import Track

STREAM = "files"

MAX_STD_S = 0.025
"""Half a frame at 20 fps."""


def reference(episode: Episode) -> tuple[str, Track] | None:
    """What the views are compared with."""
    if episode.pose.present:
        pose = motion.pose_increments(episode)
        if pose is not None and len(pose.start_s):
            return "pose", pose.track()
    if episode.imu.present:
        track = motion.gyro_track(episode)
        if track is not None:
            return "imu", track
    return None


def measure(evidence: Evidence) -> list[Offset]:
    against = reference(evidence.episode)
    if against is None:
        return []
    name, track = against
    found = []
    for view in evidence.episode.views:
        seen = evidence.view_motion(view)
        if seen is None:
            found.append(Offset.undetermined(name, view, "no decodable pictures, calibration or ordered clock"))
        else:
            found.append(alignment.measure(name, view, track, seen, max_std_s=MAX_STD_S, pictures=True))
    return found
