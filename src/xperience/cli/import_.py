"""xperience import: other recordings into the episode layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("import")
    def import_(
        source: Annotated[str, typer.Argument(metavar="SOURCE", help="utd-mhad or aria.")],
        src: Annotated[Path, typer.Argument(metavar="SRC", help="Folder (utd-mhad) or FILE.vrs (aria) to read.")],
        out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the episodes to.")],
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    ) -> None:
        """Turn recordings of another dataset into episodes.

        \b
        SOURCE  SRC                                    becomes
        utd-mhad  folder of Inertial/, Skeleton/,      one episode a trial: OUT/utd_mhad_s<subject>/a<action>_t<trial>
                  Depth/ with a1_s1_t1_inertial.mat
        aria      recording.vrs of Project Aria        one episode: OUT/<folder name>/<file name>

        What a recording lacks is not written: it is absent, never zeros. Every stream keeps its own rate. Units become
        those of the layout. Beside each annotation.hdf5 a provenance.json says which files it came from (size,
        SHA-256), under which licence, what was converted and how the clocks were related.

        Nothing outside SRC is read (for aria: the file, and mps/ beside it) and nothing outside OUT is written.
        Stopped at any moment, run it again: whole episodes are kept, the rest is made. Recordings that cannot be
        used are set aside by name; OUT/import_<source>.json lists everything.

        \b
        Exit code: 0 all converted, 1 some set aside, 2 nothing could be.
        Example:   xperience import utd-mhad UTD-MHAD/ episodes/
                   xperience inspect episodes/utd_mhad_s1/a01_t1
        How to add a source: docs/sources.md
        """
        from xperience.sources.importing import import_recordings
        from xperience.sources.registry import source as find_source

        outcome = import_recordings(find_source(source), src, out, show=not quiet)
        print(f"{len(outcome.made)} made, {len(outcome.kept)} kept, {len(outcome.set_aside)} set aside in {out}")
        for item in outcome.set_aside:
            print(f"set aside {item.name}: {item.reason}")
        if outcome.set_aside:
            raise typer.Exit(1 if outcome.episodes else 2)
