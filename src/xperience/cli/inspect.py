"""xperience inspect: what a recording holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("inspect")
    def inspect(
        episode: Annotated[Path, typer.Argument(help="Episode folder or its annotation.hdf5.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON with stable keys instead of text.")] = False,
        rrd: Annotated[
            Path | None,
            typer.Option("--rrd", help="Also write a Rerun recording (needs the viz extra).", metavar="FILE"),
        ] = None,
    ) -> None:
        """Print what a recording holds: streams, rates, counts, presence, labels and problems.

        A stream is present (with the share of its samples that are valid; for depth, of the pixels of 8 images) or
        absent (with the reason). Only headers
        and small streams are read, so a full-length episode takes about a second. Exit status 2 where the recording
        cannot be opened.
        """
        from xperience.episode import Episode
        from xperience.episode.inspect import describe, render
        from xperience.storage import to_json

        with Episode.open(episode) as opened:
            facts = describe(opened)
            typer.echo(to_json(facts) if as_json else render(facts), nl=not as_json)
            if rrd is not None:
                from xperience.report.rerun_export import export

                for left_out in export(opened, rrd):
                    typer.echo(f"not in {rrd.name}: {left_out}", err=True)
                typer.echo(f"wrote {rrd}", err=True)
