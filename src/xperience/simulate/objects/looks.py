"""How objects look and how they are held: colours, parts and grips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from xperience.simulate import shapes
from xperience.simulate.things import Mesh, Part

Color = tuple[float, float, float]
T = TypeVar("T")

PALETTES: dict[str, tuple[Color, ...]] = {
    "bright": (
        (0.80, 0.16, 0.14), (0.12, 0.36, 0.72), (0.95, 0.74, 0.12), (0.13, 0.52, 0.30), (0.88, 0.42, 0.10),
        (0.46, 0.20, 0.56), (0.10, 0.56, 0.60), (0.86, 0.36, 0.52),
    ),
    "muted": ((0.62, 0.55, 0.46), (0.38, 0.46, 0.52), (0.52, 0.60, 0.48), (0.70, 0.52, 0.42), (0.42, 0.36, 0.44)),
    "metal": ((0.62, 0.63, 0.65), (0.48, 0.49, 0.52), (0.74, 0.74, 0.73), (0.30, 0.31, 0.33)),
    "wood": ((0.62, 0.44, 0.26), (0.72, 0.55, 0.36), (0.45, 0.29, 0.17), (0.80, 0.66, 0.46)),
    "ceramic": ((0.93, 0.92, 0.88), (0.82, 0.86, 0.88), (0.36, 0.45, 0.56), (0.74, 0.42, 0.30), (0.24, 0.26, 0.28)),
    "cloth": ((0.22, 0.30, 0.52), (0.72, 0.24, 0.26), (0.85, 0.82, 0.74), (0.30, 0.46, 0.38), (0.55, 0.55, 0.60)),
    "dark": ((0.10, 0.10, 0.11), (0.16, 0.17, 0.20), (0.22, 0.20, 0.18)),
    "card": ((0.72, 0.55, 0.36), (0.66, 0.50, 0.33), (0.78, 0.62, 0.44)),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """Chance behind the appearance of one instance."""

    rng: np.random.Generator

    def color(self, palette: str) -> Color:
        """A colour of a palette, slightly varied."""
        r, g, b = np.clip(np.array(self.pick(PALETTES[palette])) * self.rng.uniform(0.88, 1.1), 0, 1)
        return float(r), float(g), float(b)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]

    def size(self, usual: float, spread: float = 0.1) -> float:
        """A length about the usual one, rounded to millimetres so that meshes are shared."""
        return round(float(usual * self.rng.uniform(1 - spread, 1 + spread)), 3)


COFFEE = (0.23, 0.13, 0.07)
TEA = (0.55, 0.30, 0.10)
WATER = (0.58, 0.74, 0.84)
GLASS = (0.70, 0.80, 0.80)


def part(mesh: Mesh, color: Color, texture: str = "plain", size: float = 0.1) -> Part:
    return Part(mesh, color, texture, size)


def with_fill(body: Sequence[Part], radius: float, level: float, color: Color) -> tuple[tuple[Part, ...], ...]:
    """Two states of an open vessel: empty, and filled with something up to a level."""
    return tuple(body), (*body, part(shapes.disk(radius, level), color))


def open_box(x: float, y: float, z: float, wall: float = 0.005) -> Mesh:
    """Floor and four walls."""
    long = [shapes.shift(shapes.box(x, wall, z), y=s * (y - wall) / 2) for s in (-1, 1)]
    short = [shapes.shift(shapes.box(wall, y - 2 * wall, z), x=s * (x - wall) / 2) for s in (-1, 1)]
    return shapes.merge(shapes.box(x, y, wall), *long, *short)


def _grip(position: Sequence[float], fingers: Sequence[float], out: Sequence[float]) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 2] = fingers, out
    pose[:3, 1] = np.cross(pose[:3, 2], pose[:3, 0])
    pose[:3, 3] = position
    return pose


PALM = 0.02
"""From the palm's centre to the skin that touches, metres."""


def side_grip(radius: float, z: float) -> np.ndarray:
    """Round the right side of a cup or bottle, finger tips forward, thumb up."""
    return _grip((radius + PALM, 0.0, z), (0, 1, 0), (-1, 0, 0))


def top_grip(z: float, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """From above, finger tips forward: lids, cloths, small things. z is the height of what the palm comes to."""
    return _grip((x, y - 0.02, z + PALM), (0, 1, 0), (0, 0, -1))


def bar_grip(z: float, x: float = 0.0) -> np.ndarray:
    """Round the handle of a tool that lies along x with its working end at -x; the thumb points to that end."""
    return _grip((x, 0.0, z + PALM), (0, 1, 0), (0, 0, -1))


FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Working orientation of a tool held by `bar_grip`: its working end (-x) points forward, what lay at +y faces down."""


def pitched(degrees: float) -> np.ndarray:
    """FORWARD with the working end lowered, as pens and brushes are held."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]]) @ FORWARD


def tilted(degrees: float, towards: str = "left") -> np.ndarray:
    """Orientation of a vessel that pours: tipped about the forward axis to the left, or away from the person."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    if towards == "left":
        return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
