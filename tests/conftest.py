"""Fixtures shared by all tests: small simulated recordings, and the real pieces where they are at hand."""

from __future__ import annotations

from pathlib import Path

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
