"""Copies of a simulated recording with hand-made defects, and what the gate says of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from xperience.quality.gate import Quality, examine
from xperience.simulate.faults.editor import Editor

Defect = Callable[[Editor], None]


@pytest.fixture(scope="session")
def digests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Digests of videos, kept by content: what was not changed is decoded once a session."""
    return tmp_path_factory.mktemp("digests")


@pytest.fixture
def judge(digests: Path) -> Callable[[Path], Quality]:
    """What the gate says; a bug in a check is let through."""
    return lambda path: examine(path, cache=digests, strict=True)


@pytest.fixture
def copy(episode_path: Path, tmp_path: Path) -> Callable[[], Path]:
    """copy() gives a new copy of the simulated recording that may be written to."""
    count = iter(range(1, 1000))

    def make() -> Path:
        return shutil.copytree(episode_path, tmp_path / "session" / f"ep{next(count)}")

    return make


@pytest.fixture
def damaged(copy: Callable[[], Path], judge: Callable[[Path], Quality]) -> Callable[[Defect], Quality]:
    """damaged(defect) is what the gate says of a copy that `defect` has changed."""

    def make(defect: Defect) -> Quality:
        folder = copy()
        defect(Editor(folder))
        return judge(folder)

    return make
