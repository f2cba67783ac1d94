"""Optional packages: declared once, asked for before any work, and said how to add by how this copy was installed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from without import run
from xperience import cli, extras
from xperience.doctor import render, survey
from xperience.extras import EXTRAS, NEEDS

ROOT = Path(__file__).parents[1]
ASKED = {
    "demo": "demo --out {out}",
    "simulate": "simulate {out}",
    "inspect --rrd": "inspect {missing} --rrd {out}",
    "import aria": "import aria {missing} {out}",
    "benchmark --heads mlp": "benchmark {missing} --out {out} --heads linear,mlp",
    "prepare --engine ray": "prepare {missing} --out {out} --engine ray",
    "pretrain": "pretrain nano --data {missing} --out {out}",
    "evaluate": "evaluate {missing} --data {missing} --out {out}",
    "embed": "embed {missing} {missing} --out {out}",
    "scale": "scale nano --data {missing} --out {out}",
}
"""How to reach each need. What is to be read is not there: a complaint about it would come after work began."""

SPARED = (
    "simulate {out} --dry-run",
    "inspect {episode}",
    "windows {episode} --out {out}",
    "features {episode} --out {out}",
    "benchmark {episode} --out {out} --quiet",
    "plan --no-measure",
    "labels explain 'pour tea'",
    "doctor",
)
"""What works without any extra."""


def hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """As if the modules were not installed."""
    for module in modules:
        for name in [name for name in sys.modules if name.startswith(f"{module}.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, module, None)


def typed(line: str, **places: Path) -> list[str]:
    import shlex

    return shlex.split(line.format(**places))


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups: dict[str, list[str]] = project["optional-dependencies"]
    assert set(EXTRAS) == set(groups)
    for name, extra in EXTRAS.items():
        limits = {m[1] for line in groups[name] if (m := re.search(r"python_version < '([\d.]+)'", line))}
        assert limits == ({".".join(map(str, extra.below))} if extra.below else set()), name
    for line in [*project["dependencies"], *(line for name in set(groups) - {"dev"} for line in groups[name])]:
        assert "<" in line.partition(";")[0], f"{line} has no upper bound: its next major release may break us"


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.typed} {need.extra}".replace(" ", "-"))
@pytest.mark.parametrize("wheel", [False, True], ids=["checkout", "wheel"])
def test_what_is_missing_is_said_before_any_work(
    need: extras.Need, wheel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wheel:
        monkeypatch.setattr(extras, "checkout", lambda: None)
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    out, missing = tmp_path / "out", tmp_path / "nothing"
    for module in EXTRAS[need.extra].modules:
        with monkeypatch.context() as patch:
            hide(patch, module)
            code, said = run(*typed(ASKED[need.typed], out=out, missing=missing))
        assert code == 2
        assert f"error: xperience {need.typed} needs {module}, of the extra '{need.extra}'" in said
        hint = (
            f"pip install 'xperience[{need.extra}]'"
            if wheel
            else f"pip install -c constraints.txt -e '.[{need.extra}]'"
        )
        assert hint in said
        assert not out.exists(), "nothing was begun"


@pytest.mark.parametrize("line", SPARED)
def test_what_needs_no_extra_works_without_any(
    line: str, episode_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, *(module for extra in EXTRAS.values() for module in extra.modules if module != "pytest"))
    code, said = run(*typed(line, episode=episode_path, out=tmp_path / "out"))
    assert code == 0, said


def test_every_way_from_a_command_to_an_optional_package_is_declared() -> None:
    """By the import statements of all modules; those inside functions count, too."""
    source = ROOT / "src"
    files = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in source.rglob("*.py")
    }
    wanted = {name: _imports(path) for name, path in files.items()}
    for name in (name for name in files if re.fullmatch(r"xperience\.cli\.\w+", name)):
        seen, queue, reached = set(), [name], set()
        while queue:
            one = queue.pop()
            if one in seen:
                continue
            seen.add(one)
            reached |= {extra for module in wanted[one] if (extra := extras.of_module(module))}
            queue += [module for module in wanted[one] if module in files and module != "xperience.cli"]
        command = name.rpartition(".")[2].rstrip("_")
        declared = {need.extra for need in NEEDS if need.command == command}
        assert reached - {"omni"} <= declared, f"{command} imports what is in {reached - declared}"  # omni: a config's


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    queue: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        queue += ast.iter_child_nodes(node)
    return found


def test_the_commands_that_need_an_extra_exist() -> None:
    run("doctor", "--json")
    assert {need.command for need in NEEDS} <= {command.name for command in cli.app.registered_commands}
    assert {need.typed for need in NEEDS} == set(ASKED)


def test_encoders_of_others_need_their_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    hide(monkeypatch, "transformers")
    external = f'model.external.video={{path="{tmp_path}"}}'
    for line in ("pretrain nano --data x --out {out} --set", "pretrain nano --plan --set"):
        code, said = run(*typed(line, out=tmp_path / "out"), external)
        assert code == 2 and "an external encoder needs transformers, of the extra 'omni'" in said


def test_a_package_that_turns_out_missing_later_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(name: str) -> None:
        def call() -> None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        monkeypatch.setattr(cli, "load", lambda app: None)
        monkeypatch.setattr(cli, "app", call)

    fails("torch.distributed")
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == f"error: this needs torch.distributed\n  to do: {extras.how_to_add('train')}\n"
    fails("of_ours")
    with pytest.raises(ModuleNotFoundError):
        cli.main()


def test_no_wheel_for_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert extras.how_to_add("aria") == "its packages have no wheel for Python 3.13: use a version below 3.13"
    assert "pip install" in extras.how_to_add("train")
    monkeypatch.setattr("xperience.doctor._version", lambda name: None)
    assert "to add: its packages have no wheel for Python 3.13" in render(survey())
