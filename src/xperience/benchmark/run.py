"""The benchmark: recordings in, a folder for each task and `summary_report.json` out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from xperience import threads
from xperience.benchmark import interval
from xperience.benchmark.collect import collect
from xperience.benchmark.heads import Head, head
from xperience.benchmark.heads.linear import MAX_TRAIN
from xperience.benchmark.kinds import kind_of
from xperience.benchmark.outputs import finished, write_run
from xperience.benchmark.paired import against_baselines, unit_names
from xperience.benchmark.protocol import Split, given_split, make_split, shared_frames
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Pool, Samples, thin
from xperience.benchmark.summary import (
    SUMMARY_FILE,
    Block,
    EpisodeInfo,
    FeatureInfo,
    Interval,
    Summary,
    TaskResult,
    evidence_of,
    write_summary,
)
from xperience.benchmark.task import Outcome, Task
from xperience.benchmark.tasks import choose
from xperience.prepare import contract
from xperience.prepare.windows import FRAMES, STRIDE
from xperience.progress import track
from xperience.scoring.words import claim
from xperience.storage import digest, to_json, write_json

RECIPE = 2
"""Raised whenever the same recordings would give other results, so that old runs are made anew."""


def run_benchmark(
    path: Path,
    out: Path,
    *,
    tasks: Sequence[str] | None = None,
    hold_out: str | None = None,
    test_from: int | None = None,
    ratios: Sequence[float] | None = None,
    sides: Mapping[str, Sequence[str]] | None = None,
    head_name: str = "linear",
    seed: int = 0,
    workers: int = 1,
    show: bool = True,
    command: str = "",
) -> Summary:
    """Runs tasks on one episode or on all episodes below a folder; see `protocol` for the options.

    With `sides`, a split made elsewhere: ids of train, val and test; other episodes take no part. The linear heads'
    runs stand in `out` itself, those of another head in `out/<head>`.

    A task that an earlier run in `out` finished with the same recordings and settings is not computed again.

    Raises:
        XperienceError: nothing to read, or an option that does not fit.
    """
    chosen = choose(tasks)
    started = time.monotonic()
    recordings, set_aside = collect(path, out, workers=workers, show=show)
    if sides is not None:
        split = given_split(recordings, sides, "given")
        used = {id for ids in sides.values() for id in ids}
        recordings = [recording for recording in recordings if recording.id in used]
    else:
        split = make_split(recordings, hold_out=hold_out, test_from=test_from, ratios=ratios, seed=seed)
    learner = head(head_name, seed)
    out = out if head_name == "linear" else out / head_name
    summary = Summary(
        command=command,
        source=path.resolve().name,
        split=split.info,
        features=feature_info(recordings),
        episodes=[_episode_info(recording, split) for recording in recordings],
        set_aside=[{"episode": name, "reason": reason} for name, reason in set_aside.items()],
    )
    for task in track(chosen, "tasks", show=show):
        summary.tasks[task.id] = run_task(task, learner, recordings, split, out, seed)
    summary.seconds = round(time.monotonic() - started, 3)
    write_json(
        out / "episode_manifest.json",
        {"episodes": [asdict(e) for e in summary.episodes], "set_aside": summary.set_aside},
    )
    write_json(out / "dataset_manifest.json", _dataset(summary))
    write_summary(out / SUMMARY_FILE, summary)
    return summary


def run_task(
    task: Task, learner: Head, recordings: Sequence[Recording], split: Split, out: Path, seed: int
) -> TaskResult:
    """One task, from its samples to its folder."""
    config = _config(task, learner, recordings, split, seed)
    done = finished(out / task.id, config["identity"])
    if done is not None:
        return done
    threads.adapt()
    started = time.monotonic()
    progress: list[dict[str, Any]] = []

    def step(name: str, **more: Any) -> None:
        progress.append({"step": name, "seconds": round(time.monotonic() - started, 3), **more})

    result = _describe(task, recordings)
    outcome, num_windows = Outcome(), 0
    try:
        parts, refused = _samples(task, recordings, split)
        num_windows = sum(len(samples) for _, samples in parts)
        train, val, test = split.pools(parts)
        train, val = thin(train, _most(train)), thin(val, _most(val))
        _count(result, train, test)
        step("samples", train=len(train), test=len(test))
        if not len(test):
            why = f"; {refused.most_common(1)[0][0]}" if refused else ""
            raise NotMeasurable(f"no test window has a recorded target{why}")
        result.notes = _notes(task, train, test, refused)
        units = interval.units(test)
        kind_of(task).evaluate(task, learner, train, val, test, units, _random(task, seed), outcome)
        outcome.units = unit_names(test, units)
        step("evaluated", **outcome.fit)
        result.interval = _interval(outcome, units, seed)
        for name, apart in against_baselines(outcome, seed).items():
            baseline = next(b for b in outcome.baselines if b.name == name)
            baseline.difference = (apart.low, apart.high)
    except NotMeasurable as reason:
        outcome.reason = str(reason)
    _fill(result, outcome)
    if outcome.reason:
        result.status, result.reason = "not measurable", outcome.reason
    result.held_out = not split.inside
    earned = claim(evidence_of(result))
    result.word, result.scope, result.word_note = earned.word, earned.scope, earned.note
    result.seconds = round(time.monotonic() - started, 3)
    step("written")
    metrics = _metrics(task, result, split, num_windows)
    if task.id == "transition_detection":
        outcome.tables["true_boundaries.csv"] = [
            {"frame": int(frame), "episode_id": r.id} for r in recordings for frame in r.labels.boundaries
        ]
    write_run(out / task.id, config, result, outcome, metrics, progress)
    return result


def _config(task: Task, learner: Head, recordings: Sequence[Recording], split: Split, seed: int) -> dict[str, Any]:
    config: dict[str, Any] = {
        "task": task.id,
        "recipe": RECIPE,
        "blocks": list(task.blocks),
        "metric": task.metric,
        "split": asdict(split.info),
        "seed": seed,
        "window_frames": FRAMES,
        "stride_frames": STRIDE,
        "head": {"name": learner.name, **learner.config()},
        "recordings": {recording.id: recording.digest for recording in recordings},
    }
    return config | {"identity": digest(to_json(config))}


def _describe(task: Task, recordings: Sequence[Recording]) -> TaskResult:
    return TaskResult(
        id=task.id,
        name=task.name,
        question=task.question,
        input=task.input,
        output=task.output,
        metric=task.metric,
        status="measured",
        unit=task.unit,
        higher_is_better=task.higher_is_better,
        published=task.published,
        blocks=[Block(name, sum(r.present[name] for r in recordings)) for name in task.blocks],
        folder=task.id,
    )


def _samples(
    task: Task, recordings: Sequence[Recording], split: Split
) -> tuple[list[tuple[Recording, Samples]], Counter[str]]:
    """Samples of the recordings that train or test, and the reasons of those that take no part."""
    used = [r for r in recordings if any(r.id in ids for ids in (split.info.train, split.info.val, split.info.test))]
    present = [name for name in contract.SLICES if 2 * sum(r.present[name] for r in used) >= len(used)]
    parts, refused = [], Counter[str]()
    for recording in used:
        try:
            parts.append((recording, task.samples(recording, present)))
        except NotMeasurable as reason:
            refused[str(reason)] += 1
    if not parts:
        raise NotMeasurable(refused.most_common(1)[0][0])
    return parts, refused


def _most(train: Pool) -> int:
    """Most training samples, so that their inputs take no more memory than `MAX_TRAIN` windows."""
    if not train.parts:
        return MAX_TRAIN
    part = train.parts[0]
    width = part.samples.inputs(part.rows[:1]).shape[1]
    return min(MAX_TRAIN, MAX_TRAIN * 3 * contract.SIZE // width)


def _random(task: Task, seed: int) -> np.random.Generator:
    return np.random.default_rng(int(digest(task.id, str(seed))[:16], 16))


def _count(result: TaskResult, train: Pool, test: Pool) -> None:
    result.num_train_windows, result.num_test_windows = len(train), len(test)
    result.num_train_episodes, result.num_test_episodes = len(train.parts), len(test.parts)
    result.num_test_sessions = len({recording.session for recording in test.recordings})
    sources = {recording.source for recording in test.recordings}
    result.source = sources.pop() if len(sources) == 1 else "mixed sources" if sources else ""


def _fill(result: TaskResult, outcome: Outcome) -> None:
    result.score, result.metrics, result.baselines = outcome.score, outcome.metrics, outcome.baselines
    result.head, result.num_classes, result.cases = outcome.head, outcome.num_classes, outcome.cases
    result.unseen_test_labels, result.unseen_label_share = outcome.unseen_test_labels, outcome.unseen_label_share
    if outcome.fit.get("note"):
        result.notes.append(outcome.fit["note"])


def _interval(outcome: Outcome, units: interval.Units, seed: int) -> Interval | None:
    if outcome.score is None or outcome.stats is None or outcome.score_of is None or units.count < 2:
        return None
    return interval.bootstrap(outcome.stats, outcome.score_of, outcome.score, units, seed)


def _notes(task: Task, train: Pool, test: Pool, refused: Counter[str]) -> list[str]:
    notes = []
    shared = shared_frames(train, test)
    if shared:
        notes.append(f"{shared} test samples at the cut look at frames that training samples look at, as published")
    if train.thinned_from:
        notes.append(f"training samples were thinned evenly from {train.thinned_from} to {len(train)}")
    there = [{name for name in task.blocks if _ever(pool, name)} for pool in (train, test)]
    if len(train) and there[1] - there[0]:
        notes.append(f"blocks in test windows that no training window has, so unused: {_list(there[1] - there[0])}")
    if there[0] - there[1]:
        notes.append(f"blocks learnt from in training that no test window has: {_list(there[0] - there[1])}")
    notes += [f"{count} recordings take no part: {reason}" for reason, count in refused.items()]
    return notes


def _ever(pool: Pool, block: str) -> bool:
    """Whether any sample's window has data for a block."""
    place = list(contract.SLICES).index(block)
    return any((p.recording.presence[p.samples.window[p.rows], place] > 0).any() for p in pool.parts)


