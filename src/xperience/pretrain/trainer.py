"""The training loop, from top to bottom; the same for one process and for thousands.

Before the first step, in this order: the learner is sharded, the optimiser made over its shards, the last whole
checkpoint put into both (without one, fresh weights into the learner), the records cut back to it. A step: read, look,
sum up over ranks, propagate back, update, let the teacher follow, write down. Everything random in a step comes from the
seed, the step and the samples.

Exit codes of a run: 0 at its end; 75 where SIGTERM or SIGINT asked it to stop and all is saved (the same command goes on);
2 for what the user can put right; 70 where too many losses were not finite.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from xperience import threads
from xperience.errors import CorruptError, UsageError, XperienceError
from xperience.prepare.batch import Batch
from xperience.pretrain import checkpoints, collapse, distributed, weights
from xperience.pretrain.collapse import Alarm
from xperience.pretrain.combine import Combined, Normaliser, combine, counted
from xperience.pretrain.config import TrainConfig
from xperience.pretrain.distributed import Runtime, squares
from xperience.pretrain.gradients import backward_each
from xperience.pretrain.learner import Learner, accelerate, groups, trained
from xperience.pretrain.objectives import IN_PART
from xperience.pretrain.records import Records, order_mark, save_batch
from xperience.pretrain.step import Step, Term

STOPPED, DIVERGED = 75, 70


class DivergedError(XperienceError):
    """More steps had to be skipped than allowed, because their loss was not finite."""


class Data(Protocol):
    """Where batches come from. `identity`: of data and order."""

    identity: str

    def stream(self, start: int, size: int, rank: int, world: int, workers: int) -> Iterator[tuple[int, Batch]]:
        """(number, batch of this rank) from number `start` on; `size` samples each over all ranks."""
        ...


@dataclass
class Counters:
    """What a run has done so far; travels with checkpoints.

    Attributes:
        step: that comes next. seconds: of training. samples, tokens: seen. skipped: steps without an update.
        present: samples that had each stream. waited: seconds without a batch.
    """

    step: int = 0
    seconds: float = 0.0
    samples: int = 0
    tokens: int = 0
    skipped: int = 0
    waited: float = 0.0
    present: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Attributes: counters: at the end. line: the last step's figures. code: the exit code."""

    counters: Counters
    line: dict[str, Any]
    code: int


