"""The panel sees a representation collapse, and keeps quiet where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import toy

from xperience.pretrain import collapse, trainer
from xperience.pretrain.collapse import Alarm, panel
from xperience.pretrain.records import read_progress
from xperience.pretrain.step import Step, Term


class Agree(torch.nn.Module):
    """The student shall say what the teacher says of another window: whoever says always the same wins."""

    def forward(self, step: Step) -> dict[str, Term]:
        view = toy.ToyStep.view.fget(step)
        loss = (step.target.readout.roll(1, 0) - view.readout).square().sum()
        return {"level": Term(loss, torch.tensor(float(len(view.readout))))}


def test_a_collapsing_run_raises_the_alarm(tmp_path: Path) -> None:
    learner = toy.learner()
    learner.objectives = torch.nn.ModuleDict({"future": Agree()})
    changes = {"run__steps": 200, "run__panel_every": 20, "run__save_every": 1000, "run__probe_every": 0}
    config = toy.config(
        objectives={"future": 1.0}, optimiser__lr=3e-2, optimiser__ema=0.9, optimiser__warmup=10, **changes
    )
    said: list[str] = []
    runtime = toy.alone()
    trainer.train(config, learner, toy.Rows(0, 0.0), tmp_path, runtime, said.append)
    lines = [line for line in read_progress(tmp_path) if "panel" in line]
    assert lines[0]["alarm"] == [] and lines[-1]["alarm"]
    assert any("ALARM" in text for text in said)


def test_a_healthy_run_does_not(tmp_path: Path) -> None:
    toy.run(tmp_path, run__steps=80, run__panel_every=10, optimiser__lr=1e-2)
    lines = [line for line in read_progress(tmp_path) if "panel" in line]
    assert len(lines) == 8 and not any(line["alarm"] for line in lines)


def test_figures_of_known_features() -> None:
    torch.manual_seed(0)
    full = torch.randn(4000, 8)
    found = panel(full, full)
    assert found["effective_rank"] == pytest.approx(8, rel=0.02)
    assert found["cosine"] == pytest.approx(0, abs=0.01) and found["teacher_distance"] == pytest.approx(0, abs=1e-6)
    line = torch.randn(100, 1) * torch.randn(1, 8)
    assert panel(line, line)["effective_rank"] == pytest.approx(1, abs=0.01)
    point = torch.ones(10, 8)
    found = panel(point, -point)
    assert (
        found["spread"] == 0 and found["cosine"] == pytest.approx(1) and found["teacher_distance"] == pytest.approx(2)
    )
    assert found["effective_rank"] == 1.0


def test_the_alarm_waits_for_a_second_panel_and_for_the_grace() -> None:
    bad, good = {"effective_rank": 1.0, "spread": 0.0}, {"effective_rank": 5.0, "spread": 0.5}
    alarm = Alarm(grace=10)
    assert alarm.look(0, bad) == [] and alarm.look(5, bad) == []
    assert alarm.look(10, bad) == [] and len(alarm.look(11, bad)) == 2
    assert alarm.look(12, good) == [] and alarm.look(13, bad) == []


def test_baselines() -> None:
    wanted, known = torch.randn(4, 3, 5), torch.ones(4, 3, dtype=torch.bool)
    total, count = collapse.mean_token(wanted, known)
    assert count == 12 and total > 0
    assert collapse.mean_token(wanted, ~known)[1] == 0
    total, _ = collapse.copy_last(wanted[:, 0], wanted[:, :1].expand(4, 6, 5), torch.ones(4, dtype=torch.bool))
    assert total == 0


def test_figures_of_two_windows_by_hand() -> None:
    """(3, 4) and (4, 3), and twice (0, 1) from the teacher."""
    found = panel(torch.tensor([[3.0, 4.0], [4.0, 3.0]]), torch.tensor([[0.0, 1.0], [0.0, 1.0]]))
    assert found["cosine"] == pytest.approx(24 / 25) and found["effective_rank"] == pytest.approx(1)
    assert found["deviation_min"] == pytest.approx(0.5) and found["deviation_median"] == pytest.approx(0.5)
    assert found["spread"] == pytest.approx(0.5 / (12.5**0.5)) and found["teacher_distance"] == pytest.approx(1 - 0.7)
    square = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert panel(square, square)["effective_rank"] == pytest.approx(2)
    long = square * torch.tensor([3.0, 1.0])  # shares of 3/4 and 1/4: e to their entropy
    assert panel(long, long)["effective_rank"] == pytest.approx(4 / 3**0.75)


def test_baselines_by_hand() -> None:
    """Targets 0 and 4 lie 2 from their mean: smooth L1 of 1.5 each. The last block is copied over two blocks."""
    wanted = torch.tensor([[[0.0], [4.0], [99.0]]])
    total, count = collapse.mean_token(wanted, torch.tensor([[True, True, False]]))
    assert (float(total), float(count)) == (3.0, 2.0)
    total, count = collapse.copy_last(
        torch.tensor([[1.0], [5.0]]), torch.tensor([[[1.0], [3.0]], [[0.0], [0.0]]]), torch.tensor([True, False])
    )
    assert (float(total), float(count)) == (0.75, 1.0)
