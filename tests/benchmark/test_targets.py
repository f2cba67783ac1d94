"""What each task asks for, on a recording whose answers are known beforehand."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from synthetic import recording

from xperience.benchmark import interval
from xperience.benchmark.heads import linear
from xperience.benchmark.kinds import above_median, pairs
from xperience.benchmark.metrics import binary, means, multilabel, regression
from xperience.benchmark.paired import Statistics, difference, unit_names
from xperience.benchmark.protocol import cut, make_split
from xperience.benchmark.recording import mean_speed
from xperience.benchmark.samples import Part, Pool, Samples
from xperience.benchmark.scoring.transitions import transition_labels
from xperience.benchmark.tasks import registry
from xperience.benchmark.tasks.action_phase_progress import progress
from xperience.episode.labels import FrameLabels
from xperience.prepare.contract import SLICES
from xperience.prepare.windows import windows

TASKS = registry()
FRAMES = 120


def samples(task: str, one):
    return TASKS[task].samples(one, tuple(SLICES))


def plain(**changes):
    """120 frames, windows of 20 at every fifth; actions a until 50, b until 90, c to the end."""
    one = recording(frames=FRAMES)
    action = np.array(["a"] * 50 + ["b"] * 40 + ["c"] * 30, object)
    labels = replace(one.labels, action=action) if "labels" not in changes else changes["labels"]
    return replace(one, labels=labels, windows=windows(labels), **{k: v for k, v in changes.items() if k != "labels"})


def every(found):
    return found.target(np.arange(len(found)))


def test_ego_motion_is_the_displacement_of_a_second_from_the_last_frame() -> None:
    """x goes with the square of frames, y steadily: (n + 20)^2 - n^2 = 40 n + 400."""
    n = np.arange(FRAMES, dtype=float)
    camera = np.stack([n**2, 3 * n, np.zeros(FRAMES)], 1)
    camera[44] = np.nan  # the end of the window at 25, and 20 after that at 5
    found = samples("ego_motion", plain(camera=camera))
    assert found.window.tolist() == list(range(17)), "the last frame and 20 more"
    end = 19 + 5 * np.arange(17)
    assert every(found)[0].tolist() == [40 * 19 + 400, 60, 0]
    assert found.usable.tolist() == [e not in (44, 24) for e in end]
    assert found.last.tolist() == (end + 20).tolist() and found.first.tolist() == (end - 19).tolist()
    guesses = found.guesses(np.array([0, 3]))
    assert guesses["constant velocity"].tolist() == [[20 * (19**2 - 18**2), 60, 0], [20 * (34**2 - 33**2), 60, 0]]
    assert not guesses["constant position"].any()


def test_motion_intensity_is_the_mean_of_known_speeds() -> None:
    motion = np.arange(FRAMES, dtype=float)
    motion[0:10] = np.nan
    found = samples("motion_intensity", plain(motion=motion))
    assert every(found)[0] == np.mean(np.arange(10, 20)) and every(found)[1] == np.mean(np.arange(10, 25))
    assert found.usable.all()
    motion[:20] = np.nan
    assert samples("motion_intensity", plain(motion=motion)).usable.tolist()[:2] == [False, True]


def test_high_is_above_the_median_of_training() -> None:
    one = plain(motion=np.arange(FRAMES, dtype=float))
    found = samples("motion_intensity", one)
    pool = Pool([Part(one, found, np.arange(len(found)))])
    bound = float(np.median(pool.target))
    assert above_median._labelled(pool, bound, np.greater).target.tolist() == ["low"] * 11 + ["high"] * 10


def test_speed_is_per_second_and_over_joints_and_signals() -> None:
    """A body of two joints at 1 and 3 m/s by steps of 0.1 s, then 0.2 s; a hand at 4 m/s that is lost."""
    times = np.array([0.0, 0.1, 0.3])
    body = np.zeros((3, 2, 3))
    body[:, 0, 0], body[:, 1, 1] = times * 1.0, times * 3.0
    hand = np.zeros((3, 1, 3))
    hand[:, 0, 2] = times * 4.0
    hand[2] = np.nan
    found = mean_speed([(body, times), (hand, times)])
    assert np.isnan(found[0]) and found[1:].tolist() == pytest.approx([3.0, 2.0])


def test_phase_is_the_centre_s_place_in_its_run() -> None:
    found = samples("action_phase", plain())
    centre = 9 + 5 * found.window
    wanted = [c / 49 if c < 50 else (c - 50) / 39 if c < 90 else (c - 90) / 29 for c in centre]
    assert every(found)[:, 0].tolist() == pytest.approx(wanted)
    assert found.last[0] == 49 and found.last[-1] == 119


def test_contact_is_of_any_joint_in_any_frame() -> None:
    contacts = np.zeros((FRAMES, 21))
    contacts[30, 4] = 0.2  # the fifth joint, in one frame, a little
    contacts[60:90] = np.nan
    contacts[91:95, 19] = np.nan  # one joint alone
    found = samples("contact_prediction", plain(contacts=contacts))
    start = 5 * np.arange(21)
    labels = dict(zip(found.window.tolist(), every(found).tolist(), strict=True))
    assert [k for k, v in labels.items() if v == "contact"] == [3, 4, 5, 6] and set(labels.values()) == {
        "contact",
        "no_contact",
    }
    assert sorted(set(range(21)) - set(labels)) == [12, 13, 14], "no valid frame in it"
    assert start[12] == 60
    hands = np.zeros((FRAMES, 21))
    hands[30, 18] = 1.0  # an elbow
    hands[70, 19] = 0.4
    hands[100, 20] = 0.6
    labels = every(samples("hand_contact", plain(contacts=hands))).tolist()
    assert [k for k, v in enumerate(labels) if v == "contact"] == [17, 18, 19, 20]


def test_transitions_are_within_ten_frames_of_the_centre() -> None:
    assert transition_labels(np.array([39, 40, 60, 61]), np.array([50])) == [
        "steady",
        "transition",
        "transition",
        "steady",
    ]
    found = samples("transition_detection", plain())
    centre = 9 + 5 * found.window
    wanted = [bool(abs(c - 50) <= 10 or abs(c - 90) <= 10) for c in centre]
    assert [v == "transition" for v in every(found)] == wanted


def test_the_next_action_is_twenty_frames_behind_the_last() -> None:
    found = samples("next_action", plain())
    end = 19 + 5 * found.window
    assert every(found).tolist() == [plain().labels.action[min(e + 20, 119)] for e in end]
    assert found.guesses(np.arange(21))["current action"].tolist() == [plain().labels.action[e] for e in end]


def test_labels_of_windows_are_of_their_own_frames() -> None:
    found = samples("timeline_action", plain())
    assert every(found).tolist() == [w for w in plain().windows.action_label if w]


def test_pairs_of_neighbours_the_right_way_and_reversed() -> None:
    one = plain()
    found = samples("temporal_order", one)
    assert len(found) == 40 and every(found).tolist() == [1, 0] * 20
    x = one.take(TASKS["temporal_order"].blocks, np.arange(21))
    a, b, apart = np.split(found.inputs(np.array([6, 7])), 3, axis=1)
    assert np.array_equal(a, x[[3, 4]]) and np.array_equal(b, x[[4, 3]]) and np.allclose(apart, b - a)
    assert found.last[6] == 5 * 4 + 19


def test_pairs_in_step_and_eight_windows_apart() -> None:
    from xperience.benchmark.tasks.misalignment_detection import MOVING, SENSED

    one = plain()
    found = samples("misalignment_detection", one)
    assert len(found) == 26 and every(found).tolist() == [1, 0] * 13
    moving, sensed = one.take(MOVING, np.arange(21)), one.take(SENSED, np.arange(21))
    rows = found.inputs(np.array([4, 5]))
    assert np.array_equal(rows[:, : moving.shape[1]], moving[[2, 2]])
    assert np.array_equal(rows[:, moving.shape[1] :], sensed[[2, 10]])


def test_hands_are_forecast_frame_by_frame() -> None:
    """Left hands stand, right hands go with the square of frames."""
    n = np.arange(FRAMES, dtype=float)
    hands = np.zeros((FRAMES, 2, 21, 3))
    hands[:, 1, :, 0] = n[:, None] ** 2
    hands[35] = np.nan
    found = samples("hand_trajectory_forecast", plain(hands=hands))
    target = every(found)[0].reshape(10, 2, 21, 3)
    assert not target[:, 0].any() and target[:, 1, 3, 0].tolist() == [(20 + k) ** 2 for k in range(10)]
    assert [k for k, there in enumerate(found.usable) if not there] == [2, 3], "24 and 29 reach over it"
    guess = found.guesses(np.array([0, 4]))
    assert guess["constant position"][0].reshape(10, 2, 21, 3)[:, 1, 0, 0].tolist() == [361] * 10
    assert guess["constant velocity"][0].reshape(10, 2, 21, 3)[:, 1, 0, 0].tolist() == [
        361 + 37 * k for k in range(1, 11)
    ]


def test_objects_are_those_of_the_window_s_frames() -> None:
    one = plain()
    lists = [None] * 40 + [("cup", " pan ")] * 20 + [("pan", "pot")] * 20 + [()] * 40
    labels = FrameLabels(one.labels.action, one.labels.subtask, tuple(lists), one.labels.interaction)
    found = samples("object_relevance", plain(labels=labels))
    assert found.usable.tolist() == [5 * k + 19 >= 40 for k in range(21)]
    assert [set(s) for s in every(found)[[5, 9, 16, 20]]] == [{"cup", "pan"}, {"cup", "pan", "pot"}, set(), set()]


# -- metrics and intervals -------------------------------------------------------------------------------------------


def test_statistics_stand_with_their_unit() -> None:
    unit = np.array([0, 0, 1, 2])
    true, said = np.array([1, 0, 1, 0]), np.array([1, 1, 0, 0])
    assert binary.statistics(true, said, unit, 3).tolist() == [[1, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]]
    assert binary.f1_of(np.array([2, 9, 1, 3])) == pytest.approx(4 / 8)
    sets = multilabel.statistics([["a", "b"], ["a"]], [["a"], ["a", "c"]], np.array([0, 1]), 2)
    assert sets.tolist() == [[1, 0, 1], [1, 1, 0]] and multilabel.micro_f1_of(sets.sum(0)) == pytest.approx(4 / 6)
    assert means.statistics(np.array([1.0, 2, 3, 4]), unit, 3).tolist() == [[3, 2], [3, 1], [4, 1]]
    assert means.mean_of(np.array([[6.0, 3.0], [0.0, 0.0]])).tolist() == [2, 0]


def test_r2_is_zero_where_nothing_varies_and_below_it_where_wrong() -> None:
    flat = np.ones((3, 2))
    assert regression.regression(flat, flat + 1)["r2"] == 0.0
    true = np.array([[0.0], [2.0]])
    assert regression.regression(true, true[::-1])["r2"] == pytest.approx(-3.0)
    assert regression.r2_of(regression.r2_statistics(true, true[::-1], np.array([0, 1]), 2).sum(0)) == pytest.approx(
        -3.0
    )


def test_an_interval_is_of_95_percent_of_the_draws() -> None:
    """Ten units of 0 and 1 by halves: a mean of ten draws, binomial; its 2.5 and 97.5 percentiles are 0.2 and 0.8."""
    values = np.tile([0.0, 1.0], 5)
    units = interval.Units(np.arange(10), 10, "")
    found = interval.bootstrap(means.statistics(values, units.of, 10), means.mean_of, 0.5, units)
    assert (found.low, found.high, found.level) == (pytest.approx(0.2), pytest.approx(0.8), 0.95)


def test_a_difference_is_paired_by_session() -> None:
    """Sessions of 0, 1, 2 with a gain of 0.1 in each: the difference never varies, whatever is drawn."""

    def of(shift: float) -> Statistics:
        values = np.array([[2 * (k + shift), 2.0] for k in range(3) for _ in range(2)])
        return Statistics(
            values, "mean", [f"s{k}__{e}" for k in range(3) for e in "ab"], [f"s{k}" for k in range(3) for _ in "ab"]
        )

    found = difference(of(0.1), of(0.0))
    assert (found.low, found.high, found.value) == tuple(pytest.approx(0.1) for _ in range(3)) and found.sessions == 3
    assert difference(of(0.0), of(0.1)).high == pytest.approx(-0.1)
    assert (difference(of(0.0), of(0.0)).low, difference(of(0.0), of(0.0)).high) == (0.0, 0.0)


def test_units_are_named_by_their_recording() -> None:
    many = [plain() for _ in range(6)]
    found = [samples("timeline_action", one) for one in many]
    test = Pool(
        [
            Part(replace(one, id=f"s__{k}"), f, np.arange(len(f)))
            for k, (one, f) in enumerate(zip(many, found, strict=True))
        ]
    )
    assert unit_names(test, interval.units(test)) == [(f"s__{k}", "s0") for k in range(6)]
    two = Pool(test.parts[:1])
    assert [name for name, _ in unit_names(two, interval.units(two))] == ["s__0#0", "s__0#1", "s__0#2"]


def test_a_cut_leaves_out_what_reaches_over_it() -> None:
    found = samples("ego_motion", plain())
    before, after = cut(found, 60)
    assert before.tolist() == [0, 1, 2, 3, 4] and after.tolist() == [12, 13, 14, 15, 16]
    before, after = cut(found, None)
    assert len(before) == 12 and len(after) == 5


def test_scales_are_of_training_and_clipped() -> None:
    x = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, np.nan]], np.float32)
    scaler = linear.Scaler.fit(x, np.array([0, 2]))
    assert scaler.columns.tolist() == [0] and scaler.mean.tolist() == [1] and scaler.std.tolist() == [1]
    assert scaler.apply(np.array([[3.0, 9.0, 1.0], [1e9, 0, np.nan]], np.float32)).tolist() == [
        [2.0, 0.5],
        [10.0, -0.5],
    ]


def test_always_one_is_a_baseline_of_pairs() -> None:
    found, _ = pairs._baselines(np.array([1, 1, 1, 0]), np.random.default_rng(0))
    assert found[0].score == pytest.approx(6 / 7)


def test_what_was_not_recorded_is_not_asked() -> None:
    """It is left out after the cut, so that the cut is where it would be."""
    camera = np.zeros((FRAMES, 3))
    camera[44] = np.nan
    one = plain(camera=camera)
    train, _, test = make_split([one]).pools([(one, samples("ego_motion", one))])
    assert train.window.tolist() == [0, 2, 3, 4, 6, 7, 8, 9, 10, 11] and test.window.tolist() == [12, 13, 14, 15, 16]


# -- extension probes as published ---------------------------------------------------------------------------------------


def test_a_published_number_stands_beside_its_own_definition_alone() -> None:
    for ours, theirs in (
        ("motion_intensity", "body_motion_intensity"), ("action_phase", "action_phase_progress"),
        ("ego_motion", "ego_motion_forecast"),
    ):  # fmt: skip
        assert TASKS[ours].published.linear is None and TASKS[theirs].published.linear is not None


def test_published_phase_counts_the_windows_of_a_run() -> None:
    labels = np.array(["a", "a", "a", "", "", "b", "a", "a"], object)
    assert progress(labels).tolist() == [0, 0.5, 1, 0, 1, 0, 0, 1]


def test_published_phase_of_the_public_sample_has_its_runs(real) -> None:
    with (real / "xperience_sample" / "windows.csv").open() as file:
        labels = np.array([row["action_label"] for row in csv.DictReader(file)], object)
    starts = np.concatenate([[True], labels[1:] != labels[:-1]])
    assert len(labels) == 1161 and (starts & (labels == "")).sum() == 17
    assert (progress(labels) == 0).sum() == starts.sum() and progress(labels).max() == 1


def test_published_motion_is_the_distance_of_features_from_the_window_before() -> None:
    one = plain()
    found = samples("body_motion_intensity", one)
    names = ("hand_left_joints", "hand_right_joints", "body_joints")
    columns = np.concatenate([np.arange(SLICES[name].start, SLICES[name].stop) for name in names])
    assert len(columns) == 1974 and found.window.tolist() == list(range(1, 21))
    wanted = [np.linalg.norm(one.features[w, columns] - one.features[w - 1, columns]) for w in range(1, 21)]
    assert every(found) == pytest.approx(wanted, rel=1e-5)
    assert found.first[0] == 0 and found.last[0] == 24


def test_published_ego_motion_is_the_change_of_window_statistics() -> None:
    one = plain()
    found = samples("ego_motion_forecast", one)
    place = SLICES["camera_translation"]
    assert found.window.tolist() == list(range(17)) and every(found).shape == (17, 21)
    assert every(found)[3] == pytest.approx(one.features[7, place] - one.features[3, place])
    assert found.last[0] == 39


def test_at_the_median_counts_as_high_in_the_published_probe_alone() -> None:
    assert above_median._with_labels(_given([1.0, 2.0, 3.0]), 2.0, np.greater).target(np.arange(3)).tolist() == [
        "low", "low", "high",
    ]  # fmt: skip
    assert above_median._with_labels(_given([1.0, 2.0, 3.0]), 2.0, np.greater_equal).target(np.arange(3)).tolist() == [
        "low", "high", "high",
    ]  # fmt: skip


def _given(values: list[float]) -> Samples:
    n = np.arange(len(values))
    return Samples(
        n, n, n, lambda rows: np.zeros((len(rows), 1)), lambda rows: np.array(values)[rows], np.zeros(1, int)
    )
