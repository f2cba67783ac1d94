"""All views of a frame from one batch of rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.episode.cameras import Rig
from xperience.simulate.render.meshes import LABEL
from xperience.simulate.render.rays import ViewRays, view_rays
from xperience.simulate.render.scene import Hits, Scene
from xperience.simulate.render.sensor import Sensor
from xperience.simulate.render.shading import Shader
from xperience.simulate.render.textures import TextureAtlas
from xperience.simulate.rig import depth_camera
from xperience.simulate.script import Scenario
from xperience.simulate.world import Motion

BATCH = 1 << 15
"""Rays cast at a time: a whole small view; larger ones in parts that fit a core's cache."""
METERED = 2000
"""Rays of a view that decide about exposure."""
BRIGHT, GAINS = 0.6, (0.8, 2.5)


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
        images: by view, [H, W, 3] uint8 RGB; black outside the lens.
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
        session_seed: of the textures. seed: of the sensors' noise.
    """

    def __init__(self, scenario: Scenario, motion: Motion, rig: Rig, session_seed: int, seed: int) -> None:
        self._motion = motion
        self._scene = Scene(scenario, motion)
        self._shader = Shader(scenario.light, TextureAtlas(session_seed))
        self._views = {view: view_rays(camera) for view, camera in rig.cameras.items()}
        self._depth = view_rays(depth_camera(rig))
        exposure = self._exposure()
        self._sensors = {view: Sensor([seed, k], exposure) for k, view in enumerate(rig.cameras)}

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
            images[view], labels[view] = self._draw(view, rays, T_world_body)
        return Frame(images, labels, self._measure(T_world_body))

    def _exposure(self) -> float:
        """Gain that puts the brighter third of the first frame at BRIGHT without much of it white: set once, as by hand."""
        self._scene.pose(0)
        levels = []
        for rays in self._views.values():
            every = slice(None, None, max(1, len(rays.directions) // METERED))
            origin, directions = _world_rays(rays, self._motion.T_world_body[0], every)
            hits = self._scene.cast(origin, directions)
            levels.append(self._shade(rays, hits, directions)[0].mean(0))
        middle, white = np.quantile(np.concatenate(levels), (0.67, 0.97))
        return float(np.clip(min(BRIGHT / max(middle, 1e-3), 1 / max(white, 1e-3)), *GAINS))

    def _shade(self, rays: ViewRays, hits: Hits, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours [3, n] and face rows [n, COLUMNS] of hits."""
        rows = self._scene.table.take(hits.face, 0, mode="clip")
        return self._shader.colors(rows, hits, np.ascontiguousarray(directions.T), rays.pixel_angle), rows

    def _draw(self, view: str, rays: ViewRays, T_world_body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Image [H, W, 3] uint8 and labels [H, W] uint8 of one view."""
        width, height = rays.size
        count = len(rays.directions)
        image, label = np.zeros((count + 1, 3), np.uint8), np.zeros(count + 1, np.uint8)  # the last stays black
        for start in range(0, count, BATCH):
            part = slice(start, min(start + BATCH, count))
            origin, directions = _world_rays(rays, T_world_body, part)
            hits = self._scene.cast(origin, directions)
            colors, rows = self._shade(rays, hits, directions)
            colors *= rays.brightness[part]
            image[part] = self._sensors[view].expose(colors).T
            label[part] = rows[:, LABEL] * (hits.face >= 0)
        return image.take(rays.source, 0).reshape(height, width, 3), label.take(rays.source).reshape(height, width)

    def _measure(self, T_world_body: np.ndarray) -> DepthHits:
        """Every ray of the depth image."""
        rays = self._depth
        width, height = rays.size
        origin, directions = _world_rays(rays, T_world_body, slice(None))
        hits = self._scene.cast(origin, directions)
        length = np.linalg.norm(hits.normal, axis=0)
        facing = np.abs((hits.normal * directions.T).sum(0)) / np.maximum(length, 1e-12)
        there = hits.face >= 0
        labels = self._scene.table[:, LABEL].astype(np.uint8).take(hits.face, mode="clip")
        points = origin + directions * np.where(there, hits.distance, 0)[:, None]

        def image(values: np.ndarray) -> np.ndarray:
            return values.take(rays.source, 0).reshape(height, width, *values.shape[1:])

        return DepthHits(
            image(np.where(there, hits.distance * rays.along_axis, np.inf).astype(np.float32)),
            image(np.minimum(facing, 1)),
            image(labels * there),
            image(there & ~hits.moving),
            image(points),
        )


def _world_rays(rays: ViewRays, T_world_body: np.ndarray, part: slice) -> tuple[np.ndarray, np.ndarray]:
    """Camera centre [3] and unit directions [n, 3] of some of a view's rays, float32, in the world."""
    rotation = T_world_body[:3, :3].astype(np.float32)
    origin = geometry.apply(T_world_body, rays.origin[None])[0]
    return origin.astype(np.float32), rays.directions[part] @ rotation.T
