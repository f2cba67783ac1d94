"""xperience query: SQL over a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("query")
    def query(
        sql: Annotated[str, typer.Argument(help="One SELECT over the tables episodes and files.", metavar="SQL")],
        catalogue: Annotated[Path, typer.Option("--catalog", help="Folder of the catalogue.", metavar="DIR")] = Path(
            "catalogue"
        ),
        as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of rows.")] = False,
        as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    ) -> None:
        """Ask a catalogue with SQL (that of DuckDB). It reads the two tables, and can neither write nor read elsewhere.

        Example: xperience query --catalog catalogue
        "SELECT activity, count(*) AS n, sum(duration_s) / 3600 AS hours FROM episodes GROUP BY ALL ORDER BY n DESC"
        """
        from xperience.corpus.catalogue import query as ask
        from xperience.corpus.catalogue.show import as_csv_text, as_json_text, print_table
        from xperience.errors import UsageError

        if as_json and as_csv:
            raise UsageError("two formats", field="--json, --csv", expected="at most one of them")
        table = ask(catalogue, sql)
        if as_json:
            typer.echo(as_json_text(table), nl=False)
        elif as_csv:
            typer.echo(as_csv_text(table), nl=False)
        else:
            print_table(table)
