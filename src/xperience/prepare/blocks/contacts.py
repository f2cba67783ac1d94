"""Contacts of body joints 1 to 21."""

from __future__ import annotations

from xperience.episode import Episode
from xperience.prepare.blocks.base import Block, BlockValues, Tick, Windows, absent, from_frames, stored_frames

NAME = "body_contacts"


def extract(episode: Episode, windows: Windows, tick: Tick) -> BlockValues:
    """21 contacts as stored."""
    contacts = episode.contacts
    if not contacts.present:
        return absent(NAME, windows, contacts.reason)
    count = stored_frames(episode, "full_body_mocap/contacts")
    return from_frames(NAME, windows, contacts.values[:count], contacts.valid[:count])


BLOCKS = (Block(NAME, extract),)
