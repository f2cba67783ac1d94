"""The training loop in one process, on a toy that it trains in a second."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
import toy

from xperience import threads
from xperience.errors import MissingError, UsageError
from xperience.pretrain import config, distributed
from xperience.pretrain.combine import Normaliser, combine
from xperience.pretrain.config import Objective
from xperience.pretrain.learner import Learner
from xperience.pretrain.masking import draw
from xperience.pretrain.records import read_progress
from xperience.pretrain.step import Step, Term
from xperience.pretrain.trainer import STOPPED, DivergedError, learning_rate, train

ALONE = distributed.Runtime(0, 1, torch.device("cpu"), 1)


def losses(run: Path) -> list[float]:
    return [line["loss"] for line in read_progress(run)]


def test_it_learns(tmp_path: Path) -> None:
    toy.run(tmp_path, run__steps=60, optimiser__lr=1e-2)
    found = losses(tmp_path)
    assert np.mean(found[-10:]) < 0.7 * np.mean(found[:10])
    line = read_progress(tmp_path)[-1]
    assert line["samples"] == 60 * 8 and line["tokens"] == 60 * 64
    assert line["norm"]["update"] > 0 and line["norm"]["parameters"] > 0
    assert list((tmp_path / "tensorboard").iterdir())


def test_going_on_is_bit_identical(tmp_path: Path) -> None:
    whole = toy.run(tmp_path / "whole", run__steps=7, optimiser__schedule="constant")
    toy.run(tmp_path / "two", run__steps=3, optimiser__schedule="constant")
    again = toy.run(tmp_path / "two", run__steps=7, optimiser__schedule="constant")
    first, second = read_progress(tmp_path / "whole"), read_progress(tmp_path / "two")
    assert [line["step"] for line in second] == list(range(7))
    for key in ("loss", "order", "norm", "terms", "samples"):
        assert [line[key] for line in first] == [line[key] for line in second]
    assert whole.counters.present == again.counters.present


def test_parts_of_a_batch_see_the_same_samples(tmp_path: Path) -> None:
    toy.run(tmp_path / "one", run__steps=3, run__probe_every=0)
    toy.run(tmp_path / "parts", run__steps=3, run__probe_every=0, run__accumulate=2)
    one, parts = read_progress(tmp_path / "one"), read_progress(tmp_path / "parts")
    assert [line["order"] for line in one] == [line["order"] for line in parts]
    assert one[0]["terms"]["future/level"] == pytest.approx(parts[0]["terms"]["future/level"], rel=1e-5)


def test_probing_trains_the_same(tmp_path: Path) -> None:
    toy.run(tmp_path / "probed", run__steps=4, run__probe_every=1)
    toy.run(tmp_path / "not", run__steps=4, run__probe_every=0)
    assert losses(tmp_path / "probed") == pytest.approx(losses(tmp_path / "not"), rel=1e-4)
    facts = read_progress(tmp_path / "probed")[0]["gradients"]
    assert facts["norm/masked"] > 0 and abs(facts["cosine/masked/future"]) <= 1 + 1e-6


def test_looking_trains_the_same_where_objectives_take_turns(tmp_path: Path) -> None:
    """Probes and panels ask all objectives, but only those whose turn it is are trained on: the same weights come out as
    where nothing is looked at, and the loss that is written is theirs."""
    weights, lines = [], []
    for name, every in (("looked", 1), ("not", 0)):
        turns = {
            "masked": {"weight": 1.0, "every": 2},
            "future": {"weight": 0.5, "every": 2, "turn": 1, "normalise_at": 3},
        }
        options = toy.config(run__steps=5, run__probe_every=every, run__panel_every=every, objectives=turns)
        learner = toy.learner(0)
        learner.turns = options.objectives
        train(options, learner, toy.Rows(0, 0.0), tmp_path / name, toy.alone())
        weights.append(torch.cat([p.detach().flatten() for p in learner.parameters()]))
        lines.append(read_progress(tmp_path / name))
    assert torch.allclose(*weights, rtol=1e-5, atol=1e-7)
    for step, (looked, plain) in enumerate(zip(*lines, strict=True)):
        due, idle = ("masked/imu", "future/level") if step % 2 == 0 else ("future/level", "masked/imu")
        assert looked["loss"] == pytest.approx(plain["loss"], rel=1e-5)
        assert looked["norm"] == pytest.approx(plain["norm"], rel=1e-5)
        assert set(plain["terms"]) == {due} and set(looked["terms"]) == {due, idle}
        assert looked["gradients"]["norm/masked"] > 0 and looked["gradients"]["norm/future"] > 0
        assert "cosine/masked/future" in looked["gradients"], "in one order, whoever's turn it is"


@pytest.mark.parametrize("options", [{"recompute": True}, {"precision": "bf16"}, {"workers": 0}])
def test_options_keep_the_loss(tmp_path: Path, options: dict[str, object]) -> None:
    toy.run(tmp_path / "plain", run__steps=4)
    toy.run(tmp_path / "option", run__steps=4, **{f"run__{k}": v for k, v in options.items()})
    exact = "precision" not in options
    assert losses(tmp_path / "option") == pytest.approx(losses(tmp_path / "plain"), rel=1e-6 if exact else 0.05)


def test_a_loss_that_is_not_finite_costs_one_step(tmp_path: Path) -> None:
    toy.run(tmp_path, poison=2, run__steps=5)
    lines = read_progress(tmp_path)
    assert [line["skipped"] for line in lines] == [0, 0, 1, 1, 1]
    assert all(math.isfinite(line["loss"]) for line in lines if line["step"] != 2)
    assert lines[2]["norm"]["update"] == 0
    (kept,) = (tmp_path / "bad").iterdir()
    with np.load(kept, allow_pickle=False) as arrays:
        assert arrays["k"].tolist() == list(range(16, 24))
        assert arrays["imu.values"].shape == (8, 8, 6)
        assert json.loads(arrays["facts"].tobytes())["step"] == 2


def test_a_skipped_step_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the next step needs twice the memory."""
    found: list[weakref.ref[torch.Tensor]] = []
    alive = []
    ask = Learner.forward

    def watched(self: Learner, step: Step) -> dict[str, dict[str, Term]]:
        alive.append([loss() is not None for loss in found])
        terms = ask(self, step)
        found.append(weakref.ref(terms["future"]["level"].total))
        return terms

    monkeypatch.setattr(Learner, "forward", watched)
    toy.run(tmp_path, poison=2, run__steps=4, run__probe_every=0, run__panel_every=0)
    assert alive[3] == [False, False, False]


