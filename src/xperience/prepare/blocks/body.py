"""Body joints about the pelvis."""

from __future__ import annotations

from xperience.episode import Episode
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames, stored_frames

NAME = "body_joints"


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """52 joints minus joint 0 of the same frame, metres."""
    body = episode.body
    if not body.present:
        return absent(NAME, windows, body.reason)
    count = stored_frames(episode, "full_body_mocap/keypoints")
    return from_frames(NAME, windows, (body.values - body.values[:, :1])[:count], body.valid[:count])


BLOCKS = (Block(NAME, extract),)
