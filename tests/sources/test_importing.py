"""Imports are whole, repeatable and continued, and the command says what happened."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from trials import write_trial
from typer.testing import CliRunner

from xperience.cli import import_
from xperience.errors import UsageError
from xperience.sources.importing import import_recordings
from xperience.sources.registry import source
from xperience.sources.source import Conversion, Recording
from xperience.sources.utd_mhad import SOURCE, UtdMhad


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_same_input_same_bytes_and_kept(tmp_path: Path) -> None:
    src = write_trial(write_trial(tmp_path / "src", "a1_s1_t1"), "a22_s2_t1", depth=True)
    first = import_recordings(SOURCE, src, tmp_path / "a", show=False)
    import_recordings(SOURCE, src, tmp_path / "b", show=False)
    before = contents(tmp_path / "a")
    assert before == contents(tmp_path / "b")
    again = import_recordings(SOURCE, src, tmp_path / "a", show=False)
    assert again.kept == first.made
    assert not again.made
    assert contents(tmp_path / "a") == before


def test_changed_input_is_made_anew(tmp_path: Path) -> None:
    src = write_trial(tmp_path / "src")
    import_recordings(SOURCE, src, tmp_path / "out", show=False)
    write_trial(src, skeleton=None)  # the same inertial file, the skeleton's as before
    (src / "Skeleton" / "a1_s1_t1_skeleton.mat").unlink()
    again = import_recordings(SOURCE, src, tmp_path / "out", show=False)
    assert again.made == ["utd_mhad_s1__a01_t1"]


def test_interrupted_import_leaves_whole_episodes_only(tmp_path: Path) -> None:
    src = write_trial(write_trial(tmp_path / "src", "a1_s1_t1"), "a2_s1_t1")

    class Interrupted(UtdMhad):
        def convert(self, recording: Recording, folder: Path, *, show: bool = False) -> Conversion:
            done = super().convert(recording, folder, show=show)
            if recording.episode == "a02_t1":
                raise KeyboardInterrupt
            return done

    with pytest.raises(KeyboardInterrupt):
        import_recordings(Interrupted(), src, tmp_path / "out", show=False)
    assert [p.name for p in (tmp_path / "out" / "utd_mhad_s1").iterdir()] == ["a01_t1"]
    rest = import_recordings(SOURCE, src, tmp_path / "out", show=False)
    assert rest.kept == ["utd_mhad_s1__a01_t1"]
    assert rest.made == ["utd_mhad_s1__a02_t1"]


def test_foreign_folder_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "out" / "utd_mhad_s1" / "a01_t1" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match="something else stands"):
        import_recordings(SOURCE, write_trial(tmp_path / "src"), tmp_path / "out", show=False)
    assert mine.read_text() == "mine"


def test_unknown_source_names_the_known() -> None:
    with pytest.raises(UsageError, match="aria or utd-mhad"):
        source("kinect")


def test_command(tmp_path: Path) -> None:
    app = typer.Typer()
    import_.register(app)
    src = write_trial(tmp_path / "src")
    result = CliRunner().invoke(app, ["utd-mhad", str(src), str(tmp_path / "out"), "--quiet"])
    assert result.exit_code == 0, result.output
    assert "1 made, 0 kept, 0 set aside" in result.output
    (src / "Inertial" / "a5_s1_t1_inertial.mat").write_bytes(b"nonsense")
    result = CliRunner().invoke(app, ["utd-mhad", str(src), str(tmp_path / "out"), "--quiet"])
    assert result.exit_code == 1
    assert "0 made, 1 kept, 1 set aside" in result.output
    assert "a5_s1_t1_inertial.mat" in result.output
    assert "a1_s1_t1_inertial.mat" in CliRunner().invoke(app, ["--help"]).output
