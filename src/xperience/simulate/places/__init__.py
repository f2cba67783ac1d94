"""Kinds of place. Each is one file of this package: a function with the decorator `place` that furnishes a room."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from xperience.simulate.places.room import Room


@dataclass(frozen=True)
class Place:
    """A kind of place.

    Attributes:
        name: canonical name. roles: the stations it offers; "work" and "shelf" everywhere.
        clutter: kinds of object that stand around in it.
        furnish: furnishes an empty room.
    """

    name: str
    roles: frozenset[str]
    clutter: tuple[str, ...]
    furnish: Callable[[Room], None]


_PLACES: dict[str, Place] = {}


def place(
    name: str, *, roles: tuple[str, ...], clutter: tuple[str, ...]
) -> Callable[[Callable[[Room], None]], Callable[[Room], None]]:
    """Registers a function that furnishes a room."""

    def register(furnish: Callable[[Room], None]) -> Callable[[Room], None]:
        assert name not in _PLACES, name
        assert {"work", "shelf"} <= set(roles)
        _PLACES[name] = Place(name, frozenset(roles), clutter, furnish)
        return furnish

    return register


@cache
def places() -> dict[str, Place]:
    """All places by name, sorted."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return dict(sorted(_PLACES.items()))
