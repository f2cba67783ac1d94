"""The survey of this machine against what is really installed."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

import pytest

from xperience.doctor import render, survey


def test_versions_are_those_installed() -> None:
    found = survey()
    versions = {package.name: package.version for package in found.required}
    assert versions["numpy"] == importlib.metadata.version("numpy")
    for extra in found.extras:
        assert extra.packages
        assert extra.complete == all(package.version for package in extra.packages)


def test_gpu_is_asked_through_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771 MiB'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = survey()
    assert found.gpus == ("NVIDIA H200, 143771 MiB",)
    assert "H200" in render(found)


def test_a_driver_that_hangs_or_fails_counts_as_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = survey()
    assert found.gpus == ()
    assert "none" in render(found)


def test_missing_extras_say_what_they_cost() -> None:
    found = survey()
    text = render(found)
    for extra in found.extras:
        if not extra.complete:
            assert extra.to_add in text
            assert f"{extra.megabytes} MB" in text or "no wheel" in extra.to_add
