"""Finds the sources: every module of this package that defines `SOURCE`."""

from __future__ import annotations

import importlib
import pkgutil

import xperience.sources as package
from xperience.errors import UsageError
from xperience.sources.source import Source


def sources() -> dict[str, Source]:
    """All sources by name, in the order of their names."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(package.__path__):
        source = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "SOURCE", None)
        if source is not None:
            assert source.name not in found, f"two sources are called {source.name}"
            found[source.name] = source
    return dict(sorted(found.items()))


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        UsageError: there is none.
    """
    known = sources()
    if name not in known:
        raise UsageError("no such source", field="SOURCE", found=name, expected=" or ".join(known))
    return known[name]
