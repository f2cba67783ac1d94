"""Contact of body joints 1 to 21 with the world, as stored: bool or probability."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities import frames
from xperience.episode.presence import Notes, Signal

PATH = "full_body_mocap/contacts"


def read(file: AnnotationFile, times_s: np.ndarray, notes: Notes) -> Signal:
    """[N, 21] float32; channel j is body joint j + 1. All zero is a measurement: nothing is touched."""
    contacts = frames.read(file, PATH, len(times_s), notes, 2)
    if contacts is None:
        return Signal.absent((21,), frame="body joints", reason=f"{PATH} is not in the file")
    return Signal(contacts.astype(np.float32), np.isfinite(contacts).all(1), times_s, frame="body joints")