def test_too_many_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="at most 0"):
        toy.run(tmp_path, poison=1, run__bad_limit=0)


def test_a_signal_saves_and_the_run_goes_on(tmp_path: Path) -> None:
    toy.run(tmp_path / "whole", run__steps=30, optimiser__schedule="constant")
    killer = threading.Thread(target=lambda: (_until_step(tmp_path / "cut", 3), os.kill(os.getpid(), signal.SIGTERM)))
    killer.start()
    cut = toy.run(tmp_path / "cut", pause=0.02, run__steps=30, optimiser__schedule="constant", run__save_every=1000)
    killer.join()
    assert cut.code == STOPPED and 3 <= cut.counters.step < 30
    again = toy.run(tmp_path / "cut", run__steps=30, optimiser__schedule="constant")
    assert again.code == 0 and losses(tmp_path / "cut") == losses(tmp_path / "whole")


def _until_step(run: Path, number: int) -> None:
    for _ in range(2000):
        if len(read_progress(run)) > number:
            return
        time.sleep(0.005)


def test_minutes_end_a_run(tmp_path: Path) -> None:
    begin = time.perf_counter()
    outcome = toy.run(tmp_path, run__steps=0, run__minutes=0.01, pause=0.01)
    assert 0.5 < outcome.counters.seconds < 2 and time.perf_counter() - begin < 10
    assert read_progress(tmp_path)[-1]["lr"] < 0.2 * read_progress(tmp_path)[5]["lr"]


def test_what_a_run_was_begun_with_stays(tmp_path: Path) -> None:
    toy.run(tmp_path, run__steps=2)
    with pytest.raises(UsageError, match="another config"):
        toy.run(tmp_path, run__steps=4, optimiser__lr=1e-4)
    with pytest.raises(UsageError, match="other data"):
        toy.run(tmp_path, run__steps=4, lacking=0.5)
    with pytest.raises(UsageError, match="dealt out evenly"):
        toy.run(tmp_path / "b", run__accumulate=3)


