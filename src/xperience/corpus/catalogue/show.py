"""Results of queries as text."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 200
"""Rows of a printed table; --json and --csv give all."""


def as_json_text(table: pa.Table) -> str:
    return json.dumps(table.to_pylist(), indent=2, ensure_ascii=False, default=str) + "\n"


def as_csv_text(table: pa.Table) -> str:
    """Lists and maps stand as JSON in their cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([json.dumps(v, ensure_ascii=False) if isinstance(v, (list, dict)) else v for v in row])
    return text.getvalue()


def print_table(table: pa.Table) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table()
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        numeric = str(kind).startswith(("int", "uint", "double", "float", "decimal"))
        shown.add_column(Text(name), justify="right" if numeric else "left")
    head = table.slice(0, SHOWN)
    for row in zip(*(column.to_pylist() for column in head.columns), strict=True):
        shown.add_row(*(Text(_cell(value)) for value in row))
    console = Console()
    console.print(shown)
    if table.num_rows > SHOWN:
        console.print(f"{table.num_rows - SHOWN:,} more rows: use --csv or --json")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
