"""The demo from nothing to a page, and again from what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from xperience.benchmark.summary import load_summary
from xperience.demo import EPISODES, LEAST_MINUTES, Demo
from xperience.errors import UsageError


@pytest.mark.slow
def test_the_whole_way_and_once_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = Demo(tmp_path / "demo", minutes=LEAST_MINUTES, width=48)
    page = demo.run()
    said = capsys.readouterr().out
    assert page.is_absolute() and page.suffix == ".html"
    for step in range(1, 6):
        assert f"[{step}/5]" in said
    summary = load_summary(demo.benchmark)
    assert len(summary.episodes) == EPISODES and not summary.set_aside
    sessions = {name: {id.split("__")[0] for id in getattr(summary.split, name)} for name in ("train", "test")}
    assert sessions["train"] and sessions["test"] and not sessions["train"] & sessions["test"]
    assert any(task.score is not None for task in summary.tasks.values())
    html = page.read_text()
    assert any(id in html for id in summary.split.test)

    made = {path: path.stat().st_mtime_ns for path in demo.recordings.rglob("*.mp4")}
    again = Demo(tmp_path / "demo", minutes=LEAST_MINUTES, width=48, show=False).run()
    assert again.read_text() == html
    assert {path: path.stat().st_mtime_ns for path in demo.recordings.rglob("*.mp4")} == made
    assert capsys.readouterr().out == ""


def test_impossible_lengths_are_refused_before_any_work(tmp_path: Path) -> None:
    for minutes in (0.0, -1.0, 1e6, float("nan")):
        with pytest.raises(UsageError, match="possible length"):
            Demo(tmp_path / "demo", minutes=minutes, show=False).run()
    assert not (tmp_path / "demo").exists()
