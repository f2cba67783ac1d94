"""Triangles ready to be drawn: vertices, faces, and what the shader wants to know about each face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xperience.simulate.render.textures import KINDS
from xperience.simulate.things import Part

_PLANES = np.array([[1, 2], [0, 2], [0, 1]])
"""By dominant axis of a face's normal: the two axes its texture runs along."""


@dataclass(frozen=True)
class FaceTable:
    """What the shader looks up by face.

    Attributes:
        color: [F, 3] float32 in 0..1.
        kind: [F] int32 texture, index into textures.KINDS.
        per_metre: [F] float32 texture periods a metre.
        texture: [F, 6] float32 (a, b) at the first corner, then along the first and second edge, in periods.
        label: [F] uint8 instance label.
    """

    color: np.ndarray
    kind: np.ndarray
    per_metre: np.ndarray
    texture: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        return len(self.color)

    @staticmethod
    def join(tables: Sequence[FaceTable]) -> FaceTable:
        return FaceTable(
            *(
                np.concatenate([getattr(table, name) for table in tables])
                for name in ("color", "kind", "per_metre", "texture", "label")
            )
        )


@dataclass(frozen=True)
class Solid:
    """Local triangles with their table: vertices [V, 3] float32, faces [F, 3] int32."""

    vertices: np.ndarray
    faces: np.ndarray
    table: FaceTable


def empty_table() -> FaceTable:
    return FaceTable(
        np.zeros((0, 3), np.float32),
        np.zeros(0, np.int32),
        np.zeros(0, np.float32),
        np.zeros((0, 6), np.float32),
        np.zeros(0, np.uint8),
    )


def face_table(
    vertices: np.ndarray,
    faces: np.ndarray,
    color: np.ndarray | tuple[float, float, float],
    texture: str,
    texture_size: float,
    label: int,
) -> FaceTable:
    """Table of faces in one colour; texture coordinates by projection along each face's dominant axis."""
    count = len(faces)
    corners = vertices[faces].astype(np.float64)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    axes = _PLANES[np.abs(np.cross(first, second)).argmax(1)]
    rows = np.arange(count)[:, None]
    scale = 1 / texture_size
    start = corners[:, 0][rows, axes] * scale
    start = start - np.floor(start) + 64  # whole periods do not matter; above 0, so that truncation is the floor
    edges = [edge[rows, axes] * scale for edge in (first, second)]
    return FaceTable(
        np.broadcast_to(np.asarray(color, np.float32), (count, 3)).copy(),
        np.full(count, KINDS.index(texture), np.int32),
        np.full(count, scale, np.float32),
        np.concatenate([start, *edges], 1).astype(np.float32),
        np.full(count, label, np.uint8),
    )


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
    return Solid(np.concatenate(vertices), np.concatenate(faces), FaceTable.join(tables))
