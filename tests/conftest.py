"""Fixtures shared by all tests: small simulated recordings, and the real pieces where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real recordings kept beside the project; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("real recordings are not at hand (looked for ../shared/real)")
    return folder
