"""Faults that real recordings have, put into good ones on request: one file each, with the truth written down."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from xperience.errors import UsageError
from xperience.simulate.faults.fault import Fault

_HELPERS = {"fault", "editor", "corrupt", "stamps"}


@cache
def all_faults() -> dict[str, Fault]:
    """Every fault by name: each module of this package that defines `FAULT`."""
    found: dict[str, Fault] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _HELPERS):
        fault = importlib.import_module(f"{__name__}.{module}").FAULT
        assert fault.name == module, f"{module} defines a fault called {fault.name}"
        found[fault.name] = fault
    return found


def find(name: str) -> Fault:
    """The fault of this name.

    Raises:
        UsageError: there is none; the nearest name is offered.
    """
    import difflib

    faults = all_faults()
    if name not in faults:
        near = difflib.get_close_matches(name, faults, 1)
        hint = f"did you mean {near[0]}?" if near else "see `xperience corrupt --list`"
        raise UsageError("no such fault", field="--fault", found=name, hint=hint)
    return faults[name]
