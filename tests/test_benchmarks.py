"""Every script of the folder benchmarks runs at its smallest setting, says what it does, and prints its figures as JSON."""

from __future__ import annotations

import ast
import importlib
import json
import multiprocessing
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import jsonschema
import pytest

from xperience.errors import MissingError, UsageError

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
TREES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}


def imported(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def runs(tree: ast.Module) -> bool:
    """Whether a file does something when it is run."""
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)


PARTS = {name for name, tree in TREES.items() if not runs(tree)}
SCRIPTS = sorted(set(TREES) - PARTS)

WAYS = {
    "features --workers": "features", "features --full": "features",
    "prepare --workers": "prepare", "prepare --bytes": "prepare", "prepare --accidents 1": "prepare",
    "pretrain --simulated": "pretrain", "all --only labels": "all",
}  # fmt: skip
CALLS = [name for name in SCRIPTS if name not in ("all", "pretrain")] + list(WAYS)
"""`pretrain --simulated` does all that `pretrain` does, and `all` would run everything again."""


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Recordings are made once for all scripts, which are found by each other as when they are run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XPERIENCE_BENCHMARK_CACHE", str(tmp_path_factory.mktemp("benchmarks")))
        patch.syspath_prepend(str(FOLDER))
        yield


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    import torch

    number = torch.get_num_threads()
    yield
    torch.set_num_threads(number)


def script(name: str) -> ModuleType:
    return importlib.import_module(name)


def common() -> ModuleType:
    return importlib.import_module("common")


