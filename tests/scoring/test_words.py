"""The words: a table of cases by hand, and no surface that says more than the interval to the best trivial baseline."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xperience.benchmark.outputs import report
from xperience.benchmark.summary import Baseline, Interval, TaskResult, evidence_of
from xperience.cli.benchmark import _print as print_benchmark
from xperience.cli.evaluate import table
from xperience.demo import _table as demo_table
from xperience.evaluation.tasks import Row
from xperience.report import model_page, results
from xperience.report.page import environment
from xperience.scoring.words import Evidence, Rival, claim, headline

FULL = Evidence(
    score=0.6, interval=(0.5, 0.7), trivial=[Rival("majority", 0.2, (0.3, 0.5)), Rival("current action", 0.5, (0.05, 0.2))],
    heads=[Rival("linear", 0.4, (0.1, 0.3)), Rival("mlp", 0.5, (0.02, 0.2))], windows=100, recordings=24, sessions=12,
    source="simulated",
)  # fmt: skip
PRAISE = re.compile(r"\b(won|wins?|better|verified|beats?|beaten)\b|>\s*above |\babove (trivial|heads)\b", re.I)


@pytest.mark.parametrize(
    ("change", "word", "note"),
    [
        ({}, "above heads", ""),
        ({"heads": FULL.heads[:1]}, "above trivial", ""),
        ({"heads": [FULL.heads[0], Rival("mlp", 0.5, (-0.01, 0.2))]}, "above trivial", ""),
        ({"heads": [FULL.heads[0], Rival("mlp", 0.7, (-0.2, -0.01))]}, "above trivial", ""),
        ({"trivial": [Rival("best", 0.5, (-0.01, 0.2))]}, "measured", "holds zero"),
        ({"trivial": [Rival("best", 0.5, (0.0, 0.2))]}, "measured", "holds zero"),
        ({"trivial": [Rival("best", 0.5)]}, "measured", "no paired difference"),
        ({"trivial": [Rival("best", 0.8, (-0.3, -0.1)), Rival("poor", 0.1, (0.4, 0.6))]}, "below trivial", ""),
        ({"trivial": [Rival("a", 0.5, (0.1, 0.2)), Rival("b", 0.5, (-0.1, 0.2))]}, "measured", "holds zero"),
        ({"trivial": [Rival("broken", math.nan, (0.1, 0.2))]}, "runs", "without a trivial baseline"),
        ({"trivial": []}, "runs", "without a trivial baseline"),
        ({"interval": None}, "runs", "without an interval"),
        ({"windows": 0}, "runs", "without counts"),
        ({"sessions": 4}, "measured", "too few sessions to tell"),
        ({"sessions": 4, "trivial": [Rival("best", 0.8, (-0.3, -0.1))]}, "measured", "too few sessions to tell"),
        ({"held_out": False}, "measured", "within one recording"),
        ({"score": None}, "runs", "nothing was scored"),
        ({"score": math.nan}, "not measurable", "not a finite number"),
        ({"reason": "one class only"}, "not measurable", "one class only"),
        ({"published": 0.6 + 5e-7}, "reproduced", ""),
        ({"published": 0.61}, "runs", "differs"),
    ],
)
def test_the_table_of_cases(change: dict[str, Any], word: str, note: str) -> None:
    found = claim(replace(FULL, **change))
    assert found.word == word and note in found.note
    assert found.scope.startswith("simulated, 24 recordings, ")


def test_no_result_is_no_evidence_and_the_direction_of_the_metric_counts() -> None:
    assert claim(None).word == "no evidence"
    error = replace(FULL, higher_is_better=False, heads=[])
    assert claim(replace(error, trivial=[Rival("still", 0.8, (-0.3, -0.1)), Rival("mean", 0.9, (1, 2))])).word == (
        "above trivial"
    )
    assert claim(replace(error, trivial=[Rival("still", 0.2, (0.3, 0.5)), Rival("mean", 0.9, (-2, -1))])).word == (
        "below trivial"
    )


def test_a_headline_counts_words_and_says_below_as_loudly() -> None:
    words = [claim(FULL), claim(replace(FULL, trivial=[Rival("best", 0.8, (-0.3, -0.1))])), claim(None)]
    assert headline(words) == "3 tasks: 1 above heads, 1 below trivial, 1 no evidence"
    assert claim(FULL).tone == "good" and words[1].tone == "bad"


spans = st.tuples(st.floats(-1, 1), st.floats(0, 1)).map(lambda v: (v[0], v[0] + v[1]))
rivals = st.dictionaries(
    st.sampled_from(["majority", "chance", "current action"]), st.tuples(st.floats(0, 1), st.none() | spans), max_size=3
)


@st.composite
def made_up(draw: st.DrawFn) -> dict[str, Any]:
    """A row of evaluation.json whose word has to be found out."""
    trivial = draw(rivals)
    heads = draw(st.dictionaries(st.sampled_from(["linear", "mlp"]), st.tuples(st.floats(0, 1), spans)))
    score = draw(st.none() | st.just(0.0) | st.floats(0, 1))
    row = Row("next_action", "Next action", "macro_f1", "", draw(st.booleans()), False, "")
    row.test, row.chosen = {"own": score}, "own" if score is not None else ""
    row.interval = draw(st.none() | spans) if score is not None else None
    row.baselines = {name: value for name, (value, _) in trivial.items()}
    row.differences = {name: span for name, (_, span) in trivial.items() if span is not None}
    row.heads = {name: value for name, (value, _) in heads.items()}
    row.against = {name: {"low": span[0], "high": span[1], "sessions": 6} for name, (_, span) in heads.items()}
    row.windows, row.recordings, row.sessions = (draw(st.integers(0, n)) for n in (200, 24, 12))
    row.reason = "" if score is not None else "the target is absent"
    row.source = draw(st.sampled_from(["", "simulated"]))
    return row.to_json()


def holds_zero(row: dict[str, Any]) -> bool:
    """Whether the interval to the best trivial baseline does not lie on the better side of zero, worked out anew."""
    sign = 1 if row["higher_is_better"] else -1
    if not row["baselines"]:
        return True
    top = max(sign * score for score in row["baselines"].values())
    best = [name for name, score in row["baselines"].items() if sign * score == top]
    spans = [row["differences"].get(name) for name in best]
    return any(span is None or min(sign * end for end in span) <= 0 for span in spans)


@settings(max_examples=60, deadline=None)
@given(made_up())
def test_no_surface_praises_what_the_best_trivial_baseline_does_not_allow(row: dict[str, Any]) -> None:
    rows = json.loads(json.dumps([row]))
    praised = row["word"] in ("above trivial", "above heads")
    assert not (praised and (holds_zero(row) or row["sessions"] < 5))
    found = {
        "run": "run", "data": "data", "command": "", "weights": "", "episodes": {"train": 3, "val": 1, "test": 2}, "set_aside": [],
        "test_sessions": row["sessions"], "tasks": rows, "sections": {}, "seconds": 1.0,
    }  # fmt: skip
    result = as_result(row)
    shown = results.row(result)
    scores = (
        environment()
        .get_template("scores.html")
        .render(rows=[shown], legend="", split_text="", summary=_Summary([result]))
    )
    surfaces = [
        without_rule(model_page.render(found, Path())), table(found), report(result), without_rule(scores),
        demo_table([shown]), json.dumps(asdict(result)), json.dumps(rows),
    ]  # fmt: skip
    for text in surfaces:
        assert bool(PRAISE.search(text)) <= praised, PRAISE.search(text)
        assert (row["word"] == "below trivial") <= ("below trivial" in text.lower())


def test_the_terminal_says_the_word(capsys: pytest.CaptureFixture[str]) -> None:
    row = made_row(differences={"majority": (-0.2, -0.1)})
    print_benchmark(_Summary([as_result(row)]))  # type: ignore[arg-type]
    assert "below trivial" in capsys.readouterr().out


def made_row(**change: Any) -> dict[str, Any]:
    row = Row("a", "A", "macro_f1", "", True, False, "", test={"own": 0.5}, chosen="own", interval=(0.4, 0.6))
    row.windows, row.recordings, row.sessions, row.baselines = 100, 12, 6, {"majority": 0.7}
    return replace(row, **change).to_json()


def as_result(row: dict[str, Any]) -> TaskResult:
    """The same evidence as a head's result."""
    interval = Interval(*row["interval"], 0.95, "6 test episodes", 6) if row["interval"] else None
    result = TaskResult(
        "next_action", "Next action", "What comes?", "all", "a label", "macro_f1",
        "measured" if row["score"] is not None else "not measurable", row["reason"],
        higher_is_better=row["higher_is_better"], score=row["score"], interval=interval,
        baselines=[Baseline(n, v, difference=row["differences"].get(n)) for n, v in row["baselines"].items()],
        num_test_windows=row["windows"], num_test_episodes=row["recordings"], num_test_sessions=row["sessions"],
        held_out=True, source=row["source"],
    )  # fmt: skip
    earned = claim(evidence_of(result))
    result.word, result.scope, result.word_note = earned.word, earned.scope, earned.note
    return result


class _Summary:
    """What the two surfaces read of a summary."""

    def __init__(self, tasks: list[TaskResult]) -> None:
        self.tasks = {task.id: task for task in tasks}
        self.split = type("Split", (), {"text": "whole sessions held out"})
        self.features = type("Features", (), {"window_frames": 20, "stride_frames": 5, "dim": 8546})


def without_rule(page: str) -> str:
    """A page without its style and the paragraphs that explain the rule."""
    page = re.sub(r"<style.*?</style>", "", page, flags=re.S)
    return re.sub(r'<p class="(lead|intro)">.*?</p>', "", page, flags=re.S)
