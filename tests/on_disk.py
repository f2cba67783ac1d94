"""Notes what is brought to the disk and what gets its name, in their order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xperience import storage


def noted(patch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """("sync" or "name", name of the file or folder), as they happen from now on."""
    said: list[tuple[str, str]] = []
    fsync, replace, exchange = os.fsync, os.replace, storage._exchange

    def name(handle: int) -> str:
        return Path(f"/proc/self/fd/{handle}").readlink().name

    patch.setattr(os, "fsync", lambda handle: (said.append(("sync", name(handle))), fsync(handle))[1])
    patch.setattr(os, "replace", lambda a, b: (said.append(("name", Path(b).name)), replace(a, b))[1])
    patch.setattr(storage, "_exchange", lambda a, b: (said.append(("name", b.name)), exchange(a, b))[1])
    return said
