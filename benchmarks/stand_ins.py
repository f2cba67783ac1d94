"""Made-up data in the layout of downloaded ones, for --quick: they show that a script works and say nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

SUBJECTS, ACTIONS, REPETITIONS = (1, 2), (1, 2, 24), 2
"""Of the trials: an odd subject to train on and an even one to test."""


def utd_mhad(folder: Path) -> Path:
    """Trials of a forearm or a thigh that turns, imported; gives the folder of their episodes."""
    from xperience.sources.importing import import_recordings
    from xperience.sources.registry import source

    utd_mhad_files(folder / "UTD-MHAD")
    import_recordings(source("utd-mhad"), folder / "UTD-MHAD", folder / "episodes", show=False)
    return folder / "episodes"


def utd_mhad_files(root: Path) -> Path:
    """Those trials as the dataset lays them out: inertial [156, 6] in g and degrees a second, skeleton [20, 3, 60] in metres."""
    from scipy.io import savemat

    from xperience.sources.kinect import KINECT_JOINTS

    rng = np.random.default_rng(0)
    imu_s, frame_s = np.arange(156) / 50, np.arange(60) / 60 * 156 / 50
    for name in ("Inertial", "Skeleton"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for action in ACTIONS:
        joints = ("right_hip", "right_knee") if action > 21 else ("right_elbow", "right_wrist")
        parent, child = (KINECT_JOINTS.index(joint) for joint in joints)
        for subject in SUBJECTS:
            for repetition in range(1, REPETITIONS + 1):
                knots, phases = rng.normal(0, 1, 8), rng.uniform(0, 2 * np.pi, 8)
                a, turning = _angle(frame_s, knots, phases), np.gradient(_angle(imu_s, knots, phases), imu_s)
                skeleton = np.zeros((20, 3, 60)) + rng.normal(0, 0.3, (20, 3, 1)) + [[0.0], [0.0], [2.9]]
                skeleton[child] = skeleton[parent] + 0.25 * np.stack([np.cos(a), np.sin(a), 0 * a])
                inertial = rng.normal(0, 0.01, (156, 6))
                inertial[:, 1] += 1.0
                inertial[:, 5] += np.degrees(turning)
                trial = f"a{action}_s{subject}_t{repetition}"
                savemat(root / "Inertial" / f"{trial}_inertial.mat", {"d_iner": inertial})
                savemat(root / "Skeleton" / f"{trial}_skeleton.mat", {"d_skel": skeleton})
    return root


def _angle(t: np.ndarray, knots: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """[N] radians at seconds [N]: a smooth sum of eight waves."""
    n = np.arange(1, len(knots) + 1)
    return np.asarray((knots / n * np.sin(2 * np.pi * n * t[:, None] / 5 + phases)).sum(1))


def labels(folder: Path) -> Path:
    """A folder of real pieces for `labels.py`: eight narrations of four videos, eight episodes."""
    epic, manifest = folder / "epic_kitchens_100", folder / "xperience_128"
    epic.mkdir(parents=True)
    manifest.mkdir()
    for name, keys in (("verb", ("take", "wash")), ("noun", ("knife", "plate"))):
        _table(epic / f"EPIC_100_{name}_classes.csv", ["id", "key"], [[k, key] for k, key in enumerate(keys)])
    said = [("take knife", 0, 0), ("wash plate", 1, 1)]
    rows = [[f"P01_{video:02}", text, verb, noun] for video in range(1, 5) for text, verb, noun in said]
    _table(epic / "EPIC_100_validation.csv", ["video_id", "narration", "verb_class", "noun_class"], rows)
    episodes = []
    for k in range(8):
        frames = {"action": {f"Take the {('knife', 'plate', 'cup', 'pan')[k % 4]}": 40}, "subtask": {"Wash dishes": 40}}
        side = "test" if k > 5 else "train"
        episodes.append({"top_level_session": f"s{k}", "split": side, "label_stats": {"frame_labels": frames}})
    (manifest / "episode_manifest.json").write_text(json.dumps({"episodes": episodes}), encoding="utf-8")
    return folder


def hands(folder: Path) -> Path:
    """An episode as long as the one of real hands: both wander [5600, 21, 3], 50 ms between frames."""
    from xperience.episode import layout
    from xperience.episode.writer import AnnotationWriter

    rng, frames = np.random.default_rng(0), 5600
    folder.mkdir(parents=True)
    with AnnotationWriter(folder / layout.ANNOTATION) as writer:
        writer.put("video/device_timestamp", 1_000_000_000 + np.arange(frames) * 50_000_000)
        writer.put("video/frame_number", np.arange(frames))
        writer.put("video/length_sec", (frames - 1) * 0.05)
        for side in ("left", "right"):
            wrist = np.cumsum(rng.normal(0, 0.005, (frames, 1, 3)), axis=0)
            writer.put(f"hand_mocap/{side}_joints_3d", wrist + rng.normal(0, 0.05, (1, 21, 3)))
    return folder


def _table(path: Path, head: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
