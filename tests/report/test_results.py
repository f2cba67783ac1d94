"""What the table says of a score, and which cases are shown."""

from __future__ import annotations

import pytest

from xperience.benchmark.summary import Baseline, Case, Interval, Published, TaskResult
from xperience.report import results, walkthrough

COUNTS = {
    "num_test_windows": 100, "num_test_episodes": 12, "num_test_sessions": 6, "held_out": True, "source": "simulated",
}  # fmt: skip


def task(score: float | None, low: float = 0.0, high: float = 0.0, **more: object) -> TaskResult:
    interval = None if score is None else Interval(low, high, 0.95, "12 test episodes", 12)
    given = {"metric": "macro_f1", "status": "measured" if score is not None else "not measurable", **more}
    return TaskResult("id", "Name", "Question?", "input", "output", score=score, interval=interval, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("difference", "lower_is_better", "word", "tone"),
    [
        ((0.01, 0.2), False, "above trivial", "good"),
        ((-0.01, 0.2), False, "measured", "neutral"),
        ((-0.2, -0.01), False, "below trivial", "bad"),
        ((-0.2, -0.01), True, "above trivial", "good"),
        ((0.01, 0.2), True, "below trivial", "bad"),
    ],
)
def test_the_word_compares_with_the_best_baseline_by_their_paired_difference(
    difference: tuple[float, float], lower_is_better: bool, word: str, tone: str
) -> None:
    other = 0.9 if lower_is_better else 0.1
    given = task(
        0.6,
        0.1,
        0.9,
        higher_is_better=not lower_is_better,
        baselines=[Baseline("poor", other, difference=(-1, 1)), Baseline("best", 0.5, difference=difference)],
        **COUNTS,
    )
    row = results.row(given)
    assert (row.word, row.tone, row.baseline_name) == (word, tone, "best")
    assert row.scope == "simulated, 12 recordings, 6 sessions"


def test_an_unmeasured_task_keeps_its_baseline_and_gets_no_score() -> None:
    row = results.row(task(None, reason="target absent", baselines=[Baseline("constant position", 0.0276)], unit="m"))
    assert (row.word, row.tone, row.score) == ("not measurable", "neutral", "\u2013")
    assert row.baseline == "0.028 m" and row.note == "target absent"


def test_not_finite_baselines_count_for_nothing() -> None:
    given = task(0.5, 0.4, 0.6, baselines=[Baseline("broken", float("nan"))], **COUNTS)
    assert results.best_baseline(given) is None
    assert (results.row(given).word, results.row(given).note) == ("runs", "scored without a trivial baseline")
    results.dot_plot(given)


def test_reasons_name_streams_in_plain_words() -> None:
    reason = (
        "target absent: none of depth_confidence, video_fisheye_cam0, video_fisheye_cam1, video_stereo_left is there"
    )
    assert results.plain_reason(reason) == "target absent: none of depth, fisheye video, stereo video is there"
    assert results.plain_reason("all 314 test windows are 'contact'") == "all 314 test windows are 'contact'"


def test_published_numbers_are_shown_with_their_kind() -> None:
    row = results.row(task(0.5, 0.4, 0.6, published=Published(0.05, -0.0148)))
    assert row.published == ("0.050 linear", "\u22120.015 MLP")


def test_cases_of_the_shown_recording_come_first_one_right_and_one_wrong() -> None:
    def case(episode: str, index: int, correct: bool | None) -> Case:
        return Case(episode, index, 0, 19, "t", "p", correct)

    cases = [case("other", 0, True), case("own", 1, True), case("own", 2, False), case("own", 3, True)]
    chosen = walkthrough.choose(task(0.5, cases=cases), "own")
    assert [c.episode for c in chosen] == ["own", "own"]
    assert [c.correct for c in chosen] == [True, False]
    assert walkthrough.choose(task(0.5, cases=cases[:1]), "own") == cases[:1]
    regression = [case("own", k, None) for k in range(5)]
    assert len(walkthrough.choose(task(0.5, cases=regression), "own")) == walkthrough.MOST_CASES


def test_malformed_paths_draw_nothing() -> None:
    for data in ({}, {"truth": [1], "prediction": [2]}, {"truth": "x", "prediction": "y"}, {"truth": None}):
        assert walkthrough.hand_paths(Case("e", 0, 0, 19, "t", "p", data=data)) == ""
