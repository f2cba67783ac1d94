"""The command line as a user meets it: help that teaches, quick and without heavy imports; errors that exit with 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "sklearn",
    "transformers",
    "matplotlib",
    "rerun",
    "av",
    "embreex",
    "ray",
    "scipy",
    "pyarrow",
    "duckdb",
)

PROBE = """
import json, sys, time
from xperience.cli import app, load
load(app)
try:
    app({arguments!r})
except SystemExit as end:
    code = end.code
print(json.dumps({{"code": code, "cpu": time.process_time(), "modules": [m for m in {heavy!r} if m in sys.modules]}}))
"""


def commands() -> list[str]:
    from xperience.cli import app, load

    if not app.registered_commands:
        load(app)
    names = [command.name for command in (*app.registered_commands, *app.registered_groups)]
    assert all(names)
    return [str(name) for name in names]


def run_help(arguments: list[str]) -> tuple[dict, str]:
    """Runs the command line in a fresh interpreter; gives what the probe measured, and the help text."""
    code = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    text, _, last = done.stdout.rstrip().rpartition("\n")
    return json.loads(last), text


def test_help_lists_every_command_quickly_and_imports_nothing_heavy() -> None:
    measured, text = run_help(["--help"])
    assert measured["code"] == 0
    assert measured["modules"] == []
    for name in commands():
        assert f"\n  {name} " in text
    best = min([measured["cpu"], *(run_help(["--help"])[0]["cpu"] for _ in range(2))])
    assert best < 0.6, f"--help took {best:.2f} s of processor time"


@pytest.mark.parametrize("name", commands())
def test_help_of_each_command_teaches(name: str) -> None:
    measured, text = run_help([name, "--help"])
    assert measured["code"] == 0
    assert measured["modules"] == [], f"{name} --help imports heavy packages"
    body = [line for line in text.splitlines() if line.strip()]
    assert body[0].startswith("Usage:")
    assert len(body[1].strip()) > 20, "help says what the command does"


def test_user_error_is_printed_and_exits_with_2(tmp_path) -> None:
    missing = tmp_path / "nothing"
    done = subprocess.run(
        [sys.executable, "-m", "xperience", "report", str(missing), "--episode", str(missing), "--out", "x.html"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert str(missing) in done.stderr


def test_doctor_as_text_and_json() -> None:
    text = subprocess.run([sys.executable, "-m", "xperience", "doctor"], capture_output=True, text=True, timeout=60)
    assert text.returncode == 0
    assert "Codecs" in text.stdout and "Optional extras" in text.stdout
    machine = subprocess.run(
        [sys.executable, "-m", "xperience", "doctor", "--json"], capture_output=True, text=True, timeout=60
    )
    found = json.loads(machine.stdout)
    assert found["cores"] >= 1
    assert found["codecs"]["decode h264"] is True
    assert {extra["name"] for extra in found["extras"]} >= {"sim", "viz", "train"}


def test_the_readme_names_every_command_and_every_page_it_links() -> None:
    root = Path(__file__).parents[1]
    text = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `xperience ([\w-]+)` \|", text, re.MULTILINE))
    assert named == set(commands())
    for page in [root / "README.md", *(root / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert "://" in link or (page.parent / link).exists(), f"{page.name} links to {link}"


def test_what_the_system_refuses_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xperience import cli

    def refused() -> None:
        raise PermissionError(13, "Permission denied", "/some/file")

    monkeypatch.setattr(cli, "load", lambda app: None)
    monkeypatch.setattr(cli, "app", refused)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: Permission denied\n  file: /some/file\n"
