"""A small hand-made benchmark run beside a recording, for tests of the page."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from xperience.benchmark.summary import (
    SUMMARY_FILE,
    Baseline,
    Block,
    Case,
    EpisodeInfo,
    FeatureInfo,
    Interval,
    Published,
    SplitInfo,
    Summary,
    TaskResult,
    write_summary,
)
from xperience.episode import Episode

TASKS = (
    ("timeline_action", "Action recognition", "What is the person doing?", "macro_f1", 0.41),
    ("transition_detection", "Action boundary detection", "Does the action change here?", "macro_f1", 0.63),
    ("hand_trajectory_forecast", "Hand forecasting", "Where will both hands go next?", "mpjpe", 0.041),
    ("modality_reconstruction", "Cross-modal reconstruction", "What would the pictures be?", "r2", -0.2),
    ("contact_prediction", "Contact state", "Does the body touch anything?", "macro_f1", None),
)


def make_run(episode: Episode, folder: Path) -> Path:
    """Writes a run whose test part is the last 40 % of `episode`; predictions are right two times in three."""
    count = episode.num_frames
    first = int(count * 0.6) // 5 * 5
    actions = [str(label) for label in episode.labels.action]
    windows = [(k // 5, k, k + 19) for k in range(first, count - 19, 5)]
    tasks = {}
    for id, name, question, metric, score in TASKS:
        metres = metric == "mpjpe"
        case_window = windows[len(windows) // 2]
        case = Case(episode.id, *case_window, truth="truth <i>text</i>", prediction="an answer", correct=not metres)
        if metres:
            path = np.cumsum(np.full((10, 2, 3), 0.01), 0)
            case = Case(episode.id, *case_window, "moves on", "moves on", None, "3 cm off", {"truth": path.tolist(), "prediction": (path * 1.2).tolist()})  # fmt: skip
        better = -1.0 if metres else 1.0
        tasks[id] = TaskResult(
            id=id,
            name=name,
            question=question,
            input="all blocks",
            output="an answer",
            metric=metric,
            unit="m" if metres else "",
            higher_is_better=not metres,
            status="measured" if score is not None else "not measurable",
            reason="" if score is not None else "the test windows hold one class only",
            score=score,
            interval=None if score is None else Interval(score - 0.01, score + 0.01, 0.95, "8 blocks", 8),
            baselines=[Baseline("majority", score - better * 0.02)]
            if score is not None
            else [Baseline("majority", 1.0)],
            published=Published(0.05, 0.0148),
            blocks=[Block("body_joints", 1), Block("audio_fisheye_cam0_aac", 0)],
            head="logistic regression",
            num_train_windows=70,
            num_test_windows=len(windows),
            num_test_episodes=1,
            num_test_sessions=1,
            source="simulated",
            unseen_label_share=0.25,
            notes=["windows overlap"],
            folder=id,
            cases=[case],
        )
        (folder / id).mkdir(parents=True)
    with (folder / "timeline_action" / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["episode_id", "window_index", "start_frame", "end_frame", "center_frame", "true_label", "predicted_label"])  # fmt: skip
        for index, start, end in windows:
            center = (start + end) // 2
            guess = actions[center] if index % 3 else "Some other action"
            writer.writerow([episode.id, index, start, end, center, actions[center], guess])
            writer.writerow(
                ["another__ep1", index, start, end, center, "not of this recording", "not of this recording"]
            )
    with (folder / "transition_detection" / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["window_index", "start_frame", "end_frame", "true_label", "predicted_label"])
        for index, start, end in windows:
            writer.writerow([index, start, end, "steady", "transition" if index % 7 == 0 else "steady"])
    summary = Summary(
        command="xperience benchmark ep1 --out out",
        source="ep1",
        split=SplitInfo("chronological", "The first 60 % of the recording trains.", [episode.id], [], [episode.id], 0),
        features=FeatureInfo("v1", 8546, 20, 5, [Block("body_joints", 1)]),
        episodes=[EpisodeInfo(episode.id, episode.session, "train and test", count, count // 5 - 3)],
        tasks=tasks,
        seconds=1.0,
    )
    write_summary(folder / SUMMARY_FILE, summary)
    return folder


@pytest.fixture
def run_folder(episode_path: Path, tmp_path: Path) -> Path:
    """A benchmark run on the simulated recording."""
    with Episode.open(episode_path) as episode:
        return make_run(episode, tmp_path / "run")
