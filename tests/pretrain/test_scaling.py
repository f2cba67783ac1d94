"""Curves come back from points they made; a ladder of real runs ends in a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from xperience.errors import UsageError
from xperience.pretrain.config import load_config
from xperience.pretrain.scaling import Rung, comparable, curve, fit_all, ladder, rung_config, write_report

TRUE = np.array([0.5, 1.0, 0.3, 2.0, 0.5])


def made(noise: float, seed: int = 0) -> list[Rung]:
    rng = np.random.default_rng(seed)
    grid = [(n, d) for n in (1e5, 4e5, 1.6e6, 6.4e6) for d in (0.1, 0.4, 1.6)]
    n, d = (np.array(column) for column in zip(*grid, strict=True))
    clean = curve(TRUE, n, d)
    each = rng.normal(size=(1, 20)) * noise  # recordings that are hard are hard for all
    return [Rung("x", 1, int(n[k]), d[k], clean[k] * np.exp(each[0])) for k in range(len(grid))]


def test_a_clean_curve_comes_back() -> None:
    found = fit_all(made(0.0), draws=5)
    assert [found.values[name] for name in ("E", "A", "a", "B", "b")] == pytest.approx(TRUE, rel=0.05)
    assert found.error < 1e-3


def test_a_curve_by_hand() -> None:
    """1 + 3 / 4 + 2 / 8 at four times the size and sixteen times the data of the smallest."""
    found = curve(np.array([1.0, 3.0, 1.0, 2.0, 0.75]), np.array([10.0, 40.0]), np.array([0.5, 8.0]))
    assert found.tolist() == pytest.approx([6.0, 2.0])


def test_intervals_hold_the_truth_of_exponents() -> None:
    found = fit_all(made(0.2), draws=30)
    for place, name in ((2, "a"), (4, "b")):
        assert found.low[name] - 0.03 <= TRUE[place] <= found.high[name] + 0.03
    assert found.high["B"] > found.low["B"]


def test_too_few_rungs() -> None:
    with pytest.raises(UsageError, match="too few rungs"):
        fit_all(made(0.0)[:4])
    with pytest.raises(UsageError, match="too few rungs"):
        fit_all(made(0.0)[::3] * 2)


def test_terms_with_targets_of_their_own_are_left_out() -> None:
    assert comparable("masked/pose") and comparable("hand_motion/mpjpe")
    assert not comparable("masked/video_stereo_left") and not comparable("future/latent")
    assert not comparable("alignment/words")


def test_sizes_between_the_names() -> None:
    config = load_config("nano")
    assert rung_config(config, "2x64", 3).model.changes == {"layers": 2, "width": 64, "heads": 2, "kv_heads": 2}
    assert rung_config(config, "micro", 3).model.size == "micro"
    for size in ("2x", "x64", "2x50", "axb", "²x32", "100000x32"):
        with pytest.raises(UsageError):
            rung_config(config, size, 3)


def test_a_ladder_of_real_runs(prepared_path: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    changes = {"run.steps": 2, "run.minutes": 0.0, "run.batch": 4, "run.workers": 0, "run.device": "cpu"}
    config = load_config("nano", changes | {"objectives": {"hand_motion": 1.0, "masked": 1.0}})
    said: list[str] = []
    options = (config, [prepared_path], tmp_path, ["1x32", "1x64", "2x64"], [1, 2])
    rungs = ladder(*options, windows=2, say=said.append)
    assert len(rungs) == 6 and all(np.isfinite(rung.loss) for rung in rungs)
    assert rungs[1].hours == pytest.approx(2 * rungs[0].hours, rel=0.01)
    said.clear()
    again = ladder(*options, windows=2, say=said.append)
    assert [rung.loss for rung in again] == [rung.loss for rung in rungs] and len(said) == 6  # nothing was done again
    for damage in ("[]", "{", '{"mark": 1}'):
        (tmp_path / "1x32_1" / "rung.json").write_text(damage)
        said.clear()
        again = ladder(*options, windows=2, say=said.append)
        assert [rung.loss for rung in again] == [rung.loss for rung in rungs] and len(said) == 7  # but this one
    write_report(tmp_path, config, rungs, fit_all(rungs, draws=3), "xperience scale")
    text = (tmp_path / "SCALING_REPORT.md").read_text()
    assert "2x64" in text and (tmp_path / "scaling.png").stat().st_size > 1000


def test_too_few_rungs_are_refused_before_the_first_is_trained(tmp_path: Path) -> None:
    for sizes, recordings in ((["2x64"], [1, 2, 3, 4, 5]), (["2x64", "3x64"], [1, 2]), (["2x64", "2x64"], [1, 2, 3])):
        with pytest.raises(UsageError, match="too few rungs"):
            ladder(load_config("nano"), [tmp_path / "no data"], tmp_path / "out", sizes, recordings)
    assert not (tmp_path / "out").exists()
