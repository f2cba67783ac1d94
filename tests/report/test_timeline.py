"""The label timeline: places, hues and predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xperience.benchmark.summary import load_summary
from xperience.episode import Episode
from xperience.errors import FormatError
from xperience.report import timeline


def test_labelled_rows_cover_exactly_the_labelled_frames(episode_path: Path) -> None:
    with Episode.open(episode_path) as episode:
        built = timeline.build(episode, None, None)
        row = next(r for r in built.rows if r.title == "action, as labelled")
        seconds = sum(bar.end_s - bar.start_s for bar in row.bars)
        labelled = (episode.labels.action != "").sum() / episode.clock.fps
        assert seconds == pytest.approx(labelled, abs=0.06)
        assert {bar.label for bar in row.bars} == {str(a) for a in episode.labels.action if a}
        ticks = next(r for r in built.rows if r.title == "boundaries, as labelled").bars
        assert len(ticks) == len(episode.labels.boundaries)
    assert all(bar.left >= 0 and bar.left + bar.width <= 100.1 for r in built.rows for bar in r.bars)
    assert built.test_from is None and "No benchmark run" in built.note


def test_predictions_of_this_recording_alone_with_their_verdict(episode_path: Path, run_folder: Path) -> None:
    with Episode.open(episode_path) as episode:
        built = timeline.build(episode, load_summary(run_folder), run_folder)
        rows = {row.title: row for row in built.rows}
        actions = {str(a): None for a in episode.labels.action if a}
        first = int(episode.num_frames * 0.6) // 5 * 5
        start_s = episode.clock.times_s[first]
        duration = episode.clock.duration_s
    predicted = rows["action, predicted"]
    assert {bar.label for bar in predicted.bars} <= {*actions, "Some other action"}
    assert {bar.correct for bar in predicted.bars} == {True, False}
    wrong = next(bar for bar in predicted.bars if not bar.correct)
    assert wrong.label == "Some other action" and wrong.truth in actions
    assert built.test_from == pytest.approx(100 * start_s / duration, abs=0.1)
    assert rows["boundaries, predicted"].kind == "ticks"
    hue = {bar.label: bar.hue for bar in rows["action, as labelled"].bars}
    assert all(bar.hue == hue[bar.label] for bar in predicted.bars if bar.label in hue)


def test_equal_neighbours_become_one_bar(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    lines = ["start_frame,end_frame,true_label,predicted_label"]
    lines += [f"{k},{k + 19},a,{'a' if k < 50 else 'b'}" for k in range(0, 100, 5)]
    file.write_text("\n".join(lines) + "\n")
    predictions = timeline.read_predictions(file, "any")
    builder = object.__new__(timeline._Builder)
    builder.times_s, builder.end_s, builder.hues = np.arange(200) / 20, 10.0, {}
    bars = builder.predicted_bars(predictions)
    assert [(bar.label, bar.correct) for bar in bars] == [("a", True), ("b", False)]
    assert bars[0].end_s == pytest.approx(bars[1].start_s)


def test_a_foreign_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(FormatError):
        timeline.read_predictions(file, "any")
