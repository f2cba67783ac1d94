"""Hands against body: the wrist of the hand capture and that of the body capture move alike."""

from __future__ import annotations

from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import LEFT_WRIST, RIGHT_WRIST
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import alignment, motion

STREAM = "hand_left"

MAX_STD_S = 0.025
"""Half a frame at 20 fps."""


def measure(evidence: Evidence) -> list[Offset]:
    episode = evidence.episode
    if not (episode.body.present and episode.pose.present):
        return []
    found = []
    for side, joint in zip(HAND_SIDES, (LEFT_WRIST, RIGHT_WRIST), strict=True):
        hand = episode.hand_world(side)
        if not hand.present:
            continue
        name = f"hand_{side}"
        body = motion.wrist_increments(episode.body.values[:, joint], episode.body.valid, episode.body.times_s)
        moved = motion.wrist_increments(hand.values[:, 0], hand.valid, hand.times_s)
        if len(body.start_s) < 2:
            found.append(Offset.undetermined("body", name, "too few samples"))
        else:
            found.append(alignment.measure("body", name, body.track(), moved, max_std_s=MAX_STD_S))
    return found
