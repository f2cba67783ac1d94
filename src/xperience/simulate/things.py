"""What a simulated place is made of: meshes, coloured parts, things with states. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Mesh:
    """Triangles in local coordinates, metres: vertices [V, 3] float32, faces [F, 3] int32, outward by the right-hand rule."""

    vertices: np.ndarray
    faces: np.ndarray


@dataclass(frozen=True)
class Part:
    """One coloured piece of a thing, in the thing's own coordinates.

    Attributes:
        color: (r, g, b) in 0..1.
        texture: "plain", "wood", "tiles", "stripes", "speckle" or "label"; evaluated in local coordinates by the renderer.
        texture_size: period of the texture, metres.
    """

    mesh: Mesh
    color: tuple[float, float, float]
    texture: str = "plain"
    texture_size: float = 0.1


@dataclass(frozen=True)
class Thing:
    """A piece of furniture or an object.

    Attributes:
        id: unique in its scenario, from 1; written into instance masks.
        kind: kind of object, such as "kettle"; the simulator has at least 40.
        name: what captions call it, such as "gooseneck kettle".
        states: names of its states, such as ("closed", "open"); the first is the initial one.
        parts: the parts to draw in each state, as many entries as states.
        pose: [4, 4] initial T_world_thing, z up.
        movable: whether a hand may take it.
        grip: [4, 4] T_thing_palm: where the right palm goes to hold it; None where not movable. Palm frame: origin at the
            palm's centre, x towards the finger tips, z out of the palm towards the thing (so the right thumb is on -y, the
            left one on +y). `grip_for` gives it for either hand.
        size: (x, y, z) extent in metres, for placing.
    """

    id: int
    kind: str
    name: str
    states: tuple[str, ...]
    parts: tuple[tuple[Part, ...], ...]
    pose: np.ndarray
    movable: bool
    grip: np.ndarray | None
    size: tuple[float, float, float]

    def grip_for(self, hand: str) -> np.ndarray:
        """T_thing_palm [4, 4] of "right" or "left": the left one mirrors y, of the thing and of the palm."""
        assert self.grip is not None
        if hand == "right":
            return self.grip
        mirror = np.diag([1.0, -1.0, 1.0, 1.0])
        return mirror @ self.grip @ mirror


@dataclass(frozen=True)
class Person:
    """Who wears the headset.

    Attributes:
        height: metres, 1.5 to 1.95. handedness: "right" or "left".
        skin, sleeve, trousers: colours in 0..1. betas: [16] body-shape numbers written to the file, consistent with height.
        speed: walking speed, m/s. briskness: factor on the duration of hand motions, about 1.
    """

    height: float
    handedness: str
    skin: tuple[float, float, float]
    sleeve: tuple[float, float, float]
    trousers: tuple[float, float, float]
    betas: np.ndarray = field(default_factory=lambda: np.zeros(16))
    speed: float = 1.0
    briskness: float = 1.0


@dataclass(frozen=True)
class Light:
    """One sun-like lamp and ambient light: unit direction towards the lamp, colours in 0..1."""

    direction: np.ndarray
    color: tuple[float, float, float]
    ambient: tuple[float, float, float]
