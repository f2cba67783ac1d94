"""Is each view the camera it is said to be? Its pictures must turn as its calibration says."""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.sync.video_pose import reference

BETTER = Threshold(
    0.35,
    "correlation",
    "how much better another camera's mounting explains the turns a view shows; clean views fit their own best",
)
FIT = Threshold(0.6, "correlation", "fit of the other camera's mounting that is taken seriously")
WINDOW_S = 4.0
MOVING = 0.004
"""Turn per frame, radians, that counts as motion: 5 degrees a second."""


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    against = reference(episode)
    if episode.rig is None or against is None:
        return []
    _, track = against
    found = []
    for view in episode.views:
        seen = evidence.view_motion(view)
        if seen is None or len(seen.start_s) < 3:
            continue
        truth = track.between(seen.start_s, seen.end_s)
        good = np.isfinite(seen.change).all(1) & np.isfinite(truth).all(1)
        in_camera = seen.change @ episode.rig[view].T_camera_body[:3, :3].T
        as_camera = {
            name: in_camera @ camera.T_camera_body[:3, :3]
            for name, camera in episode.rig.cameras.items()
            if camera.distortion == episode.rig[view].distortion
        }
        wrong: dict[str, list[tuple[float, float, float]]] = {}
        for start in _windows(seen.start_s, seen.end_s):
            part = good & (seen.start_s >= start) & (seen.end_s <= start + WINDOW_S)
            if (np.linalg.norm(truth[part], axis=1) > MOVING).sum() < 20:
                continue
            fits = {name: correlation(turned[part], truth[part]) for name, turned in as_camera.items()}
            best = max(fits, key=lambda name: fits[name])
            if fits[best] > FIT.value and fits[best] - fits[view] > BETTER.value:
                wrong.setdefault(best, []).append((start, start + WINDOW_S, fits[best] - fits[view]))
        for best, spans in wrong.items():
            reason = f"turns as {best} should, not as {view}"
            found.append(
                Finding(
                    "video_identity", view, float(spans[0][0]), float(spans[-1][1]), max(s[2] for s in spans),
                    BETTER.value, reason, "fail",
                )
            )  # fmt: skip
    return found


def _windows(start_s: np.ndarray, end_s: np.ndarray) -> np.ndarray:
    """Starts of windows of WINDOW_S, half of it apart, that hold any of the intervals: a clock may jump by years."""
    step = WINDOW_S / 2
    last = max(0.0, (end_s[-1] - WINDOW_S - start_s[0] + 1e-9) // step)
    index = (start_s - start_s[0]) // step
    index = np.unique(np.concatenate([index, index - 1]))
    return np.asarray(start_s[0] + step * index[(index >= 0) & (index <= last)])


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
    thresholds={"better": BETTER, "fit": FIT},
    run=run,
)
