"""How the loss falls with the size of the model and the amount of data: a ladder of runs, curves, a report.

Each rung is a run of its own, with everything else alike. Measured on held-out windows, in terms whose targets are the
same for every model: what is regressed or classified in fixed units. Latent and contrastive terms are left out, since
every model makes its own targets there.

The curve is L(N, D) = E + A N^-a + B D^-b (Hoffmann et al. 2022), N trunk parameters, D hours of recordings, fitted to
log L. Intervals come from resampling the held-out recordings, all rungs together, and fitting again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import UsageError
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.pretrain.config import TrainConfig
from xperience.storage import digest, to_json, write_json, write_text

DRAWS = 200
"""Fits to resampled held-out recordings."""

NAMES = ("E", "A", "a", "B", "b")


@dataclass(frozen=True)
class Rung:
    """One run. parameters: of its trunk. hours: of recordings. losses: [R] by held-out recording."""

    size: str
    recordings: int
    parameters: int
    hours: float
    losses: np.ndarray

    @property
    def loss(self) -> float:
        return float(self.losses.mean())


@dataclass(frozen=True)
class Fit:
    """Attributes: values, low, high: of NAMES, 95 %. error: root mean square of log L. rungs: fitted to."""

    values: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    error: float
    rungs: int


def comparable(term: str) -> bool:
    """Whether a term's target is the same for every model."""
    objective, _, name = term.partition("/")
    if objective == "masked":
        return name in STREAMS and STREAMS[name].modality not in ("video", "audio", "depth")
    return objective in ("ego_motion", "hand_motion", "action", "contact", "policy")


