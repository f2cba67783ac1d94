"""xperience inspect: what a recording holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("inspect")
    def inspect(
        episode: Annotated[Path, typer.Argument(help="Episode folder or its annotation.hdf5.")],
    ) -> None:
        """Print what a recording holds: streams, rates, counts, presence and labels."""
