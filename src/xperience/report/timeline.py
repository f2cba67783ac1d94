"""The label timeline: what was labelled, and below it what was predicted, on one axis of seconds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from xperience.benchmark.scoring.files import read_table
from xperience.benchmark.summary import Summary
from xperience.episode import Episode
from xperience.report.svg import ticks

HUES = (205, 28, 150, 265, 85, 340, 180, 48, 235, 310, 120, 8)
"""Neighbouring labels get hues that lie far apart; after twelve they repeat."""

PREDICTED = (
    ("timeline_subtask", "step, predicted"),
    ("timeline_action", "action, predicted"),
    ("next_action", "next action, predicted"),
    ("contact_prediction", "contact, predicted"),
)
NEXT_ACTION_FRAMES = 20
"""The next-action task asks for the label this many frames after the window's end."""
MOST_BARS = 1500
"""Bars in one row; a longer row would be finer than the screen."""


@dataclass(frozen=True)
class Bar:
    """A stretch of one label: place in percent of the width, hue in degrees or None for neutral."""

    left: float
    width: float
    label: str
    hue: int | None
    start_s: float
    end_s: float
    correct: bool | None = None
    truth: str = ""

    @property
    def seconds(self) -> str:
        return f"{self.start_s:.1f} to {self.end_s:.1f} s"


@dataclass(frozen=True)
class TimelineRow:
    """One row: `kind` is "bars" for labels or "ticks" for instants."""

    title: str
    kind: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """Rows of a recording; `test_from` is where its test part starts in percent, None where it has none."""

    rows: tuple[TimelineRow, ...]
    ticks: tuple[tuple[float, str], ...]
    test_from: float | None
    note: str
    labels: int


@dataclass(frozen=True)
class Prediction:
    """One test window of one task."""

    start: int
    end: int
    center: int
    truth: str
    predicted: str


def build(episode: Episode, summary: Summary | None, folder: Path | None) -> Timeline:
    """The timeline of a recording, with the predictions of a benchmark run in `folder` where it was tested."""
    return _Builder(episode, summary, folder).build()


def read_predictions(file: Path, episode_id: str) -> list[Prediction]:
    """The windows of one recording in a run's predictions.csv; [] where there is no such file or no such window.

    Raises:
        FormatError: the file is not such a table.
    """
    if not file.is_file():
        return []
    columns = ("start_frame", "end_frame", "true_label", "predicted_label")
    table = read_table(file, columns, ("center_frame", "episode_id"))
    out = []
    for k in range(len(table["start_frame"])):
        if "episode_id" in table and table["episode_id"][k] != episode_id:
            continue
        start, end = int(table["start_frame"][k]), int(table["end_frame"][k])
        center = int(table["center_frame"][k]) if "center_frame" in table else (start + end) // 2
        out.append(Prediction(start, end, center, table["true_label"][k], table["predicted_label"][k]))
    return sorted(out, key=lambda p: p.center)


