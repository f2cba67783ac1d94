"""Numbers of an evaluation on arrays that a person can compute: forecasts, likeness, intervals, answers of own heads."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from xperience.benchmark.samples import Part, Pool
from xperience.evaluation import own, resample
from xperience.evaluation.attentive import HEADS, Probe
from xperience.evaluation.embedded import EmbeddedRecording, View, _cosines
from xperience.evaluation.gathered import directions
from xperience.evaluation.inputs import inputs_of
from xperience.evaluation.sections import forecasts, missing, retrieval, shifts
from xperience.prepare.piece import Piece

# -- forecasts -------------------------------------------------------------------------------------------------------


def track(valid: list[int]) -> Piece:
    """40 frames at 20 Hz, one joint: x goes with the square of frames, y steadily; some frames are not valid."""
    n = np.arange(40.0)
    values = np.stack([n**2, 2 * n, 0 * n], 1)[:, None]
    good = np.ones(40, bool)
    good[valid] = False
    return Piece(values, n / 20, good)


def test_what_comes_is_told_from_the_last_frame() -> None:
    came, velocity, known = forecasts.ahead(track([12]), np.array([10, 30]))
    assert came[0, :, 0, 0].tolist() == [(10 + k) ** 2 - 100 for k in range(1, 21)]
    assert velocity[0, :, 0].tolist() == [pytest.approx([19 * k, 2 * k, 0]) for k in range(1, 21)]
    assert known[0].tolist() == [k != 2 for k in range(1, 21)]
    assert known[1].tolist() == [30 + k < 40 for k in range(1, 21)]


def test_a_lost_frame_before_the_last_has_no_velocity() -> None:
    _, velocity, known = forecasts.ahead(track([9]), np.array([10]))
    assert not velocity.any() and known.all()
    assert not forecasts.ahead(track([10]), np.array([10]))[2].any()


def test_errors_are_mean_distances_of_joints() -> None:
    piece = track([12])
    guess = np.zeros((1, 20, 1, 3))
    guess[0, 0, 0] = [21 + 3, 2 + 4, 0]
    found = forecasts._compared(piece, np.array([10]), guess)
    assert found["model"][0, 0] == pytest.approx(5) and np.isnan(found["model"][0, 1])
    assert found["constant position"][0, 0] == pytest.approx(math.hypot(21, 2))
    assert found["constant velocity"][0, 0] == pytest.approx(2) and found["constant velocity"][0, 2] == pytest.approx(
        12
    )
    two = Piece(np.repeat(piece.values, 2, 1), piece.times_s, piece.valid)
    guess = np.repeat(guess, 2, 2)
    guess[0, 0, 1] = [21, 2, 0]
    assert forecasts._compared(two, np.array([10]), guess)["model"][0, 0] == pytest.approx(2.5)
    assert forecasts._means(np.array([[1.0, np.nan], [3.0, np.nan]])) == [2.0, None]


# -- intervals -------------------------------------------------------------------------------------------------------


def test_sessions_are_drawn_and_weigh_by_their_windows() -> None:
    """Two sessions, of one and of three windows, all at 0 and 1: draws are 0, 3 / 4 and 1."""
    values, sessions = np.array([0.0, 1, 1, 1, np.nan]), np.array(["a", "b", "b", "b", "b"])
    assert resample.session_interval(values, sessions, 0) == (0.0, 1.0)
    assert resample.session_interval(values[1:], sessions[1:], 0) is None
    ten = np.repeat(np.tile([0.0, 1.0], 5), 4)
    low, high = resample.session_interval(ten, np.repeat(np.arange(10), 4).astype(str), 0)
    assert (low, high) == (pytest.approx(0.2), pytest.approx(0.8)), "95 % of means of ten"


def test_a_paired_difference_is_first_minus_second() -> None:
    sessions = np.repeat(["a", "b", "c"], 4)
    a = np.arange(12.0)
    b = a - 0.5
    b[3] = np.nan
    found = resample.paired(a, b, sessions, 0)
    assert (found.diff, found.span) == (0.5, (0.5, 0.5))
    assert resample.paired(b, a, sessions, 0).diff == -0.5
    assert resample.paired(a, b, np.repeat(["a"], 12), 0).span is None


# -- likeness --------------------------------------------------------------------------------------------------------


def test_likeness_is_the_mean_cosine_of_blocks() -> None:
    a = np.array([[[3.0, 0], [0, 5]]])
    b = np.array([[[1.0, 0], [3, 4]]])
    assert (directions(a) * directions(b)).sum() / 2 == pytest.approx((1 + 0.8) / 2)
    assert _cosines(a, b)[0].tolist() == pytest.approx([1, 0.6, 0, 0.8])


def test_relations_compare_content_or_the_two_sides() -> None:
    one, two = inputs_of(("body_joints",)), inputs_of(("video_fisheye_cam0",))
    blocks = {"motion": ("body_joints",), "sight": ("video_fisheye_cam0",)}
    rng = np.random.default_rng(0)
    content, motion, sight = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(3, 2, 5)), rng.normal(size=(3, 2, 5))
    views = {
        one: View(np.zeros((3, 1, 1)), {"motion": motion, "sight": -motion}, content=content),
        two: View(np.zeros((3, 1, 1)), {"motion": -sight, "sight": sight}),
    }
    made = SimpleNamespace(views=views, view=lambda blocks: views[inputs_of(blocks)])
    relation: Any = EmbeddedRecording.relation
    across = relation(made, blocks["motion"], np.array([0]), blocks["sight"], np.array([2]))
    assert np.allclose(across, _cosines(motion[[0]], sight[[2]]), atol=1e-6) and across.shape == (1, 4)
    within = relation(made, blocks["motion"], np.array([0]), blocks["motion"], np.array([1]))
    assert within.shape == (1, 4 * 2 * 2)
    x, y = content[0, 1, 3], content[1, 0, 3]
    assert within[0].reshape(4, 2, 2)[3, 1, 0] == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y), abs=1e-5)


def test_shifts_compare_with_later_pictures() -> None:
    """Each window of its own direction; pictures come three windows late: the best shift is three later."""
    eye = np.eye(30)[:, None]
    late = np.roll(eye, 3, axis=0)
    found, windows = shifts.shifted(eye, late)
    assert windows.tolist() == list(range(8, 22)) and found.shape == (14, 17)
    assert (shifts.SHIFTS[found.argmax(1)] == 3).all() and found.max() == pytest.approx(1)
    assert shifts.most_similar(np.array([[0.1, 0.9, 0.9], [1.0, 0.2, 0.3]])).tolist() == [[0, 0.5, 0.5], [1, 0, 0]]


def test_shifts_are_of_mean_cosines() -> None:
    """Two blocks, one alike and one at right angles: a half."""
    motion, sight = np.zeros((20, 2, 2)), np.zeros((20, 2, 2))
    motion[..., 0] = sight[:, 0, 0] = sight[:, 1, 1] = 3.0
    assert np.allclose(shifts.shifted(motion, sight)[0], 0.5)


def test_ranks_are_of_the_best_right_answer() -> None:
    one = retrieval.Direction(
        "", np.array([[1.0, 0], [0.0, 1]]), np.array([[0.6, 0.8], [1.0, 0], [0.6, 0.8]]), np.array([5, 6]),
        np.array([5, 6, 7]), np.array(["a", "b"]), "",
    )  # fmt: skip
    # the first asks for number 0, behind 1 and beside 2: 1 + 1 + 0.5; the second for 1, behind both
    assert retrieval.ranks(one).tolist() == [2.5, 3.0]
    score = retrieval._score(
        retrieval.Direction("", *(np.eye(2),) * 2, np.arange(2), np.arange(2), np.array(["a", "b"]), ""), 0
    )
    assert score["mrr"]["value"] == 1.0 and score["mrr"]["chance"] == pytest.approx(0.75)
    assert score["recall@1"]["chance"] == pytest.approx(0.5)


# -- answers of the model's own heads --------------------------------------------------------------------------------


def test_scores_of_choices() -> None:
    assert own._macro_f1(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])) == pytest.approx((2 / 3 + 2 / 4) / 2)
    assert own._micro_f1(np.array([[True, True, False]]), np.array([[True, False, False]])) == pytest.approx(2 / 3)
    assert own._softmax(np.array([[0.0, math.log(3)]])).tolist() == [pytest.approx([0.25, 0.75])]
    assert own._logistic(np.array([0.0, math.log(3)])).tolist() == pytest.approx([0.5, 0.75])
    assert own._flat(np.array([[[3.0, 4], [0, 2]]])).tolist() == [pytest.approx([0.6, 0.8, 0, 1])]


def pool_of(said: dict[str, np.ndarray], target: list[str], **fields: Any) -> Pool:
    """Windows of one recording with what the heads say of each."""
    recording: Any = SimpleNamespace(view=lambda blocks: SimpleNamespace(own=said), **fields)
    labels = np.array(target, object)
    window = np.arange(len(target))
    samples: Any = SimpleNamespace(window=window, target=lambda rows: labels[rows])
    return Pool([Part(recording, samples, window)])


def test_labels_come_from_window_and_words_and_favour_the_rare() -> None:
    """Validation chooses the words, which are right, over the window, which is wrong; the bank stands in another order."""
    task: Any = SimpleNamespace(id="timeline_action", kind="labels", blocks=("x",))
    head = own.OwnHead(task, own.Texts({"action": ("cut", "other", "pour")}))
    seen = np.array([[0.0, 9, 5], [5, 9, 0], [0, 9, 5]])
    told = np.array([[5.0, 9, 0], [0, 9, 5], [5, 9, 0]])
    pool = pool_of({"action": seen, "told_action": told}, ["cut", "pour", "cut"])
    y = np.array([0, 1, 0])  # classes in the order in which training names them: cut, pour
    found = head.classes(pool, y, pool, y, 2)
    assert found.fit["listens"] > 0.5 and found.predict(pool).argmax(1).tolist() == y.tolist()
    without = head.classes(pool, y, Pool([]), np.zeros(0, int), 2)
    assert without.fit == {"listens": 0.5, "favour": 0.0}
    even = pool_of({"action": told * 0, "told_action": told * 0}, ["cut", "pour", "cut"])
    assert head._labels(even, y, even, np.array([1, 1, 1]), 2).fit["favour"] > 0, "the rarer label is favoured"
    columns = head._columns("action", ["pour", "cut", "never"])
    assert columns.tolist() == [2, 0, -1]


def test_hands_go_from_where_they_are_about_the_root() -> None:
    """Hands at 1, forecast to 1.5; the root goes on by 0.2: 1.3. Ten of twenty frames."""
    hands = np.full((2, 20 * 2 * 21 * 3), 0.5)
    ego = np.zeros((2, 20, 12))
    ego[:, :, 9] = 0.2
    fields = {
        "hands": np.ones((30, 2, 21, 3)), "present": {"body_joints": True},
        "windows": SimpleNamespace(end_frame=np.array([19, 24])),
    }  # fmt: skip
    pool = pool_of({"hands": hands, "ego": ego.reshape(2, -1)}, ["a", "b"], **fields)
    found = own._hands(pool, ("x",)).reshape(2, 10, 2, 21, 3)
    assert np.allclose(found[..., 0], 1.3) and np.allclose(found[..., 1:], 1.5)
    fields["present"] = {"body_joints": False}
    pool = pool_of({"hands": hands, "ego": ego.reshape(2, -1)}, ["a", "b"], **fields)
    assert np.allclose(own._hands(pool, ("x",)), 1.5)


def test_hands_go_from_their_last_frame() -> None:
    """Hands that stand at the number of their frame, and are forecast to stay."""
    hands = np.arange(30.0)[:, None, None, None] * np.ones((1, 2, 21, 3))
    fields = {
        "hands": hands,
        "present": {"body_joints": False},
        "windows": SimpleNamespace(end_frame=np.array([19, 24])),
    }
    pool = pool_of({"hands": np.zeros((2, 20 * 126)), "ego": np.zeros((2, 240))}, ["a", "b"], **fields)
    found = own._hands(pool, ("x",))
    assert found.shape == (2, 1260) and (found[0] == 19).all() and (found[1] == 24).all()


def test_the_columns_of_wrists_are_those_of_contacts() -> None:
    from xperience.episode.skeletons import CONTACT_JOINTS

    assert [CONTACT_JOINTS[k] for k in own.WRISTS] == ["left_wrist", "right_wrist"]
    assert missing._first(np.array([[0.9, 0.1], [0.2, 0.8], [1, 0]]), ("a", "b"), ["a", "a", ""]) == 0.5
    assert missing._area(np.array([0.1, 0.9, 0.8]), np.array([False, True, False])) == 1.0
    assert (missing.AT + 1) / 20 == 0.5


def test_the_probe_attends_as_attention_does() -> None:
    """Against queries, keys and values made token by token."""
    torch.manual_seed(0)
    probe = Probe(3, 8, 3 * 8 + 2, 4).eval()
    x = torch.randn(2, 26)
    tokens = torch.nn.functional.layer_norm(x[:, :24].view(2, 3, 8), (8,))
    each = 8 // HEADS
    asked = probe.ask(probe.query).view(-1, HEADS, each)
    keys = (probe.key(tokens) + probe.key(probe.place)).view(2, 3, HEADS, each)
    share = torch.softmax(torch.einsum("qhe,nthe->nqht", asked, keys) / each**0.5, -1)
    values = torch.einsum("ntd,hde->nthe", tokens, probe.value)
    seen = torch.einsum("nqht,nthe->nqhe", share, values)
    wanted = probe.answer(torch.cat([seen.flatten(1), x[:, 24:]], 1))
    assert torch.allclose(probe(x), wanted, atol=1e-5)
