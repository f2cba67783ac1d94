"""xperience plan: what training on a corpus takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("plan")
    def plan(
        episodes: Annotated[
            str,
            typer.Option(
                "--episodes", help="A count, all (12,103 hosted, or all of the catalogue), or design (10,000 h)."
            ),
        ] = "all",
        size: Annotated[str, typer.Option("--size", help="Model size: nano, micro, 0.3b, 1b, 3b, 7b.")] = "1b",
        gpus: Annotated[int, typer.Option("--gpus", help="GPUs that train together.")] = 64,
        recipe: Annotated[
            str, typer.Option("--recipe", help="What shards keep: sensors, small, standard, native.")
        ] = "standard",
        catalogue: Annotated[
            Path | None, typer.Option("--catalog", help="Use this catalogue's own sizes and lengths.", metavar="DIR")
        ] = None,
        settings: Annotated[
            list[str] | None,
            typer.Option("--set", help="Replace an assumption; may be repeated.", metavar="NAME=VALUE"),
        ] = None,
        measured: Annotated[
            bool,
            typer.Option("--measure/--no-measure", help="Measure decoding and reading here (a few seconds), or not."),
        ] = True,
        measure_in: Annotated[
            Path | None,
            typer.Option(
                "--measure-in", help="Folder on the disk to read from; the current one by default.", metavar="DIR"
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON with stable keys instead of text.")] = False,
    ) -> None:
        """Print what training takes: storage, decode cores for a GPU, network, GPU days; with every assumption.

        Each line shows its formula; each assumption its value, unit and source. Those marked + are measured on this
        machine, those marked * were given. The published planning ranges stand beside the result.

        Example: xperience plan --episodes all --size 1b --gpus 64 --set mfu=0.4
        """
        from xperience.corpus.planner import Request
        from xperience.corpus.planner import plan as work_out
        from xperience.corpus.planner.assumptions import parse_settings
        from xperience.corpus.planner.render import render
        from xperience.storage import to_json

        request = Request(
            episodes=episodes,
            size=size,
            gpus=gpus,
            recipe=recipe,
            catalogue=catalogue,
            settings=parse_settings(settings or []),
            measure_in=(measure_in or Path()) if measured else None,
        )
        result = work_out(request)
        typer.echo(to_json(result.to_json()) if as_json else render(result), nl=False)