class _Builder:
    def __init__(self, episode: Episode, summary: Summary | None, folder: Path | None) -> None:
        self.episode = episode
        self.summary = summary
        self.folder = folder
        self.times_s = episode.clock.times_s
        self.end_s = max(episode.clock.duration_s, 1e-3)
        self.hues: dict[str, int] = {}

    def build(self) -> Timeline:
        labels = self.episode.labels
        predictions = {task: self.predictions(task) for task, _ in PREDICTED}
        predictions["transition_detection"] = self.predictions("transition_detection")
        out = []
        for task, kind, frame_labels in (
            ("timeline_subtask", "step", labels.subtask),
            ("timeline_action", "action", labels.action),
        ):
            if any(frame_labels):
                out.append(TimelineRow(f"{kind}, as labelled", "bars", self.truth_bars(frame_labels)))
            if predictions[task]:
                out.append(TimelineRow(f"{kind}, predicted", "bars", self.predicted_bars(predictions[task])))
        if predictions["next_action"]:
            bars = self.predicted_bars(predictions["next_action"], shift=NEXT_ACTION_FRAMES)
            out.append(TimelineRow("action, predicted 1 s before", "bars", bars))
        if len(labels.boundaries):
            instants = tuple(self.instant(int(frame), "action changes") for frame in labels.boundaries)
            out.append(TimelineRow("boundaries, as labelled", "ticks", instants))
        transitions = [p for p in predictions["transition_detection"] if p.predicted == "transition"]
        if predictions["transition_detection"]:
            instants = tuple(self.instant(p.center, "boundary predicted", p.truth == "transition") for p in transitions)
            out.append(TimelineRow("boundaries, predicted", "ticks", instants))
        if predictions["contact_prediction"]:
            out.append(
                TimelineRow("contact, predicted", "bars", self.predicted_bars(predictions["contact_prediction"]))
            )
        tested = [p.start for rows in predictions.values() for p in rows]
        return Timeline(
            tuple(out),
            tuple((self.percent(t), f"{t:g}") for t in ticks(0.0, self.end_s, 8)),
            self.percent(self.second(min(tested))) if tested else None,
            self.note(bool(tested)),
            len({str(label) for label in labels.action if label}),
        )

    def note(self, tested: bool) -> str:
        if self.summary is None:
            return "No benchmark run is shown on this page."
        if tested:
            return ""
        if self.episode.id in self.summary.split.train:
            return "This recording was used for training, so there is nothing to predict on it."
        return "The benchmark run holds no predictions for this recording."

    def predictions(self, task: str) -> list[Prediction]:
        if self.summary is None or self.folder is None or task not in self.summary.tasks:
            return []
        folder = self.summary.tasks[task].folder
        return read_predictions(self.folder / folder / "predictions.csv", self.episode.id) if folder else []

    def truth_bars(self, labels: np.ndarray) -> tuple[Bar, ...]:
        changes = np.flatnonzero(labels[1:] != labels[:-1]) + 1
        edges = [0, *changes.tolist(), len(labels)]
        bars = [self.bar(str(labels[a]), a, b) for a, b in pairwise(edges) if labels[a]]
        return tuple(bars[:MOST_BARS])

    def predicted_bars(self, predictions: list[Prediction], shift: int = 0) -> tuple[Bar, ...]:
        """Each window stands for the frames nearest to its centre; equal neighbours are one bar."""
        centers = np.array([p.center for p in predictions])
        step = int(np.median(np.diff(centers))) if len(centers) > 1 else predictions[0].end - predictions[0].start
        half = max(1, step) / 2
        bars: list[Bar] = []
        run: list[Prediction] = []
        for p in [*predictions, None]:
            same = (
                p is not None
                and run
                and (p.predicted, p.truth) == (run[-1].predicted, run[-1].truth)
                and p.center - run[-1].center <= 2 * max(1, step)
            )
            if run and not same:
                first, last = run[0], run[-1]
                ahead = last.end - last.center + shift if shift else 0
                start, stop = first.center - half + ahead, last.center + half + ahead
                correct = first.truth == first.predicted if first.truth else None
                bars.append(self.bar(first.predicted, start, stop, correct, first.truth))
                run = []
            if p is not None:
                run.append(p)
        return tuple(bars[:MOST_BARS])

    def bar(self, label: str, start: float, stop: float, correct: bool | None = None, truth: str = "") -> Bar:
        start_s, end_s = self.second(start), self.second(stop)
        left, right = self.percent(start_s), self.percent(end_s)
        return Bar(left, max(right - left, 0.05), label, self.hue(label), start_s, end_s, correct, truth)

    def instant(self, frame: int, label: str, correct: bool | None = None) -> Bar:
        second = self.second(frame)
        return Bar(self.percent(second), 0.0, label, None, second, second, correct)

    def second(self, frame: float) -> float:
        """Time of a frame number, also between frames; past the end the end."""
        count = len(self.times_s)
        if frame >= count:
            return self.end_s
        return float(np.interp(frame, np.arange(count), self.times_s))

    def percent(self, second: float) -> float:
        return round(100 * min(max(second / self.end_s, 0.0), 1.0), 3)

    def hue(self, label: str) -> int:
        return self.hues.setdefault(label, HUES[len(self.hues) % len(HUES)])
