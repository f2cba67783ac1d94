"""The sparse map of SLAM."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile

PATHS = ("slam/point_cloud",)


def read(file: AnnotationFile) -> np.ndarray | None:
    """[P, 3] float32 world metres, or None where the recording has no map."""
    points = file.read(PATHS[0])
    return None if points is None else np.asarray(points, np.float32)
