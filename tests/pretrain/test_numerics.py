"""The numbers of a step: clipping, weight decay, the teacher's average, rates, weights; and a run that stays what it is.

The trainer is asked through a toy (see `toy.py`). With a large `eps` AdamW's step is nearly the gradient times the rate, so
that what happened to the gradient shows in the weights.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import golden
import pytest
import torch
import toy
from torch import nn

from xperience.pretrain import distributed
from xperience.pretrain.combine import Normaliser, combine
from xperience.pretrain.config import Objective
from xperience.pretrain.gradients import backward_each
from xperience.pretrain.learner import Learner, groups
from xperience.pretrain.records import read_progress
from xperience.pretrain.step import Term
from xperience.pretrain.trainer import learning_rate, train

PLAIN = {"eps": 1.0, "betas": (0.0, 0.0), "decay": 0.0, "warmup": 0, "schedule": "constant", "lr": 1e-2}
"""AdamW as g / (|g| + 1) times the rate."""


def trained(out: Path, steps: int = 1, run: dict[str, object] | None = None, **changes: object) -> Learner:
    """The toy after some steps."""
    torch.set_num_threads(1)
    sections = {f"run__{key}": value for key, value in {"probe_every": 0, "panel_every": 0, **(run or {})}.items()}
    options = toy.config(run__steps=steps, **sections, **changes)
    learner = toy.learner(0)
    train(options, learner, toy.Rows(0, 0.0), out, toy.alone())
    return learner


def optimiser(**changes: object) -> dict[str, object]:
    return {f"optimiser__{key}": value for key, value in {**PLAIN, **changes}.items()}


def last(out: Path) -> dict[str, object]:
    return read_progress(out)[-1]


# -- gradients -------------------------------------------------------------------------------------------------------


def test_gradients_are_cut_to_the_norm_asked_for(tmp_path: Path) -> None:
    """Cut to a thousandth, the step is a thousandth of the rate; the norm that is written is that before."""
    trained(tmp_path / "cut", **optimiser(clip=1e-3))
    trained(tmp_path / "free", **optimiser(clip=0.0))
    trained(tmp_path / "wide", **optimiser(clip=1e3))
    cut, free, wide = (last(tmp_path / name)["norm"] for name in ("cut", "free", "wide"))
    assert cut["gradient"] == pytest.approx(free["gradient"], rel=1e-6) and free["gradient"] > 0.1
    assert cut["update"] == pytest.approx(1e-2 * 1e-3, rel=0.02)
    assert free["update"] == pytest.approx(wide["update"], rel=1e-6), "a norm below the limit stays as it is"
    assert free["update"] > 20 * cut["update"]


def test_norms_are_of_all_weights_and_of_their_change(tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in toy.learner(0).named_parameters()}
    learner = trained(tmp_path, **optimiser(clip=0.0))
    found = last(tmp_path)["norm"]
    mine = {name: value for name, value in learner.named_parameters() if value.requires_grad}
    size = math.sqrt(sum(float(value.detach().square().sum()) for value in mine.values()))
    change = math.sqrt(sum(float((value - before[name]).detach().square().sum()) for name, value in mine.items()))
    assert found["parameters"] == pytest.approx(size, rel=1e-5)
    assert found["update"] == pytest.approx(change, rel=1e-4)


def test_the_gradient_is_that_of_the_weighted_sum(tmp_path: Path) -> None:
    """By autograd over the same batch: weights 2 and 0.5 of means over what is known."""
    trained(tmp_path, objectives={"masked": 2.0, "future": 0.5}, **optimiser(clip=0.0))
    learner, rows = toy.learner(0), toy.Rows(0, 0.0)
    _, batch = next(rows.stream(0, 8, 0, 1, 0))
    terms = learner(learner.step(batch, 0, 0, torch.device("cpu")))
    masked, level = terms["masked"]["imu"], terms["future"]["level"]
    loss = 2.0 * masked.total / masked.count + 0.5 * level.total / level.count
    loss.backward()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in learner.parameters() if p.grad is not None))
    found = last(tmp_path)
    assert found["norm"]["gradient"] == pytest.approx(norm, rel=1e-5)
    assert found["loss"] == pytest.approx(float(loss.detach()), rel=1e-6)
    assert found["terms"]["masked/imu"] == pytest.approx(float(masked.total.detach() / masked.count), rel=1e-6)


def test_weights_scale_the_gradients_of_their_objectives(tmp_path: Path) -> None:
    for name, weight in (("one", 1.0), ("three", 3.0)):
        trained(tmp_path / name, objectives={"masked": weight, "future": 0.5}, run={"probe_every": 1}, **optimiser())
    one, three = (last(tmp_path / name) for name in ("one", "three"))
    assert three["gradients"]["norm/masked"] == pytest.approx(3 * one["gradients"]["norm/masked"], rel=1e-4)
    assert three["gradients"]["norm/future"] == pytest.approx(one["gradients"]["norm/future"], rel=1e-4)
    assert three["loss"] - one["loss"] == pytest.approx(2 * one["terms"]["masked/imu"], rel=1e-5)


def test_parts_of_a_batch_sum_up_to_the_whole(tmp_path: Path) -> None:
    """`future` has its mean over samples, so that with everything present two parts give the gradient of one."""
    norms = []
    for parts in (1, 2, 4):
        options = toy.config(run__steps=1, run__accumulate=parts, run__probe_every=0, run__panel_every=0,
                             objectives={"future": 1.0}, **optimiser(clip=0.0))  # fmt: skip
        learner = toy.learner(0)
        del learner.objectives["masked"]
        train(options, learner, toy.Rows(0, 0.0), tmp_path / str(parts), toy.alone())
        norms.append(last(tmp_path / str(parts))["norm"])
    assert norms[1]["gradient"] == pytest.approx(norms[0]["gradient"], rel=1e-5)
    assert norms[2]["gradient"] == pytest.approx(norms[0]["gradient"], rel=1e-5)
    assert norms[2]["update"] == pytest.approx(norms[0]["update"], rel=1e-5)


def test_gradients_of_objectives_are_compared_at_the_trunk() -> None:
    """3 x + 4 y of one, 4 x of the other: norms 5 and 4, cosine 0.6, and 7 and 4 in all."""
    shared, own = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))
    losses = {"a": (shared * torch.tensor([3.0, 4.0])).sum(), "b": 4 * shared[0] + 7 * own.sum(), "c": 0 * shared.sum()}
    found = backward_each(losses, [shared], distributed.Runtime(0, 1, torch.device("cpu"), 1))
    assert found["norm/a"] == pytest.approx(5) and found["norm/b"] == pytest.approx(4) and found["norm/c"] == 0
    assert found["cosine/a/b"] == pytest.approx(0.6) and found["cosine/a/c"] == 0
    assert shared.grad.tolist() == [7, 4] and own.grad.tolist() == [7]


def test_one_loss_an_objective_over_all_of_its_terms() -> None:
    """6 / 3 + 5 / 1, and nothing of what is absent; what is divided is what was known, at least one."""
    alone = distributed.Runtime(0, 1, torch.device("cpu"), 1)
    one, two, none = (torch.tensor(v, requires_grad=True) for v in (6.0, 5.0, 0.0))
    terms = {
        "a": {"x": Term(one, torch.tensor(3.0)), "y": Term(two, torch.tensor(1.0))},
        "b": {"z": Term(none, torch.tensor(0.0))},
    }
    found = combine(terms, alone)
    assert float(found.losses["a"].detach()) == 7.0 and float(found.losses["b"].detach()) == 0.0
    assert found.figures == {"a/x": 2.0, "a/y": 5.0, "b/z": 0.0}
    assert found.counts == {"a/x": 3.0, "a/y": 1.0, "b/z": 0.0}
    found.losses["a"].backward()
    assert float(one.grad) == pytest.approx(1 / 3) and float(two.grad) == 1.0
    terms["a"]["x"] = Term(torch.tensor(math.inf), torch.tensor(3.0))
    assert not combine(terms, alone).finite and not combine(terms, alone).own_finite


# -- weight decay ----------------------------------------------------------------------------------------------------


def test_matrices_decay_and_nothing_else() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Conv2d(1, 1, 2))
    module.scale = nn.Parameter(torch.ones(4))
    module.frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)
    decayed, plain = groups(module, 0.05)
    assert decayed["weight_decay"] == 0.05 and plain["weight_decay"] == 0.0
    assert {tuple(p.shape) for p in decayed["params"]} == {(2, 3), (1, 1, 2, 2)}
    assert sorted(tuple(p.shape) for p in plain["params"]) == [(1,), (2,), (2,), (2,), (4,)]


def test_decay_draws_matrices_towards_zero_by_rate_times_decay(tmp_path: Path) -> None:
    """Against the same step without decay: weights of matrices are smaller by 0.01 times 0.5 of themselves."""
    start = {name: value.detach().clone() for name, value in toy.learner(0).named_parameters()}
    without, having = (trained(tmp_path / str(d), **optimiser(decay=d)) for d in (0.0, 0.5))
    moved = 0
    for (name, a), (_, b) in zip(without.named_parameters(), having.named_parameters(), strict=True):
        if not a.requires_grad or "spare" in name:
            continue
        share = 0.01 * 0.5 if a.ndim >= 2 else 0.0
        assert torch.allclose(a - b, share * start[name], atol=1e-7), name
        moved += 1
    assert moved > 10


# -- the teacher -----------------------------------------------------------------------------------------------------


def test_teacher_keeps_its_share_each_step(tmp_path: Path) -> None:
    """teacher = 0.75 teacher + 0.25 student, once a step."""
    start = {name: value.detach().clone() for name, value in toy.learner(0).model.named_parameters()}
    learner = trained(tmp_path, **optimiser(ema=0.75, lr=0.5))
    for (name, mine), other in zip(learner.model.named_parameters(), learner.teacher.parameters(), strict=True):
        assert torch.allclose(other, 0.75 * start[name] + 0.25 * mine, atol=1e-6), name
    assert not torch.allclose(learner.model.enter.weight, start["enter.weight"], atol=1e-3)


def test_teacher_takes_buffers_as_they_are_and_begins_as_the_student() -> None:
    class Holding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = nn.Linear(2, 2)
            self.register_buffer("spread", torch.ones(2))

    learner = Learner(Holding(), {}, toy.Texts(), toy.config().masking, {})
    assert torch.equal(learner.teacher.trunk.weight, learner.model.trunk.weight)
    assert learner.teacher.trunk.weight is not learner.model.trunk.weight
    learner.model.spread.fill_(5.0)
    learner.follow(0.9)
    assert learner.teacher.spread.tolist() == [5.0, 5.0]


def test_a_skipped_step_moves_neither_student_nor_teacher(tmp_path: Path) -> None:
    """One step, and one more that is skipped, end alike."""
    ends = []
    for steps in (1, 2):
        options = toy.config(run__steps=steps, run__probe_every=0, **optimiser(ema=0.75))
        learner = toy.learner(0, poison=1)
        train(options, learner, toy.Rows(0, 0.0), tmp_path / str(steps), toy.alone())
        ends.append(learner)
    assert last(tmp_path / "2")["skipped"] == 1
    for (name, one), (_, two) in zip(ends[0].named_parameters(), ends[1].named_parameters(), strict=True):
        assert torch.equal(one, two), name


# -- the rate --------------------------------------------------------------------------------------------------------


def rate(schedule: str, progress: float, number: int = 1000) -> float:
    options = toy.config(optimiser__schedule=schedule, optimiser__lr=0.2, optimiser__final=0.1, optimiser__warmup=10)
    return learning_rate(options, number, progress)


def test_the_cosine_ends_at_its_share() -> None:
    """0.1 + 0.9 (1 + cos) / 2 of 0.2, at the start, a third, the middle, three quarters, the end and beyond."""
    found = [rate("cosine", p) for p in (0.0, 1 / 3, 0.5, 0.75, 1.0, 1.5)]
    quarter = 0.1 + 0.45 * (1 - math.sqrt(0.5))
    assert found == pytest.approx([0.2, 0.2 * 0.775, 0.2 * 0.55, 0.2 * quarter, 0.02, 0.02], abs=1e-12)


def test_the_tail_falls_in_the_last_fifth() -> None:
    found = [rate("tail", p) for p in (0.0, 0.5, 0.8, 0.9, 1.0)]
    assert found == pytest.approx([0.2, 0.2, 0.2, 0.2 * 0.55, 0.02], abs=1e-12)
    assert [rate("constant", p) for p in (0.0, 0.5, 1.0)] == pytest.approx([0.2] * 3)


def test_warm_up_is_linear_and_ends() -> None:
    found = [rate("constant", 0.0, number) for number in (0, 1, 4, 9, 10, 500)]
    assert found == pytest.approx([0.02, 0.04, 0.1, 0.2, 0.2, 0.2])
    assert learning_rate(toy.config(optimiser__warmup=0, optimiser__lr=0.3), 0, 0.0) == pytest.approx(0.3)


def test_the_rate_that_is_written_is_the_rate_that_is_used(tmp_path: Path) -> None:
    """The first of ten steps of warm-up moves a tenth as far."""
    for warmup in (0, 10):
        trained(tmp_path / str(warmup), **optimiser(warmup=warmup))
    whole, tenth = (last(tmp_path / str(warmup))["norm"]["update"] for warmup in (0, 10))
    assert tenth == pytest.approx(whole / 10, rel=1e-3)


def test_a_run_follows_its_schedule(tmp_path: Path) -> None:
    """Five steps: the k-th is at k / 5 of the run."""
    trained(tmp_path, 5, **optimiser(schedule="cosine", final=0.1, lr=0.1))
    found = [line["lr"] for line in read_progress(tmp_path)]
    assert found == pytest.approx([0.1 * (0.1 + 0.45 * (1 + math.cos(math.pi * k / 5))) for k in range(5)])


# -- weights and normalisers -----------------------------------------------------------------------------------------


def test_a_normaliser_divides_by_the_corrected_mean() -> None:
    """Means of 0.98: after 2 and 4, (0.98 * 0.02 * 2 + 0.02 * 4) / (1 - 0.98^2)."""
    normaliser = Normaliser({"a": Objective(normalise_at=5)})
    assert normaliser.scale("a") == 1.0
    for number, value in ((0, 2.0), (1, 4.0), (2, math.nan), (7, 100.0)):
        normaliser.note(number, "a", value)
    mean = (0.98 * 0.02 * 2 + 0.02 * 4) / (1 - 0.98**2)
    assert normaliser.scale("a") == pytest.approx(1 / mean)


def test_objectives_of_weight_zero_are_left_out() -> None:
    config = toy.config(objectives={"masked": 2.0, "future": 0.0})
    assert config.weights() == {"masked": 2.0}


# -- a whole run -----------------------------------------------------------------------------------------------------


def test_twenty_steps_give_the_losses_they_gave(tmp_path: Path) -> None:
    """To 1e-4, since other processors round otherwise. A change that is meant to change them: see `golden.py`."""
    wanted = json.loads(golden.KEPT.read_text("utf-8"))
    found = golden.losses(tmp_path)
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        assert found[name] == pytest.approx(values, rel=1e-4, abs=1e-5), name


# -- parts of a batch ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lacking", [0.0, 0.4, 0.85])
def test_parts_give_the_loss_and_the_gradient_of_the_whole(tmp_path: Path, lacking: float) -> None:
    """Whatever part lacks a stream: sums and counts are of all parts before anything is divided."""
    lines = []
    for parts in (1, 2, 4):
        toy.run(tmp_path / str(parts), lacking, run__steps=4, run__accumulate=parts, run__save_every=1000)
        lines.append(read_progress(tmp_path / str(parts)))
    for one, *others in zip(*lines, strict=True):
        for other in others:
            assert other["loss"] == pytest.approx(one["loss"], rel=1e-6, abs=1e-9)
            assert other["norm"]["gradient"] == pytest.approx(one["norm"]["gradient"], rel=1e-6, abs=1e-9)
            assert other["counts"] == one["counts"]
            assert other["terms"] == pytest.approx(one["terms"], rel=1e-6, abs=1e-9)


def test_the_logged_loss_is_the_one_that_was_optimised(tmp_path: Path) -> None:
    """The scale of a step is that before its own loss was noted."""
    options = {"masked": {"weight": 2.0, "normalise_at": 3}, "future": 0.5}
    toy.run(tmp_path, run__steps=5, objectives=options, run__probe_every=0, run__panel_every=0)
    normaliser = Normaliser({"masked": Objective(weight=2.0, normalise_at=3)})
    for line in read_progress(tmp_path):
        masked, future = line["terms"]["masked/imu"], line["terms"]["future/level"]
        assert line["loss"] == pytest.approx(2.0 * normaliser.scale("masked") * masked + 0.5 * future, rel=1e-6)
        normaliser.note(line["step"], "masked", masked)
