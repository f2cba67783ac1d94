"""How much the commands of the demo slow down beside other work: alone, beside one busy process, beside two.

    python benchmarks/beside_others.py --out out/beside            # about 10 minutes on two cores
    python benchmarks/beside_others.py --out out/beside --quick    # smallest setting, for the tests

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xperience.threads import ENVIRONMENT, cores

FIRST = 5
"""Steps of training that are not counted: the first ones load and allocate."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for recordings and runs")
    parser.add_argument("--busy", default="0,1,2", help="busy processes beside, by comma; the first is the yardstick")
    parser.add_argument("--steps", type=int, default=40, help="of training")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of six recordings")
    parser.add_argument("--size", type=int, default=96, help="pixels")
    parser.add_argument("--quick", action="store_true", help="smallest setting: says that it works, measures nothing")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    if args.quick:
        args.steps, args.seconds, args.size, args.busy = FIRST + 3, 4.0, 48, "0,1"
    rounds = [int(count) for count in args.busy.split(",")]
    found: dict[str, Any] = {"cores": cores(), "seconds": {}, "steps": {}}
    work(args, args.out / "work")
    for count in rounds:
        with busy(count):
            time.sleep(0.5)
            found["seconds"][str(count)], found["steps"][str(count)] = work(args, args.out / "work")
    first = str(rounds[0])
    found["ratio"] = {
        str(count): {
            name: round(seconds / found["seconds"][first][name], 2)
            for name, seconds in found["seconds"][str(count)].items()
        }
        for count in rounds[1:]
    }
    print(json.dumps(found, indent=2) if args.json else table(found, rounds))


def work(args: argparse.Namespace, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Runs every command once; wall seconds by command, and median and longest step of training."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    workers = str(min(4, cores()))
    sim, heads, prepared, run = (folder / name for name in ("sim", "heads", "prepared", "run"))
    common = ["--episodes", "6", "--sessions", "3", "--seed", "1"]
    commands = {
        "simulate": ["simulate", sim, *common, "--seconds", args.seconds, "--size", args.size, "--workers", workers],
        "features": ["features", sim, "--out", heads / "features", "--workers", workers],
        "benchmark": ["benchmark", sim, "--out", heads, "--hold-out", "session", "--workers", workers, "--quiet"],
        "catalog": ["catalog", sim, "--out", folder / "catalogue"],
        "split": ["split", folder / "catalogue", "--by", "session", "--counts", "4,0,2", "--out", folder / "split.json"],
        "prepare": ["prepare", sim, "--split", folder / "split.json", "--recipe", "nano", "--out", prepared, "--workers", workers],
        "pretrain": [
            "pretrain", "nano", "--data", prepared, "--out", run, "--quiet", "--set", f"run.steps={args.steps}",
            "--set", "run.minutes=0", "--set", "run.device='cpu'",
        ],
        "evaluate": ["evaluate", run, "--data", prepared, "--out", folder / "evaluated", "--episodes", sim, "--quiet"],
    }  # fmt: skip
    seconds = {}
    for name, words in commands.items():
        begun = time.perf_counter()
        call([str(word) for word in words], folder / f"{name}.log")
        seconds[name] = round(time.perf_counter() - begun, 2)
    del seconds["catalog"], seconds["split"]
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    steps = [line["seconds"] for line in lines][FIRST:]
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


def table(found: dict[str, Any], rounds: list[int]) -> str:
    lines = [f"{found['cores']} processors; seconds beside so many busy processes, and the ratio to the first column"]
    lines.append(f"{'':16}" + "".join(f"{count:>16}" for count in rounds))
    first = str(rounds[0])
    for name in found["seconds"][first]:
        cells = [f"{found['seconds'][str(c)][name]:.1f} ({ratio(found, c, name, first)})" for c in rounds]
        lines.append(f"{name:16}" + "".join(f"{cell:>16}" for cell in cells))
    for kind in ("median", "longest"):
        base = found["steps"][first]["median"]
        cells = [f"{found['steps'][str(c)][kind]:.2f} ({found['steps'][str(c)][kind] / base:.2f})" for c in rounds]
        lines.append(f"{f'step, {kind}':16}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def ratio(found: dict[str, Any], count: int, name: str, first: str) -> str:
    return f"{found['seconds'][str(count)][name] / found['seconds'][first][name]:.2f}"


if __name__ == "__main__":
    main()
