"""xperience taxonomy: an atlas of a catalogue's episodes as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("taxonomy")
    def taxonomy(
        catalogue: Annotated[Path, typer.Argument(help="Folder that `xperience catalog` wrote.", metavar="CATALOG")],
        out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("taxonomy.html"),
        split: Annotated[
            Path | None, typer.Option("--split", help="Colour by the parts of this split.", metavar="FILE")
        ] = None,
        selection: Annotated[
            Path | None,
            typer.Option("--selection", help="Colour by this selection of episodes.", metavar="FILE"),
        ] = None,
    ) -> None:
        """Write an atlas of episodes: activities, objects, places, sessions, missing streams, and their balance.

        One page that needs no network. What a catalogue does not know (a listing knows only names and sizes) is said,
        not drawn. Clicks narrow the list of episodes at its end.

        Example: xperience taxonomy out/catalogue --split split.json --out taxonomy.html
        """
        from xperience.corpus.catalogue import Catalogue
        from xperience.errors import UsageError
        from xperience.report import taxonomy_page

        if out.is_dir():
            raise UsageError("the page is a file, not a folder", field="--out", found=out, hint="give a name in .html")
        rows = Catalogue.open(catalogue).episodes()
        page = taxonomy_page.build(rows, out, split=split, selection=selection, name=catalogue.resolve().name)
        typer.echo(page.resolve())
