"""xperience demo: the whole way in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xperience.cli import THREADS
from xperience.threads import cores, fix


def register(app: typer.Typer) -> None:
    @app.command("demo")
    def demo(
        out: Annotated[Path, typer.Option("--out", help="Folder for everything the demo makes.")] = Path("demo"),
        minutes: Annotated[float, typer.Option(help="Minutes recorded in all, shared by six recordings.")] = 3.0,
        workers: Annotated[int, typer.Option(min=0, help="Processes; 0 takes one for each core, at most 4.")] = 0,
        threads: Annotated[int | None, THREADS] = None,
        quiet: Annotated[bool, typer.Option("--quiet", help="Only print the path of the page.")] = False,
    ) -> None:
        """Go the whole way on simulated recordings and end with a page to open.

        Simulates six recordings of three people, inspects one, computes features, measures the benchmark's tasks on a
        person and place that training never saw, and writes one page about it; then prepares the recordings, trains the
        smallest model for a minute, and sets it beside linear and MLP heads. A few minutes on two cores. Stop it at any
        time and run it again: what is finished is kept.

        The last line printed is the path of the model's page; that of the recording is printed before.
        """
        fix(threads)
        from xperience.demo import Demo

        print(Demo(out, minutes, workers or min(4, cores()), not quiet).run())
