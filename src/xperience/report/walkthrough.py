"""The tasks one by one in plain words, each with a case from the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from xperience.benchmark.summary import Case, Summary, TaskResult
from xperience.episode import Episode
from xperience.errors import CorruptError
from xperience.report import images, svg
from xperience.report.figures.views import hand_overlay
from xperience.report.results import METRIC_MEANING, Row, plain_name, row
from xperience.report.scene import Scene

STRIP_VIEWS = ("stereo_left", "fisheye_cam0", "stereo_right", "fisheye_cam1", "fisheye_cam2", "fisheye_cam3")
STRIP_FRAMES = 5
STRIP_WIDTH = 190
MOST_CASES = 2

PROCESS = {
    "timeline_action": "One score is computed for each action seen in training; the highest names the action.",
    "timeline_subtask": "The same as for actions, with the coarser steps of the procedure as answers.",
    "transition_detection": "Two answers only: the window's centre lies within half a second of a change, or it does not.",
    "next_action": "The same input as for the action, but the answer is the action one second after the window's end.",
    "hand_trajectory_forecast": "42 joints in each of the next ten frames are predicted at once, relative to the body.",
    "contact_prediction": "Contacts and captions are hidden; from all the rest one answer: touching or not.",
    "object_relevance": "Captions are hidden; each known object gets its own yes or no, and at least one is always named.",
    "caption_grounding": "A text vector is predicted for every test window from its sensors; the true text then looks for its window among them.",
    "cross_modal_retrieval": "From motion and sound the matching picture vector is predicted; the nearest test windows are ranked by angle.",
    "modality_reconstruction": "From motion and sound the picture and depth numbers of the same window are predicted.",
    "temporal_order": "Two neighbouring windows and their difference go in; the answer is whether they came in the right order.",
    "misalignment_detection": "Motion of one window with pictures and sound of the same window, or of one two seconds later: which is it?",
}
"""How the answer comes about, beyond what the run says of its heads."""


@dataclass(frozen=True)
class Picture:
    href: str
    overlay: Markup
    second: float


@dataclass(frozen=True)
class ShownCase:
    """A window with its pictures; none where the recording has no video of it."""

    case: Case
    start_s: float
    end_s: float
    view: str
    pictures: tuple[Picture, ...]
    paths: Markup


@dataclass(frozen=True)
class Walk:
    """One task: the row of the table, its words and its cases."""

    row: Row
    process: str
    meaning: str
    blocks: str
    cases: tuple[ShownCase, ...]

    @property
    def pictured(self) -> bool:
        return any(case.pictures for case in self.cases)


def walks(episode: Episode, summary: Summary) -> list[Walk]:
    """Every task of the run; cases from `episode` get pictures."""
    scene = Scene(episode, 0)
    out = []
    for task in summary.tasks.values():
        cases = tuple(show(scene, case) for case in choose(task, episode.id))
        out.append(Walk(row(task), process(task), METRIC_MEANING.get(task.metric, ""), blocks(task), cases))
    return out


def process(task: TaskResult) -> str:
    head = f" Head: {task.head}." if task.head else ""
    return PROCESS.get(task.id, "") + head


def blocks(task: TaskResult) -> str:
    """Which blocks the recordings really have."""
    if not task.blocks:
        return ""
    there = [b for b in task.blocks if b.present_in > 0]
    missing = list(dict.fromkeys(plain_name(b.name) for b in task.blocks if b.present_in == 0))
    text = f"{len(there)} of {len(task.blocks)} feature blocks are there"
    return text + (f"; missing: {', '.join(missing)}" if missing else "")


def choose(task: TaskResult, episode_id: str) -> list[Case]:
    """Up to two cases, those of the shown recording first, one right and one wrong where there are both."""
    cases = [c for c in task.cases if c.episode == episode_id] or task.cases
    right = [c for c in cases if c.correct is True]
    wrong = [c for c in cases if c.correct is False]
    chosen = [group[len(group) // 2] for group in (right, wrong) if group]
    for case in cases:
        if len(chosen) >= MOST_CASES:
            break
        if case not in chosen and case.correct is None:
            chosen.append(case)
    return chosen


def show(scene: Scene, case: Case) -> ShownCase:
    episode = scene.episode
    times = scene.times_s
    own = case.episode == episode.id and 0 <= case.start_frame <= case.end_frame < len(times)
    start_s, end_s = (float(times[case.start_frame]), float(times[case.end_frame])) if own else (0.0, 0.0)
    view, pictures = strip(scene, case.start_frame, case.end_frame) if own else ("", ())
    return ShownCase(case, start_s, end_s, view, pictures, hand_paths(case))


def strip(scene: Scene, start: int, end: int) -> tuple[str, tuple[Picture, ...]]:
    """Evenly spaced frames of a window from the first view that can be decoded, hands drawn on them."""
    episode = scene.episode
    wanted = np.unique(np.linspace(start, end, STRIP_FRAMES).round().astype(int))
    for view in STRIP_VIEWS:
        if view not in episode.views:
            continue
        try:
            video = episode.video(view)
            size = images.shrink(video.size, STRIP_WIDTH)
            found = {k: image for k, image in video.iterate(start, end + 1, size) if k in wanted}
        except CorruptError:
            continue
        if found:
            pictures = []
            for frame, image in found.items():
                parts = hand_overlay(scene, view, size, frame)
                parts.insert(0, svg.image(images.data_uri(image), 0, 0, *size))
                second = float(scene.times_s[frame])
                pictures.append(Picture("", svg.drawing(*size, parts, f"{view} at {second:.2f} s"), second))
            return view, tuple(pictures)
    return "", ()


def hand_paths(case: Case) -> Markup:
    """True and predicted paths of both wrists ([T, 2, 3] metres each), where the case carries them."""
    try:
        truth = np.asarray(case.data["truth"], np.float64)
        predicted = np.asarray(case.data["prediction"], np.float64)
    except (KeyError, TypeError, ValueError):
        return Markup("")
    if truth.ndim != 3 or truth.shape[1:] != (2, 3) or truth.shape != predicted.shape:
        return Markup("")
    width, height = 300, 150
    parts: list[Markup] = []
    for k, side in enumerate(("left", "right")):
        both = np.stack([truth[:, k, :2], predicted[:, k, :2]])
        placed, scale = svg.fit(both, (20 + 145 * k, 26, 115, 80), least=0.02)
        parts.append(svg.polyline(placed[0], f"path {side}"))
        parts.append(svg.polyline(placed[1], f"path {side} dashed"))
        parts.append(svg.circle(placed[0, 0, 0], placed[0, 0, 1], 3.5, f"mark {side}"))
        parts.append(svg.text(20 + 145 * k, 14, f"{side} wrist", f"label {side}"))
        parts += svg.scale_bar(20 + 145 * k, 128, scale, 50)
    parts.append(svg.text(20, 147, "solid: true; dashed: predicted", "tick"))
    return svg.drawing(width, height, parts, "true and predicted paths of both wrists")
