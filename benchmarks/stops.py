"""Stops long commands at random moments, as Ctrl-C at a terminal does, and lets the same command go on.

    python benchmarks/stops.py --out out/stops                  # 50 moments of each of six commands, about 20 minutes
    python benchmarks/stops.py --out out/stops --quick --json   # two moments each

SIGINT goes to the whole process group. Asked for: status 75, or 130 before anything was begun, the sentence "stopped; the
same command goes on", no traceback and no process left over; and the same command then ends well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from xperience.processes import GOES_ON, INTERRUPTED, STOPPED

ENDED = {0, 1}
"""Status of a command that was quicker than the signal; `check` says with 1 that a recording failed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for recordings and runs")
    parser.add_argument("--moments", type=int, default=50, help="of each command")
    parser.add_argument("--commands", default="", help="by comma; all by default")
    parser.add_argument("--signal", choices=("SIGINT", "SIGTERM"), default="SIGINT")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="two moments each")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    moments = 2 if args.quick else args.moments
    args.out.mkdir(parents=True, exist_ok=True)
    commands = made(args.out)
    chosen = [name for name in args.commands.split(",") if name] or list(commands)
    draw = random.Random(args.seed)
    found = {
        name: stopped(name, commands[name], args.out, moments, draw, getattr(signal, args.signal)) for name in chosen
    }
    print(json.dumps(found, indent=2) if args.json else "\n".join(f"{name:10} {one}" for name, one in found.items()))
    sys.exit(any(one["wrong"] for one in found.values()))


def made(out: Path) -> dict[str, list[str]]:
    """The commands, with what each needs; {out} is where it writes."""
    sim, prepared, run = out / "sim", out / "prepared", out / "run"
    common = ["--episodes", "4", "--sessions", "4", "--seconds", "4", "--size", "48", "--seed", "31"]
    call(["simulate", str(sim), *common])
    call(["catalog", str(sim), "--out", str(out / "catalogue")])
    call(["split", str(out / "catalogue"), "--counts", "2,1,1", "--out", str(out / "split.json")])
    call(["prepare", str(sim), "--split", str(out / "split.json"), "--recipe", "nano", "--out", str(prepared)])
    train = ["--set", "run.minutes=0", "--set", "run.device='cpu'", "--set", "run.batch=4", "--set", "run.workers=1"]
    call(["pretrain", "nano", "--data", str(prepared), "--out", str(run), *train, "--set", "run.steps=2"])
    return {
        "simulate": ["simulate", "{out}", *common, "--workers", "2"],
        "check": ["check", str(sim), "--out", "{out}", "--workers", "2"],
        "prepare": ["prepare", str(sim), "--recipe", "nano", "--out", "{out}", "--workers", "2"],
        "benchmark": ["benchmark", str(sim), "--out", "{out}", "--hold-out", "session", "--workers", "2"],
        "pretrain": ["pretrain", "nano", "--data", str(prepared), "--out", "{out}", *train, "--set", "run.steps=4"],
        "evaluate": ["evaluate", str(run), "--data", str(prepared), "--out", "{out}", "--episodes", str(sim),
                     "--sections", "forecasts"],
    }  # fmt: skip


def call(words: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "xperience", *words], check=True, capture_output=True)


def stopped(
    name: str, words: list[str], out: Path, moments: int, draw: random.Random, number: signal.Signals
) -> dict[str, Any]:
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
    main()
