"""Stops long commands at random moments, as Ctrl-C at a terminal does, and lets the same command go on.

    python benchmarks/stops.py            # 50 moments of each of six commands, about 20 minutes
    python benchmarks/stops.py --quick    # one moment of `prepare`

SIGINT goes to the whole process group. Asked for: status 75, or 130 before anything was begun, the sentence "stopped; the
same command goes on", no traceback and no process left over; and the same command then ends well.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common

from xperience.errors import UsageError
from xperience.processes import GOES_ON, INTERRUPTED, STOPPED

ENDED = {0, 1}
"""Status of a command that was quicker than the signal; `check` says with 1 that a recording failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--out", type=Path, help="folder for recordings and runs; default: in the cache")
    parser.add_argument("--moments", type=int, default=50, help="of each command")
    parser.add_argument("--commands", default="", help="by comma; all by default")
    parser.add_argument("--signal", choices=("SIGINT", "SIGTERM"), default="SIGINT")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    if args.quick:
        args.moments, args.commands = 1, args.commands or "prepare"
    draw = random.Random(args.seed)
    with common.report(args) as report, common.place(args.out, "stops", args.quick) as out:
        out.mkdir(parents=True, exist_ok=True)
        for name, words in made(out, args.commands, args.quick).items():
            found = stopped(words, out, args.moments, draw, getattr(signal, args.signal))
            report.details[name] = found
            report.figure(f"{name}, length alone", found["seconds"], "s")
            for status, count in sorted(found["statuses"].items()):
                report.figure(f"{name}, times that it ended with status {status}", count)
            report.figure(
                f"{name}, moments that went wrong, of {args.moments}", len(found["wrong"]), at_most=0, must=True
            )
            for one in found["wrong"]:
                print(one, file=sys.stderr)
    return report.status


def made(out: Path, chosen: str, quick: bool) -> dict[str, list[str]]:
    """The commands that are chosen by comma, or all, and what each needs made; {out} is where it writes."""
    sim, prepared, run = out / "sim", out / "prepared", out / "run"
    common_words = ["--episodes", "4", "--sessions", "4", "--seconds", "4", "--size", "48", "--seed", "31"]
    if quick:
        sim, prepared = common.corpus(quick=True), out / "prepared"
    else:
        call(["simulate", str(sim), *common_words])
    train = ["--set", "run.minutes=0", "--set", "run.device='cpu'", "--set", "run.batch=4", "--set", "run.workers=1"]
    names = [name for name in chosen.split(",") if name]
    if not names or {"pretrain", "evaluate"} & set(names):
        call(["catalog", str(sim), "--out", str(out / "catalogue")])
        call(["split", str(out / "catalogue"), "--counts", "2,1,1", "--out", str(out / "split.json")])
        call(["prepare", str(sim), "--split", str(out / "split.json"), "--recipe", "nano", "--out", str(prepared)])
    if not names or "evaluate" in names:
        call(["pretrain", "nano", "--data", str(prepared), "--out", str(run), *train, "--set", "run.steps=2"])
    commands = {
        "simulate": ["simulate", "{out}", *common_words, "--workers", "2"],
        "check": ["check", str(sim), "--out", "{out}", "--workers", "2"],
        "prepare": ["prepare", str(sim), "--recipe", "nano", "--out", "{out}", "--workers", "2"],
        "benchmark": ["benchmark", str(sim), "--out", "{out}", "--hold-out", "session", "--workers", "2"],
        "pretrain": ["pretrain", "nano", "--data", str(prepared), "--out", "{out}", *train, "--set", "run.steps=4"],
        "evaluate": ["evaluate", str(run), "--data", str(prepared), "--out", "{out}", "--episodes", str(sim),
                     "--sections", "forecasts"],
    }  # fmt: skip
    unknown = [name for name in names if name not in commands]
    if unknown:
        raise UsageError("no such command", field="--commands", found=unknown[0], expected=", ".join(commands))
    return {name: commands[name] for name in names or commands}


def call(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "xperience", *words], check=True, capture_output=True)


def stopped(words: list[str], out: Path, moments: int, draw: random.Random, number: signal.Signals) -> dict[str, Any]:
    """One command, stopped at so many moments of the time it takes alone; after each it is called again to its end."""
    target = out / "work"
    shutil.rmtree(target, ignore_errors=True)
    begun = time.monotonic()
    start(words, target).communicate()
    lasts = time.monotonic() - begun
    found: dict[str, Any] = {"seconds": round(lasts, 1), "statuses": {}, "wrong": []}
    for _ in range(moments):
        shutil.rmtree(target, ignore_errors=True)
        moment = draw.uniform(0.1, 0.95 * lasts)
        process = start(words, target)
        time.sleep(moment)
        if process.poll() is None:
            os.killpg(process.pid, number)
        said, text = process.communicate(timeout=120)
        status = process.returncode
        found["statuses"][str(status)] = found["statuses"].get(str(status), 0) + 1
        wrong = []
        if status not in {STOPPED, INTERRUPTED, *ENDED}:
            wrong.append(f"status {status}")
        if status == STOPPED and GOES_ON not in text:
            wrong.append("does not say that it goes on")
        if "Traceback" in text or "Exception" in text or "leaked" in text:
            wrong.append("a traceback")
        time.sleep(1.0)
        if left := group(process.pid):
            wrong.append(f"{left} processes left over")
        again = start(words, target)
        rest = again.communicate()[1]
        if again.returncode not in ENDED:
            wrong.append(f"does not go on: status {again.returncode}: {rest[-300:]}")
        if wrong:
            found["wrong"].append({"moment": round(moment, 2), "what": wrong, "said": (said + text)[-1000:]})
    return found


def start(words: list[str], out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "xperience", *(word.format(out=out) for word in words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def group(leader: int) -> int:
    """Processes of a group that are still there, without those that ended and wait to be asked about."""
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            count += int(fields[2]) == leader and fields[0] != "Z"
    return count


if __name__ == "__main__":
    common.start(main)
