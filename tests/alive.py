"""Whether processes are still at work."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path


def lives(pid: int) -> bool:
    """Whether a process is there and has not ended; one that ended and was not waited for does not live."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_end(pids: Iterable[int], within_s: float = 20) -> bool:
    """Whether processes end within a time."""
    left, until = list(pids), time.monotonic() + within_s
    while left and time.monotonic() < until:
        left = [pid for pid in left if lives(pid)]
        time.sleep(0.1)
    return not left
