"""Kinds of leak, found by being there: every module of `leakage.kinds` that defines `KIND`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from xperience.corpus.leakage import kinds
from xperience.corpus.leakage.evidence import Evidence, Found


@dataclass(frozen=True)
class Kind:
    """One kind of leak: name, the question it answers, and the function that answers it."""

    name: str
    question: str
    run: Callable[[Evidence], Found]


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, by name."""
    found = [importlib.import_module(f"{kinds.__name__}.{m.name}").KIND for m in pkgutil.iter_modules(kinds.__path__)]
    return tuple(sorted(found, key=lambda kind: kind.name))


def look(evidence: Evidence) -> dict[str, Found]:
    """What every kind found, by name."""
    return {kind.name: kind.run(evidence) for kind in all_kinds()}
