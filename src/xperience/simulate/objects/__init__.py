"""Kinds of object. Each family is one file of this package; a kind is a function there with the decorator `kind`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from xperience.simulate import shapes
from xperience.simulate.objects.looks import Look
from xperience.simulate.things import Part

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Form:
    """One instance of a kind, in its own coordinates: resting on z = 0, towards the person is -y.

    Attributes:
        parts: what to draw in each state.
        grip: T_thing_palm of the right hand; None for what nobody lifts.
        tip: the point that does the work when it is used: a spout, an edge, a nib.
        working: [3, 3] orientation while it is used by the right hand, in station coordinates (x right, y forward).
        mouth: the point where others work on it or pour into it; None for the middle of its top.
        inside: (half x, half y, z) of a level rectangle in or on it where things may lie; None where there is none.
    """

    parts: tuple[tuple[Part, ...], ...]
    grip: np.ndarray | None = None
    tip: Point = (0.0, 0.0, 0.0)
    working: np.ndarray | None = None
    mouth: Point | None = None
    inside: tuple[float, float, float] | None = None

    @cached_property
    def boxes(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Lowest and highest corner [3] in each state; the origin where nothing is drawn."""
        nothing = (np.zeros(3), np.zeros(3))
        return tuple(shapes.bounds(*(part.mesh for part in parts)) if parts else nothing for parts in self.parts)

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner [3] over all states."""
        return np.min([low for low, _ in self.boxes], axis=0), np.max([high for _, high in self.boxes], axis=0)

    @property
    def size(self) -> tuple[float, float, float]:
        """Extent in x, y and z in the first state."""
        low, high = self.boxes[0]
        return float(high[0] - low[0]), float(high[1] - low[1]), float(high[2])


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Attributes:
        name: canonical name; captions mostly use it. names: all that captions may call it, the canonical one first.
        material: what it sounds like. states: names of its states. soft: whether it takes
            only the room of its present state; others keep room for all of them.
    """

    name: str
    names: tuple[str, ...]
    material: str
    states: tuple[str, ...]
    soft: bool
    build: Callable[[Look], Form]


_KINDS: dict[str, Kind] = {}


def kind(
    *names: str, material: str, states: tuple[str, ...] = ("whole",), soft: bool = False
) -> Callable[[Callable[[Look], Form]], Callable[[Look], Form]]:
    """Registers a function that builds one instance; the first name is the canonical one."""

    def register(build: Callable[[Look], Form]) -> Callable[[Look], Form]:
        assert names[0] not in _KINDS, names[0]
        _KINDS[names[0]] = Kind(names[0], names, material, states, soft, build)
        return build

    return register


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by canonical name, sorted."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return dict(sorted(_KINDS.items()))


def material(kind: str) -> str:
    """Material of a kind of object or fixture, for its sound; wood for furniture that has none of its own."""
    known = kinds().get(kind)
    return known.material if known else FIXTURE_MATERIALS.get(kind, "wood")


FIXTURE_MATERIALS = {
    "bathtub": "ceramic",
    "books": "paper",
    "boxes": "paper",
    "car": "metal",
    "clock": "plastic",
    "floor plant": "ceramic",
    "fridge": "metal",
    "mirror": "glass",
    "picture": "paper",
    "rug": "cloth",
    "sofa": "cloth",
    "stock": "paper",
    "washing machine": "metal",
    "window": "glass",
}
"""Materials of furniture that is not wooden."""
