"""Colour of what a ray hits: texture, one lamp, ambient light from above, and less light in the distance."""

from __future__ import annotations

import numpy as np

from xperience.simulate.render.meshes import COLOR, FIRST, KIND, PER_METRE, SECOND, START
from xperience.simulate.render.scene import Hits
from xperience.simulate.render.textures import TextureAtlas
from xperience.simulate.things import Light

FADE_PER_METRE = 0.03
"""Share of light lost with each metre from the headset: a cue to depth."""
FACING = 0.25
"""Share of ambient light that depends on how squarely a surface faces the viewer: it rounds objects."""
UPWARD = 0.15
"""Share of ambient light that depends on how far a surface faces up."""
MOST_SLANT = 0.15
"""Cosine below which a surface's texture is no further coarsened."""


class Shader:
    """Shades hits under a session's light and textures."""

    def __init__(self, light: Light, atlas: TextureAtlas) -> None:
        self._atlas = atlas
        direction = np.asarray(light.direction, np.float64)
        self._lamp = (direction / np.linalg.norm(direction)).astype(np.float32)
        self._lamp_color = np.asarray(light.color, np.float32)
        self._ambient = np.asarray(light.ambient, np.float32)

    def colors(self, rows: np.ndarray, hits: Hits, directions: np.ndarray, pixel_angle: float) -> np.ndarray:
        """[3, n] float32 brightness of red, green and blue in 0..1 and above; black where nothing is hit.

        Args:
            rows: [n, COLUMNS] row of the face table of each hit.
            directions: [3, n] unit rays.
            pixel_angle: radians that a pixel covers, for the texture's level of detail.
        """
        lambert, ambient, facing = self._light(hits.normal, directions)
        u, v = hits.u, hits.v
        a = rows[:, START.start] + u * rows[:, FIRST.start] + v * rows[:, SECOND.start]
        b = rows[:, START.start + 1] + u * rows[:, FIRST.start + 1] + v * rows[:, SECOND.start + 1]
        footprint = hits.distance * rows[:, PER_METRE]
        footprint *= np.float32(pixel_angle)
        footprint /= np.maximum(facing, np.float32(MOST_SLANT))
        light = self._atlas.sample(rows[:, KIND].astype(np.int32), a, b, footprint)
        light *= np.exp(hits.distance * np.float32(-FADE_PER_METRE))  # 0 at the huge distance of a miss
        lambert *= light
        ambient *= light
        out = np.empty((3, len(u)), np.float32)
        for channel in range(3):
            np.multiply(lambert, self._lamp_color[channel], out=out[channel])
            out[channel] += ambient * self._ambient[channel]
            out[channel] *= rows[:, COLOR.start + channel]
        return out

    def _light(self, normal: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Share of the lamp's light, of ambient light, and cosine to the viewer, [n] each.

        A surface seen from behind is lit as if its normal were turned round.
        """
        x, y, z = normal
        inverse = x * x
        inverse += y * y
        inverse += z * z
        np.maximum(inverse, np.float32(1e-20), out=inverse)
        np.sqrt(inverse, out=inverse)
        np.reciprocal(inverse, out=inverse)
        toward = x * directions[0]
        toward += y * directions[1]
        toward += z * directions[2]
        np.copysign(inverse, -toward, out=inverse)
        facing = toward * inverse
        np.negative(facing, out=facing)
        lambert = x * self._lamp[0]
        lambert += y * self._lamp[1]
        lambert += z * self._lamp[2]
        lambert *= inverse
        np.maximum(lambert, 0, out=lambert)
        ambient = z * inverse
        ambient *= np.float32(UPWARD)
        ambient += facing * np.float32(FACING)
        ambient += np.float32(1 - UPWARD - FACING / 2)
        return lambert, ambient, facing
