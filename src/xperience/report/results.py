"""A benchmark run as rows of a table: score, interval, trivial baselines, and what they say together."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from xperience.benchmark.summary import Baseline, Summary, TaskResult, evidence_of
from xperience.report import svg
from xperience.scoring.words import claim

METRIC_NAMES = {
    "macro_f1": "macro\u2011F1",
    "micro_f1": "micro\u2011F1",
    "f1": "F1",
    "mrr": "MRR",
    "mpjpe": "MPJPE",
    "r2": "R\u00b2",
    "mae": "MAE",
    "accuracy": "accuracy",
    "boundary_f1": "boundary F1",
}

METRIC_MEANING = {
    "macro_f1": "F1 of each class, averaged over the classes in the test: rare labels count as much as common ones. 1 is perfect.",
    "micro_f1": "F1 over all named objects together: 1 when exactly the right ones are named.",
    "f1": "Balance of precision and recall for the positive answer: 1 is perfect.",
    "mrr": "Mean of one over the rank of the right window: 1 when it is always found first, 0.5 when it is second.",
    "mpjpe": "Mean distance between predicted and true joints: 0 is perfect.",
    "r2": "Share of the variation that is explained: 1 is perfect, 0 is what the mean of the test gives, below 0 is worse.",
}

BLOCK_NAMES = {
    "hand_left": "left hand",
    "hand_right": "right hand",
    "body_joints": "body",
    "body_contacts": "contacts",
    "camera_": "path of the headset",
    "imu_": "inertial sensor",
    "depth_": "depth",
    "video_fisheye": "fisheye video",
    "video_stereo": "stereo video",
    "audio_": "sound",
    "caption_": "caption text",
    "slam_point": "map points",
}

DOT_WIDTH, DOT_HEIGHT = 168, 26


@dataclass(frozen=True)
class Row:
    """One task in the table; texts ready to print."""

    task: TaskResult
    metric: str
    score: str
    interval: str
    baseline: str
    baseline_name: str
    published: tuple[str, ...]
    unseen: str
    counts: str
    word: str
    note: str
    tone: str
    """"good", "bad" or "neutral": for colour."""
    scope: str
    plot: Markup


def rows(summary: Summary) -> list[Row]:
    return [row(task) for task in summary.tasks.values()]


def row(task: TaskResult) -> Row:
    best = best_baseline(task)
    earned = claim(evidence_of(task))
    published = [
        f"{amount(value)} {name}"
        for name, value in (("linear", task.published.linear), ("MLP", task.published.mlp))
        if value is not None
    ]
    interval = task.interval
    return Row(
        task,
        metric_name(task),
        amount(task.score, task.unit) if task.score is not None else "\u2013",
        f"{amount(interval.low, '')} to {amount(interval.high, task.unit)}" if interval is not None else "\u2013",
        amount(best.score, task.unit) if best is not None else "\u2013",
        best.name if best is not None else "",
        tuple(published),
        f"{task.unseen_label_share:.0%}" if task.unseen_label_share is not None else "\u2013",
        f"{task.num_train_windows:,} / {task.num_test_windows:,}",
        earned.word,
        plain_reason(earned.note),
        earned.tone,
        earned.scope,
        dot_plot(task),
    )


def metric_name(task: TaskResult) -> str:
    return METRIC_NAMES.get(task.metric, task.metric.replace("_", " "))


def amount(value: float, unit: str = "") -> str:
    """Three digits after the point; metres in full."""
    return f"{value:.3f}".replace("-", "\u2212") + (f" {unit}" if unit else "")


def best_baseline(task: TaskResult) -> Baseline | None:
    known = [b for b in task.baselines if np.isfinite(b.score)]
    if not known:
        return None
    return max(known, key=lambda b: b.score if task.higher_is_better else -b.score)


def plain_name(block: str) -> str:
    """A feature block in plain words; equal for the views of one kind."""
    for start, words in BLOCK_NAMES.items():
        if block.startswith(start):
            return words
    return block.replace("_", " ")


def plain_reason(reason: str) -> str:
    """A reason with runs of block names, such as "depth_confidence, video_stereo_left", in plain words."""
    from xperience.prepare import contract

    name = "|".join(sorted(contract.SLICES, key=len, reverse=True))

    def words(found: re.Match[str]) -> str:
        return ", ".join(dict.fromkeys(plain_name(part) for part in found[0].split(", ")))

    return re.sub(rf"\b(?:{name})(?:, (?:{name}))*\b", words, reason)


def dot_plot(task: TaskResult) -> Markup:
    """Score, interval, baselines and published numbers on one line; empty where nothing is known."""
    values = [b.score for b in task.baselines]
    values += [v for v in (task.score, task.published.linear, task.published.mlp) if v is not None]
    if task.interval is not None:
        values += [task.interval.low, task.interval.high]
    values = [v for v in values if np.isfinite(v)]
    if not values:
        return Markup("")
    if task.unit or max(values) > 1:
        low, high = 0.0, max(values) * 1.08
    else:
        low, high = min(0.0, min(values) * 1.1), 1.0
    axes = svg.Axes(6, 0, DOT_WIDTH - 12, DOT_HEIGHT, (low, high), (0, 1))
    middle = DOT_HEIGHT / 2
    parts = [svg.line(6, middle, DOT_WIDTH - 6, middle, "grid")]
    if low < 0:
        zero = float(axes.px(0.0))
        parts.append(svg.line(zero, middle - 4, zero, middle + 4, "axis"))
    for baseline in task.baselines:
        x = float(axes.px(baseline.score))
        parts.append(svg.line(x, middle - 7, x, middle + 7, "baseline"))
    for value in (task.published.linear, task.published.mlp):
        if value is not None:
            parts.append(svg.circle(float(axes.px(value)), middle, 3, "published"))
    if task.interval is not None:
        start, end = float(axes.px(task.interval.low)), float(axes.px(task.interval.high))
        parts.append(svg.line(start, middle, end, middle, "interval"))
    if task.score is not None:
        parts.append(svg.circle(float(axes.px(task.score)), middle, 4.5, "score"))
    label = f"{task.name}: scale from {amount(low)} to {amount(high, task.unit)}"
    return svg.drawing(DOT_WIDTH, DOT_HEIGHT, parts, label, "dotplot")


def legend() -> Markup:
    """What the marks of the dot plot mean."""
    items = (
        ("score", [svg.line(2, 9, 26, 9, "interval"), svg.circle(14, 9, 4.5, "score")], "score with its 95 % interval"),
        ("baseline", [svg.line(8, 2, 8, 16, "baseline")], "trivial baselines"),
        ("published", [svg.circle(8, 9, 3, "published")], "published, on another recording"),
    )
    out = []
    for _, parts, meaning in items:
        width = 28 if len(parts) == 2 else 16
        out.append(
            Markup('<span class="key" style="--w:{}px">{}{}</span>').format(
                width, svg.drawing(width, 18, parts, ""), meaning
            )
        )
    return Markup("").join(out)
