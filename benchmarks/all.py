"""Runs every script of this folder at its real setting, one after another, and writes docs/benchmarks.md.

    make benchmarks                                                       # what needs no downloaded data
    python benchmarks/all.py --utd EPISODES --utd-files UTD-MHAD --real REAL --hands EPISODE
    python benchmarks/all.py --only features,sync                         # these; the others stay as they are kept
    python benchmarks/all.py --table-only                                 # the table of what is kept

What a measurement printed is kept in --out with commit, date and machine. Stop it at any time and run it again: what this
commit has measured already is not measured again (--again does). The table holds kept figures and nothing else; what was not
run stands there as not run, with the reason. On an idle machine; all of it takes hours.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import jsonschema

from xperience.errors import UsageError
from xperience.storage import write_json, write_text

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Measurement:
    """One call of a script. `name`: of its results. `arguments`: of its real setting, where {utd} and the like stand for a
    path that the caller of this script gives. `what`: what it measures, for the table."""

    name: str
    script: str
    what: str
    arguments: tuple[str, ...] = ()

    def needs(self) -> list[str]:
        """Options of this script without which it cannot run at its real setting."""
        return [path for path in PATHS if any(f"{{{path}}}" in word for word in self.arguments)]

    def words(self, paths: dict[str, str]) -> list[str]:
        return [word.format(**paths) for word in self.arguments]

    def command(self) -> str:
        shown = {path: path.upper().replace("_", "-") for path in PATHS}
        return " ".join(["python", f"benchmarks/{self.script}.py", *self.words(shown)])


PATHS = {
    "utd": "episodes of `xperience import utd-mhad`",
    "utd_files": "folder of UTD-MHAD as it is downloaded",
    "real": "folder with epic_kitchens_100/ and xperience_128/",
    "hands": "a real episode with both hands tracked",
}

ALL = (
    Measurement("features", "features", "Feature extraction beside bare decoding, one core; equality of all blocks"),
    Measurement("features-workers", "features", "Feature extraction by two workers", ("--workers",)),
    Measurement("features-full", "features", "Feature extraction of a full-length recording", ("--full",)),
    Measurement("prepare", "prepare", "Recordings to shards, one core"),
    Measurement("prepare-workers", "prepare", "Recordings to shards by two workers", ("--workers",)),
    Measurement("prepare-bytes", "prepare", "Bytes that recipes read", ("--bytes",)),
    Measurement("prepare-accidents", "prepare", "Accidents while shards are made", ("--accidents", "100")),
    Measurement("loader", "loader", "Reading windows of a simulated corpus"),
    Measurement("catalogue", "catalogue", "Catalogue of the hosted size, queries on ten million rows"),
    Measurement("simulate", "simulate", "Simulating recordings"),
    Measurement("quality-speed", "quality_speed", "The quality gate on a full-length recording"),
    Measurement("quality", "quality", "Faults found, by kind, and clean recordings blamed"),
    Measurement("sync", "sync", "Known offsets between streams"),
    Measurement("pretrain", "pretrain", "Trunk of `micro`"),
    Measurement("pretrain-nano", "pretrain", "Whole steps of `nano`", ("--size", "nano", "--simulated")),
    Measurement("beside-others", "beside_others", "Commands beside busy processes"),
    Measurement("stops", "stops", "Commands that are stopped and go on"),
    Measurement("labels", "labels", "Labels understood", ("{real}",)),
    Measurement("utd-mhad", "utd_mhad", "UTD-MHAD by forests and comparison of signals", ("{utd}",)),
    Measurement("utd-mhad-clocks", "utd_mhad_clocks", "UTD-MHAD, relation of the clocks", ("{utd}",)),
    Measurement("pretrain-utd", "pretrain_real", "UTD-MHAD by a pretrained model", ("--utd", "{utd_files}")),
    Measurement("pretrain-hands", "pretrain_real", "Real hands forecast", ("--hands", "{hands}")),
)
"""Every script of the folder stands here at least once."""


def main(arguments: Sequence[str] | None = None) -> int:
    args = _arguments(arguments)
    paths = {name: str(getattr(args, name)) for name in PATHS if getattr(args, name)}
    with common.report(args) as report, common.place(args.out, "results", args.quick) as out:
        out.mkdir(parents=True, exist_ok=True)
        for measurement in [] if args.table_only else chosen(args.only):
            lacks = [name for name in measurement.needs() if name not in paths]
            if args.quick or not lacks:
                run(measurement, paths, out, args)
        kept = {m.name: json.loads(file.read_text()) for m in ALL if (file := out / f"{m.name}.json").is_file()}
        states = [found["state"] for found in kept.values()]
        report.figure("measurements", len(ALL))
        report.figure("measurements done", states.count("done"))
        report.figure("measurements not run", len(ALL) - states.count("done") - states.count("failed"))
        report.figure("measurements that failed", states.count("failed"), at_most=0, must=True)
        report.details["results"] = kept
        if not args.quick or args.table:
            write_text(args.table or TABLE, table(kept))
    return report.status


def chosen(only: str) -> list[Measurement]:
    """Those named by comma, by script or by name; all without a word.

    Raises:
        UsageError: a name that nothing has.
    """
    words = [word for word in only.split(",") if word]
    known = {name for m in ALL for name in (m.name, m.script)}
    if unknown := [word for word in words if word not in known]:
        raise UsageError("no such measurement", field="--only", found=unknown[0], expected=", ".join(sorted(known)))
    return [m for m in ALL if not words or {m.name, m.script} & set(words)]


def run(measurement: Measurement, paths: dict[str, str], out: Path, args: argparse.Namespace) -> None:
    """Runs one script and keeps what came of it: state done or failed, its report, commit, date and machine."""
    file, at = out / f"{measurement.name}.json", commit()
    if not args.again and file.is_file():
        before = json.loads(file.read_text())
        if before["state"] == "done" and before["commit"] == at and before["quick"] == args.quick:
            return
    print(f"{measurement.name}: {measurement.what}", file=sys.stderr, flush=True)
    words = ["--quick"] if args.quick else measurement.words(paths)
    words += ["--json", *(["--quiet"] if args.quiet else [])]
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{measurement.script}.py"), *words],
        stdout=subprocess.PIPE,
        stderr=None,
        text=True,
    )
    result: dict[str, Any] = {
        "name": measurement.name, "quick": args.quick, "commit": at, "machine": machine(), "status": done.returncode,
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"), "state": "failed", "report": None,
        "busy": busy(),
    }  # fmt: skip
    if done.returncode in (0, 1):
        try:
            found = json.loads(done.stdout)
            jsonschema.validate(found, common.SCHEMA)
            result |= {"state": "done" if done.returncode == 0 else "failed", "report": found}
        except (ValueError, jsonschema.ValidationError):
            pass
    write_json(file, result)


def commit() -> str:
    """Short name of the commit that is checked out, with a plus where sources differ from it; "unknown" without git."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(FOLDER), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", "../src", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def busy() -> float | None:
    """Processes that ran or waited to, in the mean of the last minute: 1 on an idle machine where a script takes one core."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def machine() -> str:
    """Processor, how many of its cores this process may use, and Python."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [row.partition(":")[2].strip() for row in info.read_text().splitlines() if row.startswith("model name")]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores, Python {platform.python_version()}"