def train(
    config: TrainConfig,
    learner: Learner,
    data: Data,
    run: Path,
    runtime: Runtime,
    say: Callable[[str], None] = lambda text: None,
    identity: dict[str, Any] | None = None,
    fresh: Callable[[], dict[str, torch.Tensor]] | None = None,
    counter: Learner | None = None,
) -> Outcome:
    """Trains a learner to the end of its config, from the last whole checkpoint of `run` if there is one.

    Args:
        learner: with its first weights, or without storage; then `fresh` makes them where there is no checkpoint (see
            `weights.fill`). say: gets a line for people now and then (first rank only). identity: what manifests say besides.
        counter: a thin learner of the same streams and objectives, which counts what the terms of several parts are
            divided by; without, the learner itself does.

    Raises:
        UsageError: the run was begun with another config, data or model. DivergedError: see there.
    """
    options = config.run
    dealt_evenly(config, runtime)

    # The learner on its device, in shards; one without storage gets room for its shards only.
    bare = weights.bare(learner)
    if not bare:
        learner.to(runtime.device)
    blocks = learner.blocks()
    language = learner.language()
    accelerate(blocks, options.recompute, options.compile)
    accelerate(language, options.recompute, False)
    distributed.shard(learner, [*blocks, *language], runtime, options.precision)
    if bare:
        learner.to_empty(device=runtime.device)
    parameters, shared = trained(learner), trained(learner.trunk)
    optimiser = torch.optim.AdamW(
        groups(learner, config.optimiser.decay),
        lr=config.optimiser.lr,
        betas=config.optimiser.betas,
        eps=config.optimiser.eps,
        fused=True,
    )

    # Where the run stands.
    marks = {"config": config.digest, "data": data.identity, **(identity or {})}
    if any(name in IN_PART and weight for name, weight in config.weights().items()):
        marks["parts"] = options.accumulate
    if counter is not None:
        counter.to(runtime.device)
    counters, alarm = Counters(), Alarm(grace=config.optimiser.warmup)
    normaliser = Normaliser(config.objectives)
    found, passed = runtime.told(checkpoints.latest(run, _standing) if runtime.first else None)
    for text in passed:
        say(f"passed over {text}")
    if found is not None:
        _same(found, marks)
        checkpoints.restore(found, learner, optimiser, runtime)
        counters = _standing(found)
        normaliser.restore(found.manifest["normaliser"])
        alarm.bad = found.manifest["alarm"]
        if threads.fixed() is None and type(kept := found.manifest.get("threads")) is int and 1 <= kept <= 1024:
            threads.fix(kept)  # as the run was begun: equal to the bit only so
        say(f"goes on from step {counters.step}")
    elif bare:
        assert fresh is not None, "nothing to begin with"
        weights.fill(learner, fresh, runtime)
    saver = checkpoints.Saver(run, runtime, options.keep, marks)
    records = Records(run if runtime.first else None, counters.step)

    def save() -> None:
        facts = {
            "counters": asdict(counters),
            "normaliser": normaliser.state(),
            "alarm": alarm.bad,
            "threads": threads.fixed(),
        }
        saver.save(learner, optimiser, counters.step, facts)

    stream = data.stream(
        counters.step * options.accumulate,
        options.batch // options.accumulate,
        runtime.rank,
        runtime.world,
        options.workers,
    )
    line: dict[str, Any] = {}
    code = 0
    saved = counters.step
    with stopping() as stop:
        while not _over(config, counters):
            in_force, number, begin = threads.adapt(), counters.step, time.perf_counter()
            progress = _progress(config, counters)
            rate = learning_rate(config, number, progress)
            for group in optimiser.param_groups:
                group["lr"] = rate
            torch.manual_seed(_seed(options.seed, number, runtime.rank))
            probe = options.probe_every > 0 and number % options.probe_every == 0
            look = options.panel_every > 0 and number % options.panel_every == 0

            # Forward and backward, in parts; what they are divided by is known before the first.
            facts = Facts(learner, runtime)
            angles: dict[str, float] = {}
            panel: dict[str, float] = {}
            combined: list[Combined] = []
            others: list[Combined] = []  # of objectives whose turn it is not: looked at, not trained on
            batches = []
            for _ in range(options.accumulate):
                wait = time.perf_counter()
                batches.append(next(stream)[1])
                facts.note(batches[-1], time.perf_counter() - wait)
            asked: dict[str, Any] = {"whole": probe or look, "gathered": runtime.gathered}
            due = [name for name in learner.objectives if learner.due(name, number)]
            whole = _counts(counter or learner, batches, number, runtime, asked) if len(batches) > 1 else None
            scales = {name: normaliser.scale(name) for name in config.objectives}
            for part, batch in enumerate(batches):
                if combined and not combined[-1].finite:
                    break  # the step is lost
                seed = _seed(options.seed, number, runtime.rank, part)
                step = learner.step(batch, number, seed, runtime.device, probed=probe and part == 0, **asked)
                with distributed.low_precision(runtime, options.precision):
                    terms = learner(step)
                result = combine({name: terms[name] for name in due}, runtime, whole)
                combined.append(result)
                rest = {name: found for name, found in terms.items() if name not in due}
                idle = combine(rest, runtime, whole) if rest else None
                others += [idle] if idle else []
                shown = step if look and part == 0 else None
                del step, terms, rest
                if not result.finite:
                    if not result.own_finite:
                        _keep_bad(run, batch, number, runtime.rank, result)
                    result.losses.clear()  # and with them all that is kept for the way back
                    if idle:
                        idle.losses.clear()
                    continue
                losses = _weighted(config, scales, result)
                if probe and part == 0:
                    every = losses | (_weighted(config, scales, idle) if idle else {})
                    every = {name: every[name] for name in learner.objectives}
                    angles = backward_each(every, shared, runtime, set(every) - set(due), parameters)
                    del every
                else:
                    torch.stack(list(losses.values())).sum().backward()
                if idle:
                    idle.losses.clear()
                if shown is not None:
                    panel = look_at(learner, shown, result.means | (idle.means if idle else {}), runtime)

            # Update, unless something was not finite anywhere.
            norm = _clip(parameters, config.optimiser.clip) if combined[-1].finite else math.nan
            update, size = 0.0, 0.0
            if math.isfinite(norm):
                old = [distributed.local(p).detach().clone() for p in parameters]
                optimiser.step()
                new = [distributed.local(p).detach() for p in parameters]
                update = float(squares(torch._foreach_sub(new, old), runtime).sqrt())
                size = float(squares(new, runtime).sqrt())
                del old, new
                learner.follow(config.optimiser.ema)
            else:
                counters.skipped += 1
            optimiser.zero_grad(set_to_none=True)

            # Write down, agree on what is next.
            for name, value in _by_objective(combined).items():
                normaliser.note(number, name, value)  # for the steps that come
            seconds = time.perf_counter() - begin
            agreed = facts.agree(seconds, stop.is_set())
            counters.step += 1
            counters.seconds += agreed.seconds
            counters.waited += agreed.waited
            counters.samples += agreed.samples
            counters.tokens += agreed.tokens
            for name, count in agreed.present.items():
                counters.present[name] = counters.present.get(name, 0) + count
            line = {
                "step": number,
                "loss": _total(config, scales, combined),
                "terms": _summed([one.figures for one in combined]) | _summed([one.figures for one in others]),
                "counts": _summed([one.counts for one in combined]) | _summed([one.counts for one in others]),
                "lr": rate,
                "norm": {"gradient": norm, "parameters": size, "update": update},
                "samples": counters.samples,
                "tokens": counters.tokens,
                "skipped": counters.skipped,
                "present": agreed.present,
                "unreadable": agreed.unreadable,
                "order": agreed.order,
                "seconds": agreed.seconds,
                "waiting": agreed.waited / max(agreed.seconds, 1e-9),
                "threads": in_force,
            }
            line |= {"gradients": angles} if angles else {}
            if "effective_rank" in panel:
                reasons = alarm.look(number, panel)
                line |= {"panel": panel, "alarm": reasons}
                for reason in reasons:
                    say(f"ALARM at step {number}: the representation is collapsing: {reason}")
            records.write(line)
            if number % options.log_every == 0:
                say(describe(line, progress))
            if counters.skipped > options.bad_limit:
                records.close()
                saver.wait()
                raise DivergedError(
                    "too many losses were not finite",
                    file=run / "bad",
                    found=f"{counters.skipped} steps skipped",
                    expected=f"at most {options.bad_limit}",
                    hint="the batches are kept there; lower optimiser.lr, or look at the data",
                )
            if agreed.stop:
                code = STOPPED
                break
            if counters.step % options.save_every == 0:
                save()
                saved = counters.step
    if counters.step != saved or (found is None and counters.step == 0):
        save()
    saver.wait()
    records.close()
    return Outcome(counters, line, code)


