"""What the scripts of this folder share: their options, the figures they print, and the recordings that they make.

Every script answers --help, --quick, --json and --quiet. With --json one object that `SCHEMA` describes is all that standard
output gets; tables for people go to standard error then. --quick takes the smallest setting at which everything is done
once: it shows that the script works, and its timings mean nothing, so that limits of timings are not judged.

A script ends with 0, with 1 where a figure that has to hold does not, and with 2 where it lacks what it needs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.errors import MissingError, UsageError, XperienceError

CACHE = "XPERIENCE_BENCHMARK_CACHE"
"""Environment variable: the folder in which recordings that scripts make are kept from one call to the next."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["script", "quick", "seconds", "setting", "figures", "details"],
    "properties": {
        "script": {"type": "string"},
        "quick": {"type": "boolean"},
        "seconds": {"type": "number", "minimum": 0},
        "setting": {"type": "object"},
        "details": {"type": "object"},
        "figures": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "value", "unit", "limit", "within"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "value": {"type": ["number", "null"]},
                    "unit": {"type": "string"},
                    "limit": {"type": ["string", "null"], "pattern": "^(at most|at least) "},
                    "within": {"type": ["boolean", "null"]},
                },
            },
        },
    },
}
"""JSON schema of what a script prints with --json. `value` is null where nothing could be measured, `limit` where none is set,
`within` where there is no limit, no value, or a timing of --quick."""


def parser(file: str, doc: str | None) -> argparse.ArgumentParser:
    """Options that every script has; `file` and `doc` are the script's `__file__` and `__doc__`."""
    made = argparse.ArgumentParser(
        prog=Path(file).name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.set_defaults(script=Path(file).stem)
    made.add_argument("--quick", action="store_true", help="smallest setting: shows that it works, measures nothing")
    made.add_argument("--json", action="store_true", help="print the figures as JSON")
    made.add_argument("--quiet", action="store_true", help="no progress bars")
    return made


@dataclass
class Report:
    """Figures of one run of a script. `lines`: each is printed as it comes, for people."""

    args: argparse.Namespace
    lines: bool = True
    figures: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    wrong: int = 0

    def figure(
        self,
        name: str,
        value: float | None,
        unit: str = "",
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        must: bool = False,
    ) -> None:
        """One number with its unit and the limit that is asked of it, if any.

        Args:
            value: None, or not finite, where nothing could be measured.
            must: it says whether results are right, not how fast they came: judged with --quick too, and where it is
                outside its limit the script ends with 1.
        """
        number = float(value) if value is not None and math.isfinite(value) else None
        limit, within = None, None
        if at_most is not None or at_least is not None:
            bound, words = (at_most, "at most") if at_most is not None else (at_least, "at least")
            assert bound is not None
            limit = f"{words} {bound:g}"
            if number is not None and (must or not self.args.quick):
                within = number <= bound if at_most is not None else number >= bound
        if must and not within:
            self.wrong += 1
        self.figures.append({"name": name, "value": number, "unit": unit, "limit": limit, "within": within})
        if self.lines:
            print(line(self.figures[-1]), flush=True)

    @property
    def status(self) -> int:
        return 1 if self.wrong else 0

    def as_json(self, seconds: float) -> dict[str, Any]:
        hidden = {"script", "quick", "json", "quiet"}
        setting = {name: _plain(value) for name, value in vars(self.args).items() if name not in hidden}
        return {
            "script": self.args.script, "quick": self.args.quick, "seconds": round(seconds, 3), "setting": setting,
            "figures": self.figures, "details": _plain(self.details),
        }  # fmt: skip


def line(figure: dict[str, Any]) -> str:
    """A figure in words, its limit behind it."""
    text = f"{figure['name']:<64} {number(figure['value']):>12} {figure['unit']}"
    if figure["limit"]:
        text += f" ({figure['limit']}{': MISSED' if figure['within'] is False else ''})"
    return text.rstrip()


def number(value: float | None) -> str:
    """Four digits of a value, all of them of a count."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:.4g}"


@contextlib.contextmanager
def report(args: argparse.Namespace, *, lines: bool = True) -> Iterator[Report]:
    """Gives the report of a run; at its end, with --json, prints it.

    Args:
        lines: no where the script prints tables of its own.
    """
    made, begun, out = Report(args, lines), time.perf_counter(), sys.stdout
    with contextlib.redirect_stdout(sys.stderr) if args.json else contextlib.nullcontext():
        yield made
    if args.json:
        print(json.dumps(made.as_json(time.perf_counter() - begun), allow_nan=False), file=out)


def needed(path: Path | None, name: str, what: str) -> Path:
    """A path that a script cannot do without.

    Raises:
        UsageError: it was not given. MissingError: nothing is there.
    """
    if path is None:
        raise UsageError(f"needs {name}: {what}", hint=f"give {name}, or --quick for a made-up stand-in")
    if not path.exists():
        raise MissingError("not here", file=path, field=name, expected=what)
    return path


def start(main: Callable[[], int]) -> None:
    """Runs a script as a program: what a user can cause is a sentence and status 2."""
    try:
        sys.exit(main())
    except XperienceError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def cache(given: Path | None = None) -> Path:
    """Where recordings that scripts make are kept: as given, else the environment's, else with temporary files."""
    return given or Path(os.environ.get(CACHE) or Path(tempfile.gettempdir()) / "xperience-benchmark")


@contextlib.contextmanager
def place(out: Path | None, name: str, quick: bool) -> Iterator[Path]:
    """Where a run writes: `out`, else a folder of the cache, or for --quick one that is removed."""
    if out is None and quick:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        yield out or cache() / name


def corpus(quick: bool, folder: Path | None = None) -> Path:
    """Simulated recordings, made once: 8 of 20 s at 96 pixels in four sessions; --quick: 2 of 6 s at 32 pixels."""
    from xperience.simulate import campaign

    size = campaign.Recipe(6.0, 32, 1, 2) if quick else campaign.Recipe(20.0, 96, 1, 4)
    out = cache(folder) / f"corpus-{size.seconds:g}s-{size.width}px"  # recordings of other options would be refused
    campaign.run(out, campaign.plan(size, 2 if quick else 8), workers=1)
    return out


def prepared(quick: bool, folder: Path | None = None, *, pictures: bool = False) -> Path:
    """The corpus prepared as `nano`, all recordings but the last to train on.

    Args:
        pictures: every picture, at its own size; with --quick those of `nano`. Either as h264.
    """
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import load_recipe

    items = items_of(corpus(quick, folder))
    recipe = load_recipe("nano")
    if quick or pictures:
        kept = {"codec": "h264"} if quick else {"codec": "h264", "width": 96, "every": 1}
        recipe = recipe.model_copy(update={"video": recipe.video.model_copy(update=kept)})
    out = cache(folder) / ("prepared-quick" if quick else "prepared-pictures" if pictures else "prepared")
    ids = [item.id for item in items]
    prepare(items, {"train": ids[:-1], "val": [], "test": ids[-1:]}, recipe, out, show=False)
    return out


@contextlib.contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Keeps this process on so many of its cores meanwhile, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _plain(value: Any) -> Any:
    """What JSON can say: paths as text, None for numbers that are not finite."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
