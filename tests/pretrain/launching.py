"""Runs of the trainer in processes of their own: started under torchrun, watched, killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from xperience.pretrain.records import read_progress


def start(ranks: int, *command: str) -> subprocess.Popen[str]:
    """A script, or "-m" and a module, with its arguments, on so many ranks; one is started without torchrun."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launch = [sys.executable]
    if ranks > 1:
        launch += ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks), "--master-port", str(port)]
    return subprocess.Popen(
        [*launch, *command],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    """What it printed, when it has ended with that code."""
    text, _ = process.communicate(timeout=120)
    assert process.returncode == code, text[-3000:]
    return text


def ranks_of(launcher: subprocess.Popen[str]) -> list[int]:
    """Process ids of the ranks that torchrun started."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    assert len(children) == 2, "the launcher has its ranks and nothing else"
    return [int(child) for child in children]


def until(run: Path, step: int) -> None:
    """Waits for a run to have done a step."""
    for _ in range(12000):
        if len(read_progress(run)) > step:
            return
        time.sleep(0.01)
    raise AssertionError("the run did not get there")


def kill(launcher: subprocess.Popen[str]) -> None:
    """Both ranks and their launcher at once, by a signal that nobody can answer."""
    for pid in [*ranks_of(launcher), launcher.pid]:
        os.kill(pid, signal.SIGKILL)
    launcher.communicate()


def column(run: Path, name: str) -> list[Any]:
    """One figure of each step."""
    return [line[name] for line in read_progress(run)]
