"""Hand joints about the pelvis."""

from __future__ import annotations

from functools import partial

from xperience.episode import Episode
from xperience.episode.layout import HAND_SIDES
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames, stored_frames


def extract(side: str, episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """21 joints, minus body joint 0 of the same frame where the recording has a body there; metres.

    A frame whose body is stored but not finite gives zeros, as the subtraction does: with the hand alone it would
    jump to another origin.
    """
    name = f"hand_{side}_joints"
    hand, body = episode.hand(side), episode.body
    if not hand.present:
        return absent(name, windows, hand.reason)
    count = stored_frames(episode, f"hand_mocap/{side}_joints_3d")
    values, valid = hand.values[:count].copy(), hand.valid[:count].copy()
    if body.present:
        both = min(count, stored_frames(episode, "full_body_mocap/keypoints"))
        values[:both] -= body.values[:both, :1]
        valid[:both] &= body.valid[:both]
    return from_frames(name, windows, values, valid)


BLOCKS = tuple(Block(f"hand_{side}_joints", partial(extract, side)) for side in HAND_SIDES)
