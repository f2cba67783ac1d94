"""Triangles ready to be drawn: vertices, faces, and what the shader wants to know about each face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xperience.simulate.render.textures import KINDS
from xperience.simulate.things import Part

COLOR, START, FIRST, SECOND, PER_METRE, KIND, LABEL = slice(0, 3), slice(3, 5), slice(5, 7), slice(7, 9), 9, 10, 11
COLUMNS = 12
"""Columns of a face table [F, COLUMNS] float32, one row for each face, so that one look-up serves a ray:

COLOR in 0..1; texture coordinates in periods at the first corner (START) and along the edges to the second and third
(FIRST, SECOND); texture periods a metre; texture as an index into textures.KINDS; instance label.
"""

_PLANES = np.array([[1, 2], [0, 2], [0, 1]])
"""By dominant axis of a face's normal: the two axes its texture runs along."""


@dataclass(frozen=True)
class Solid:
    """Local triangles with their table: vertices [V, 3] float32, faces [F, 3] int32, table [F, COLUMNS] float32."""

    vertices: np.ndarray
    faces: np.ndarray
    table: np.ndarray


def face_table(
    vertices: np.ndarray,
    faces: np.ndarray,
    color: np.ndarray | tuple[float, float, float],
    texture: str,
    texture_size: float,
    label: int,
) -> np.ndarray:
    """Table of faces in one colour; texture coordinates by projection along each face's dominant axis."""
    corners = np.asarray(vertices, np.float64)[faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    axes = _PLANES[np.abs(np.cross(first, second)).argmax(1)]
    rows = np.arange(len(faces))[:, None]
    start = corners[:, 0][rows, axes] / texture_size
    table = np.empty((len(faces), COLUMNS), np.float32)
    table[:, COLOR] = color
    table[:, START] = start - np.floor(start) + 64  # whole periods do not matter; above 0, truncation is the floor
    table[:, FIRST] = first[rows, axes] / texture_size
    table[:, SECOND] = second[rows, axes] / texture_size
    table[:, PER_METRE] = 1 / texture_size
    table[:, KIND] = KINDS.index(texture)
    table[:, LABEL] = label
    return table


def solid_of(parts: Sequence[Part], label: int) -> Solid | None:
    """The parts of a thing in one state as one mesh; None where it has none (it is out of sight in this state)."""
    vertices, faces, tables, start = [], [], [], 0
    for part in parts:
        mesh = part.mesh
        vertices.append(np.asarray(mesh.vertices, np.float32))
        faces.append(np.asarray(mesh.faces, np.int32) + start)
        start += len(mesh.vertices)
        tables.append(face_table(mesh.vertices, mesh.faces, part.color, part.texture, part.texture_size, label))
    if not faces:
        return None
    return Solid(np.concatenate(vertices), np.concatenate(faces), np.concatenate(tables))
