"""Entry point of the command line, also `python -m xperience`: signals are watched before anything else is imported."""

from __future__ import annotations

import os
import sys

from xperience.processes import hush_hdf5, ignore_signals, watch_signals


def main() -> None:
    watch_signals()
    hush_hdf5()
    try:
        from xperience import cli

        cli.main()
    except SystemExit as end:
        storage = sys.modules.get("xperience.storage")
        if storage is not None and storage.hdf5_broken:
            sys.stdout.flush()
            os._exit(end.code if isinstance(end.code, int) else 1)
        raise
    finally:
        ignore_signals()


if __name__ == "__main__":
    main()
