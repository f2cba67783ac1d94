"""The label timeline: what was labelled, and below it what was predicted, on one axis of seconds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from xperience.benchmark.scoring.files import read_table, whole_numbers
from xperience.benchmark.summary import Summary
from xperience.episode import Episode
from xperience.report.svg import ticks
from xperience.report.text import cut

HUES = (205, 28, 150, 265, 85, 340, 180, 48, 235, 310, 120, 8)
"""Neighbouring labels get hues that lie far apart; after twelve they repeat."""

TASKS = ("timeline_subtask", "timeline_action", "next_action", "transition_detection", "hand_contact")
"""Tasks whose predictions have a place on the time line."""

NEXT_ACTION_FRAMES = 20
"""The next-action task asks for the label this many frames after the window's end."""
MOST_BARS = 2000
"""Bars in one row; a longer row would be finer than the screen, and says that it is cut."""

LONGEST_LABEL = 200
"""Characters of one label."""


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
    start = whole_numbers(file, "start_frame", table["start_frame"])
    end = whole_numbers(file, "end_frame", table["end_frame"])
    center = (start + end) // 2
    if "center_frame" in table:
        center = whole_numbers(file, "center_frame", table["center_frame"])
    rows = zip(
        start.tolist(), end.tolist(), center.tolist(), table["true_label"], table["predicted_label"], strict=True
    )
    predictions = [Prediction(*row) for row in rows]
    own = [k for k in range(len(start)) if "episode_id" not in table or table["episode_id"][k] == episode_id]
    return sorted((predictions[k] for k in own), key=lambda p: p.center)


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
        predicted = {task: self.predictions(task) for task in TASKS}
        boundaries = [self.instant(int(frame), "action changes") for frame in labels.boundaries]
        transitions = [
            self.instant(p.center, "boundary predicted", p.truth == "transition")
            for p in predicted["transition_detection"]
            if p.predicted == "transition"
        ]
        rows = (
            ("step, as labelled", "bars", self.truth_bars(labels.subtask)),
            ("step, predicted", "bars", self.predicted_bars(predicted["timeline_subtask"])),
            ("action, as labelled", "bars", self.truth_bars(labels.action)),
            ("action, predicted", "bars", self.predicted_bars(predicted["timeline_action"])),
            ("action, foretold 1 s before", "bars", self.predicted_bars(predicted["next_action"], NEXT_ACTION_FRAMES)),
            ("boundaries, as labelled", "ticks", boundaries),
            ("boundaries, predicted", "ticks", transitions),
            ("hand contact, predicted", "bars", self.predicted_bars(predicted["hand_contact"])),
        )
        tested = [p.start for windows in predicted.values() for p in windows]
        return Timeline(
            tuple(_row(title, kind, bars) for title, kind, bars in rows if bars),
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

    def truth_bars(self, labels: np.ndarray) -> list[Bar]:
        changes = np.flatnonzero(labels[1:] != labels[:-1]) + 1
        edges = [0, *changes.tolist(), len(labels)]
        return [self.bar(str(labels[a]), a, b) for a, b in pairwise(edges) if a < b and labels[a]]

    def predicted_bars(self, predictions: list[Prediction], ahead: int = 0) -> list[Bar]:
        """Each window stands for the frames about its centre, or `ahead` frames past its end; equal neighbours join."""
        if not predictions:
            return []
        centers = np.array([p.center for p in predictions])
        step = max(1, int(np.median(np.diff(centers)))) if len(centers) > 1 else 1
        runs: list[list[Prediction]] = []
        for p in predictions:
            last = runs[-1][-1] if runs else None
            near = last is not None and p.center - last.center <= 2 * step
            if last is not None and near and (p.predicted, p.truth) == (last.predicted, last.truth):
                runs[-1].append(p)
            else:
                runs.append([p])
        bars = []
        for run in runs:
            first, last = run[0], run[-1]
            shift = last.end - last.center + ahead if ahead else 0
            start, stop = first.center - step / 2 + shift, last.center + step / 2 + shift
            correct = first.truth == first.predicted if first.truth else None
            bars.append(self.bar(first.predicted, start, stop, correct, first.truth))
        return bars

    def bar(self, label: str, start: float, stop: float, correct: bool | None = None, truth: str = "") -> Bar:
        start_s, end_s = self.second(start), self.second(stop)
        left, right = self.percent(start_s), self.percent(end_s)
        width, hue = max(right - left, 0.05), self.hue(label)
        return Bar(left, width, cut(label, LONGEST_LABEL), hue, start_s, end_s, correct, cut(truth, LONGEST_LABEL))

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


def _row(title: str, kind: str, bars: list[Bar]) -> TimelineRow:
    if len(bars) > MOST_BARS:
        title = f"{title} (only the first {MOST_BARS:,})"
    return TimelineRow(title, kind, tuple(bars[:MOST_BARS]))
