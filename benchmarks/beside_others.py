"""How much the commands of the demo slow down beside other work: alone, beside one busy process, beside two.

    python benchmarks/beside_others.py            # about 10 minutes on two cores
    python benchmarks/beside_others.py --quick    # two commands, alone

Each command runs on the same recordings, its output made anew each time; before all of them one round warms the disk.
Asked for: beside one or two busy processes no command takes more than 2.5 times as long as alone; no median step of
training either, and no step ten times the median alone. Figures are wall seconds of whole processes; on a machine with
other work they mean little.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import common

from xperience.threads import ENVIRONMENT, cores

FIRST = 5
"""Steps of training that are not counted: the first ones load and allocate."""


LIMIT, STEP_LIMIT = 2.5, 10.0
"""Times as long as alone: a command, and the median step of training; and the longest step over the median alone."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--out", type=Path, help="folder for recordings and runs; default: in the cache")
    parser.add_argument("--busy", default="0,1,2", help="busy processes beside, by comma; the first is the yardstick")
    parser.add_argument("--steps", type=int, default=40, help="of training")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of six recordings")
    parser.add_argument("--size", type=int, default=96, help="pixels")
    args = parser.parse_args(arguments)
    if args.quick:
        args.steps, args.busy = 2, "0"
    rounds = [int(count) for count in args.busy.split(",")]
    with common.report(args) as report, common.place(args.out, "beside", args.quick) as out:
        report.figure("processors", cores())
        data = common.prepared(quick=True) if args.quick else None
        if not args.quick:
            work(args, out / "work", data)
        seconds, steps = {}, {}
        for count in rounds:
            with busy(count):
                time.sleep(0.5)
                seconds[count], steps[count] = work(args, out / "work", data)
            compare(report, count, rounds[0], seconds, steps)
        report.details |= {"seconds": seconds, "steps": steps}
    return report.status


def compare(
    report: common.Report,
    count: int,
    first: int,
    seconds: dict[int, dict[str, float]],
    steps: dict[int, dict[str, float]],
) -> None:
    """Figures of a round, and its ratios to the first."""
    beside = f"beside {count} busy"
    for name, value in seconds[count].items():
        report.figure(f"{name}, {beside}", value, "s")
    for name, value in steps[count].items():
        report.figure(f"step of training, {name}, {beside}", value, "s")
    if count == first:
        return
    for name, value in seconds[count].items():
        report.figure(f"{name}, {beside} over alone", value / seconds[first][name], at_most=LIMIT)
    for name, limit in (("median", LIMIT), ("longest", STEP_LIMIT)):
        ratio = steps[count][name] / steps[first]["median"]
        report.figure(f"step of training, {name}, {beside} over the median alone", ratio, at_most=limit)


def work(args: argparse.Namespace, folder: Path, data: Path | None) -> tuple[dict[str, float], dict[str, float]]:
    """Runs every command once; wall seconds by command, and median and longest step of training.

    Args:
        data: prepared already: only `simulate`, of a second, and `pretrain` run.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    workers = str(min(4, cores()))
    sim, heads, prepared, run = (folder / name for name in ("sim", "heads", "prepared", "run"))
    corpus = ["--episodes", "6", "--sessions", "3", "--seed", "1"]
    commands = {
        "simulate": ["simulate", sim, *corpus, "--seconds", args.seconds, "--size", args.size, "--workers", workers],
        "features": ["features", sim, "--out", heads / "features", "--workers", workers],
        "benchmark": ["benchmark", sim, "--out", heads, "--hold-out", "session", "--workers", workers, "--quiet"],
        "catalog": ["catalog", sim, "--out", folder / "catalogue"],
        "split": ["split", folder / "catalogue", "--by", "session", "--counts", "4,0,2", "--out", folder / "split.json"],
        "prepare": ["prepare", sim, "--split", folder / "split.json", "--recipe", "nano", "--out", prepared, "--workers", workers],
        "pretrain": [
            "pretrain", "nano", "--data", data or prepared, "--out", run, "--quiet", "--set", f"run.steps={args.steps}",
            "--set", "run.minutes=0", "--set", "run.device='cpu'",
        ],
        "evaluate": ["evaluate", run, "--data", prepared, "--out", folder / "evaluated", "--episodes", sim, "--quiet"],
    }  # fmt: skip
    if data:
        tiny = ["--episodes", "1", "--sessions", "1", "--seed", "1", "--seconds", 1, "--size", 32, "--workers", 1]
        small = [
            word
            for name in ("batch=2", "workers=0", "probe_every=0", "panel_every=0")
            for word in ("--set", f"run.{name}")
        ]
        commands = {"simulate": ["simulate", sim, *tiny], "pretrain": [*commands["pretrain"], *small]}
    seconds = {}
    for name, words in commands.items():
        begun = time.perf_counter()
        call([str(word) for word in words], folder / f"{name}.log")
        seconds[name] = round(time.perf_counter() - begun, 2)
    for name in ("catalog", "split"):  # over in a moment
        seconds.pop(name, None)
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    steps = [line["seconds"] for line in lines][1 if data else FIRST :]
    return seconds, {"median": round(statistics.median(steps), 3), "longest": round(max(steps), 3)}


def call(words: list[str], log: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
    with log.open("w") as file:
        done = subprocess.run([sys.executable, "-m", "xperience", *words], stdout=file, stderr=file, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with status {done.returncode}:\n{log.read_text()[-2000:]}")


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    loops = [multiprocessing.get_context("spawn").Process(target=_spin, daemon=True) for _ in range(count)]
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.join()


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    common.start(main)