def curve(values: np.ndarray, parameters: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """L of values (E, A, a, B, b); A and B are what the terms are at the smallest N and D of the ladder."""
    e, a_size, a, b_size, b = values
    found: np.ndarray = e + a_size * (parameters / parameters.min()) ** -a + b_size * (hours / hours.min()) ** -b
    return found


def fit(parameters: np.ndarray, hours: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, float]:
    """The curve's values and the root mean square error of log L, by least squares from several starts."""
    from scipy.optimize import least_squares

    lowest = float(losses.min())
    best: tuple[float, np.ndarray] | None = None
    for share in (0.2, 0.5, 0.9):
        for power in (0.1, 0.4):
            start = [share * lowest, (1 - share) * lowest / 2, power, (1 - share) * lowest / 2, power]
            found = least_squares(
                lambda v: np.log(np.maximum(curve(v, parameters, hours), 1e-9)) - np.log(losses),
                start,
                bounds=([0, 0, 0, 0, 0], [lowest, np.inf, 3, np.inf, 3]),
                loss="soft_l1",
                f_scale=0.05,
            )
            if best is None or found.cost < best[0]:
                best = (float(found.cost), found.x)
    assert best is not None
    rest = np.log(np.maximum(curve(best[1], parameters, hours), 1e-9)) - np.log(losses)
    return best[1], float(np.sqrt(np.mean(rest**2)))


LEAST_RUNGS = 5
"""As many as the curve has numbers."""


def _enough(rungs: int, sizes: int, amounts: int) -> None:
    """
    Raises:
        UsageError: a curve of five numbers cannot be fitted to so few.
    """
    if rungs < LEAST_RUNGS or sizes < 2 or amounts < 2:
        raise UsageError(
            "too few rungs for a curve of five numbers",
            field="--sizes, --recordings",
            found=f"{rungs} rungs: {sizes} sizes, {amounts} amounts of data",
            expected=f"at least {LEAST_RUNGS}, with two sizes and two amounts of data",
        )


def fit_all(rungs: list[Rung], seed: int = 0, draws: int = DRAWS) -> Fit:
    """The curve with its intervals.

    Raises:
        UsageError: too few rungs, or a ladder that does not vary in both size and data.
    """
    parameters = np.array([r.parameters for r in rungs], float)
    hours = np.array([r.hours for r in rungs], float)
    _enough(len(rungs), len(set(parameters)), len(set(hours)))
    table = np.stack([r.losses for r in rungs])
    if not (np.isfinite(table).all() and (table.mean(1) > 0).all()):
        raise UsageError(
            "no loss that can be compared between models", field="objectives",
            expected="masked, ego_motion, hand_motion, action, contact or policy, and recordings that have their targets",
        )  # fmt: skip
    values, error = fit(parameters, hours, table.mean(1))
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        chosen = rng.integers(0, table.shape[1], table.shape[1])
        drawn.append(fit(parameters, hours, table[:, chosen].mean(1))[0])
    low, high = np.percentile(np.stack(drawn), [2.5, 97.5], axis=0)
    return Fit(
        dict(zip(NAMES, values.tolist(), strict=True)),
        dict(zip(NAMES, low.tolist(), strict=True)),
        dict(zip(NAMES, high.tolist(), strict=True)),
        error,
        len(rungs),
    )


def held_out(run: Path, folders: list[Path], side: str, windows: int) -> np.ndarray:
    """[R] mean comparable loss of each held-out recording, by the teacher's weights as the student.

    Args:
        windows: of each recording, evenly over it.
    """
    import torch

    from xperience.pretrain.corpus import Corpus
    from xperience.pretrain.run import restore, token_times

    found = restore(run)
    options = found.config.data.model_copy(update={"side": side, "recordings": 0})
    corpus = Corpus(folders, options, 0)
    learner = found.learner
    learner.model = learner.teacher
    learner.times = token_times(found.shape, corpus.batches.batch(np.arange(1)))
    losses = []
    for source, index in enumerate(corpus.batches.sampler.indices):
        for row, episode in enumerate(index.episodes):
            first, last = int(index.totals[row]), int(index.totals[row + 1])
            if last == first:
                continue
            window = np.unique(np.linspace(first, last - 1, windows).round().astype(int))
            places, start = index.locate(window)
            batch = corpus.batches.at(
                np.full(len(window), source), places, start, window, window.astype(np.uint64) + np.uint64(episode)
            )
            with torch.no_grad():
                terms = learner(learner.step(batch, 0, 0, torch.device("cpu")))
            values = [
                float(term.total / term.count)
                for objective, named in terms.items()
                for name, term in named.items()
                if comparable(f"{objective}/{name}") and float(term.count) > 0
            ]
            losses.append(float(np.sum(values)))
    if not losses:
        raise UsageError("no held-out windows", field="--side", found=side)
    return np.array(losses)


def ladder(
    config: TrainConfig,
    folders: list[Path],
    out: Path,
    sizes: list[str],
    recordings: list[int],
    side: str = "val",
    windows: int = 16,
    say: Callable[[str], None] = lambda text: None,
) -> list[Rung]:
    """Runs every size with every amount of data, each in a folder of its own; what is done is not done again.

    Args:
        sizes: names, or "<layers>x<width>" for steps between them. recordings: of each folder's training side.

    Raises:
        UsageError: too few rungs for a curve, before any is trained.
    """
    from xperience.pretrain.run import pretrain

    # All that can be wrong is looked at before the first rung is trained.
    _enough(len(set(sizes)) * len(set(recordings)), len(set(sizes)), len(set(recordings)))
    for size in sizes:
        for count in recordings:
            rung_config(config, size, count)
    data = [Prepared.open(folder).identity for folder in folders]
    rungs = []
    for size in sizes:
        for count in recordings:
            chosen = rung_config(config, size, count)
            place = out / f"{size}_{count}"
            mark = digest(chosen.digest, to_json(chosen.run.model_dump()), side, str(windows), *data)
            done = place / "rung.json"
            kept = _kept(done, mark)
            if not kept:
                say(f"{size} on {count} recordings")
                outcome = pretrain(chosen, folders, place)
                if outcome.code:
                    raise UsageError("the ladder was stopped", file=place, hint="run it again: it goes on there")
                about = json.loads((place / "training_metadata.json").read_text("utf-8"))
                trained = json.loads((place / "dataset_manifest.json").read_text("utf-8"))
                kept = {
                    "mark": mark,
                    "parameters": about["parameters"]["trunk"],
                    "hours": sum(folder["hours"] for folder in trained["folders"]),
                    "losses": held_out(place, folders, side, windows).tolist(),
                }
                write_json(done, kept)
            rungs.append(Rung(size, count, kept["parameters"], kept["hours"], np.array(kept["losses"])))
            say(f"{size} on {count} recordings: {rungs[-1].loss:.4f}")
    return rungs


def _kept(file: Path, mark: str) -> dict[str, Any]:
    """What is known of a rung that was finished under the same mark, else {}."""
    try:
        found = json.loads(file.read_text("utf-8"))
        fits = found["mark"] == mark and np.isfinite([found["parameters"], found["hours"], *found["losses"]]).all()
    except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return dict(found) if fits else {}


def rung_config(config: TrainConfig, size: str, recordings: int) -> TrainConfig:
    """The config of one rung."""
    model: dict[str, Any] = {"size": size, "changes": dict(config.model.changes)}
    layers, mark, width = size.partition("x")
    if mark:
        if not re.fullmatch("[1-9][0-9]{0,2}x[1-9][0-9]{1,4}", size) or int(width) % 32:
            raise UsageError("no such size", field="--sizes", found=size, expected="a name, or 4x128: layers x width")
        heads = int(width) // 32
        changes = {"layers": int(layers), "width": int(width), "heads": heads, "kv_heads": heads}
        model = {"size": config.model.size, "changes": model["changes"] | changes}
    data = config.data.model_copy(update={"recordings": recordings})
    return config.model_copy(
        update={"name": f"{size}_{recordings}", "model": type(config.model)(**model), "data": data}
    )


def write_report(out: Path, config: TrainConfig, rungs: list[Rung], found: Fit, command: str) -> None:
    """SCALING_REPORT.md, scaling.json and scaling.png."""
    write_json(
        out / "scaling.json",
        {
            "rungs": [{"size": r.size, "recordings": r.recordings, "parameters": r.parameters, "hours": r.hours,
                       "loss": r.loss} for r in rungs],
            "fit": {"values": found.values, "low": found.low, "high": found.high, "error": found.error},
        },
    )  # fmt: skip
    lines = ["# Scaling", "", f"Command: `{command}`", ""]
    lines += [f"{config.run.steps} steps of {config.run.batch} samples each; {len(rungs[0].losses)} held-out recordings. "
              "The loss is the sum of the terms whose targets are the same for every model.", ""]  # fmt: skip
    lines += ["| model | trunk parameters | recordings | hours | held-out loss | fitted |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    parameters, hours = np.array([r.parameters for r in rungs], float), np.array([r.hours for r in rungs], float)
    fitted = curve(np.array([found.values[name] for name in NAMES]), parameters, hours)
    for rung, value in zip(rungs, fitted, strict=True):
        lines.append(
            f"| {rung.size} | {rung.parameters:,} | {rung.recordings} | {rung.hours:.3f} | {rung.loss:.4f} | {value:.4f} |"
        )
    lines += ["", "L = E + A (N / N0)^-a + B (D / D0)^-b, N0 and D0 the smallest of the ladder.", ""]
    lines += ["| | value | 95 % |", "| --- | ---: | --- |"]
    lines += [f"| {n} | {found.values[n]:.4f} | {found.low[n]:.4f} to {found.high[n]:.4f} |" for n in NAMES]
    lines += ["", f"Root mean square error of log L: {found.error:.4f} over {found.rungs} rungs.", ""]
    lines += ["![loss against parameters, by hours](scaling.png)", ""]
    lines += ["The intervals say how sure the held-out recordings make the curve, not how it goes on beyond the ladder: "
              "seeds were not repeated, and a curve of five numbers fits few rungs easily."]  # fmt: skip
    write_text(out / "SCALING_REPORT.md", "\n".join(lines) + "\n")
    _draw(out / "scaling.png", rungs, found)


def _draw(path: Path, rungs: list[Rung], found: Fit) -> None:
    from matplotlib.figure import Figure

    from xperience.storage import replacing

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    values = np.array([found.values[name] for name in NAMES])
    parameters, hours = np.array([r.parameters for r in rungs], float), np.array([r.hours for r in rungs], float)
    grid = np.geomspace(parameters.min(), parameters.max(), 50)
    for number, amount in enumerate(sorted(set(hours))):
        mine = [r for r in rungs if r.hours == amount]
        axes.plot(
            [r.parameters for r in mine], [r.loss for r in mine], "o", color=f"C{number}", label=f"{amount:.2f} h"
        )
        line = values[0] + values[1] * (grid / parameters.min()) ** -values[2]
        axes.plot(grid, line + values[3] * (amount / hours.min()) ** -values[4], color=f"C{number}")
    axes.set_xscale("log")
    axes.set_xlabel("trunk parameters")
    axes.set_ylabel("held-out loss")
    axes.legend(title="recordings")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)
