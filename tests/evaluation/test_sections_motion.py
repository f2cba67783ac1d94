"""Forecasts, retrieval, shifts and neighbours of a model, on a model of a few steps and on planted answers."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from xperience.benchmark.samples import NotMeasurable
from xperience.benchmark.task import ALL, MOTION, VISION
from xperience.benchmark.tasks.caption_grounding import INPUT
from xperience.benchmark.tasks.misalignment_detection import MOVING, SENSED
from xperience.evaluation.gathered import directions, gathered, view_of
from xperience.evaluation.inputs import inputs_of
from xperience.evaluation.resample import drawn, paired, session_interval
from xperience.evaluation.sections import Bench, forecasts, neighbours, retrieval, shifts
from xperience.storage import to_json


def planted(bench: Bench, blocks, change) -> Bench:  # type: ignore[no-untyped-def]
    """The bench with one view of every recording changed: `change(recording, view)` gives the new one."""
    inputs = inputs_of(blocks)
    recordings = [replace(r, views=r.views | {inputs: change(r, r.views[inputs])}) for r in bench.recordings]
    return replace(bench, recordings=recordings)


# -- intervals


def test_an_interval_holds_the_mean_and_is_wider_where_sessions_differ() -> None:
    rng = np.random.default_rng(0)
    sessions = np.repeat([f"s{k}" for k in range(8)], 50)
    noise = rng.normal(0, 0.1, 400)
    alike = session_interval(1 + noise, sessions, 0)
    apart = session_interval(1 + noise + np.repeat(rng.normal(0, 1, 8), 50), sessions, 0)
    assert alike is not None and apart is not None
    assert alike[0] < 1 < alike[1]
    assert apart[1] - apart[0] > 5 * (alike[1] - alike[0])


def test_one_session_gives_no_interval_and_unknown_windows_take_no_part() -> None:
    assert session_interval(np.ones(5), np.full(5, "one"), 0) is None
    values, sessions = np.array([1.0, np.nan, 1.0]), np.array(["a", "b", "c"])
    assert session_interval(values, sessions, 0) == (1.0, 1.0)


def test_a_paired_difference_is_seen_where_windows_differ_much_more() -> None:
    values = np.random.default_rng(1).normal(0, 5, 60)
    sessions = np.repeat(list("abcdef"), 10)
    for shift in (-1, 1):
        found = paired(values + shift, values, sessions, 0)
        assert found.diff == pytest.approx(shift) and found.span == pytest.approx((shift, shift))
    assert paired(values, values, sessions, 0).span == (0, 0)


def test_what_is_drawn_falls_back_from_sessions_to_stretches(bench: Bench) -> None:
    two = [replace(r, session=name) for r, name in zip(bench.recordings, "aabb", strict=True)]
    names, text = drawn(two)
    assert [set(one) for one in names] == [{"a"}, {"a"}, {"b"}, {"b"}] and text == "2 sessions"
    assert drawn([replace(r, session="a") for r in two])[1] == "4 recordings"
    assert "stretches" in drawn(two[:1])[1]


# -- forecasts


def test_forecasts_of_no_motion_equal_constant_position(bench: Bench) -> None:
    def still(_, view):  # type: ignore[no-untyped-def]
        return replace(view, own=view.own | {name: view.own[name] * 0 for name in ("hands", "ego")})

    found = forecasts.measure(planted(bench, ALL, still))
    assert {one["subject"] for one in found["scores"]} == {"hands", "headset"}
    assert [one["horizon_s"] for one in found["scores"]] == [0.25, 0.5, 0.75, 1.0] * 2
    for one in found["scores"]:
        assert one["model"] == pytest.approx(one["constant position"]) and one["model"] > 0
        assert one["against"]["constant position"]["diff"] == pytest.approx(0)
    for curve in found["curves"].values():
        assert curve["model"] == pytest.approx(curve["constant position"])
    assert all(len(row) == len(found["table"]["columns"]) for row in found["table"]["rows"])
    to_json(found)


def test_a_forecast_of_the_truth_has_no_error(bench: Bench) -> None:
    def true(recording, view):  # type: ignore[no-untyped-def]
        own, last = dict(view.own), recording.windows.end_frame
        hands = own["hands"].reshape(-1, 20, 2, 21, 3).copy()
        streams = [name for name, _, _ in forecasts.told(bench, recording)]
        assert streams == ["hand_left", "hand_right", "pose"]
        for k, (stream, piece, _) in enumerate(forecasts.told(bench, recording)):
            came = forecasts.ahead(piece, last)[0]
            if stream == "pose":
                own["ego"] = np.concatenate([came[:, :, 0], np.zeros((*came.shape[:2], 9))], -1)
            else:
                hands[:, :, k] = came
        return replace(view, own=own | {"hands": hands.reshape(len(hands), 20, 126)})

    for one in forecasts.measure(planted(bench, ALL, true))["scores"]:
        assert one["model"] < 1e-5 < one["constant position"]


def test_constant_velocity_is_exact_for_constant_velocity(bench: Bench) -> None:
    times = np.arange(60) * 0.05
    piece = forecasts.Piece(times[:, None, None] * np.ones((60, 1, 3)), times, np.arange(60) != 30)
    came, velocity, known = forecasts.ahead(piece, np.array([20, 30, 31, 50]))
    assert came[0, :, 0, 0] == pytest.approx(np.arange(1, 21) * 0.05)
    assert velocity[0] == pytest.approx(came[0])
    assert known[0].sum() == 19 and not known[0, 9], "frame 30 is not known"
    assert not known[1].any(), "nothing is known since an unknown frame"
    assert known[2].all() and not velocity[2].any(), "no velocity without the frame before"
    assert known[3].sum() == 9, "the recording ends"


def test_a_model_without_these_heads_cannot_be_measured(bench: Bench) -> None:
    mute = planted(bench, ALL, lambda _, view: replace(view, own={}))
    with pytest.raises(NotMeasurable, match="forecast"):
        forecasts.measure(mute)


def test_a_view_that_no_task_asked_for_is_made(bench: Bench) -> None:
    one = bench.of("test")[0]
    bare = replace(one, views={k: v for k, v in one.views.items() if k != inputs_of(INPUT)})
    assert view_of(bench, bare, INPUT).own["window"] == pytest.approx(one.view(INPUT).own["window"], abs=1e-5)


# -- retrieval


def test_identical_embeddings_are_found_first(bench: Bench) -> None:
    found = np.random.default_rng(0).normal(size=(500, 16)).astype(np.float32)

    def alike(recording, view):  # type: ignore[no-untyped-def]
        whole = replace(bench, recordings=[recording], sides={"test": [recording.id]})
        vectors = found[retrieval.captions_of(whole, gathered(whole, "test"))]
        return replace(view, own=view.own | {"words": vectors, "window": 3 * vectors})

    def blocks(recording, view):  # type: ignore[no-untyped-def]
        vectors = found[: 4 * len(recording.windows)].reshape(-1, 4, 16)
        return replace(view, sides={"motion": vectors, "sight": vectors})

    changed = planted(planted(planted(bench, INPUT, alike), MOTION, blocks), VISION, blocks)
    result = retrieval.measure(changed)
    assert [one["direction"] for one in result["scores"]] == [
        "text to window", "window to text", "motion to sight", "sight to motion",
    ]  # fmt: skip
    for one in result["scores"]:
        assert one["recall@1"]["value"] == 1 and one["mrr"]["value"] == 1 and one["median_rank"]["value"] == 1
        assert one["recall@1"]["chance"] < 1
    windows = sum(len(r.windows) for r in bench.of("test"))
    texts = retrieval.captions_of(bench, gathered(bench, "test"))
    counts = [(texts >= 0).sum(), len(set(texts[texts >= 0])), windows, windows]
    assert [one["candidates"] for one in result["scores"]] == counts, "texts stand once"
    assert result["scores"][2]["recall@5"]["chance"] == pytest.approx(5 / windows)
    assert all(len(row) == len(result["table"]["columns"]) for row in result["table"]["rows"])
    to_json(result)


def direction(query: np.ndarray, candidates: np.ndarray, asks: np.ndarray, answers: np.ndarray) -> retrieval.Direction:
    return retrieval.Direction("", query, candidates, asks, answers, np.full(len(asks), "one"), "")


def test_ranks_take_equal_captions_as_equally_right_and_split_ties() -> None:
    query = np.eye(4, dtype=np.float32)[[1, 1, 2, 3]]
    candidates = np.eye(4, dtype=np.float32)
    same, own = np.array([0, 0, 2, 3]), np.arange(4)
    assert retrieval.ranks(direction(query, candidates, same, same)).tolist() == [1, 1, 1, 1]
    found = retrieval.ranks(direction(query, candidates, own, own)).tolist()
    assert found == [3, 1, 1, 1], "one better, two that tie"


def test_chance_of_different_answers_is_that_of_a_random_order() -> None:
    rng = np.random.default_rng(0)
    own = np.arange(40)
    found = retrieval.chance(direction(rng.normal(size=(40, 8)), rng.normal(size=(40, 8)), own, own))
    assert [found[f"recall@{k}"] for k in (1, 5, 10)] == pytest.approx([1 / 40, 5 / 40, 10 / 40])
    assert found["mrr"] == pytest.approx(np.mean(1 / np.arange(1, 41)))
    assert found["median_rank"] == 20


def test_chance_keeps_windows_of_one_caption_together() -> None:
    rng = np.random.default_rng(0)
    same = np.repeat(np.arange(6), 5)
    words, windows = rng.normal(size=(6, 8))[same], rng.normal(size=(6, 8))[same]
    found = retrieval.chance(direction(words, windows, same, same))
    assert [found[f"recall@{k}"] for k in (1, 5, 10)] == pytest.approx([1 / 6, 1 / 6, 2 / 6])


def test_captions_are_those_that_the_model_reads(bench: Bench) -> None:
    from xperience.pretrain.step import captions

    side = gathered(bench, "test")
    numbers = retrieval.captions_of(bench, side)
    assert len(side.recordings) == 1
    read = captions(bench.viewer.batch(side.recordings[0].id, side.recordings[0].windows.start_frame).text)
    assert [number < 0 for number in numbers] == [not text for text in read]
    assert len(set(zip(numbers.tolist(), read, strict=True))) == len(set(read)) > 1


def test_retrieval_and_shifts_need_a_contrastive_space(bench: Bench) -> None:
    viewer = copy(bench.viewer)
    viewer.restored = replace(viewer.restored, learner=SimpleNamespace(objectives={}))  # type: ignore[arg-type]
    for part in (retrieval, shifts):
        with pytest.raises(NotMeasurable, match="contrastive"):
            part.measure(replace(bench, viewer=viewer))


# -- shifts


def clock(windows: int, late: int = 0) -> np.ndarray:
    """[W, 4, 2] embeddings that turn with time."""
    angle = (np.arange(windows) - late)[:, None] * 0.15 + np.zeros(4)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


@pytest.mark.parametrize("late", [0, 3])
def test_embeddings_that_encode_time_peak_where_they_are_in_step(bench: Bench, late: int) -> None:
    def motion(recording, view):  # type: ignore[no-untyped-def]
        return replace(view, sides=view.sides | {"motion": clock(len(recording.windows))})

    def sight(recording, view):  # type: ignore[no-untyped-def]
        return replace(view, sides=view.sides | {"sight": clock(len(recording.windows), late)})

    found = shifts.measure(planted(planted(bench, MOVING, motion), SENSED, sight))
    assert np.argmax(found["curves"]["mean"]) == 8 + late
    assert max(found["curves"]["mean"]) == pytest.approx(1, abs=1e-5)
    assert found["curve_s"][0] == -2.0 and found["curve_s"][8] == 0 and found["curve_s"][9] == 0.25
    assert found["scores"]["in step"]["value"] == (late == 0)
    assert found["scores"]["in step"]["chance"] == pytest.approx(1 / 17)
    to_json(found)


def test_embeddings_that_say_nothing_are_at_chance() -> None:
    cosine, windows = shifts.shifted(np.ones((30, 4, 2)), np.ones((30, 4, 2)))
    assert windows.tolist() == list(range(8, 22))
    assert shifts.most_similar(cosine)[:, 8] == pytest.approx(1 / 17)


def test_the_trained_model_is_measured(bench: Bench) -> None:
    found = shifts.measure(bench)
    assert found["windows"] == sum(max(len(r.windows) - 16, 0) for r in bench.of("test")) > 0
    assert np.abs(found["curves"]["mean"]).max() <= 1.01


# -- neighbours


def test_pictures_are_drawn(bench: Bench, tmp_path: Path) -> None:
    from PIL import Image

    found = neighbours.measure(replace(bench, out=tmp_path))
    assert found["pictures"] == ["pictures/neighbours.png", "pictures/forecasts.png"]
    for name in found["pictures"]:
        with Image.open(tmp_path / name) as image:
            assert 500 < image.width < 2500 and 500 < image.height < 2500
            assert np.asarray(image.convert("L")).std() > 10, "something is drawn"
    assert len(found["table"]["rows"]) == 6
    to_json(found)


def test_a_window_is_its_own_nearest_neighbour(bench: Bench) -> None:
    train = gathered(bench, "train")
    vectors = neighbours.features(bench, train)
    nearest = neighbours.neighbours(vectors, vectors, train.episode)
    assert nearest[:, 0].tolist() == list(range(len(train)))
    assert nearest.shape[1] == len(train.recordings) == 2, "one of each recording"
    assert (train.episode[nearest[:, 1]] == 1 - train.episode).all()


def test_the_readouts_of_the_last_block_are_compared(bench: Bench) -> None:
    model = bench.viewer.model
    readouts, streams = model.config.readouts, len(model.streams)

    def marked(_, view):  # type: ignore[no-untyped-def]
        tokens = np.zeros_like(view.tokens)
        tokens[:, -streams - readouts : -streams, 0] = 1
        tokens[:, : -streams - readouts, 1] = 1
        tokens[:, -streams:, 2] = 1
        return replace(view, tokens=tokens)

    vectors = neighbours.features(changed := planted(bench, ALL, marked), gathered(changed, "test"))
    assert (vectors == np.eye(vectors.shape[1])[0]).all()


def test_directions_weigh_blocks_alike() -> None:
    x = np.array([[[3.0, 4.0], [0.0, 0.1]]])
    assert directions(x) == pytest.approx(np.array([[0.6, 0.8, 0, 1]]))


def test_windows_are_evenly_spread() -> None:
    found = neighbours.spread(60, 6)
    assert (found // 10).tolist() == [0, 1, 2, 3, 4, 5], "one of each part"
    assert len(set((found % 10).tolist())) == 6, "each at another place"
    assert set(neighbours.spread(3, 6).tolist()) <= {0, 1, 2}
