"""The model's own heads and the attentive probe, on planted views and on a trained model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from xperience.benchmark.metrics.classification import label_list
from xperience.benchmark.samples import NotMeasurable, Part, Pool, Samples
from xperience.benchmark.task import ALL
from xperience.benchmark.tasks import registry
from xperience.evaluation.attentive import AttentiveHead
from xperience.evaluation.embedded import EmbeddedRecording, View
from xperience.evaluation.inputs import Inputs, inputs_of
from xperience.evaluation.own import OwnHead
from xperience.evaluation.sections import Bench
from xperience.evaluation.tasks import Row, measure
from xperience.evaluation.viewer import lacking
from xperience.pretrain.step import Texts

TASKS = registry()


def planted(bench: Bench, blocks: tuple[str, ...], **own: np.ndarray) -> EmbeddedRecording:
    """The test recording, whose view says what is given."""
    one = bench.of("test")[0]
    inputs = inputs_of(blocks)
    view = replace(one.views[inputs], own=one.views[inputs].own | own)
    return replace(one, views=one.views | {inputs: view})


def pool_of(recording: EmbeddedRecording, task: str) -> Pool:
    samples = TASKS[task].samples(recording, ALL)
    rows = np.arange(len(samples)) if samples.usable is None else np.flatnonzero(samples.usable)
    return Pool([Part(recording, samples, rows)])


def test_labels_are_those_that_the_model_names(bench: Bench) -> None:
    plain = bench.of("test")[0]
    bank = tuple(sorted(set(plain.windows.action_label) - {""}))
    said = np.array([[float(label == name) for name in bank] for label in plain.windows.action_label], np.float32)
    pool = pool_of(planted(bench, ALL, action=said * 9, told_action=said), "timeline_action")
    head = OwnHead(TASKS["timeline_action"], Texts({"action": bank}))
    names = label_list(list(pool.target))
    y = np.array([names.index(label) for label in pool.target])
    answer = head.classes(pool, y, pool, y, len(bank)).predict(pool)
    assert np.array_equal(answer.argmax(1), y), "in the order of the benchmark's labels"
    assert np.allclose(answer.sum(1), 1)
    strange = OwnHead(TASKS["timeline_action"], Texts({"action": ("something else",)}))
    assert not np.array_equal(strange.classes(pool, y, pool, y, len(bank)).predict(pool).argmax(1), y)


def test_hands_go_from_where_they_are_and_the_root_is_taken_away(bench: Bench) -> None:
    count = len(bench.of("test")[0].windows)
    still = {"hands": np.zeros((count, 20, 126), np.float32), "ego": np.zeros((count, 20, 12), np.float32)}
    task = TASKS["hand_trajectory_forecast"]
    pool = pool_of(planted(bench, ALL, **still), task.id)
    head = OwnHead(task, Texts())
    answer = head.vectors(pool, pool.target, pool, pool.target).predict(pool)
    assert np.allclose(answer, pool.guesses()["constant position"], atol=1e-5)
    moved = dict(still)
    moved["ego"] = still["ego"].copy()
    moved["ego"][:, :, 9] = 0.5  # the pelvis goes half a metre along x
    pool = pool_of(planted(bench, ALL, **moved), task.id)
    away = head.vectors(pool, pool.target, pool, pool.target).predict(pool) - answer
    assert np.allclose(away.reshape(len(away), -1, 3), [-0.5, 0, 0], atol=1e-5)


def test_a_threshold_comes_from_the_validation_recordings(bench: Bench) -> None:
    plain = bench.of("test")[0]
    truth = np.array([label == "transition" for label in pool_of(plain, "transition_detection").target])
    assert truth.any() and not truth.all()
    scores = np.where(truth, 5.0, 4.0).astype(np.float32)  # right, but far from 0
    pool = pool_of(planted(bench, ALL, transition=scores), "transition_detection")
    head = OwnHead(TASKS["transition_detection"], Texts())
    names = label_list(list(pool.target))
    y = np.array([names.index(label) for label in pool.target])
    assert np.array_equal(head.classes(pool, y, pool, y, 2).predict(pool).argmax(1), y)


def test_a_head_that_the_model_lacks_is_said(bench: Bench) -> None:
    pool = pool_of(bench.of("test")[0], "action_phase")
    with pytest.raises(NotMeasurable, match="no head"):
        OwnHead(TASKS["action_phase"], Texts()).vectors(pool, pool.target, pool, pool.target)


def test_the_attentive_probe_finds_the_token_that_tells() -> None:
    rng = np.random.default_rng(0)
    tokens = rng.normal(size=(1500, 6, 16)).astype(np.float32)
    y = (tokens[:, 4, 3] > 0).astype(int)

    def pool(low: int, high: int) -> Pool:
        window = np.arange(low, high)
        samples = Samples(
            window, window, window, lambda rows: tokens[low + rows].reshape(len(rows), -1), lambda rows: y[low + rows],
            np.zeros(1, int),
        )  # fmt: skip
        return Pool([Part(None, samples, np.arange(high - low))])  # type: ignore[arg-type]

    head = AttentiveHead(0, 6, 16)
    model = head.classes(pool(0, 1000), y[:1000], pool(1000, 1250), y[1000:1250], 2)
    right = (model.predict(pool(1250, 1500)).argmax(1) == y[1250:]).mean()
    assert right > 0.8
    again = head.classes(pool(0, 1000), y[:1000], pool(1000, 1250), y[1000:1250], 2)
    assert np.array_equal(model.predict(pool(1250, 1500)), again.predict(pool(1250, 1500)))


def test_the_way_is_chosen_on_the_validation_recordings(bench: Bench, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    rows = measure(
        bench.recordings, bench.sides, bench.viewer.restored.texts, tmp_path,
        tasks=["transition_detection", "temporal_order"], show=False,
    )  # fmt: skip
    for row in rows:
        known = {way: score for way, score in row.val.items() if score is not None}
        assert known and row.chosen == max(known, key=lambda way: known[way]), row
        assert row.score == row.test[row.chosen]
    assert rows[1].test["own"] is None and rows[1].test["linear probe"] is not None


def test_same_frames_are_recognised_across_windows(bench: Bench) -> None:
    """Neighbours share 15 of 20 frames: the second block of one is the first of the next."""
    recording = bench.of("test")[0]
    one = np.arange(len(recording.windows) - 1)
    cosines = recording.relation(ALL, one, ALL, one + 1)
    blocks = 4
    table = cosines.reshape(len(one), -1, blocks, blocks)
    assert np.median(table[:, :, 1, 0]) > 0.99
    assert table[:, :, 1, 0].mean() > table[:, :, 0, 1].mean()


def test_a_stream_that_is_taken_away_leaves_nothing(bench: Bench) -> None:
    recording = bench.of("test")[0]
    viewer = bench.viewer
    batch = viewer.batch(recording.id, recording.windows.start_frame[:2])
    streams = [name for name in viewer.model.streams if name != "pose"]
    poor = lacking(batch, streams)
    assert not poor.streams["pose"].valid.any() and not poor.streams["pose"].values.any()
    assert batch.streams["pose"].valid.any(), "the batch itself is as it was"
    state = viewer.state(poor, Inputs(tuple(viewer.model.streams), False))
    assert torch.isfinite(state.readout.float()).all()
    assert not state.seen[:, state.tokens.of("pose")].any()


@pytest.mark.parametrize(
    ("trivial", "heads", "word"),
    [
        ((0.1, 0.2), [(0.1, 0.2), (0.1, 0.2)], "above heads"),
        ((0.1, 0.2), [(0.1, 0.2), (-0.1, 0.2)], "above trivial"),
        ((-0.1, 0.2), [(0.1, 0.2), (0.1, 0.2)], "measured"),
        ((-0.2, -0.1), [(0.1, 0.2), (0.1, 0.2)], "below trivial"),
    ],
)
def test_the_word_of_a_row_asks_the_best_trivial_baseline_first(
    trivial: tuple[float, float], heads: list[tuple[float, float]], word: str
) -> None:
    row = Row("x", "X", "f1", "", True, False, "", test={"own": 0.6}, chosen="own", interval=(0.5, 0.7))
    row.windows, row.recordings, row.sessions = 100, 12, 6
    row.baselines, row.differences = {"majority": 0.1, "current action": 0.5}, {"current action": trivial}
    row.heads = dict.fromkeys(("linear", "mlp"), 0.4)
    row.against = {name: {"low": low, "high": high} for name, (low, high) in zip(row.heads, heads, strict=True)}
    assert row.to_json()["word"] == word


def test_views_are_joined_in_order() -> None:
    view = View(np.arange(24, dtype=np.float16).reshape(2, 3, 4))
    inputs = inputs_of(ALL)
    recording = EmbeddedRecording.__new__(EmbeddedRecording)
    object.__setattr__(recording, "views", {inputs: view})
    assert np.array_equal(recording.take(ALL, np.array([1, 0])), view.tokens[[1, 0]].reshape(2, -1).astype(np.float32))
