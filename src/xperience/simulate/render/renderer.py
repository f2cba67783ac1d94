"""All views of a frame from one batch of rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.episode.cameras import Rig
from xperience.simulate.render.rays import ViewRays, view_rays
from xperience.simulate.render.scene import Scene
from xperience.simulate.render.shading import Shader
from xperience.simulate.render.textures import TextureAtlas
from xperience.simulate.rig import depth_camera
from xperience.simulate.script import Scenario
from xperience.simulate.world import Motion

BATCH = 1 << 18
"""Rays cast at a time: all of a small frame, parts of one at real size."""


@dataclass(frozen=True)
class DepthHits:
    """What the rays of the depth image hit, [H, W] each.

    Attributes:
        z: metres along the optical axis; inf where nothing is hit. facing: cosine between ray and surface, 0..1.
        label: uint8 as in instance masks. still: whether the surface never moves. points: [H, W, 3] in the world.
    """

    z: np.ndarray
    facing: np.ndarray
    label: np.ndarray
    still: np.ndarray
    points: np.ndarray


@dataclass(frozen=True)
class Frame:
    """One instant in all views.

    Attributes:
        images: by view, [H, W, 3] float32 brightness in 0..1 and above, before the sensor; 0 outside the lens.
        labels: by view, [H, W] uint8, see truth.LABELS.
        depth: hits of the depth image.
    """

    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    depth: DepthHits


class Renderer:
    """Draws the frames of one recording.

    Args:
        motion: state at every frame.
        rig: cameras with sizes.
        seed: of the session's textures.
    """

    def __init__(self, scenario: Scenario, motion: Motion, rig: Rig, seed: int) -> None:
        self._motion = motion
        self._scene = Scene(scenario, motion)
        self._shader = Shader(scenario.light, TextureAtlas(seed))
        self._views = {view: view_rays(camera) for view, camera in rig.cameras.items()}
        self._depth = view_rays(depth_camera(rig))
        assert self._depth.pixels is None

    @property
    def depth_size(self) -> tuple[int, int]:
        """(width, height) of the depth image."""
        return self._depth.size

    def frame(self, k: int) -> Frame:
        """Draws frame k."""
        self._scene.pose(k)
        T_world_body = self._motion.T_world_body[k]
        images, labels = {}, {}
        for view, rays in self._views.items():
            images[view], labels[view] = self._draw(rays, T_world_body)
        return Frame(images, labels, self._measure(T_world_body))

    def _world_rays(self, rays: ViewRays, T_world_body: np.ndarray, part: slice) -> tuple[np.ndarray, np.ndarray]:
        directions = rays.directions[part] @ T_world_body[:3, :3].T.astype(np.float32)
        origin = geometry.apply(T_world_body, rays.origin[None])
        return np.repeat(origin.astype(np.float32), len(directions), 0), directions

    def _draw(self, rays: ViewRays, T_world_body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        width, height = rays.size
        image = np.zeros((height * width, 3), np.float32)
        label = np.zeros(height * width, np.uint8)
        for start in range(0, len(rays.directions), BATCH):
            part = slice(start, start + BATCH)
            origins, directions = self._world_rays(rays, T_world_body, part)
            hits = self._scene.cast(origins, directions)
            table = self._scene.table
            colors = self._shader.colors(
                table, hits.face, hits.normal, hits.u, hits.v, hits.distance, directions, rays.pixel_angle
            )
            colors *= rays.brightness[part, None]
            pixels = part if rays.pixels is None else rays.pixels[part]
            image[pixels] = colors
            label[pixels] = table.label[hits.face] * (hits.face >= 0)
        return image.reshape(height, width, 3), label.reshape(height, width)

    def _measure(self, T_world_body: np.ndarray) -> DepthHits:
        rays = self._depth
        width, height = rays.size
        origins, directions = self._world_rays(rays, T_world_body, slice(None))
        hits = self._scene.cast(origins, directions)
        length = np.linalg.norm(hits.normal, axis=1)
        facing = np.abs(np.einsum("ij,ij->i", hits.normal, directions)) / np.maximum(length, 1e-12)
        there = hits.face >= 0
        shape = (height, width)
        return DepthHits(
            np.where(there, hits.distance * rays.along_axis, np.inf).astype(np.float32).reshape(shape),
            np.minimum(facing, 1).reshape(shape),
            (self._scene.table.label[hits.face] * there).reshape(shape),
            (there & ~hits.moving).reshape(shape),
            (origins + directions * np.where(there, hits.distance, 0)[:, None]).reshape(height, width, 3),
        )
