"""SQL over a catalogue: it can read the two tables, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xperience.corpus.catalogue.catalogue import EPISODES, FILES, Catalogue
from xperience.corpus.row import episode_schema
from xperience.errors import LimitError, UsageError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

PATTERN = "*?["
"""Characters of a path that duckdb takes for a pattern of several files; it has no way to quote them."""

MAX_ROWS = 1_000_000
"""Most rows that a query gives back."""


def query(folder: Path | str, sql: str) -> pa.Table:
    """The result of one SELECT over the tables `episodes` and `files`.

    Raises:
        MissingError: no catalogue there.
        UsageError: not one SELECT, wrong SQL, or it reaches for anything but the two tables.
        LimitError: the result has more than a million rows.
    """
    import duckdb

    catalogue = Catalogue.open(folder)
    connection = _locked(catalogue.folder)
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
            raise UsageError("a query only reads", field="SQL", found=kinds, expected="one SELECT")
        reader = connection.sql(sql).to_arrow_reader(100_000)
        batches, count = [], 0
        for batch in reader:
            batches.append(batch)
            count += batch.num_rows
            if count > MAX_ROWS:
                raise LimitError("too many rows", field="SQL", expected=f"at most {MAX_ROWS:,}", hint="add a LIMIT")
        import pyarrow as pa

        return pa.Table.from_batches(batches, schema=reader.schema)
    except duckdb.Error as error:
        raise UsageError(
            "the query cannot be run",
            field="SQL",
            found=str(error).strip()[:500],
            hint=f"columns of episodes: {', '.join(episode_schema().names)}",
        ) from error
    finally:
        connection.close()


def _locked(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that may open the two Parquet files and cannot be told otherwise."""
    import duckdb
    import pyarrow.parquet as pq

    paths = {name: str((folder / name).resolve()) for name in (EPISODES, FILES)}
    connection = duckdb.connect(":memory:")
    quoted = {name: _quoted(path) for name, path in paths.items()}
    for name in (EPISODES, FILES):
        view = name.removesuffix(".parquet")
        if set(paths[name]) & set(PATTERN):
            connection.register(view, pq.read_table(paths[name], partitioning=None))
            continue
        # A folder above, such as activity=cook, is no column.
        table = f"read_parquet({quoted[name]}, hive_partitioning = false, filename = false)"
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {table}")
    for setting in (
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "temp_directory = ''",
        f"allowed_paths = [{', '.join(quoted.values())}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
