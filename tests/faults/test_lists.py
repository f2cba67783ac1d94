"""The lists of faults fit the code as it stands; `make faults` plants them."""

from __future__ import annotations

import ast
from pathlib import Path

import plant
import pytest

FAULTS = plant.load()

PACKAGES = ("episode", "prepare", "model", "pretrain", "benchmark", "evaluation", "quality/sync")


def test_there_are_faults_in_every_package() -> None:
    assert len(FAULTS) >= 80
    for package in PACKAGES:
        assert sum(fault.file.startswith(package + "/") for fault in FAULTS) >= 10, package


@pytest.mark.parametrize("file", sorted({fault.file for fault in FAULTS}))
def test_every_pattern_applies_exactly_once(file: str) -> None:
    text = (plant.ROOT / "src" / "xperience" / file).read_text("utf-8")
    for fault in FAULTS:
        if fault.file == file:
            assert plant.planted(text, fault) != text, fault.name


@pytest.mark.parametrize("file", sorted({fault.test.split("::")[0] for fault in FAULTS}))
def test_every_test_is_there(file: str) -> None:
    tree = ast.parse((plant.ROOT / file).read_text("utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    asked = {fault.test.split("::")[1].split("[")[0] for fault in FAULTS if fault.test.startswith(file + "::")}
    assert asked <= there, sorted(asked - there)


def entry(**changes: str) -> plant.Fault:
    return plant.Fault(
        **{"name": "n", "file": "f.py", "pattern": "a + b", "replacement": "a - b", "test": "t"} | changes
    )


def test_what_does_not_apply_is_refused() -> None:
    assert plant.planted("x = a + b\n", entry()) == "x = a - b\n"
    with pytest.raises(ValueError, match="stands 0 times"):
        plant.planted("x = a * b\n", entry())
    with pytest.raises(ValueError, match="stands 2 times"):
        plant.planted("x = a + b\ny = a + b\n", entry())
    with pytest.raises(ValueError, match="does not compile"):
        plant.planted("x = a + b\n", entry(replacement="a ("))


@pytest.mark.parametrize(
    ("second", "message"), [("name = 'one'", "named twice"), ("name = 'two'\nreplacement = 'a'", "change nothing")]
)
def test_lists_that_are_wrong_are_refused(tmp_path: Path, second: str, message: str) -> None:
    rest = "file = 'f.py'\npattern = 'a'\ntest = 't'\n"
    entries = f"[[fault]]\nname = 'one'\nreplacement = 'b'\n{rest}[[fault]]\n{second}\n{rest}"
    if "replacement" not in second:
        entries += "replacement = 'b'\n"
    (tmp_path / "list.toml").write_text(entries, "utf-8")
    with pytest.raises(ValueError, match=message):
        plant.load(tmp_path)
