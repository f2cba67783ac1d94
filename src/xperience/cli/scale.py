"""xperience scale: how the loss falls with size and data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from xperience.cli import THREADS
from xperience.threads import fix


def register(app: typer.Typer) -> None:
    @app.command("scale")
    def scale(
        config: Annotated[str, typer.Argument(help="Config that all rungs share: TOML file or name.")],
        data: Annotated[list[Path], typer.Option("--data", help="Folder of `xperience prepare`; may be repeated.")],
        out: Annotated[Path, typer.Option("--out", help="Folder of the ladder; what is done is kept.")],
        sizes: Annotated[
            str, typer.Option("--sizes", help="Names, or layers x width such as 2x64, by comma.")
        ] = "2x64,4x128,6x192",
        recordings: Annotated[
            str, typer.Option("--recordings", help="Training recordings of each folder, by comma.")
        ] = "6,12,24",
        side: Annotated[str, typer.Option("--side", help="Side of the split that is held out.")] = "val",
        windows: Annotated[int, typer.Option("--windows", min=1, help="Of each held-out recording.")] = 16,
        settings: Annotated[
            list[str] | None, typer.Option("--set", help="Replace a key of the config.", metavar="KEY=VALUE")
        ] = None,
        threads: Annotated[int | None, THREADS] = None,
    ) -> None:
        """Train a ladder of sizes and amounts of data, fit the curves with intervals, write the scaling report.

        Give the config a fixed number of steps: rungs are compared after the same number of samples.

        \b
        OUT/SCALING_REPORT.md, scaling.json, scaling.png
        OUT/<size>_<recordings>/             each a run of `xperience pretrain`

        Example: xperience scale nano --data prepared --out ladder --set run.steps=300 --set run.minutes=0
        """
        fix(threads)
        from xperience.cli.pretrain import _values
        from xperience.errors import UsageError
        from xperience.pretrain.config import load_config
        from xperience.pretrain.scaling import fit_all, ladder, write_report

        chosen = load_config(config, _values(settings or []))
        try:
            counts = [int(item) for item in recordings.split(",")]
        except ValueError as error:
            raise UsageError("not whole numbers", field="--recordings", found=recordings) from error
        names = [item.strip() for item in sizes.split(",")]
        rungs = ladder(chosen, data, out, names, counts, side, windows, lambda text: typer.echo(text, err=True))
        found = fit_all(rungs, chosen.run.seed)
        write_report(out, chosen, rungs, found, " ".join(["xperience", *sys.argv[1:]]))
        typer.echo(f"wrote {out / 'SCALING_REPORT.md'}")
