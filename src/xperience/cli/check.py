"""xperience check: what is wrong with a recording, before a model learns it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("check")
    def check(
        path: Annotated[Path, typer.Argument(help="An episode folder, or a folder of sessions.")],
        out: Annotated[Path, typer.Option(help="Where qa.json, qa.parquet, missing_views.json and the page go.")],
        workers: Annotated[int, typer.Option(min=1, help="Processes; each needs about 500 MB.")] = 1,
        page: Annotated[bool, typer.Option(help="Write index.html with a picture of each problem.")] = True,
    ) -> None:
        """Measure quality and synchronisation of recordings.

        Each episode passes, is usable within the listed limits, or fails. Exit status: 0, or 1 if an episode failed,
        or 2 if the check could not run. Run it again after an interruption: finished episodes are kept.
        """
        from xperience.quality.campaign import check_all

        qualities = check_all(path, out, workers=workers)
        if page:
            from xperience.report.quality_page import build

            build(qualities, out)
        for quality in qualities:
            typer.echo(f"{quality.verdict:8} {quality.episode}")
            for finding in quality.findings:
                span = f"{finding.start_s:.1f}-{finding.end_s:.1f} s"
                typer.echo(f"         {finding.check} [{finding.modality} {span}]: {finding.reason}")
        counts = {v: sum(q.verdict == v for q in qualities) for v in ("pass", "limited", "fail")}
        typer.echo(", ".join(f"{n} {v}" for v, n in counts.items()))
        if page:
            typer.echo(str((out / "index.html").resolve()))
        if counts["fail"]:
            raise typer.Exit(1)
