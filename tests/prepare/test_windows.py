"""Windows, their labels and their CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.episode import Episode
from xperience.episode.labels import FrameLabels
from xperience.errors import FormatError, MissingError, UsageError
from xperience.prepare.windows import COLUMNS, majority, read_windows, starts, windows


def labelled(actions: list[str]) -> FrameLabels:
    n = len(actions)
    array = np.array(actions, object)
    return FrameLabels(array, np.full(n, "", object), (None,) * n, (None,) * n)


def test_number_of_full_windows() -> None:
    assert len(starts(5821)) == 1161
    assert starts(5821)[-1] + 19 == 5819
    assert [len(starts(n)) for n in (0, 19, 20, 24, 25)] == [0, 0, 1, 1, 2]
    assert len(starts(5821, 40, 20)) == 290


@pytest.mark.parametrize("frames, stride", [(0, 5), (20, 0), (-1, 5)])
def test_sizes_that_are_none(frames: int, stride: int) -> None:
    with pytest.raises(UsageError):
        starts(100, frames, stride)


def test_majority() -> None:
    assert majority(["a"] * 12 + ["b"] * 8) == ("a", 0.6)
    assert majority(["a"] * 11 + ["b"] * 9) == ("", 0.55)
    assert majority([""] * 15 + ["b"] * 3 + ["a"] * 2) == ("b", 0.6), "only labelled frames count"
    assert majority(["b", "a", "a", "b"])[1] == 0.5
    assert majority([""] * 20) == ("", 0.0)


def test_columns_and_centre() -> None:
    table = windows(labelled(["stir"] * 22 + ["pour"] * 8))
    assert table.start_frame.tolist() == [0, 5, 10]
    assert table.end_frame.tolist() == [19, 24, 29]
    assert table.center_frame.tolist() == [9, 14, 19]
    assert table.action_label.tolist() == ["stir", "stir", "stir"]
    assert table.action_fraction.tolist() == [1.0, 17 / 20, 12 / 20]
    assert table.subtask_label.tolist() == ["", "", ""]
    assert table.frames == 20


def test_csv_round_trip(tmp_path: Path) -> None:
    table = windows(labelled(["say, 'hi'"] * 20 + ['a "b"', "été\n"] * 20))
    table.write(tmp_path / "w.csv")
    back = read_windows(tmp_path / "w.csv")
    for name in COLUMNS:
        assert getattr(back, name).tolist() == getattr(table, name).tolist(), name


def test_csv_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        read_windows(tmp_path / "none.csv")
    (tmp_path / "w.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="columns"):
        read_windows(tmp_path / "w.csv")
    (tmp_path / "w.csv").write_text(",".join(COLUMNS) + "\n0,x,19,9,,0,,0\n")
    with pytest.raises(FormatError, match="number"):
        read_windows(tmp_path / "w.csv")


def test_real_windows_in_every_field(real: Path, tmp_path: Path) -> None:
    with Episode.open(real / "xperience_sample_partial") as episode:
        windows(episode.labels).write(tmp_path / "windows.csv")

    def rows(path: Path) -> list[dict[str, str]]:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    ours, published = rows(tmp_path / "windows.csv"), rows(real / "xperience_sample" / "windows.csv")
    assert len(published) == 1161
    assert ours == published


def test_command_writes_all_scales(episode_path: Path, tmp_path: Path) -> None:
    load(app)
    arguments = ["windows", str(episode_path), "--out", str(tmp_path / "w.csv"), "--multiscale", "--scale", "10/3"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    names = ["w.csv", "w_10_3.csv", "w_20_10.csv", "w_40_20.csv", "w_80_40.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [read_windows(tmp_path / name).frames for name in names] == [20, 10, 20, 40, 80]
    assert len(read_windows(tmp_path / "w.csv")) == len(starts(120))


@pytest.mark.parametrize("scale", ["20", "20/", "a/b", "20/0", "20/-5"])
def test_scale_that_is_none(episode_path: Path, tmp_path: Path, scale: str) -> None:
    load(app)
    result = CliRunner().invoke(app, ["windows", str(episode_path), "--out", str(tmp_path / "w.csv"), "--scale", scale])
    assert isinstance(result.exception, UsageError)
    assert not list(tmp_path.iterdir())
