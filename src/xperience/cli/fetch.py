"""xperience fetch: selected recordings to this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("fetch")
    def fetch(
        catalogue: Annotated[Path, typer.Argument(help="Folder of `xperience catalog`.", metavar="CATALOG")],
        select: Annotated[Path, typer.Option(help="episode_selection.json of `xperience select`.", metavar="FILE")],
        out: Annotated[Path, typer.Option(help="Folder that gets <session>/ep<k>/.")],
        budget: Annotated[str, typer.Option(help="Most bytes of the selection, such as 100GB or 1.5TiB.")],
        minimal: Annotated[
            bool, typer.Option("--minimal", help="Only annotation.hdf5 and fisheye_cam0.mp4 (one view with its sound).")
        ] = False,
        token_file: Annotated[
            Path | None,
            typer.Option(help="File with a Hugging Face token; else that of `hf auth login`.", metavar="FILE"),
        ] = None,
        show: Annotated[bool, typer.Option("--show/--quiet", help="Show progress.")] = True,
    ) -> None:
        """Stage the selected episodes here: continued where it stopped, checked by size and hash.

        visualization.rrd is never fetched. It refuses to start where the selection exceeds the budget or the free disk.
        Exit status 1 where some files failed; run again, it fetches only those.

        Example: xperience fetch catalogue --select episode_selection.json --out recordings --budget 100GB
        """
        from xperience.corpus import fetch as staging
        from xperience.corpus.catalogue import Catalogue
        from xperience.corpus.catalogue.token import read_token

        size = staging.parse_bytes(budget)
        report = staging.fetch(
            Catalogue.open(catalogue),
            staging.selected(select),
            out,
            budget=size,
            minimal=minimal,
            token=read_token(token_file),
            show=show,
        )
        typer.echo(
            f"{report.copied:,} files fetched ({report.bytes_read:,} bytes), {report.kept:,} were here, "
            f"{report.size_only:,} checked by size only, {len(report.failed):,} failed"
        )
        for name, reason in report.failed.items():
            typer.echo(f"  {name}: {reason}", err=True)
        if report.failed:
            raise typer.Exit(1)