def _list(names: set[str]) -> str:
    return ", ".join(name for name in contract.SLICES if name in names)


def _metrics(task: Task, result: TaskResult, split: Split, num_windows: int) -> dict[str, Any]:
    """metrics.json: the metrics and counts under their published names."""
    pairs = task.kind == "pairs"
    unit = "samples" if pairs else "windows"
    metrics = {
        **result.metrics,
        "task": task.id,
        "task_display_name": task.name,
        "input": task.input,
        "split": split.info.kind,
        f"num_{unit}": num_windows,
        f"num_train_{unit}": result.num_train_windows,
        f"num_test_{unit}": result.num_test_windows,
        "status": result.status,
        "reason": result.reason,
    }
    if task.kind == "labels":
        metrics |= {"num_eval_windows": result.num_test_windows, "num_classes": result.num_classes}
    return metrics


def feature_info(recordings: Sequence[Recording]) -> FeatureInfo:
    blocks = [Block(name, sum(r.present[name] for r in recordings)) for name in contract.SLICES]
    return FeatureInfo(contract.VERSION, contract.SIZE, FRAMES, STRIDE, blocks)


def _episode_info(recording: Recording, split: Split) -> EpisodeInfo:
    sides = [name for name in ("train", "val", "test") if recording.id in getattr(split.info, name)]
    return EpisodeInfo(
        recording.id,
        recording.session,
        " and ".join(sides),
        recording.num_frames,
        len(recording.windows),
        recording.main_task,
        recording.missing,
    )


def _dataset(summary: Summary) -> dict[str, Any]:
    return {
        "source": summary.source,
        "num_episodes": len(summary.episodes),
        "num_sessions": len({episode.session for episode in summary.episodes}),
        "num_frames": sum(episode.num_frames for episode in summary.episodes),
        "num_windows": sum(episode.num_windows for episode in summary.episodes),
        "features": asdict(summary.features),
        "split": asdict(summary.split),
    }
