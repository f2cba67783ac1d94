"""The files of one task's run, written as a whole: either all of them stand in the folder or none."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.paired import STATISTICS, save_statistics
from xperience.benchmark.summary import Baseline, TaskResult, evidence_of, task_from_dict
from xperience.benchmark.task import Outcome
from xperience.scoring.words import claim
from xperience.storage import replacing, to_json

CONFIG, RESULT = "config.json", "result.json"

MAX_CHECKPOINT_BYTES = 32 * 2**20
"""Heads larger than this are not saved: the command makes them again in seconds."""


def finished(folder: Path, identity: str) -> TaskResult | None:
    """The result of an earlier run with the same identity, if it is whole."""
    try:
        if json.loads((folder / CONFIG).read_text(encoding="utf-8"))["identity"] != identity:
            return None
        return task_from_dict(json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_run(
    folder: Path,
    config: Mapping[str, Any],
    result: TaskResult,
    outcome: Outcome,
    metrics: Mapping[str, Any],
    progress: Sequence[Mapping[str, Any]],
) -> None:
    """Writes the run's folder anew."""
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)

        def text(name: str, content: str) -> None:
            (temporary / name).write_text(content, encoding="utf-8")

        text(CONFIG, to_json(config))
        text("metrics.json", to_json(metrics))
        text("training_metadata.json", to_json(_training(result, outcome)))
        text("progress.jsonl", "".join(json.dumps(line) + "\n" for line in progress))
        if outcome.rows:
            _table(temporary / "predictions.csv", outcome.rows)
            text("predictions.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in outcome.rows))
        for name, rows in outcome.tables.items():
            if rows:
                _table(temporary / name, rows)
        for name, value in outcome.documents.items():
            text(name, to_json(value))
        if outcome.arrays:
            np.savez_compressed(temporary / "predictions.npz", **outcome.arrays)  # type: ignore[arg-type]
        if outcome.stats is not None and outcome.score_of is not None:
            save_statistics(temporary / STATISTICS, outcome)
        if 0 < sum(array.nbytes for array in outcome.weights.values()) <= MAX_CHECKPOINT_BYTES:
            (temporary / "checkpoints").mkdir()
            np.savez(temporary / "checkpoints" / "head.npz", **outcome.weights)  # type: ignore[arg-type]
        text("RUN_REPORT.md", report(result))
        text(RESULT, to_json(asdict(result)))


def _training(result: TaskResult, outcome: Outcome) -> dict[str, Any]:
    return {
        "head": result.head,
        **outcome.fit,
        "num_train_windows": result.num_train_windows,
        "num_train_episodes": result.num_train_episodes,
        "seconds": result.seconds,
    }


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def number(value: float | None, unit: str = "") -> str:
    """A score for people: four significant digits."""
    return "not measured" if value is None else f"{value:.4g}" + (f" {unit}" if unit else "")


def _apart(baseline: Baseline) -> str:
    if baseline.difference is None:
        return ""
    low, high = (number(end) for end in baseline.difference)
    return f" (the head's score less this: {low} to {high}, 95 %)"


def report(result: TaskResult) -> str:
    """The run in words, as Markdown."""
    lines = [f"# {result.name} ({result.id})", "", result.question, ""]
    lines += [f"- Input: {result.input}", f"- Output: {result.output}", f"- Head: {result.head or 'none'}"]
    lines += [
        f"- Training: {result.num_train_windows} samples of {result.num_train_episodes} episodes",
        f"- Test: {result.num_test_windows} samples of {result.num_test_episodes} episodes",
    ]
    if result.unseen_label_share is not None:
        lines.append(f"- Test labels never seen in training: {result.unseen_label_share:.1%}")
    absent = [block.name for block in result.blocks if block.present_in == 0]
    if absent:
        lines.append(f"- Input blocks that no recording has: {', '.join(absent)}")
    lines.append("")
    earned = claim(evidence_of(result))
    lines += [f"**{earned.word.capitalize()}**{f': {earned.note}' if earned.note else ''} ({earned.scope}).", ""]
    lines += [f"| {result.metric} | |", "| --- | --- |"]
    if result.score is not None:
        span = ""
        if result.interval is not None:
            low, high = number(result.interval.low), number(result.interval.high)
            span = f" ({result.interval.level:.0%} interval {low} to {high}, resampling {result.interval.method})"
        lines.append(f"| this head | {number(result.score, result.unit)}{span} |")
    lines += [f"| {b.name}: {b.note} | {number(b.score, result.unit)}{_apart(b)} |" for b in result.baselines]
    published = result.published
    for name, value in (("linear", published.linear), ("MLP", published.mlp)):
        if value is not None:
            lines.append(f"| published {name} ({published.note}) | {number(value, result.unit)} |")
    if result.notes:
        lines += ["", *(f"- {note}" for note in result.notes)]
    return "\n".join(lines) + "\n"
