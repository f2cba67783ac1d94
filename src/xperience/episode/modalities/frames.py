"""Streams with one entry a frame, brought to the length of the frame clock."""

from __future__ import annotations

import math

import numpy as np

from xperience.episode.annotation import MAX_READ_BYTES, AnnotationFile
from xperience.episode.presence import Notes
from xperience.errors import LimitError


def read(file: AnnotationFile, path: str, num_frames: int, notes: Notes, ndim: int) -> np.ndarray | None:
    """A per-frame dataset as floats [num_frames, ...], or None where it is missing.

    Some files carry a leading axis of length one, which is dropped. Frames that the dataset lacks are NaN; frames past
    the clock's end are left out. Both are noted.

    Args:
        ndim: dimensions of the dataset without the leading axis, the frame axis included.
    """
    dataset = file.dataset(path)
    if dataset is None:
        return None
    batched = dataset.ndim == ndim + 1
    array = file.read(path) if batched else file.read(path, start=0, stop=num_frames)
    assert array is not None
    length = dataset.shape[1] if batched else dataset.shape[0]
    array = (array[0] if batched else array)[:num_frames]
    if length != num_frames:
        notes.add(path, "not as long as the frame clock", f"{length} entries", f"{num_frames} frames")
    if array.dtype.kind != "f":
        array = array.astype(np.float32)
    if len(array) == num_frames:
        return array
    if num_frames * math.prod(array.shape[1:]) * array.dtype.itemsize > MAX_READ_BYTES:
        raise LimitError("frame clock is absurdly long", file=file.path, field=path, found=f"{num_frames} frames")
    padded = np.full((num_frames, *array.shape[1:]), np.nan, array.dtype)
    padded[: len(array)] = array
    return padded