def test_no_gpu_where_one_is_asked_for() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(MissingError, match="no GPU"):
        distributed.start("cuda")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nsteps = 1\nbatchs = 4", "did you mean 'batch'"),
        ("[run]\nsteps = 1\n[objectives]\nmaskd = 1.0", "did you mean 'masked'"),
        ("[run]\nsteps = 1\n[objectives.masked]\nweigth = 1.0", "did you mean 'weight'"),
        ("[optimizer]\nlr = 1.0", "did you mean 'optimiser'"),
        ("[run]\nsteps = 0", "no end given"),
        ("[run]\nsteps = 1\n[objectives]\nmasked = 0.0", "nothing to learn"),
        ("[run]\nsteps = -1", "run.steps"),
    ],
)
def test_typos_name_the_nearest_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        config.load_config(tmp_path / "c.toml")


def test_shipped_configs_are_valid() -> None:
    assert {"nano", "micro", "0.3b", "1b", "3b", "7b"} <= set(config.shipped())
    for name in config.shipped():
        assert config.load_config(name).model.size == name


def test_denominators_count_only_what_is_present() -> None:
    total = torch.tensor(6.0, requires_grad=True)
    terms = {"a": {"x": Term(total, torch.tensor(3.0)), "y": Term(0 * total, torch.tensor(0.0))}}
    result = combine(terms, ALONE)
    assert result.figures == {"a/x": 2.0, "a/y": 0.0} and float(result.losses["a"].detach()) == 2.0 and result.finite


def test_a_normaliser_freezes() -> None:
    normaliser = Normaliser({"a": Objective(normalise_at=3), "b": Objective()})
    for number, value in enumerate([4.0, 4.0, 4.0, 400.0, 400.0]):
        normaliser.note(number, "a", value)
        normaliser.note(number, "b", value)
    assert normaliser.scale("a") == pytest.approx(0.25) and normaliser.scale("b") == 1.0
    other = Normaliser(normaliser.options)
    other.restore(json.loads(json.dumps(normaliser.state())))
    assert other.scale("a") == normaliser.scale("a")


def test_schedules() -> None:
    for schedule, middle in (("cosine", 0.5), ("constant", 1.0), ("tail", 1.0)):
        options = toy.config(optimiser__schedule=schedule, optimiser__lr=1.0, optimiser__final=0.0)
        assert learning_rate(options, 50, 0.5) == pytest.approx(middle)
        assert learning_rate(options, 0, 0.0) == pytest.approx(0.5)  # two steps of warm-up


def test_masks_depend_on_the_sample_alone() -> None:
    times = {"imu": np.arange(40) / 20}
    seeds = np.arange(100, dtype=np.uint64)
    options = toy.config().masking
    whole, part = draw(seeds, times, options), draw(seeds[[7, 3]], times, options)
    assert (whole.hidden["imu"][[7, 3]] == part.hidden["imu"]).all()
    assert (whole.dropped[[7, 3]] == part.dropped).all()
    assert abs(whole.hidden["imu"].mean() - options.hide) < 0.05


def test_the_number_of_threads_is_recorded_and_resumed_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(number: int | None) -> threads.Policy:
        policy = threads.Policy()
        if number is not None:
            policy.fix(number)
        monkeypatch.setattr(threads, "_policy", policy)
        monkeypatch.delenv(threads.ENVIRONMENT, raising=False)
        return policy

    begin(1)
    toy.run(tmp_path, run__steps=2, optimiser__schedule="constant")
    assert [line["threads"] for line in read_progress(tmp_path)] == [1, 1]
    free = begin(None)
    toy.run(tmp_path, run__steps=4, optimiser__schedule="constant")
    assert free.fixed and [line["threads"] for line in read_progress(tmp_path)] == [1] * 4
    begin(2)
    toy.run(tmp_path, run__steps=5, optimiser__schedule="constant")
    assert read_progress(tmp_path)[-1]["threads"] == 2
    torch.set_num_threads(1)
