"""xperience report: one page about a recording and a benchmark run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("report")
    def report(
        benchmark: Annotated[
            Path, typer.Argument(help="Folder that `xperience benchmark` wrote, with summary_report.json.")
        ],
        episode: Annotated[Path, typer.Option("--episode", help="Recording to show: folder or annotation.hdf5.")],
        out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("report.html"),
        frame: Annotated[
            int | None, typer.Option("--frame", help="Moment to show in the pictures; a telling one is chosen.")
        ] = None,
        show: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress on standard error.")] = True,
    ) -> None:
        """Write one self-contained page: what was recorded, what was labelled, how well each task can be predicted.

        The page holds every picture it shows and needs no network. Streams that the recording lacks are named as
        absent. Show a recording of the run's test part: only there are predictions to draw.

        Example: xperience report out/benchmark --episode recordings/SESSION/ep1 --out report.html
        """
        from xperience.episode import Episode
        from xperience.errors import UsageError
        from xperience.report import page

        if out.is_dir():
            raise UsageError("the page is a file, not a folder", field="--out", found=out, hint="give a name in .html")
        with Episode.open(episode) as opened:
            print(page.build(opened, out, benchmark, frame=frame, show=show).resolve())
