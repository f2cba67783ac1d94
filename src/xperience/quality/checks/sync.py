"""Do the streams run together? Offsets measured from the signals, held against what a frame allows."""

from __future__ import annotations

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding, Offset
from xperience.quality.registry import Check, Threshold

BOUNDS = {
    "imu": Threshold(0.015, "s", "three IMU samples; the measurement is good to 5 ms"),
    "view": Threshold(0.04, "s", "under one frame at 20 fps; the measurement is good to 25 ms"),
    "hand": Threshold(0.04, "s", "under one frame at 20 fps"),
    "audio": Threshold(0.08, "s", "the measurement is good to 50 ms"),
}
DRIFT = Threshold(1500, "ppm", "an offset of a frame within half a minute")
LONG = Threshold(60, "s", "shorter recordings do not tell drift from the scatter of offsets seen in pictures")
DRIFTED = Threshold(0.06, "s", "least growth of the offset over the recording: what a short one could tell")
TURNS = ("pose", "imu")
"""What views are held against; see `sync.video_pose.reference`."""

SIGMAS = 3.0
DRIFT_SIGMAS = 6.0
"""Ends of a short recording carry all of the drift: its errors have heavier tails than the offset's."""


def run(evidence: Evidence) -> list[Finding]:
    found = []
    end = evidence.episode.clock.duration_s
    suspects = _suspects(evidence.sync)
    for offset in evidence.sync:
        if offset.offset_s is None or offset.std_s is None or not _borne_out(offset, evidence.sync):
            continue
        bound = bound_of(offset)
        modality = suspects.get((offset.a, offset.b), offset.b if offset.b != "pose" else offset.a)
        size = abs(offset.offset_s)
        if size > bound.value + SIGMAS * offset.std_s:
            reason = f"{offset.b} is stamped {offset.offset_s * 1e3:+.0f} ms against {offset.a}"
            found.append(Finding("sync", modality, 0.0, end, size, bound.value, reason))
        drift = abs(offset.drift_ppm or 0.0)
        allowed = max(DRIFT.value, DRIFTED.value / max(end, 1e-9) * 1e6)
        slow = bound.value == BOUNDS["imu"].value or end >= LONG.value
        if slow and drift > allowed + DRIFT_SIGMAS * (offset.drift_std_ppm or 0.0):
            reason = f"{offset.b} drifts {offset.drift_ppm:+.0f} ppm against {offset.a}"
            found.append(Finding("sync", modality, 0.0, end, drift, allowed, reason))
    return found


def _borne_out(offset: Offset, offsets: list[Offset]) -> bool:
    """Whether what one view says of another is said by the pose, too, where there is one.

    Small pictures of a calm head fit one another anywhere: two views then seem apart that the pose holds together. So an offset
    between views counts only where the pose against both of them, subtracted, is beyond the bound as well.
    """
    if _kind(offset.a) != "view" or _kind(offset.b) != "view":
        return True
    by_pose = {one.b: one for one in offsets if one.a in TURNS and _kind(one.b) == "view"}
    pair = [by_pose[view] for view in (offset.a, offset.b) if view in by_pose]
    if not by_pose:
        return True  # no pose to ask
    if len(pair) < 2:
        return False
    late = [one.offset_s for one in pair if one.offset_s is not None]
    stds = [one.std_s for one in pair if one.std_s is not None]
    if len(late) < 2 or len(stds) < 2:
        return False  # the pictures are too small to tell
    apart, std = late[1] - late[0], (stds[0] ** 2 + stds[1] ** 2) ** 0.5
    bound = bound_of(offset)
    drifts = any(one.drift_ppm is not None and abs(one.drift_ppm) > DRIFT.value for one in pair)
    return abs(apart) > bound.value + SIGMAS * std or drifts


def bound_of(offset: Offset) -> Threshold:
    """What a pair is held to: the looser of its two streams."""
    kinds = [_kind(offset.a), _kind(offset.b)]
    return max((BOUNDS[kind] for kind in kinds if kind in BOUNDS), key=lambda bound: bound.value)


def _kind(stream: str) -> str:
    if stream.startswith(("fisheye", "stereo")):
        return "view"
    return "hand" if stream.startswith("hand") else stream


def _suspects(offsets: list[Offset]) -> dict[tuple[str, str], str]:
    """Which stream of a pair is to blame: the one that disagrees with the larger share of its partners, or with more."""
    blame: dict[str, list[bool]] = {}
    wrong = {}
    for offset in offsets:
        if offset.offset_s is None or offset.std_s is None:
            continue
        beyond = abs(offset.offset_s) > bound_of(offset).value + SIGMAS * offset.std_s
        wrong[offset.a, offset.b] = beyond and _borne_out(offset, offsets)
        for stream in (offset.a, offset.b):
            blame.setdefault(stream, []).append(wrong[offset.a, offset.b])
    share = {stream: (sum(votes) / len(votes), sum(votes)) for stream, votes in blame.items()}
    return {(a, b): (a if share[a] > share[b] else b) for (a, b) in wrong}


CHECK = Check(
    name="sync",
    reads=("pose", "imu", "audio"),
    question="Do the streams run together?",
    thresholds={**BOUNDS, "drift": DRIFT, "drifted": DRIFTED, "long": LONG},
    run=run,
)
