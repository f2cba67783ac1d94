"""The whole of UTD-MHAD that is at hand: every trial imports, and the published baselines come out of the episodes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xperience.episode import Episode
from xperience.sources.importing import import_recordings
from xperience.sources.utd_mhad import SOURCE


@pytest.fixture(scope="module")
def episodes(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("utd")
    outcome = import_recordings(SOURCE, real / "utd_mhad", out, show=False)
    assert not outcome.set_aside
    assert len(outcome.made) == len(list((real / "utd_mhad" / "Inertial").glob("*.mat")))
    return out


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "utd_mhad.py"
    spec = importlib.util.spec_from_file_location("utd_mhad_benchmark", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trials(episodes: Path, benchmark: ModuleType) -> list:
    found = [benchmark.read(path.parent) for path in sorted(episodes.glob("*/*/annotation.hdf5"))]
    return sorted(found, key=lambda trial: trial.name)


def test_depth_and_gravity(episodes: Path) -> None:
    with Episode.open(episodes / "utd_mhad_s1" / "a06_t1") as e:
        depth, _ = e.depth.frames(20, 21)
        person = depth[0][depth[0] > 0]
        assert 2.0 < np.median(person) < 3.5
        assert abs(np.median(e.body.values[20, 0, 0]) - np.median(person)) < 0.3  # away from the sensor
        quiet = np.linalg.norm(e.imu.gyro, axis=1) < 0.2
        assert np.median(np.linalg.norm(e.imu.accel[quiet], axis=1)) == pytest.approx(9.8, abs=0.5)


def test_published_baselines(trials: list, benchmark: ModuleType) -> None:
    """0.862 and 0.857 are those of the original files; three forests each, std 0.006 and 0.008."""
    keep = benchmark.recognition([t for t in trials if t.subject <= 6], 1, False)
    assert keep["imu"]["train"] == keep["imu"]["test"] == 323
    assert keep["imu"]["accuracy"] == pytest.approx(0.862, abs=0.02)
    assert keep["skeleton"]["accuracy"] == pytest.approx(0.857, abs=0.025)
    assert keep["both"]["accuracy"] == pytest.approx(0.929, abs=0.025)


def test_clocks_agree_only_as_imported(trials: list, benchmark: ModuleType) -> None:
    ideas = benchmark.clocks(trials[::4])
    ours, *others = ideas.values()
    assert ours["correlation_median"] > 0.78
    assert abs(ours["lag_median_s"]) < 0.02
    assert ours["measured"] > 0.8 * ours["trials"]
    for stated in ("stated rates, common start", "stated rates, common end"):
        assert ideas[stated]["correlation_median"] < 0.3


def test_imu_rate_by_gravity(trials: list, benchmark: ModuleType) -> None:
    for row in benchmark.imu_rate(trials).values():
        assert row["median"] == pytest.approx(1.0, abs=0.08)


def test_retrieval_beats_chance_and_length(trials: list, benchmark: ModuleType) -> None:
    found = benchmark.retrieval(trials)
    assert found["canonical correlation"]["mrr"] > 3 * found["file length only"]["mrr"] > 3 * found["chance"]["mrr"]
