"""Activities. Each file of this package makes one `Activity` named ACTIVITY."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from xperience.simulate.procedure import Activity


@cache
def activities() -> dict[str, Activity]:
    """All activities by name, sorted."""
    found: dict[str, Activity] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        activity = importlib.import_module(f"{__name__}.{module}").ACTIVITY
        assert activity.name not in found, activity.name
        found[activity.name] = activity
    return dict(sorted(found.items()))
