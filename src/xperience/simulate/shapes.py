"""Low-poly primitives, in metres, z up, and ways to put them together.

Meshes are shared between things (the primitives are cached), so nobody may write into them. Faces turn outward.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

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
    circle = _circle(sides)
    rings = []
    for radius, z in profile:
        ring = np.empty((sides if radius else 1, 3))
        ring[:, :2] = circle * radius if radius else 0.0
        ring[:, 2] = z
        rings.append(ring)
    return _mesh(np.concatenate(rings), _lathe_faces(tuple(radius > 0 for radius, _ in profile), sides))


@lru_cache(maxsize=64)
def _circle(sides: int) -> np.ndarray:
    angle = np.arange(sides) * (2 * np.pi / sides)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


@lru_cache(maxsize=256)
def _lathe_faces(wide: tuple[bool, ...], sides: int) -> np.ndarray:
    """Faces between rings, each of `sides` corners where `wide`, else one point."""
    rows: list[np.ndarray] = []
    count = 0
    for full in wide:
        rows.append(np.arange(count, count + sides) if full else np.full(sides, count))
        count += sides if full else 1
    faces = []
    for k, (low, high) in enumerate(pairwise(rows)):
        low2, high2 = np.roll(low, -1), np.roll(high, -1)
        if wide[k]:
            faces.append(np.column_stack([low, low2, high2]))
        if wide[k + 1]:
            faces.append(np.column_stack([low, high2, high]))
    return np.concatenate(faces)


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
    n = len(points)
    direction = np.empty_like(points)
    direction[1:-1] = points[2:] - points[:-2]
    direction[0], direction[-1] = points[1] - points[0], points[-1] - points[-2]
    direction /= np.sqrt((direction**2).sum(1, keepdims=True))
    radii = np.linspace(radius, radius if end is None else end, n)
    # The normal is carried along the path (parallel transport), so that the tube does not twist.
    normal = np.eye(3)[np.argmin(np.abs(direction[0]))]
    frames = np.empty((n, 2, 3))
    for k, (a, b, c) in enumerate(direction.tolist()):
        normal = normal - (normal @ direction[k]) * direction[k]
        x, y, z = (normal / np.sqrt(normal @ normal)).tolist()
        frames[k] = (x, y, z), (b * z - c * y, c * x - a * z, a * y - b * x)
    rings = points[:, None] + radii[:, None, None] * np.einsum("sj,njk->nsk", _circle(sides), frames)
    return _mesh(np.concatenate([rings.reshape(-1, 3), points[:1], points[-1:]]), _tube_faces(n, sides))


@lru_cache(maxsize=256)
def _tube_faces(n: int, sides: int) -> np.ndarray:
    """Faces of n rings and a cap at either end."""
    ids = np.arange(n * sides).reshape(n, sides)
    a, b = ids[:-1], ids[1:]
    a2, b2 = np.roll(a, -1, 1), np.roll(b, -1, 1)
    first, last = np.full(sides, n * sides), np.full(sides, n * sides + 1)
    return np.concatenate(
        [
            np.stack([a, a2, b2], -1).reshape(-1, 3),
            np.stack([a, b2, b], -1).reshape(-1, 3),
            np.column_stack([first, np.roll(ids[0], -1), ids[0]]),
            np.column_stack([last, ids[-1], np.roll(ids[-1], -1)]),
        ]
    )


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
    axis = 0 if x else 1 if y else 2
    assert (x != 0) + (y != 0) + (z != 0) <= 1
    angle = np.radians(x + y + z)
    rotation = np.eye(3)
    k, m = (axis + 1) % 3, (axis + 2) % 3
    rotation[k, k] = rotation[m, m] = np.cos(angle)
    rotation[m, k], rotation[k, m] = np.sin(angle), -np.sin(angle)
    return _mesh(mesh.vertices @ rotation.T, mesh.faces)


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
