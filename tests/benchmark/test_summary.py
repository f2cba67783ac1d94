"""The structure of summary_report.json."""

from __future__ import annotations

import json

import pytest

from xperience.benchmark.summary import (
    Baseline,
    Block,
    Case,
    EpisodeInfo,
    FeatureInfo,
    Interval,
    Published,
    SplitInfo,
    Summary,
    TaskResult,
    load_summary,
    write_summary,
)
from xperience.errors import FormatError, MissingError


def sample() -> Summary:
    measured = TaskResult(
        id="timeline_action",
        name="Action recognition",
        question="What is the person doing?",
        input="all blocks",
        output="action label",
        metric="macro_f1",
        status="measured",
        score=0.4,
        interval=Interval(0.3, 0.5, 0.95, "12 blocks of 100 frames in 1 episode", 12),
        metrics={"macro_f1": 0.4, "accuracy": 0.5},
        baselines=[Baseline("majority", 0.1, {"accuracy": 0.3}, "the most frequent training label")],
        published=Published(0.05, 0.0148),
        blocks=[Block("body_joints", 1)],
        num_train_windows=70,
        num_test_windows=30,
        num_classes=5,
        unseen_test_labels=["Pour coffee"],
        unseen_label_share=0.2,
        cases=[Case("s__ep1", 3, 15, 34, "Pour coffee", "Pick up kettle", False, "confidence 0.9", {"p": [0.9]})],
    )
    refused = TaskResult(
        id="contact_prediction",
        name="Contact state",
        question="Does the body touch anything?",
        input="all but contacts and caption",
        output="contact or not",
        metric="macro_f1",
        status="not measurable",
        reason="the test windows hold one class only",
    )
    return Summary(
        command="xperience benchmark ep1 --out out",
        source="ep1",
        split=SplitInfo("chronological", "first 70 % train", ["s__ep1"], [], ["s__ep1"], 0),
        features=FeatureInfo("v1", 8546, 20, 5, [Block("body_joints", 1)]),
        episodes=[EpisodeInfo("s__ep1", "s", "train and test", 400, 77)],
        tasks={task.id: task for task in (measured, refused)},
    )


def test_summary_survives_the_round_trip(tmp_path):
    summary = sample()
    write_summary(tmp_path / "summary_report.json", summary)
    assert load_summary(tmp_path) == summary


def test_unknown_keys_are_left_out_and_foreign_files_refused(tmp_path):
    path = tmp_path / "summary_report.json"
    write_summary(path, sample())
    value = json.loads(path.read_text())
    value["tasks"]["timeline_action"]["later"] = 1
    path.write_text(json.dumps(value))
    assert load_summary(path) == sample()

    value["version"] = 99
    path.write_text(json.dumps(value))
    with pytest.raises(FormatError, match="another version"):
        load_summary(path)
    path.write_text("[1, 2]")
    with pytest.raises(FormatError, match="not a benchmark summary"):
        load_summary(path)
    with pytest.raises(MissingError):
        load_summary(tmp_path / "nothing")
