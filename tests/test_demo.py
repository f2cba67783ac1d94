"""The demo from nothing to a page, and again from what is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xperience.benchmark.summary import load_summary
from xperience.demo import EPISODES, LEAST_MINUTES, PAGE, STEPS, WEIGHTS, Demo
from xperience.errors import UsageError


@pytest.mark.slow
def test_the_whole_way_and_once_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = Demo(tmp_path / "demo", minutes=LEAST_MINUTES, width=48, training=0.05)
    page = demo.run()
    said = capsys.readouterr().out
    assert page.is_absolute() and page.suffix == ".html"
    for step in range(1, STEPS + 1):
        assert f"[{step}/{STEPS}]" in said
    summary = load_summary(demo.benchmark)
    assert len(summary.episodes) == EPISODES and not summary.set_aside
    sessions = {name: {id.split("__")[0] for id in getattr(summary.split, name)} for name in ("train", "test")}
    assert sessions["train"] and sessions["test"] and not sessions["train"] & sessions["test"]
    assert any(task.score is not None for task in summary.tasks.values())
    html = page.read_text()
    assert any(id in (demo.out / PAGE).read_text() for id in summary.split.test)
    found = json.loads((demo.evaluation / "evaluation.json").read_text())
    assert found["episodes"] == {"train": 4, "val": 0, "test": 2} and page == (demo.evaluation / "index.html").resolve()
    assert any(task["against"] for task in found["tasks"])

    kept = [*demo.recordings.rglob("*.mp4"), demo.model / WEIGHTS, demo.evaluation / "evaluation.json"]
    made = {path: path.stat().st_mtime_ns for path in kept}
    again = Demo(tmp_path / "demo", minutes=LEAST_MINUTES, width=48, training=0.05, show=False).run()
    assert again.read_text() == html
    assert {path: path.stat().st_mtime_ns for path in kept} == made
    assert capsys.readouterr().out == ""


def test_impossible_lengths_are_refused_before_any_work(tmp_path: Path) -> None:
    for minutes in (0.0, -1.0, 1e6, float("nan")):
        with pytest.raises(UsageError, match="possible length"):
            Demo(tmp_path / "demo", minutes=minutes, show=False).run()
    assert not (tmp_path / "demo").exists()