def dealt_evenly(config: TrainConfig, runtime: Runtime) -> None:
    """
    Raises:
        UsageError: a batch that ranks and parts do not divide.
    """
    options = config.run
    if options.batch % (runtime.world * options.accumulate):
        raise UsageError(
            "the batch cannot be dealt out evenly",
            field="run.batch",
            found=f"{options.batch} over {runtime.world} ranks in {options.accumulate} parts",
        )


def _over(config: TrainConfig, counters: Counters) -> bool:
    return _progress(config, counters) >= 1


def _progress(config: TrainConfig, counters: Counters) -> float:
    """Share of the run that is done: of its steps or of its minutes, whichever is further."""
    by_steps = counters.step / config.run.steps if config.run.steps else 0.0
    by_time = counters.seconds / (60 * config.run.minutes) if config.run.minutes else 0.0
    return max(by_steps, by_time)


def learning_rate(config: TrainConfig, number: int, progress: float) -> float:
    """Rate of step `number` where `progress` (0 to 1) of the run is done."""
    options = config.optimiser
    warm = min(1.0, (number + 1) / options.warmup) if options.warmup else 1.0
    if options.schedule == "constant":
        share = 1.0
    elif options.schedule == "tail":
        share = 1.0 - (1.0 - options.final) * max(0.0, (progress - 0.8) / 0.2)
    else:
        share = options.final + (1.0 - options.final) * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
    return options.lr * warm * share


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence([n % 2**63 for n in numbers]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _standing(found: checkpoints.Checkpoint) -> Counters:
    """Where a checkpoint's run stands.

    Raises:
        CorruptError: what training needs to go on is not in its manifest.
    """
    try:
        counters = Counters(**found.manifest["counters"])
        counts = (counters.step, counters.samples, counters.tokens, counters.skipped, *counters.present.values())
        whole = all(type(count) is int and count >= 0 for count in counts) and counters.step == found.step
        whole &= math.isfinite(counters.seconds) and math.isfinite(counters.waited)
        Normaliser({}).restore(found.manifest["normaliser"])
        if not whole or type(found.manifest["alarm"]) is not int:
            raise ValueError("counters that cannot be")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CorruptError("the manifest does not say where the run stands", file=found.path) from error
    return counters


def _same(found: checkpoints.Checkpoint, marks: dict[str, Any]) -> None:
    for name in marks:
        if name == "parts" and name not in found.manifest:
            continue  # of a run before this was written down
        if found.manifest.get(name) != marks[name]:
            raise UsageError(
                f"the run was begun with {'other' if name in ('data', 'parts') else 'another'} {name}",
                file=found.path,
                field=name,
                found=found.manifest.get(name),
                expected=marks[name],
                hint="use what it was begun with, or another --out",
            )


def _counts(
    counter: Learner, batches: list[Batch], number: int, runtime: Runtime, asked: dict[str, Any]
) -> dict[str, float]:
    """What the terms of a step are divided by: counts follow from batches and masks alone, whatever the weights are."""
    parts = []
    for batch in batches:
        with torch.no_grad():
            terms = counter(counter.step(batch, number, 0, runtime.device, **asked))
        parts.append({o: {n: Term(term.count, term.count) for n, term in found.items()} for o, found in terms.items()})
    return counted(parts, runtime)


def _weighted(config: TrainConfig, scales: Mapping[str, float], result: Combined) -> dict[str, torch.Tensor]:
    return {name: loss * (config.objectives[name].weight * scales[name]) for name, loss in result.losses.items()}


def _summed(parts: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(part[name] for part in parts) for name in (parts[0] if parts else ())}


def _by_objective(combined: list[Combined]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in _summed([one.figures for one in combined]).items():
        objective = name.split("/")[0]
        found[objective] = found.get(objective, 0.0) + value
    return found


def _total(config: TrainConfig, scales: Mapping[str, float], combined: list[Combined]) -> float:
    """The loss that the step's gradient is of."""
    return sum(config.objectives[name].weight * scales[name] * v for name, v in _by_objective(combined).items())


def _clip(parameters: list[torch.nn.Parameter], limit: float) -> float:
    """Norm of all gradients before they are cut to `limit`."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit or math.inf)
    whole = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
    return float(whole)


def _keep_bad(run: Path, batch: Batch, number: int, rank: int, result: Combined) -> None:
    save_batch(run / "bad" / f"step_{number:09d}_rank_{rank}.npz", batch, {"step": number, "terms": result.figures})


def look_at(learner: Learner, step: Step, means: Mapping[str, float], runtime: Runtime) -> dict[str, float]:
    """The collapse panel of a step that was computed: features of all ranks' windows, and the baselines beside the
    `means` of its terms."""
    with torch.no_grad():
        views = collapse.views(step)
        rows = [runtime.rows(view.float().contiguous()) for view in views]
        figures = collapse.panel(rows[0], rows[1]) if views and len(rows[0]) > 1 else {}
        for term, (total, count) in collapse.baselines(step, learner.objectives).items():
            if term not in means:
                continue
            both = runtime.total(torch.stack([total.double(), count.double()]))
            base = float(both[0] / both[1].clamp(min=1))
            figures[f"{term}/baseline"] = base
            figures[f"{term}/ratio"] = means[term] / base if base > 0 else 0.0
    return figures


@dataclass(frozen=True)
class Agreed:
    """Facts of a step over all ranks. waited: mean over ranks, seconds. seconds: by the first rank's clock."""

    stop: bool
    seconds: float
    waited: float
    samples: int
    tokens: int
    unreadable: int
    order: int
    present: dict[str, int]


class Facts:
    """Counts of one step on this rank, to be summed over all of them in one message."""

    def __init__(self, learner: Learner, runtime: Runtime) -> None:
        self.runtime = runtime
        self.tokens_each = sum(len(t) for t in learner.times.values())
        self.waited, self.samples, self.unreadable, self.order = 0.0, 0, 0, 0
        self.present: dict[str, int] = {}

    def note(self, batch: Batch, waited: float) -> None:
        self.waited += waited
        self.samples += batch.size
        self.unreadable += int((np.asarray(batch.weight) == 0).sum())
        self.order += order_mark(batch)
        for name, stream in batch.streams.items():
            self.present[name] = self.present.get(name, 0) + int((np.asarray(stream.presence) == 0).sum())

    def agree(self, seconds: float, stop: bool) -> Agreed:
        runtime = self.runtime
        mine = [float(stop), seconds if runtime.first else 0.0, self.waited, self.samples, self.unreadable, self.order]
        both = runtime.total(torch.tensor([*mine, *self.present.values()], dtype=torch.float64), facts=True).tolist()
        samples = int(both[3])
        return Agreed(
            stop=both[0] > 0,
            seconds=both[1],
            waited=both[2] / runtime.world,
            samples=samples,
            tokens=samples * self.tokens_each,
            unreadable=int(both[4]),
            order=int(both[5]) & 0x7FFFFFFF,
            present={name: int(count) for name, count in zip(self.present, both[6:], strict=True)},
        )


class stopping:
    """While inside, SIGTERM and SIGINT set the event that is given instead of ending the process at once."""

    def __enter__(self) -> threading.Event:
        self.event = threading.Event()
        self.before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self.before[number] = signal.signal(number, lambda *_: self.event.set())
        return self.event

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


def describe(line: dict[str, Any], progress: float) -> str:
    """A step in one line; losses summed by objective."""
    sums: dict[str, float] = {}
    for name, value in line["terms"].items():
        objective = name.split("/")[0]
        sums[objective] = sums.get(objective, 0.0) + value
    return (
        f"step {line['step']} ({progress:.0%}) loss {line['loss']:.4f} lr {line['lr']:.2e} "
        f"grad {line['norm']['gradient']:.3g} {line['samples']:,} samples, {line['seconds']:.2f} s, "
        f"waiting {line['waiting']:.0%} | " + " ".join(f"{name} {value:.3f}" for name, value in sums.items())
    )
