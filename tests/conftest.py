"""Fixtures shared by all tests: small simulated recordings, and the real pieces where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # equal to the bit, and two test files at a time on two processors

import pytest

from xperience.simulate.campaign import Recipe

SIMULATED = Recipe(seconds=6.0, width=64, seed=1, sessions=2)
"""Options of the simulated recordings that all tests share."""


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real recordings kept beside the project; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("real recordings are not at hand (looked for ../shared/real)")
    return folder


@pytest.fixture(scope="session")
def episode_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a simulated episode of 6 s at 64 pixels. Never write into it: copy first."""
    from xperience.simulate import campaign

    jobs = campaign.plan(SIMULATED, 4)
    return campaign.run(tmp_path_factory.mktemp("simulated"), jobs[:1], workers=1)[0]


@pytest.fixture(scope="session")
def episodes_path(episode_path: Path) -> Path:
    """Folder of four such episodes in two sessions, that one among them. Never write into it: copy first."""
    from xperience.simulate import campaign

    out = episode_path.parents[1]
    campaign.run(out, campaign.plan(SIMULATED, 4), workers=1)
    return out


@pytest.fixture(scope="session")
def prepared_path(episodes_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those four prepared in segments of 2 s: two train, one each for val and test. Never write into it: copy first."""
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import parse

    recipe = parse(
        {"name": "test", "seconds": 2.0, "shard_mb": 1, "video": {"width": 32, "codec": "raw", "every": 5},
         "depth": {"width": 16, "every": 5}}
    )  # fmt: skip
    items = items_of(episodes_path)
    ids = [item.id for item in items]
    out = tmp_path_factory.mktemp("prepared")
    prepare(items, {"train": ids[:2], "val": ids[2:3], "test": ids[3:]}, recipe, out, show=False)
    return out
