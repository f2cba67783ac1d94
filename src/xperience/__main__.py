"""Entry point of the command line, also `python -m xperience`: signals are watched before anything else is imported."""

from __future__ import annotations

from xperience.processes import ignore_signals, watch_signals


def main() -> None:
    watch_signals()
    try:
        from xperience import cli

        cli.main()
    finally:
        ignore_signals()


if __name__ == "__main__":
    main()
