"""Optional packages: what each extra brings, which commands need it, and how to add it here.

The one place that says so. The command line asks it before a command begins (`require_for`), the doctor and errors take
their advice from it (`how_to_add`).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xperience.errors import MissingError


@dataclass(frozen=True)
class Extra:
    """An optional group of packages, as in `pip install 'xperience[name]'`.

    Attributes:
        modules: what is imported of it, without which the commands cannot work.
        gives: what it is, in a few words.
        megabytes, minutes: what it costs to add, measured with pip on two cores over a fast line; packages that several
            extras share count in each.
        below: first version of Python for which its packages have no wheel, or None.
    """

    modules: tuple[str, ...]
    gives: str
    megabytes: int
    minutes: float
    below: tuple[int, int] | None = None


EXTRAS: dict[str, Extra] = {
    "sim": Extra(("embreex",), "ray casting", 50, 0.1),
    "viz": Extra(("rerun",), "Rerun recordings", 500, 0.3),
    "aria": Extra(("projectaria_tools",), "reader of Project Aria recordings", 50, 0.1, (3, 13)),
    "train": Extra(("torch", "safetensors", "tokenizers"), "torch, to train networks", 900, 0.3),
    "omni": Extra(
        ("transformers",), "torch, transformers and LoRA, for language models and encoders of others", 1060, 0.5
    ),
    "robot": Extra(("mujoco", "mink"), "MuJoCo and a robot hand", 140, 0.2),
    "scale": Extra(("ray",), "Ray, for work on a cluster", 300, 0.3),
    "dev": Extra(("pytest",), "test tools, for make test and make lint", 380, 0.3),
}


@dataclass(frozen=True)
class Need:
    """A command that needs an extra.

    Attributes:
        command: as typed after `xperience`. extra: its name.
        option: what of the command needs it, as typed; "" where it always does.
        when: whether it does, by the command's arguments.
    """

    command: str
    extra: str
    option: str = ""
    when: Callable[[Mapping[str, Any]], bool] = lambda given: True

    @property
    def typed(self) -> str:
        return f"{self.command} {self.option}".strip()


NEEDS: tuple[Need, ...] = (
    Need("demo", "sim"),
    Need("demo", "train"),
    Need("simulate", "sim", when=lambda given: not given["dry_run"]),
    Need("inspect", "viz", "--rrd", lambda given: given["rrd"] is not None),
    Need("import", "aria", "aria", lambda given: given["source"] == "aria"),
    Need("benchmark", "train", "--heads mlp", lambda given: "mlp" in {n.strip() for n in given["heads"].split(",")}),
    Need("prepare", "scale", "--engine ray", lambda given: given["engine"] == "ray" and not given["dry_run"]),
    Need("pretrain", "train"),
    Need("evaluate", "train"),
    Need("embed", "train"),
    Need("scale", "train"),
)


def require_for(command: str, given: Mapping[str, Any]) -> None:
    """Raises MissingError where a command, with these arguments, needs an extra that is not installed."""
    for need in NEEDS:
        if need.command == command and need.when(given):
            require(need.extra, f"xperience {need.typed}")


def require(extra: str, what: str) -> None:
    """Raises MissingError where a module of the extra is not installed. what: that needs it, to begin a sentence."""
    lacking = [module for module in EXTRAS[extra].modules if not installed(module)]
    if lacking:
        raise MissingError(f"{what} needs {', '.join(lacking)}, of the extra {extra!r}", hint=how_to_add(extra))


def installed(module: str) -> bool:
    """Whether a module of that name can be found; it is not imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def of_module(module: str | None) -> str | None:
    """Name of the extra that brings a module (or one inside it), None where none does."""
    top = (module or "").partition(".")[0]
    return next((name for name, extra in EXTRAS.items() if top in extra.modules), None)


def how_to_add(extra: str) -> str:
    """What to type to add an extra, by how this copy was installed."""
    below = EXTRAS[extra].below
    if below is not None and sys.version_info >= below:
        found = ".".join(map(str, sys.version_info[:2]))
        return f"its packages have no wheel for Python {found}: use a version below {'.'.join(map(str, below))}"
    root = checkout()
    if root is None:
        return f"pip install 'xperience[{extra}]'"
    return f"in {root}: pip install -c constraints.txt -e '.[{extra}]'"


def checkout() -> Path | None:
    """Folder of the project's sources, where this copy runs from them; None where it was installed as a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() and (root / "constraints.txt").is_file() else None
