"""Contact of body joints 1 to 21 with the world, as stored: bool or probability."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities.body import unbatched
from xperience.episode.presence import Signal

PATHS = ("full_body_mocap/contacts",)


def read(file: AnnotationFile, times_s: np.ndarray) -> Signal:
    """[N, 21] float32; channel j is body joint j + 1."""
    contacts = unbatched(file.read(PATHS[0]), 2)
    if contacts is None:
        return Signal.absent((21,), frame="body joints", reason="full_body_mocap/contacts is not in the file")
    contacts = np.asarray(contacts[: len(times_s)], np.float32)
    return Signal(contacts, np.isfinite(contacts).all(1), times_s[: len(contacts)], frame="body joints")
