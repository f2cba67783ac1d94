"""Colour of what a ray hits: texture, one lamp, ambient light from above, and less light in the distance."""

from __future__ import annotations

import numpy as np

from xperience.simulate.render.meshes import FaceTable
from xperience.simulate.render.textures import TextureAtlas
from xperience.simulate.things import Light

FADE_PER_METRE = 0.03
"""Share of light lost with each metre from the headset: a cue to depth."""
FACING = 0.25
"""Share of ambient light that depends on how squarely a surface faces the viewer: it rounds objects."""


class Shader:
    """Shades hits under a session's light and textures."""

    def __init__(self, light: Light, atlas: TextureAtlas) -> None:
        self._atlas = atlas
        direction = np.asarray(light.direction, np.float64)
        self._lamp = (direction / np.linalg.norm(direction)).astype(np.float32)
        self._lamp_color = np.asarray(light.color, np.float32)
        self._ambient = np.asarray(light.ambient, np.float32)

    def colors(
        self,
        table: FaceTable,
        face: np.ndarray,
        normal: np.ndarray,
        u: np.ndarray,
        v: np.ndarray,
        distance: np.ndarray,
        directions: np.ndarray,
        pixel_angle: float,
    ) -> np.ndarray:
        """[n, 3] float32 in 0..1 and above; black where face is -1.

        Args:
            normal: [n, 3] float32 of any length, on either side. directions: [n, 3] unit rays.
            pixel_angle: radians that a pixel covers, for the texture's level of detail.
        """
        inverse = 1 / np.sqrt(np.maximum(np.einsum("ij,ij->i", normal, normal), np.float32(1e-20)))
        facing = np.einsum("ij,ij->i", normal, directions) * inverse
        lambert = (normal @ self._lamp) * inverse
        up = normal[:, 2] * inverse
        away = facing > 0  # seen from behind: turn the normal round
        np.negative(lambert, out=lambert, where=away)
        np.negative(up, out=up, where=away)
        np.abs(facing, out=facing)
        np.maximum(lambert, 0, out=lambert)
        ambient = (0.85 - FACING / 2 + 0.15 * up) + np.float32(FACING) * facing

        texture = table.texture[face]
        a = texture[:, 0] + u * texture[:, 2] + v * texture[:, 4]
        b = texture[:, 1] + u * texture[:, 3] + v * texture[:, 5]
        slant = np.maximum(facing, np.float32(0.15))
        footprint = distance * table.per_metre[face] * np.float32(pixel_angle) / slant
        light = self._atlas.sample(table.kind[face], a, b, footprint)
        light *= np.exp(distance * np.float32(-FADE_PER_METRE))
        light *= face >= 0

        out = table.color[face]
        for channel in range(3):
            shade = lambert * self._lamp_color[channel]
            shade += ambient * self._ambient[channel]
            shade *= light
            out[:, channel] *= shade
        return out
