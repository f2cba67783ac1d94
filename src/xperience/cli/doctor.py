"""xperience doctor: what this machine has."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("doctor")
    def doctor(
        json: Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of text.")] = False,
    ) -> None:
        """Say what this machine has (cores, memory, disk, codecs, extras, GPU) and what each missing piece costs.

        Takes under two seconds and changes nothing.
        """
        from xperience.doctor import render, survey
        from xperience.storage import to_json

        found = survey()
        print(to_json(found.as_dict()) if json else render(found))
