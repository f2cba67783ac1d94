"""The command line: parse, call, print. Each command is a file here with a function `register(app)`.

Nothing heavy is imported at module level, so that `xperience --help` is quick: commands import what they call
inside their functions.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

import typer

from xperience import extras, processes, terminal
from xperience.errors import XperienceError

app = typer.Typer(
    name="xperience",
    help="From egocentric multimodal recordings to an honestly evaluated embodied foundation model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

THREADS = typer.Option(
    "--threads",
    min=1,
    help="Threads of arithmetic, kept: the same number gives the same bits. By default as many as processors are free.",
)
"""For commands that compute; see `xperience.threads`."""

ORDER = (
    "demo",
    "doctor",
    "inspect",
    "simulate",
    "corrupt",
    "import",
    "check",
    "windows",
    "features",
    "benchmark",
    "score",
    "report",
    "catalog",
    "query",
    "fetch",
    "labels",
    "select",
    "split",
    "leakage",
    "taxonomy",
    "plan",
    "prepare",
    "pretrain",
    "evaluate",
    "embed",
    "scale",
    "audit",
)
"""Order of the commands in `--help`; others follow by name."""


GOES_ON = frozenset(
    ("demo", "simulate", "import", "check", "features", "benchmark", "catalog", "fetch", "leakage", "prepare", "pretrain",
     "evaluate", "scale")
)  # fmt: skip
"""Commands that keep what they have done when they are stopped."""


def load(app: typer.Typer) -> None:
    """Registers every command found in this package."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").register(app)
    for command in app.registered_commands:
        assert command.name and command.callback
        command.callback = _equipped(command.name, command.callback)
    rank = {name: k for k, name in enumerate(ORDER)}
    app.registered_commands.sort(key=lambda c: (rank.get(c.name or "", len(rank)), c.name or ""))


def _equipped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The command, which first looks whether the optional packages are there that it needs with these arguments."""

    @functools.wraps(call)
    def equipped(**given: Any) -> Any:
        extras.require_for(name, given)
        processes.begin_command(name in GOES_ON)
        return call(**given)

    return equipped


def main() -> None:
    """Entry point: what the user can put right is printed plainly and ends with status 2."""
    terminal.make_tolerant()
    load(app)
    try:
        app()
    except XperienceError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        extra = extras.of_module(error.name)
        if extra is None:
            raise
        print(f"error: this needs {error.name}\n  to do: {extras.how_to_add(extra)}", file=sys.stderr)
        sys.exit(2)
    except UnicodeEncodeError as error:
        if not any("\udc80" <= letter <= "\udcff" for letter in error.object):  # bytes of a name that are no text
            raise
        print("error: a file or folder has a name that is not UTF-8 text", file=sys.stderr)
        near = " ".join(error.object[max(0, error.start - 80) : error.end + 20].split())
        print(f"  found: {near}\n  to do: rename it", file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # no room, no permission, a file where a folder should be
        place = "" if error.filename is None else f"\n  file: {error.filename}"
        print(f"error: {error.strerror or error}{place}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:  # of a training inside another command, which has saved
        print(processes.GOES_ON, file=sys.stderr)
        sys.exit(processes.STOPPED)
