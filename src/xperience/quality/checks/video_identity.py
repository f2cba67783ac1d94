"""Is each view the camera it is said to be? Its pictures must turn as its calibration says."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.sync.video_pose import reference

BETTER = Threshold(
    0.35,
    "correlation",
    "how much better another camera's mounting explains the turns a view shows; 24 clean recordings (seed 1001) stay at 0.28",
)
FIT = Threshold(
    0.6, "correlation", "fit of the other camera's mounting that is taken seriously; small pictures fit none"
)
EXCHANGED = Threshold(
    0.15,
    "correlation",
    "how much better two views fit if exchanged, both together; clean recordings (seed 1001) stay below -0.07",
)
WINDOW_S = 4.0
MOVING = 0.004
"""Turn per frame, radians, that counts as motion: 5 degrees a second."""

LEAST_MOVING = 20
"""Frames of a window that must move."""

Spans = dict[tuple[str, str], list[tuple[float, float, float]]]


def run(evidence: Evidence) -> list[Finding]:
    if evidence.episode.rig is None or reference(evidence.episode) is None:
        return []
    replaced: Spans = {}
    exchanged: Spans = {}
    for start, end, fits in _windows(evidence):
        for a, b in combinations(fits, 2):
            if b not in fits[a]:
                continue  # another kind of lens
            gain = fits[a][b] - fits[a][a] + fits[b][a] - fits[b][b]
            if gain > EXCHANGED.value and min(fits[a][b], fits[b][a]) > FIT.value:
                exchanged.setdefault((a, b), []).append((start, end, gain))
        for view, own in fits.items():
            best = max(own, key=lambda name: own[name])
            if own[best] > FIT.value and own[best] - own[view] > BETTER.value:
                replaced.setdefault((view, best), []).append((start, end, own[best] - own[view]))
    found = []
    for (a, b), spans in exchanged.items():
        for view, other in ((a, b), (b, a)):
            found.append(_finding(view, f"turns as {other} should, and {other} as {view}: exchanged", spans, EXCHANGED))
    named = {view for pair in exchanged for view in pair}
    for (view, best), spans in replaced.items():
        if view not in named:
            found.append(_finding(view, f"turns as {best} should, not as {view}", spans, BETTER))
    return found


def _finding(view: str, reason: str, spans: list[tuple[float, float, float]], bound: Threshold) -> Finding:
    value = max(gain for _, _, gain in spans)
    start, end = float(min(s for s, _, _ in spans)), float(max(e for _, e, _ in spans))
    return Finding("video_identity", view, start, end, value, bound.value, reason, "fail")


def _windows(evidence: Evidence) -> list[tuple[float, float, dict[str, dict[str, float]]]]:
    """(start, end, fits) of overlapping windows with motion; fits[view][camera] if the view were that camera."""
    episode = evidence.episode
    against = reference(episode)
    assert episode.rig is not None and against is not None
    rig, track = episode.rig, against[1]
    turned, truth = {}, {}
    for view in episode.views:
        seen = evidence.view_motion(view)
        if seen is None or len(seen.start_s) < 3:
            continue
        truth[view] = track.between(seen.start_s, seen.end_s)
        turned[view] = (seen.start_s, seen.end_s, seen.change @ rig[view].T_camera_body[:3, :3].T)
    if not turned:
        return []
    end_s = max(float(ends[-1]) for _, ends, _ in turned.values())
    # Only windows that hold any frame: a clock may jump by years.
    index = np.unique(np.concatenate([starts // (WINDOW_S / 2) for starts, _, _ in turned.values()]))
    index = np.unique(np.concatenate([index, index - 1]))
    windows = index[index >= 0] * (WINDOW_S / 2)
    out = []
    for start in windows[windows <= max(end_s - WINDOW_S, 0.0) + 1e-9]:
        fits: dict[str, dict[str, float]] = {}
        for view, (starts, ends, in_camera) in turned.items():
            part = (starts >= start) & (ends <= start + WINDOW_S)
            part &= np.isfinite(in_camera).all(1) & np.isfinite(truth[view]).all(1)
            if (np.linalg.norm(truth[view][part], axis=1) > MOVING).sum() < LEAST_MOVING:
                continue
            fits[view] = {
                name: correlation(in_camera[part] @ camera.T_camera_body[:3, :3], truth[view][part])
                for name, camera in rig.cameras.items()
                if camera.distortion == rig[view].distortion
            }
        out.append((float(start), float(start + WINDOW_S), fits))
    return out


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
    thresholds={"better": BETTER, "fit": FIT, "exchanged": EXCHANGED},
    run=run,
)
