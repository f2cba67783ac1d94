"""Do captions parse, lie within the recording, and cover it with labels?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

COVERED = Threshold(0.8, "share", "frames with an action label; the rule holds labels, so real ones reach 0.98")
UNKNOWN = Threshold(0.1, "share", "action times that are no timestamp; real files have one frame name an episode")
OUTSIDE = Threshold(2.0, "s", "how far a caption's time may lie outside the recording")
EMPTY = Threshold(0.1, "share", "actions without a label")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    caption, clock = episode.caption, episode.clock
    end = clock.duration_s
    if caption is None or not len(clock):
        return []
    actions = [action for segment in caption.segments for action in segment.actions]
    found: list[Finding] = []

    def add(value: float, bound: Threshold, reason: str, start: float = 0.0, stop: float = end) -> None:
        found.append(Finding("captions", "caption", start, stop, value, bound.value, reason))

    if not actions:
        add(0, COVERED, "no action is described")
        return found
    keys = [key for action in actions for key in (action.start, action.end)]
    stamps = np.array([key for key in keys if isinstance(key, int)], np.float64)
    unknown = 1 - len(stamps) / len(keys)
    if unknown > UNKNOWN.value:
        add(unknown, UNKNOWN, f"{unknown:.0%} of action times are unknown")
    if len(stamps):
        outside = np.maximum(clock.times_ns[0] - stamps, stamps - clock.times_ns[-1]) * 1e-9
        share = float((outside > OUTSIDE.value).mean())
        if share > 0.05:
            add(float(outside.max()), OUTSIDE, f"{share:.0%} of action times lie outside the recording")
    empty = float(np.mean([not action.label.strip() or action.label.strip() == "N/A" for action in actions]))
    if empty > EMPTY.value:
        add(empty, EMPTY, f"{empty:.0%} of actions have no label")
    covered = float((episode.labels.action != "").mean())
    if covered < COVERED.value:
        add(covered, COVERED, f"labels cover {covered:.0%} of frames")
    backward = sum(isinstance(a.start, int) and isinstance(a.end, int) and a.end < a.start for a in actions)
    if backward:
        add(
            backward,
            Threshold(0, "actions", "an action ends after it starts"),
            f"{backward} actions end before they start",
        )
    return found


CHECK = Check(
    name="captions",
    reads=("caption",),
    question="Do captions parse, lie within the recording, and cover it with labels?",
    thresholds={"covered": COVERED, "unknown": UNKNOWN, "outside": OUTSIDE, "empty": EMPTY},
    run=run,
)
