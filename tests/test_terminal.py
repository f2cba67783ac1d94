"""Every command's output on a terminal that is not UTF-8, with labels in any script."""

from __future__ import annotations

import ast
import codecs
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from xperience import terminal

SCRIPTS = ("做饭", "приготовить чай", "مطبخ", "πλύσιμο → 🍳", "crème brûlée", "ﬁn\udce9e")


@pytest.mark.parametrize(
    "encoding", ["ascii", "latin-1", "cp1252", "iso8859-15", "cp437", "koi8-r", "shift_jis", "utf-8"]
)
def test_text_of_any_script_is_written_and_stays_json(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    terminal.make_tolerant()
    print(json.dumps(SCRIPTS, ensure_ascii=False), flush=True)
    assert json.loads(out.buffer.getvalue().decode(encoding)) == list(SCRIPTS)  # type: ignore[attr-defined]


def test_a_character_that_is_missing_becomes_an_escape() -> None:
    codecs.register_error(terminal.HANDLER, terminal.escape)
    assert "é→🍳".encode("latin-1", terminal.HANDLER) == b"\xe9\\u2192\\ud83c\\udf73"


def test_a_label_in_another_script_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", out)
    terminal.make_tolerant()
    print("做饭", flush=True)
    assert out.buffer.getvalue().split() == [b"\\u505a\\u996d"]  # type: ignore[attr-defined]


def test_streams_that_are_no_files_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", None)
    terminal.make_tolerant()


@pytest.fixture(scope="module")
def labelled(episode_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose episode has labels in several scripts, with a catalogue in catalogue/."""
    from xperience.corpus.catalogue import build

    root = tmp_path_factory.mktemp("scripts")
    episode = shutil.copytree(episode_path, root / "data" / "s1" / "ep1")
    with h5py.File(episode / "annotation.hdf5", "r+") as file:
        text = file["caption"].asstr()[()]
        del file["caption"]
        text = text.replace('"Main Task": "', '"Main Task": "做饭 → 🍳').replace('"label": "', '"label": "приготовить ')
        file["caption"] = text
    build([str(root / "data")], root / "catalogue", show=False)
    return root


COMMANDS = (
    "inspect data/s1/ep1",
    "inspect data/s1/ep1 --json",
    "query --catalog catalogue 'SELECT main_task, subtasks FROM episodes'",
    "query --catalog catalogue --json 'SELECT main_task FROM episodes'",
    "query --catalog catalogue --csv 'SELECT main_task FROM episodes'",
    "labels explain 做饭 'приготовить чай'",
    "windows data/s1/ep1 --out {out}.csv",
    "catalog data --out {out} --quiet",
    "check 做饭 --out {out}",
)


def run(command: str, encoding: str, folder: Path, out: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "xperience", *shlex.split(command.format(out=out))],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_print_labels_in_any_script(command: str, labelled: Path, tmp_path: Path) -> None:
    done = run(command, "latin-1", labelled, tmp_path / "out")
    said = (done.stdout + done.stderr).decode("latin-1")
    assert "Traceback" not in said, said
    assert done.returncode == (2 if command.startswith("check") else 0), said
    if "main_task" in command or command.startswith(("inspect", "check")):
        assert "\\u505a\\u996d" in said, "the label is there, escaped"
    if command.endswith("--json"):
        json.loads(done.stdout.decode("latin-1"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "iso8859-15"])
def test_other_terminals(encoding: str, labelled: Path, tmp_path: Path) -> None:
    done = run("inspect data/s1/ep1", encoding, labelled, tmp_path)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert b"\\u505a" in done.stdout or "做" in done.stdout.decode("utf-8")  # typer writes UTF-8 where told ASCII


def test_a_folder_whose_name_is_no_text_is_said_plainly(episode_path: Path, tmp_path: Path) -> None:
    """As an archive from a latin-1 machine leaves it."""
    session = os.fsencode(tmp_path) + b"/data/caf\xe9"
    try:
        shutil.copytree(os.fsencode(episode_path), session + b"/ep1", copy_function=os.link)
    except OSError:
        pytest.skip("this file system takes only text for names")
    for command in ("check data --out {out}", "features data --out {out}", "catalog data --out {out} --quiet"):
        done = run(command, "utf-8", tmp_path, tmp_path / "out")
        assert done.returncode == 2 and b"Traceback" not in done.stderr, done.stderr
        assert b"not UTF-8 text" in done.stderr and b"caf\\udce9" in done.stderr


def test_text_files_are_read_and_written_as_utf8_whatever_the_locale() -> None:
    bare = []
    for path in sorted((Path(__file__).parents[1] / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            needed = {"read_text": 1, "write_text": 2}.get(node.func.attr)
            if needed and len(node.args) < needed and not any(word.arg == "encoding" for word in node.keywords):
                bare.append(f"{path.name}:{node.lineno}")
    assert bare == []
