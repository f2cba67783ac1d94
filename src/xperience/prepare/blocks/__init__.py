"""The blocks of the feature contract, one family a file, found here by name.

A module in this package that defines `BLOCKS`, a tuple of `Block`, adds them.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from xperience.prepare import contract
from xperience.prepare.blocks.base import Block


@cache
def registry() -> dict[str, Block]:
    """All blocks in the order of the contract."""
    found: dict[str, Block] = {}
    for module in pkgutil.iter_modules(__path__):
        for block in getattr(importlib.import_module(f"{__name__}.{module.name}"), "BLOCKS", ()):
            assert block.name not in found, block.name
            found[block.name] = block
    assert found.keys() == contract.BY_NAME.keys(), found.keys() ^ contract.BY_NAME.keys()
    return {name: found[name] for name in contract.BY_NAME}
