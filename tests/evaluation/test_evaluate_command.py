"""The command as a user calls it: a table, evaluation.json and a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.errors import UsageError


@pytest.fixture(scope="module", autouse=True)
def _commands() -> None:
    load(app)


def call(*words: object):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["evaluate", *(str(word) for word in words), "--quiet"])


def test_from_a_run_to_a_table_and_a_page(
    trained: Path, prepared_path: Path, episodes_path: Path, tmp_path: Path
) -> None:
    chosen = ("--tasks", "contact_prediction,transition_detection", "--sections", "forecasts")
    done = call(trained, "--data", prepared_path, "--out", tmp_path, "--episodes", episodes_path, *chosen)
    assert done.exit_code == 0, done.output
    lines = done.stdout.strip().splitlines()
    assert lines[0].split()[0] == "task" and Path(lines[-1]) == (tmp_path / "index.html").resolve()
    found = json.loads((tmp_path / "evaluation.json").read_text())
    ids = [row["id"] for row in found["tasks"]]
    assert set(ids) == {"contact_prediction", "transition_detection"} and list(found["sections"]) == ["forecasts"]
    for row in found["tasks"]:
        assert any(line.startswith(row["id"]) for line in lines)
        assert row["score"] is None or row["score"] == row["test"][row["chosen"]]
        if row["score"] is not None and row["heads"]["linear"] is not None:
            assert set(row["against"]) == {"linear", "mlp"} and "low" in row["against"]["mlp"]
            assert set(row["differences"]) == set(row["baselines"])
            assert row["word"] == "measured" and row["word_note"] == "too few sessions to tell"
            assert row["scope"].startswith("simulated, ")
    page = (tmp_path / "index.html").read_text()
    assert all(row["name"] in page for row in found["tasks"]) and "Forecasts of hands" in page


@pytest.mark.parametrize("option", ["--tasks", "--sections"])
def test_wrong_names_are_refused_before_any_work(tmp_path: Path, option: str) -> None:
    done = call(tmp_path / "run", "--data", tmp_path / "data", "--out", tmp_path / "out", option, "no_such_name")
    assert isinstance(done.exception, UsageError) and "no_such_name" in str(done.exception)
    assert not (tmp_path / "out").exists()
