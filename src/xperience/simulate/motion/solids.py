"""Things as boxes: what fingers close on and hands touch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from xperience.simulate.things import Mesh, Thing


def pieces(mesh: Mesh) -> np.ndarray:
    """[B, 2, 3] boxes around the pieces of a mesh that share no corners; a single box for one without faces."""
    vertices = mesh.vertices.astype(np.float64)
    if len(mesh.faces) == 0:
        return np.stack([vertices.min(0), vertices.max(0)])[None]
    edges = np.concatenate([mesh.faces[:, :2], mesh.faces[:, 1:]])
    graph = coo_matrix((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(len(vertices),) * 2)
    count, label = connected_components(graph, directed=False)
    out = np.stack([np.full((count, 3), np.inf), np.full((count, 3), -np.inf)], 1)
    np.minimum.at(out[:, 0], label, vertices)
    np.maximum.at(out[:, 1], label, vertices)
    used = np.zeros(count, bool)
    used[label[mesh.faces]] = True
    return out[used]


def distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Distance [..., P] from points [..., P, 3] to the nearest of the boxes [B, 2, 3]; 0 inside."""
    best = np.full(points.shape[:-1], np.inf)
    for low, high in corners:
        outside = np.maximum(np.maximum(low - points, points - high), 0.0)
        np.minimum(best, (outside * outside).sum(-1), out=best)
    return np.sqrt(best)


def all_boxes(things: Sequence[Thing]) -> list[np.ndarray]:
    """Boxes [B, 2, 3] of each thing in its first state; things that share a mesh share the work."""
    known: dict[int, np.ndarray] = {}
    out = []
    for thing in things:
        found = []
        for part in thing.parts[0]:
            key = id(part.mesh)
            if key not in known:
                known[key] = pieces(part.mesh)
            found.append(known[key])
        out.append(np.concatenate(found) if found else np.zeros((0, 2, 3)))
    return out
