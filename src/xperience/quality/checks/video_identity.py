"""Is each view the camera it is said to be? Its pictures must turn as its calibration says."""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.sync.video_pose import reference

BETTER = Threshold(0.35, "correlation", "how much better another camera's mounting explains the turns a view shows; "
                   "clean views fit their own best (see the detection table)")  # fmt: skip
LEAST_CORRELATION = Threshold(0.6, "correlation", "fit of the other camera's mounting that is taken seriously")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    against = reference(episode)
    if episode.rig is None or against is None:
        return []
    _, track = against
    found = []
    for view in episode.views:
        seen = evidence.view_motion(view)
        if seen is None or len(seen.start_s) < 40:
            continue
        truth = np.stack([np.interp(seen.end_s, track.times_s, track.total[:, i]) for i in range(3)], -1)
        truth -= np.stack([np.interp(seen.start_s, track.times_s, track.total[:, i]) for i in range(3)], -1)
        good = np.isfinite(seen.change).all(1) & np.isfinite(truth).all(1)
        if good.sum() < 40:
            continue
        own = episode.rig[view].T_camera_body[:3, :3]
        in_camera = seen.change[good] @ own.T
        fits = {}
        for other, camera in episode.rig.cameras.items():
            if camera.distortion == episode.rig[view].distortion:
                fits[other] = correlation(in_camera @ camera.T_camera_body[:3, :3], truth[good])
        best = max(fits, key=lambda name: fits[name])
        if fits[best] > LEAST_CORRELATION.value and fits[best] - fits[view] > BETTER.value:
            reason = f"turns as {best} should, not as {view}"
            end = episode.clock.duration_s
            found.append(
                Finding("video_identity", view, 0.0, end, fits[best] - fits[view], BETTER.value, reason, "fail")
            )
    return found


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Of two sets of vectors [K, 3], robust to single wild ones (clipped at five medians)."""
    a, b = (v - np.median(v, axis=0) for v in (a, b))
    a, b = (np.clip(v, *(s * 5 * np.median(np.abs(v)) for s in (-1, 1))) for v in (a, b))
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 0.0


CHECK = Check(
    name="video_identity",
    reads=VIEWS,
    question="Is each view the camera it is said to be?",
    thresholds={"better": BETTER, "fit": LEAST_CORRELATION},
    run=run,
)
