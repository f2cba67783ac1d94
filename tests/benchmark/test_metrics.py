"""Metrics against hand-computed cases and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.benchmark.metrics import (
    answers,
    binary,
    boundaries,
    classification,
    means,
    multilabel,
    regression,
    retrieval,
)


def test_classification_averages_only_classes_with_support():
    # "c" is predicted once but never true: its F1 of 0 must not enter the macro average.
    true, predicted = ["a", "a", "b", "b"], ["a", "c", "b", "b"]
    scores = classification.classification(true, predicted)
    assert scores["accuracy"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert scores["balanced_accuracy"] == pytest.approx(0.75)
    assert scores["weighted_f1"] == pytest.approx((2 / 3 + 1) / 2)
    over_list = classification.classification(true, predicted, over_all=["a", "b", "d"])
    assert over_list["macro_f1"] == pytest.approx((2 / 3 + 1 + 0 + 0) / 4)  # a, b, d of the list, and c that occurs


def test_classification_equals_sklearn_on_random_labels():
    from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

    rng = np.random.default_rng(0)
    names = np.array([f"class {k}" for k in range(9)])
    true, predicted = names[rng.integers(0, 7, 300)], names[rng.integers(0, 9, 300)]
    ours = classification.classification(true, predicted)
    present = sorted(set(true))
    assert ours["macro_f1"] == pytest.approx(f1_score(true, predicted, labels=present, average="macro"), abs=1e-12)
    assert ours["weighted_f1"] == pytest.approx(
        f1_score(true, predicted, average="weighted", zero_division=0), abs=1e-12
    )
    with pytest.warns(UserWarning, match="not in y_true"):
        assert ours["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(true, predicted), abs=1e-12)
    labels = list(names)
    assert (classification.confusion(true, predicted, labels) == confusion_matrix(true, predicted, labels=labels)).all()
    rows = classification.per_class(true, predicted, labels)
    assert sum(row["support"] for row in rows) == sum(row["predicted"] for row in rows) == 300


def test_binary_f1_is_that_of_class_one():
    scores = binary.binary(np.array([1, 1, 0, 0, 0]), np.array([1, 0, 1, 0, 0]))
    assert (scores["tp"], scores["tn"], scores["fp"], scores["fn"]) == (1, 2, 1, 1)
    assert scores["precision"] == scores["recall"] == scores["f1"] == 0.5
    assert binary.binary(np.array([0, 1]), np.array([0, 0]))["f1"] == 0.0


def test_boundaries_are_matched_once_nearest_first_in_time_order():
    # 98 takes 100 (2 away) and not 90 (8 away); 101 may then only take 90, which is 11 away: no match.
    assert boundaries.match([90, 100], [98, 101]) == [2]
    assert boundaries.match([90, 100], [98, 100]) == [2, 10]
    assert boundaries.match([100], [111]) == []
    assert boundaries.match([90, 110], [100]) == [10]  # a tie goes to the earlier one
    metrics = boundaries.boundary_metrics([2], num_true=4, num_predicted=2)
    assert metrics["boundary_precision"] == 0.5
    assert metrics["boundary_recall"] == 0.25
    assert metrics["boundary_f1"] == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert boundaries.boundary_metrics([], 0, 0)["mean_abs_timing_error_frames"] is None
    assert boundaries.inside([9, 10, 50, 51], [10, 30, 50]) == [10, 50]


@pytest.mark.parametrize("boundary", range(40, 60))
def test_a_lone_boundary_is_found_in_the_marks_it_leaves(boundary):
    centers = list(range(4, 100, 5))
    ranges = boundaries.from_runs(centers, [abs(c - boundary) <= 10 for c in centers])
    assert ranges is not None
    ((low, high),) = ranges
    assert low <= boundary <= high < low + 5


def test_marks_that_do_not_tell_their_boundaries_are_refused():
    centers = list(range(4, 100, 5))
    assert boundaries.from_runs(centers, [any(abs(c - b) <= 10 for b in (40, 55)) for c in centers]) is None
    assert boundaries.from_runs(centers, [abs(c - -2) <= 10 for c in centers]) is None  # before the first centre
    assert boundaries.from_runs(centers, [False] * len(centers)) == []


def test_multilabel_macro_runs_over_the_whole_vocabulary():
    scores = multilabel.multilabel([["a", "b"], ["a"]], [["a"], ["a", "c"]], ["a", "b", "c", "d"])
    assert scores["precision"] == scores["recall"] == scores["micro_f1"] == pytest.approx(2 / 3)
    assert scores["macro_f1"] == pytest.approx(1 / 4)  # a is 1; b, c and the never-seen d are 0
    assert scores["exact_match"] == 0.0
    outside = multilabel.multilabel([["a"]], [["a", "made up"]], ["a"])
    assert (outside["precision"], outside["macro_f1"], outside["exact_match"]) == (0.5, 1.0, 0.0)


def test_ranks_count_from_one_and_ties_share_their_mean():
    candidates = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert retrieval.ranks(np.array([[2.0, 0.1]]), candidates, np.array([0])).tolist() == [1]
    assert retrieval.ranks(np.array([[2.0, 0.1]]), candidates, np.array([1])).tolist() == [3]
    constant = retrieval.ranks(np.ones((4, 2)), np.ones((9, 2)), np.arange(4))
    assert constant.tolist() == [5.0] * 4  # answering the same everywhere finds nothing
    scores = retrieval.retrieval(np.array([1.0, 2.0, 10.0]))
    assert scores["mrr"] == pytest.approx((1 + 0.5 + 0.1) / 3)
    assert (scores["top1_accuracy"], scores["top5_accuracy"], scores["top10_accuracy"]) == (1 / 3, 2 / 3, 1.0)


def test_chance_of_retrieval_is_what_random_orders_give():
    rng = np.random.default_rng(0)
    drawn = retrieval.retrieval(rng.integers(1, 51, 200_000).astype(float))
    for name, value in retrieval.chance(50).items():
        assert drawn[name] == pytest.approx(value, rel=0.02), name


def test_r2_sums_over_outputs_before_dividing():
    from sklearn.metrics import r2_score

    true = np.array([[0.0, 10.0], [2.0, 30.0]])
    predicted = np.array([[1.0, 10.0], [1.0, 20.0]])
    scores = regression.regression(true, predicted)
    assert scores["r2"] == pytest.approx(1 - 102 / 202)
    assert scores["mse"] == pytest.approx(102 / 4)
    assert scores["mae"] == pytest.approx(12 / 4)
    assert scores["r2"] != pytest.approx(r2_score(true, predicted))  # whose default averages per output
    assert scores["r2"] == pytest.approx(r2_score(true, predicted, multioutput="variance_weighted"))


def test_mpjpe_is_the_mean_joint_distance():
    true = np.zeros((1, 10 * 126))
    predicted = true.reshape(1, 10, 42, 3).copy()
    predicted[:, -1, :, 0] = 0.3
    predicted[:, -1, :, 1] = 0.4
    scores = regression.hands(true, predicted.reshape(1, -1))
    assert scores["final_frame_mpjpe"] == pytest.approx(0.5)
    assert scores["mpjpe"] == pytest.approx(0.05)


def test_additive_statistics_give_the_metrics():
    rng = np.random.default_rng(1)
    unit = np.sort(rng.integers(0, 6, 200))
    true, predicted = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    stats = classification.statistics(true, predicted, 5, unit, 6)
    direct = classification.classification([str(t) for t in true], [str(p) for p in predicted])
    assert classification.macro_f1_of(stats.sum(0)) == pytest.approx(direct["macro_f1"])

    stats = binary.statistics(true % 2, predicted % 2, unit, 6)
    assert binary.f1_of(stats.sum(0)) == pytest.approx(binary.binary(true % 2, predicted % 2)["f1"])

    values, guess = rng.normal(3, 1, (200, 4)), rng.normal(3, 1, (200, 4))
    stats = regression.r2_statistics(values, guess, unit, 6)
    assert regression.r2_of(stats.sum(0)) == pytest.approx(regression.regression(values, guess)["r2"])
    part = unit < 3
    expected = regression.regression(values[part], guess[part])["r2"]
    assert regression.r2_of(stats[:3].sum(0)) == pytest.approx(expected)

    assert means.mean_of(means.statistics(values[:, 0], unit, 6).sum(0)) == pytest.approx(values[:, 0].mean())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"action": "Cut"}', {"action": "Cut"}),
        ('```json\n{"action": "Cut"}\n```', {"action": "Cut"}),
        ('I think {"action": "Cut"} fits', {"action": "Cut"}),
        ('{"action": "Cut", "objects": ["knife", ', {}),
        ("", {}),
        ("[1, 2]", {}),
        ("[" * 100_000, {}),
        ("1" * 10_000, {}),
    ],
)
def test_answers_are_parsed_or_empty(text, expected):
    assert answers.parse_answer(text) == expected


def test_unparsable_answers_are_wrong_and_unknown_truth_is_not_scored():
    true = [{"contact": "yes"}, {"contact": "no"}, {"contact": "unknown"}]
    given = [{"contact": "yes"}, {}, {"contact": "yes"}]
    assert answers.field_accuracy(true, given, "contact") == 0.5
    assert answers.field_accuracy([{"contact": "unknown"}], [{}], "contact") is None
    assert answers.object_set({"objects": ["cup", "cup", {"name": "pan"}]}) >= {"cup"}
    assert answers.object_set({"objects": "cup"}) == set()


def test_macro_f1_of_sums_leaves_out_classes_without_support():
    """Hits 1 and 0, support 2 and 0, predictions 1 and 1: 2 / 3 of one class, nothing of the other."""
    assert classification.macro_f1_of(np.array([[1.0, 0, 2, 0, 1, 1]])).tolist() == [pytest.approx(2 / 3)]
    assert classification.macro_f1_of(np.zeros((1, 6))).tolist() == [0.0]


def test_precision_is_of_what_was_called():
    scores = binary.binary(np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0]))
    assert (scores["precision"], scores["recall"], scores["accuracy"]) == (1.0, pytest.approx(1 / 3), 0.5)
    assert scores["f1"] == 0.5 and (scores["positive_rate_true"], scores["positive_rate_pred"]) == (0.75, 0.25)
