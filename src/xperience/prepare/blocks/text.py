"""The caption's objects and interaction as a hashed bag of words."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from xperience.episode import Episode
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames

NAME = "caption_objects_interaction_text"
BUCKETS = 128
TOKEN = re.compile(r"[a-zA-Z0-9_]+")


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """Objects in order, then the interaction, as they are held at each frame."""
    if episode.caption is None:
        return absent(NAME, windows, "no caption that can be read")
    labels = episode.labels
    last: tuple[object, object] = (None, None)
    vector = hashed("")
    values = np.zeros((len(labels), BUCKETS), np.float32)
    valid = np.zeros(len(labels), bool)
    for frame, (objects, interaction) in enumerate(zip(labels.objects, labels.interaction, strict=True)):
        valid[frame] = objects is not None or interaction is not None
        if objects is not last[0] or interaction is not last[1]:  # held values are the same objects frame after frame
            vector = hashed(" ".join([*(objects or ()), interaction or ""]))
            last = objects, interaction
        values[frame] = vector
    return from_frames(NAME, windows, values, valid, "" if valid.any() else "no objects or interaction in the caption")


def hashed(text: str) -> np.ndarray:
    """[128] float32: signed counts of the words' hash buckets, unit length (all zeros where there is no word).

    A word's 8-byte blake2b digest gives the bucket (first four bytes, little endian) and the sign (lowest bit of the
    fifth byte: set is +1).
    """
    vector = np.zeros(BUCKETS, np.float32)
    for token in TOKEN.findall(text.lower()):
        digest = hashlib.blake2b(token.encode(), digest_size=8).digest()
        vector[int.from_bytes(digest[:4], "little") % BUCKETS] += 1 if digest[4] & 1 else -1
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


BLOCKS = (Block(NAME, extract),)
