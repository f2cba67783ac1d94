"""Entry point of the command line, also `python -m xperience`: signals are watched before anything else is imported."""

from __future__ import annotations

from xperience.processes import watch_signals


def main() -> None:
    watch_signals()
    from xperience import cli

    cli.main()


if __name__ == "__main__":
    main()
