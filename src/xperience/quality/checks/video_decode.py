"""Does each view decode to its end, with as many frames as the annotation?"""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.quality.evidence import MORE_FRAMES, Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

MISSING = Threshold(2, "frames", "real recordings: the last frame or two may be cut when the recorder stops")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    times, end = episode.clock.times_s, episode.clock.duration_s
    found = []
    for view in episode.views:
        digest = evidence.digest(view)
        if digest is None:
            reason = f"cannot be decoded: {evidence.errors.get(view, 'no frames')}"
            found.append(Finding("video_decode", view, 0.0, end, None, None, reason, "fail"))
            continue
        lacking = len(times) - len(digest)
        wanted = min(digest.declared, len(times) + MORE_FRAMES)
        if digest.error or lacking > MISSING.value or wanted - len(digest) > MISSING.value:
            start = float(times[len(digest)]) if len(digest) < len(times) else end
            reason = f"{len(digest)} frames decode, {digest.declared} declared, {len(times)} annotated"
            reason += f": {digest.error}" if digest.error else ""
            found.append(Finding("video_decode", view, start, end, lacking, MISSING.value, reason))
        elif -lacking > MISSING.value:
            more = max(digest.declared - len(times), -lacking)
            reason = f"{more} frames more than annotated"
            found.append(Finding("video_decode", view, 0.0, end, more, MISSING.value, reason))
    return found


CHECK = Check(
    name="video_decode",
    reads=VIEWS,
    question="Does each view decode to its end, with as many frames as the annotation?",
    thresholds={"missing": MISSING},
    run=run,
)
