"""Triangles of a whole recording, in two parts: what never moves, indexed once, and what does, indexed each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xperience.simulate.render.meshes import COLUMNS, Solid, solid_of
from xperience.simulate.render.person import Body
from xperience.simulate.script import Scenario
from xperience.simulate.truth import MOST_THINGS, ROOM
from xperience.simulate.world import Motion

STILL = 1e-7
"""A thing whose pose never changes by more than this (metres, or entries of its rotation) is part of the scenery."""

BLOCK = 32
"""Frames for which the person is posed at once."""

ROOM_KINDS = ("floor", "wall", "ceiling", "room")
"""Kinds of thing that count as the room itself in masks."""


@dataclass(frozen=True)
class Hits:
    """Where rays end.

    Attributes:
        distance: [n] float32 along unit rays; huge where nothing is hit.
        face: [n] int32 row of the scene's joint face table; -1 for none.
        normal: [3, n] float32, not of unit length, on either side.
        u, v: [n] float32 barycentric coordinates of the second and third corner.
        moving: [n] bool, True where a moving part is hit.
    """

    distance: np.ndarray
    face: np.ndarray
    normal: np.ndarray
    u: np.ndarray
    v: np.ndarray
    moving: np.ndarray


class Scene:
    """The triangles of a recording, posed frame by frame.

    Attributes:
        table: face table (see meshes) of all that can be hit at the current frame: still faces, things that move,
            the person.
    """

    def __init__(self, scenario: Scenario, motion: Motion) -> None:
        assert len(scenario.things) <= MOST_THINGS, "instance labels are bytes"
        self._motion = motion
        self._solids: list[list[Solid | None]] = [
            [solid_of(parts, ROOM if thing.kind in ROOM_KINDS else thing.id) for parts in thing.parts]
            for thing in scenario.things
        ]
        poses, states = motion.thing_poses, motion.thing_states
        moves = np.abs(poses - poses[:1]).max((0, 2, 3)) > STILL
        changes = (states != states[:1]).any(0)
        self._active = np.flatnonzero(moves | changes)
        self._body = Body(scenario.person)
        still = np.flatnonzero(~(moves | changes))
        parts = [(self._solids[k][states[0, k]], poses[0, k]) for k in still]
        self._still, self._still_table = _static([(solid, pose) for solid, pose in parts if solid is not None])
        self._states: tuple[int, ...] | None = None
        self._moving: Any = None
        self._block = -1
        self._people: tuple[np.ndarray, np.ndarray]
        self.pose(0)

    def pose(self, k: int) -> None:
        """Moves everything to frame k."""
        states = tuple(int(s) for s in self._motion.thing_states[k, self._active])
        if states != self._states:
            self._arrange(states)
        poses = self._motion.thing_poses[k, self._active]
        turned = np.einsum("vij,vj->vi", poses[self._owner, :3, :3], self._local, dtype=np.float64)
        things = (turned + poses[self._owner, :3, 3]).astype(np.float32)
        block, at = divmod(k, BLOCK)
        if block != self._block:
            self._block, self._people = block, self._body.pose(self._motion, slice(block * BLOCK, (block + 1) * BLOCK))
        person, normals = (values[at] for values in self._people)
        self._moving = _embree(np.concatenate([things, person]), self._faces)
        self._person_normals = normals.take(self._body.faces, 0).reshape(-1, 9)

    def cast(self, origin: np.ndarray, directions: np.ndarray) -> Hits:
        """First hits of rays from `origin` [3] along unit `directions` [n, 3], float32."""
        origins = np.empty_like(directions)
        origins[:] = origin
        # What moves goes first: it is near, and stops the rays on their way through the scenery.
        near = self._moving.run(origins, directions, output=True)
        still = self._still.run(origins, directions, dists=near["tfar"], output=True)
        face, distance, u, v = (still[key] for key in ("primID", "tfar", "u", "v"))
        moving = (face < 0) & (near["primID"] >= 0)
        normal = np.ascontiguousarray(still["Ng"].T)
        at = np.flatnonzero(moving)
        prim, near_u, near_v = (near[key].take(at) for key in ("primID", "u", "v"))
        face[at] = prim + len(self._still_table)
        distance[at] = near["tfar"].take(at)
        u[at], v[at] = near_u, near_v
        for axis, values in enumerate(
            self._smoothed(prim, near_u, near_v, near["Ng"].take(at, 0), directions.take(at, 0))
        ):
            normal[axis, at] = values
        return Hits(distance, face, normal, u, v, moving)

    def _smoothed(
        self, prim: np.ndarray, u: np.ndarray, v: np.ndarray, flat: np.ndarray, directions: np.ndarray
    ) -> np.ndarray:
        """Normals [3, n] of hits on moving parts: on the person's capsules they run evenly between a face's corners."""
        normals = np.ascontiguousarray(flat.T)
        at = np.flatnonzero(prim >= self._person_start)
        corners = self._person_normals.take(prim.take(at) - self._person_start, 0)
        toward = directions.take(at, 0)
        u, v = u.take(at), v.take(at)
        rest = 1 - u - v
        smooth = [corners[:, k] * rest + corners[:, 3 + k] * u + corners[:, 6 + k] * v for k in range(3)]
        # At the rim of a coarse capsule the even normal may point away from the viewer: keep it at right angles.
        beyond = np.maximum(sum(smooth[k] * toward[:, k] for k in range(3)) + np.float32(1e-3), 0)
        for k in range(3):
            normals[k, at] = smooth[k] - toward[:, k] * beyond
        return normals

    def _arrange(self, states: tuple[int, ...]) -> None:
        """Puts the meshes of the given states of the active things one after the other."""
        vertices, faces, tables, owner, start = [np.zeros((0, 3))], [], [], [], 0
        for k, (thing, state) in enumerate(zip(self._active, states, strict=True)):
            solid = self._solids[thing][state]
            if solid is None:
                continue
            vertices.append(solid.vertices)
            faces.append(solid.faces + start)
            tables.append(solid.table)
            owner.append(np.full(len(solid.vertices), k))
            start += len(solid.vertices)
        self._local = np.concatenate(vertices)
        self._owner = np.concatenate([np.zeros(0, int), *owner])
        self._faces = np.concatenate([*faces, self._body.faces + start]).astype(np.int32)
        self._person_start = len(self._faces) - len(self._body.faces)
        self.table = np.concatenate([self._still_table, *tables, self._body.table])
        self._states = states


def _static(placed: list[tuple[Solid, np.ndarray]]) -> tuple[Any, np.ndarray]:
    """One indexed mesh of everything that stands still, and its table."""
    vertices, faces, start = [np.zeros((3, 3))], [np.zeros((0, 3), np.int32)], 3
    for solid, pose in placed:
        vertices.append(solid.vertices @ pose[:3, :3].T + pose[:3, 3])
        faces.append(solid.faces + start)
        start += len(solid.vertices)
    table = np.concatenate([np.zeros((0, COLUMNS), np.float32), *(solid.table for solid, _ in placed)])
    corners, joint = np.concatenate(vertices).astype(np.float32), np.concatenate(faces)
    return _embree(corners, joint), table


def _embree(vertices: np.ndarray, faces: np.ndarray) -> Any:
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene(robust=False)  # a fifth faster; see the test for rays that slip between faces
    TriangleMesh(scene, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32))
    return scene