def table(kept: dict[str, Any]) -> str:
    """The page, in Markdown."""
    lines = [
        "# What is measured, and what came out?",
        "",
        "Written by `make benchmarks` (`python benchmarks/all.py`) from what the scripts of `benchmarks/` printed; do not edit.",
        "Each script also runs alone: `--help` says what it measures, `--json` prints its figures as JSON, `--quick` takes the",
        "smallest setting. Timings mean something on an idle machine only.",
        "",
    ]
    waiting = []
    for m in ALL:
        found = kept.get(m.name)
        if found is None:
            needs = ", ".join(f"`--{path.replace('_', '-')}`, {PATHS[path]}" for path in m.needs())
            waiting.append(f"| {m.what} | `{m.command()}` | not run{': needs ' + needs if needs else ''} |")
        elif found["report"] is None:
            waiting.append(f"| {m.what} | `{m.command()}` | failed with status {found['status']}, {found['commit']} |")
        else:
            lines += section(m, found)
    if waiting:
        lines += ["## Not run", "", "| | command | |", "| --- | --- | --- |", *waiting, ""]
    return "\n".join(lines)


def section(m: Measurement, found: dict[str, Any]) -> list[str]:
    """One measurement: where and when it was made, and its figures."""
    report = found["report"]
    load = "" if found.get("busy") is None else f", load at its end {found['busy']:g}"
    at = "smallest setting, which measures nothing; " if found["quick"] else ""
    lines = [
        f"## {m.what}",
        "",
        f"`{m.command()}`, {at}{found['date']}, commit {found['commit']}, {report['seconds']:.0f} s on {found['machine']}{load}",
        "",
        "| figure | value | limit |",
        "| --- | --- | --- |",
    ]
    for figure in report["figures"]:
        limit = figure["limit"] or ""
        if figure["within"] is False:
            limit = f"**missed**: {limit}"
        lines.append(
            f"| {figure['name']} | {common.number(figure['value'])} {figure['unit']}".rstrip() + f" | {limit} |"
        )
    return [*lines, ""]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--out", type=Path, help="where results are kept; default: in the cache")
    parser.add_argument("--table", type=Path, help="page to write; default: docs/benchmarks.md (with --quick none)")
    parser.add_argument("--only", default="", help="names of scripts or measurements, by comma; default: all")
    parser.add_argument("--again", action="store_true", help="also what this commit has measured already")
    parser.add_argument("--table-only", action="store_true", help="run nothing")
    for name, what in PATHS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, help=what)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    common.start(main)
