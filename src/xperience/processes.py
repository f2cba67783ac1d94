"""What every worker process does: arithmetic in one thread, and an end when the process that works with it is gone."""

from __future__ import annotations

import os
import threading
import time

from xperience import threads

LOOK_S = 0.5


def begin_worker(parent: int = 0) -> None:
    """First call of a worker process.

    Args:
        parent: see `end_with_parent`.
    """
    threads.one_thread()
    end_with_parent(parent)


def end_with_parent(parent: int = 0) -> None:
    """Ends this process soon after its parent has gone, however that went: nobody would take what it makes.

    Args:
        parent: its process number; without, whatever is the parent now.
    """
    threading.Thread(target=_watch, args=(parent or os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
