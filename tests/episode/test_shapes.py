"""Rotations of the hands in every form that files have; and whatever no reader understands is said, stream or no stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from handmade import FRAMES

from xperience.episode import Episode, layout
from xperience.episode.geometry import rotvec_to_matrix
from xperience.episode.inspect import describe, render
from xperience.quality.gate import examine

Recording = Callable[..., Path]
POSE, ORIENT = "hand_mocap/left_mano_hand_pose", "hand_mocap/left_mano_hand_global_orient"


def replaced(folder: Path, path: str, values: np.ndarray) -> Path:
    with h5py.File(folder / layout.ANNOTATION, "a") as file:
        if path in file:
            del file[path]
        file[path] = values
    return folder


@pytest.mark.parametrize("form", [(15, 3, 3), (135,), (15, 3), (45,)])
def test_fingers_in_every_form_give_one(form: tuple[int, ...], recording: Recording) -> None:
    vectors = np.random.default_rng(0).uniform(-1, 1, (FRAMES, 15, 3))
    stored = rotvec_to_matrix(vectors) if np.prod(form) == 135 else vectors
    with Episode.open(replaced(recording(), POSE, stored.reshape(FRAMES, *form).astype(np.float32))) as episode:
        np.testing.assert_allclose(episode.hand_mano("left")["pose"], vectors, atol=1e-5)
        _ = episode.presence
        assert not [problem for problem in episode.problems if "mano" in problem.field]


@pytest.mark.parametrize("form", [(3, 3), (1, 3, 3), (9,), (3,), (1, 3)])
def test_the_wrist_in_every_form_gives_one(form: tuple[int, ...], recording: Recording) -> None:
    vectors = np.random.default_rng(1).uniform(-1.5, 1.5, (FRAMES, 3))
    stored = rotvec_to_matrix(vectors) if np.prod(form) == 9 else vectors
    with Episode.open(replaced(recording(), ORIENT, stored.reshape(FRAMES, *form).astype(np.float32))) as episode:
        np.testing.assert_allclose(episode.hand_mano("left")["global_orient"], vectors, atol=1e-5)


def test_what_is_no_rotation_is_no_number(recording: Recording) -> None:
    matrices = np.broadcast_to(np.eye(3), (FRAMES, 3, 3)).copy()
    matrices[3], matrices[4], matrices[5, 0, 0] = 0, np.diag([1, 1, -1]), np.nan
    with Episode.open(replaced(recording(), ORIENT, matrices)) as episode:
        found = episode.hand_mano("left")["global_orient"]
    assert np.flatnonzero(~np.isfinite(found).all(1)).tolist() == [3, 4, 5]


def test_the_simulator_writes_matrices(episode_path: Path) -> None:
    with h5py.File(episode_path / layout.ANNOTATION) as file:
        assert file[POSE].shape[1:] == (15, 3, 3) and file[ORIENT].shape[1:] == (3, 3)
    with Episode.open(episode_path) as episode:
        assert np.isfinite(episode.hand_mano("left")["pose"]).all()


NUMERIC = [path for path, known in layout.BY_PATH.items() if known.dtype not in ("S", "str")]


@pytest.mark.parametrize("kind", ["shape", "type"])
def test_every_dataset_of_a_form_that_is_not_understood_is_said(kind: str, recording: Recording) -> None:
    """By `inspect` and by `check`; nothing else that is in the file is left out for it, and nothing is raised."""
    for path in NUMERIC:
        if path in ("slam/frame_names", "video/device_timestamp"):
            continue  # the clock: without it there is no recording
        odd = np.zeros((3, 5, 7, 2, 2), np.float32) if kind == "shape" else np.array([b"text"] * FRAMES)
        folder = recording()
        with Episode.open(replaced(folder, path, odd)) as episode:
            facts = describe(episode)
        said = [problem for problem in facts["problems"] if problem["field"] == path]
        assert said and said[0]["found"], path
        assert path in render(facts)
        assert facts["streams"]["imu"]["presence"] == "present" or path.startswith("imu"), path
    findings = examine(folder).findings
    assert any(path in finding.reason for finding in findings)


@pytest.mark.parametrize("path", [POSE, "hand_mocap/right_translation", "full_body_mocap/Ts_world_root"])
def test_check_says_it_too(path: str, recording: Recording) -> None:
    found = [f for f in examine(replaced(recording(), path, np.zeros((FRAMES, 2, 2)))).findings if path in f.reason]
    assert found and found[0].check == "files"


def test_another_length_is_said(recording: Recording) -> None:
    with Episode.open(replaced(recording(), POSE, np.zeros((FRAMES - 5, 15, 3, 3)))) as episode:
        problems = describe(episode)["problems"]
    assert [(p["field"], p["what"]) for p in problems if p["field"] == POSE] == [
        (POSE, "not as long as the frame clock")
    ]