def test_files_that_are_no_scripts_are_parts_of_scripts() -> None:
    used = set().union(*(imported(tree) for tree in TREES.values()))
    assert used >= PARTS, f"neither run nor imported: {PARTS - used}"
    assert {"features", "all", "labels", "stops"} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_is_measured(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        script(name).main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"python benchmarks/{name}.py" in said
    for option in ("--quick", "--json", "--quiet"):
        assert option in said
    assert (script(name).__doc__ or "").splitlines()[0] in said


@pytest.mark.parametrize("call", CALLS)
def test_smallest_setting_gives_its_figures(
    call: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *words = call.split()
    status = script(name).main([*words, "--quick", "--json", "--quiet"])
    said = capfd.readouterr()
    report = json.loads(said.out)
    jsonschema.validate(report, common().SCHEMA)
    wrong = [figure for figure in report["figures"] if figure["within"] is False]
    assert status == 0, f"{wrong}\n{said.err[-2000:]}"
    assert not wrong, "limits of timings are not judged at the smallest setting"
    assert report["script"] == name
    assert report["quick"]
    assert len({figure["name"] for figure in report["figures"]}) == len(report["figures"])
    assert any(figure["value"] is not None for figure in report["figures"])


def test_figures_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert script("labels").main(["--quick"]) == 0
    assert re.search(r"^EPIC-KITCHENS-100, scored: noun accuracy +1$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "words", "needs"),
    [
        ("labels", [], "needs REAL: a folder of real pieces"),
        ("utd_mhad", [], "needs EPISODES: OUT of `xperience import utd-mhad`"),
        ("utd_mhad_clocks", [], "needs EPISODES"),
        ("pretrain_real", [], "needs --utd or --hands"),
    ],
)
def test_without_downloaded_data_a_script_says_what_it_needs(name: str, words: list[str], needs: str) -> None:
    with pytest.raises(UsageError, match=re.escape(needs)):
        script(name).main([*words, "--json"])


def test_a_script_that_lacks_data_ends_with_two(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        common().start(lambda: script("labels").main([str(tmp_path / "nowhere")]))
    assert ended.value.code == 2
    assert "not here" in capsys.readouterr().err
    with pytest.raises(MissingError, match="manifest of 128 episodes"):
        script("labels").main([str(tmp_path)])


def test_scripts_run_as_programs(tmp_path: Path) -> None:
    words = [sys.executable, str(FOLDER / "labels.py"), "--quick", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    jsonschema.validate(json.loads(done.stdout), common().SCHEMA)


def test_beside_others_compares_with_the_first_round() -> None:
    args = SimpleNamespace(script="x", quick=False, json=True, quiet=True)
    report = common().Report(args, lines=False)
    seconds = {0: {"simulate": 2.0}, 1: {"simulate": 5.5}}
    steps = {0: {"median": 0.5, "longest": 0.6}, 1: {"median": 1.0, "longest": 4.0}}
    script("beside_others").compare(report, 0, 0, seconds, steps)
    assert [f["limit"] for f in report.figures] == [None, None, None]
    script("beside_others").compare(report, 1, 0, seconds, steps)
    ratios = {f["name"]: (f["value"], f["within"]) for f in report.figures if f["limit"]}
    assert ratios == {
        "simulate, beside 1 busy over alone": (2.75, False),
        "step of training, median, beside 1 busy over the median alone": (2.0, True),
        "step of training, longest, beside 1 busy over the median alone": (8.0, True),
    }


def test_busy_processes_compute_and_end() -> None:
    before = set(multiprocessing.active_children())
    with script("beside_others").busy(1):
        (loop,) = set(multiprocessing.active_children()) - before
        assert loop.is_alive()
    assert not loop.is_alive()


# ------------------------------------------------------------------------------------------------ figures


def figure(value: float | None, quick: bool = False, **limits: float | bool) -> tuple[dict, int]:
    args = SimpleNamespace(script="x", quick=quick, json=True, quiet=True)
    report = common().Report(args, lines=False)
    report.figure("x", value, "s", **limits)
    return report.figures[0], report.status


def test_limits_are_judged() -> None:
    assert figure(1.4, at_most=1.4)[0] | {"value": 0} == {
        "name": "x", "value": 0, "unit": "s", "limit": "at most 1.4", "within": True,
    }  # fmt: skip
    assert figure(1.41, at_most=1.4)[0]["within"] is False
    assert figure(0.8, at_least=0.8)[0]["within"] is True
    assert figure(0.79, at_least=0.8)[0] | {"value": 0} == {
        "name": "x", "value": 0, "unit": "s", "limit": "at least 0.8", "within": False,
    }  # fmt: skip
    assert figure(0.79)[0]["within"] is None


def test_timings_of_the_smallest_setting_are_not_judged_and_right_results_are() -> None:
    assert figure(2.0, quick=True, at_most=1.0) == (figure(2.0, quick=True, at_most=1.0)[0] | {"within": None}, 0)
    found, status = figure(2.0, quick=True, at_most=1.0, must=True)
    assert (found["within"], status) == (False, 1)
    assert figure(2.0, at_most=1.0)[1] == 0, "a slow machine is no failure"
    assert figure(0.5, at_most=1.0, must=True)[1] == 0


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_could_not_be_measured_is_null_and_passes_nothing(value: float | None) -> None:
    found, status = figure(value, at_most=1.0, must=True)
    assert (found["value"], found["within"], status) == (None, None, 1)


# ------------------------------------------------------------------------------------------------ all of them


def test_every_script_stands_in_the_list_of_all() -> None:
    everything = script("all")
    assert {m.script for m in everything.ALL} == set(SCRIPTS) - {"all"}
    assert len({m.name for m in everything.ALL}) == len(everything.ALL)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Calls of scripts, which all give one figure; the commit is "abc"."""
    everything, calls = script("all"), []
    args = SimpleNamespace(script="x", quick=False, json=True, quiet=True)
    report = common().Report(args, lines=False)
    report.figure("ratio", 1.5, at_most=1.4)

    def answer(words: list[str], **options: object) -> SimpleNamespace:
        calls.append(words[1:])
        if "utd_mhad.py" in words[1]:
            return SimpleNamespace(returncode=2, stdout="")
        return SimpleNamespace(returncode=0, stdout=json.dumps(report.as_json(2.0)))

    monkeypatch.setattr(everything, "commit", lambda: "abc")
    monkeypatch.setattr(everything, "machine", lambda: "a machine")
    monkeypatch.setattr(everything, "busy", lambda: 2.5)
    monkeypatch.setattr(everything.subprocess, "run", answer)
    return calls


def test_all_measures_once_a_commit_and_writes_only_what_was_measured(
    watched: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = script("all")
    table = tmp_path / "benchmarks.md"
    words = ["--out", str(tmp_path / "out"), "--table", str(table), "--only", "features,labels"]
    assert everything.main(words) == 0
    assert [" ".join(Path(w).name for w in call) for call in watched] == [
        "features.py --json", "features.py --workers --json", "features.py --full --json",
    ]  # fmt: skip
    page = table.read_text()
    assert "| ratio | 1.5 | **missed**: at most 1.4 |" in page
    assert page.count("| ratio |") == 3
    assert "commit abc, 2 s on a machine, load at its end 2.5" in page
    assert "| Labels understood | `python benchmarks/labels.py REAL` | not run: needs `--real`," in page
    assert "| Commands that are stopped and go on | `python benchmarks/stops.py` | not run |" in page
    assert str(tmp_path) not in page

    for file in (tmp_path / "out").glob("*.json"):  # as kept before the load of the machine was
        file.write_text(json.dumps({k: v for k, v in json.loads(file.read_text()).items() if k != "busy"}))
    everything.main(words)
    assert len(watched) == 3, "measured already"
    assert "commit abc, 2 s on a machine\n" in table.read_text()
    everything.main([*words, "--again"])
    assert len(watched) == 6
    assert table.read_text() == page
    monkeypatch.setattr(everything, "commit", lambda: "def")
    everything.main([*words, "--table-only"])
    assert len(watched) == 6
    assert table.read_text() == page
    everything.main(words)
    assert len(watched) == 9, "another commit"


def test_a_measurement_that_fails_stands_as_failed_and_is_tried_again(watched: list[list[str]], tmp_path: Path) -> None:
    everything = script("all")
    table = tmp_path / "benchmarks.md"
    words = ["--out", str(tmp_path / "out"), "--table", str(table), "--only", "utd-mhad", "--utd", str(tmp_path)]
    assert everything.main(words) == 1
    assert "| `python benchmarks/utd_mhad.py UTD` | failed with status 2, abc |" in table.read_text()
    everything.main(words)
    assert len(watched) == 2
    assert str(tmp_path) not in table.read_text()
    with pytest.raises(UsageError, match="no such measurement"):
        everything.main(["--only", "nothing"])
