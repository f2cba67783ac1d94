"""The sparse map of SLAM."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile

PATH = "slam/point_cloud"


def read(file: AnnotationFile) -> np.ndarray | None:
    """[P, 3] float32 world metres, or None where the recording has no map."""
    points = file.read(PATH)
    return None if points is None else np.asarray(points, np.float32)


def without_far(points: np.ndarray, percentile: float = 95.0) -> np.ndarray:
    """The points [K, 3] no farther from the median point than that percentile of the distances, as published."""
    if not len(points):
        return points
    distance = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    return points[distance <= np.percentile(distance, percentile)]
