"""Low-poly primitives, in metres, z up, and ways to put them together.

Meshes are shared between things (the primitives are cached), so nobody may write into them. Faces turn outward.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xperience.episode import geometry
from xperience.simulate.things import Mesh

Point = tuple[float, float, float]


def _mesh(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    vertices, faces = np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32)
    vertices.flags.writeable = faces.flags.writeable = False
    return Mesh(vertices, faces)


_BOX_FACES = np.array(
    [[0, 2, 3], [0, 3, 1], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4], [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2],
     [1, 3, 7], [1, 7, 5]]
)  # fmt: skip
_BOX_CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (-0.5, 0.5) for x in (-0.5, 0.5)], np.float64)


@lru_cache(maxsize=4096)
def box(x: float, y: float, z: float, taper: float = 1.0) -> Mesh:
    """Box on the plane z = 0, centred in x and y; `taper` scales its top face (12 triangles)."""
    corners = _BOX_CORNERS * (x, y, z)
    corners[4:, :2] *= taper
    return _mesh(corners, _BOX_FACES)


@lru_cache(maxsize=4096)
def lathe(profile: tuple[tuple[float, float], ...], sides: int = 12) -> Mesh:
    """Surface of revolution about z of a profile of (radius, z), outward when it runs from bottom to top outside.

    A radius of 0 at an end closes it in a point; the profile of a cup goes up outside and down inside.
    """
    angle = np.arange(sides) * (2 * np.pi / sides)
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)
    rows: list[np.ndarray] = []
    vertices: list[np.ndarray] = []
    count = 0
    for radius, z in profile:
        ring = np.zeros((1, 3)) if radius == 0 else np.column_stack([circle * radius, np.zeros(sides)])
        ring[:, 2] = z
        vertices.append(ring)
        rows.append(np.arange(count, count + len(ring)) if radius else np.full(sides, count))
        count += len(ring)
    faces = []
    for low, high in zip(rows, rows[1:], strict=False):
        low2, high2 = np.roll(low, -1), np.roll(high, -1)
        if len(np.unique(low)) > 1:
            faces.append(np.column_stack([low, low2, high2]))
        if len(np.unique(high)) > 1:
            faces.append(np.column_stack([low, high2, high]))
    return _mesh(np.concatenate(vertices), np.concatenate(faces))


def cylinder(radius: float, height: float, sides: int = 12) -> Mesh:
    """Closed cylinder on z = 0."""
    return lathe(((0.0, 0.0), (radius, 0.0), (radius, height), (0.0, height)), sides)


def cone(bottom: float, top: float, height: float, sides: int = 12) -> Mesh:
    """Closed frustum on z = 0."""
    return lathe(((0.0, 0.0), (bottom, 0.0), (top, height), (0.0, height)), sides)


def cup(radius: float, height: float, wall: float = 0.004, bottom: float | None = None, sides: int = 14) -> Mesh:
    """Open vessel on z = 0 with an inside; `bottom` is its radius below."""
    low = radius if bottom is None else bottom
    return lathe(
        (
            (0.0, 0.0),
            (low, 0.0),
            (radius, height),
            (radius - wall, height),
            (low - wall, 1.5 * wall),
            (0.0, 1.5 * wall),
        ),
        sides,
    )


def disk(radius: float, z: float, sides: int = 12) -> Mesh:
    """Level disk seen from above, such as the surface of a liquid."""
    return lathe(((radius, z), (0.0, z)), sides)


@lru_cache(maxsize=1024)
def sphere(radius: float, flatten: float = 1.0, sides: int = 10) -> Mesh:
    """Ellipsoid of revolution resting on z = 0, `flatten` times as high as wide."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 1)
    profile = tuple(
        (0.0 if abs(a) > 1.57 else float(radius * np.cos(a)), float(radius * flatten * (1 + np.sin(a))))
        for a in latitude
    )
    return lathe(profile, sides)


@lru_cache(maxsize=1024)
def tube(path: tuple[Point, ...], radius: float, sides: int = 6, end: float | None = None) -> Mesh:
    """Closed tube along a path of points: handles, spouts, cables. Its radius goes from `radius` to `end`."""
    points = np.array(path, np.float64)
    direction = np.gradient(points, axis=0)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    radii = np.linspace(radius, radius if end is None else end, len(points))
    # The normal is carried along the path (parallel transport), so that the tube does not twist.
    normal = np.eye(3)[np.argmin(np.abs(direction[0]))]
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = []
    for point, d, r in zip(points, direction, radii, strict=True):
        normal = normal - normal @ d * d
        normal /= np.linalg.norm(normal)
        side = np.cross(d, normal)
        rings.append(point + r * (np.cos(angle)[:, None] * normal + np.sin(angle)[:, None] * side))
    n = len(points)
    ids = np.arange(n * sides).reshape(n, sides)
    a, b = ids[:-1], ids[1:]
    a2, b2 = np.roll(a, -1, 1), np.roll(b, -1, 1)
    faces = [np.stack([a, a2, b2], -1).reshape(-1, 3), np.stack([a, b2, b], -1).reshape(-1, 3)]
    first, last = n * sides, n * sides + 1
    faces.append(np.column_stack([np.full(sides, first), np.roll(ids[0], -1), ids[0]]))
    faces.append(np.column_stack([np.full(sides, last), ids[-1], np.roll(ids[-1], -1)]))
    return _mesh(np.concatenate([*rings, points[:1], points[-1:]]), np.concatenate(faces))


def handle(x: float, low: float, high: float, out: float, radius: float = 0.006) -> Mesh:
    """Handle of a mug: an arc in the plane y = 0 from (x, low) to (x, high), `out` wide."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 7)
    middle, half = (low + high) / 2, (high - low) / 2
    path = tuple((float(x + out * np.cos(a)), 0.0, float(middle + half * np.sin(a))) for a in angle)
    return tube(path, radius, 5)


@lru_cache(maxsize=1024)
def prism(outline: tuple[tuple[float, float], ...], height: float) -> Mesh:
    """A convex outline (x, y), counter-clockwise, from z = 0 to `height`."""
    points = np.array(outline, np.float64)
    n = len(points)
    vertices = np.concatenate([np.column_stack([points, np.full(n, z)]) for z in (0.0, height)])
    k = np.arange(n)
    k2 = np.roll(k, -1)
    fan = np.column_stack([np.zeros(n - 2, int), np.arange(1, n - 1), np.arange(2, n)])
    sides = [np.column_stack([k, k2, k2 + n]), np.column_stack([k, k2 + n, k + n])]
    return _mesh(vertices, np.concatenate([fan[:, ::-1], fan + n, *sides]))


def shift(mesh: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
    """Moved."""
    return _mesh(mesh.vertices + np.array([x, y, z], np.float32), mesh.faces)


def turn(mesh: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
    """Turned about one axis by degrees."""
    assert sum(angle != 0 for angle in (x, y, z)) <= 1
    return _mesh(mesh.vertices @ geometry.rotvec_to_matrix(np.radians([x, y, z])).T, mesh.faces)


def place(mesh: Mesh, pose: np.ndarray) -> Mesh:
    """Moved by a rigid transform [4, 4]."""
    return _mesh(geometry.apply(pose, mesh.vertices), mesh.faces)


def merge(*meshes: Mesh) -> Mesh:
    """One mesh of several."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    return _mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def bounds(*meshes: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner [3] of the axis-aligned box around the meshes."""
    low = np.min([mesh.vertices.min(0) for mesh in meshes], axis=0)
    high = np.max([mesh.vertices.max(0) for mesh in meshes], axis=0)
    return low.astype(np.float64), high.astype(np.float64)
