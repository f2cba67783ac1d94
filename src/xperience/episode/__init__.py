"""One recording: files, clock, geometry, captions."""

from xperience.episode.episode import MODALITIES, Episode
from xperience.episode.presence import Presence, Problem, Signal

__all__ = ["MODALITIES", "Episode", "Presence", "Problem", "Signal"]
