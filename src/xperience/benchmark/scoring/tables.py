"""Tables of predictions as anyone writes them: CSV, TSV, JSON lines, a JSON list of objects, or an npz of columns.

All become columns of text. Only the columns that are asked for are kept in memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.scoring import columns
from xperience.benchmark.scoring.files import (
    MAX_ARCHIVE_BYTES,
    MAX_TABLE_BYTES,
    array_names,
    check,
    json_objects,
    read_arrays,
    read_json_lines,
    read_table,
    refuse_duplicates,
    whole_numbers,
)
from xperience.errors import FormatError

DELIMITERS = ("\t", ",", ";")
"""The first that the header has."""

TEST = "test"
"""The split that counts where a file has several."""


@dataclass(frozen=True)
class Source:
    """A file with columns: their names, and how to read some of them as text."""

    path: Path
    names: list[str]
    read: Callable[[Sequence[str]], dict[str, list[str]]]


def is_archive(path: Path) -> bool:
    """Whether a file is an npz, by its name or its first bytes.

    Raises:
        MissingError: no such file.
    """
    with check(path, MAX_ARCHIVE_BYTES).open("rb") as file:
        return path.suffix == ".npz" or file.read(4) == b"PK\x03\x04"


def open_source(path: Path) -> Source:
    """Looks at what a file is, and at the names of its columns.

    Raises:
        MissingError, LimitError, FormatError, CorruptError: as for the readers of `files`.
    """
    if is_archive(path):
        return Source(path, array_names(path, range(1, 3)), lambda names: _columns(path, names))
    with check(path, MAX_TABLE_BYTES).open("rb") as file:
        start = file.read(4096)
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"{", b"["):
        return _source_of_rows(path, _json_rows(path))
    delimiter = _delimiter(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            header = next(csv.reader(file, delimiter=delimiter), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError("not a CSV table in UTF-8", file=path, found=error) from error
    return Source(path, header, lambda names: read_table(path, names, delimiter=delimiter))


def _columns(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Arrays [n] or [n, 1] of an npz as text."""
    found = {}
    for name, array in read_arrays(path, names, text=True).items():
        if array.size != len(array):
            raise FormatError("not a column", file=path, field=name, found=array.shape, expected="[n] or [n, 1]")
        found[name] = [str(value) for value in array.reshape(-1).tolist()]
    if len({len(values) for values in found.values()}) > 1:
        lengths = {name: len(values) for name, values in found.items()}
        raise FormatError("columns of different length", file=path, found=lengths)
    return found


def _delimiter(path: Path) -> str:
    with path.open("rb") as file:
        line = file.readline(65536).decode("utf-8-sig", "replace")
    return next((mark for mark in DELIMITERS if mark in line), ",")


def _json_rows(path: Path) -> list[dict[str, Any]]:
    objects = json_objects(path)
    return read_json_lines(path, _flat) if objects is None else [_flat(row) for row in objects]


def _flat(row: Mapping[str, Any]) -> dict[str, str]:
    """A row as text; the fields of an object inside it stand beside it under dotted names."""
    flat: dict[str, str] = {}
    for name, value in row.items():
        flat[name] = _text(value)
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": _text(one) for inner, one in value.items()}
    return flat


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def _source_of_rows(path: Path, rows: list[dict[str, Any]]) -> Source:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Source(path, names, lambda wanted: {name: [row.get(name, "") for row in rows] for name in wanted})


@dataclass
class Rows:
    """Rows of predictions.

    Attributes:
        path: the file.
        columns: n texts each, by role: "true", "predicted" and whatever else was asked for and is there.
        named: by role, what the file calls the column.
        episode: n texts, "" in a file of one episode.
        split: n texts, "" where the file names none.
        keys: n texts each, of the columns that name the rows.
        notes: what a reader must know.
    """

    path: Path
    columns: dict[str, list[str]]
    named: dict[str, str]
    episode: list[str]
    split: list[str]
    keys: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.episode)

    def keep(self, rows: Sequence[int]) -> Rows:
        """Only these rows."""

        def some(values: list[str]) -> list[str]:
            return [values[k] for k in rows]

        return Rows(
            self.path,
            {role: some(values) for role, values in self.columns.items()},
            self.named,
            some(self.episode),
            some(self.split),
            {name: some(values) for name, values in self.keys.items()},
            list(self.notes),
        )

    def numbers(self, role: str) -> np.ndarray:
        """A column as float64 [n]; anything else than a finite number is refused with its row."""
        return numbers(self.path, self.named[role], self.columns[role])


def numbers(path: Path, column: str, values: Sequence[str]) -> np.ndarray:
    found = np.empty(len(values))
    for row, text in enumerate(values):
        try:
            found[row] = float(text)
        except ValueError:
            found[row] = np.nan
        if not np.isfinite(found[row]):
            raise FormatError("not a number", file=path, field=f"{column}, row {row + 1}", found=text[:80])
    return found


def chosen_split(path: Path, given: str | None) -> tuple[str | None, list[str]]:
    """Which split of a file is scored: the one given, "test", or the only one; None where no column names it.

    Returns:
        It, and the others that the file has.

    Raises:
        FormatError: no row is of the split that was given, or several are there and none of them is the test.
    """
    source = open_source(path)
    name = columns.find(source.names, columns.SPLIT)
    there = list(dict.fromkeys(source.read([name])[name])) if name is not None else []
    if given is None and not there:
        return None, []
    split = given or (there[0] if len(there) == 1 else TEST)
    if split not in there:
        raise FormatError(
            "no row of this split",
            file=path,
            field=name or "split",
            found=", ".join(there[:8]) or "no such column",
            expected=split,
            hint="say with --split which rows count",
        )
    return split, [one for one in there if one != split]


def read_rows(
    path: Path,
    roles: Mapping[str, Sequence[str]],
    optional: Mapping[str, Sequence[str]] | None = None,
    split: str | None = None,
) -> Rows:
    """Rows of a table, by roles; which names a role goes under is for `columns` to say.

    Args:
        roles: names of the columns that must be there, the likeliest first. optional: of those that may.
        split: only rows of this one; all where None.

    Raises:
        FormatError: a role that no column plays, a row that occurs twice, or a number that is none.
    """
    source = open_source(path)
    named = {role: columns.find(source.names, names) for role, names in {**roles, **(optional or {})}.items()}
    missing = [role for role in roles if named[role] is None]
    if missing:
        raise FormatError(
            "columns are missing",
            file=path,
            field=", ".join(missing),
            found=", ".join(source.names)[:300] or "an empty file",
            expected="; ".join(f"{role}: {', '.join(list(roles[role])[:6])}" for role in missing),
        )
    there = {role: name for role, name in named.items() if name is not None}
    keys = {key: name for key in columns.KEYS if (name := columns.find(source.names, (key,))) is not None}
    around = {
        role: name
        for role, names in (("episode", columns.EPISODE), ("split", columns.SPLIT))
        if (name := columns.find(source.names, names)) is not None
    }
    table = source.read(list(dict.fromkeys([*there.values(), *keys.values(), *around.values()])))
    count = len(next(iter(table.values()), []))
    empty = [""] * count
    rows = Rows(
        path,
        {role: table[name] for role, name in there.items()},
        there,
        table[around["episode"]] if "episode" in around else empty,
        table[around["split"]] if "split" in around else empty,
        {name: table[name] for name in keys.values()},
    )
    if split is not None:
        rows = rows.keep([k for k, one in enumerate(rows.split) if one == split])
    _check_keys(rows)
    return rows


def _check_keys(rows: Rows) -> None:
    """Refuses a sample that occurs twice, as far as the columns can tell."""
    for name, values in rows.keys.items():
        if columns.plain(name) in columns.WHOLE:
            whole_numbers(rows.path, name, values)
    if not rows.keys:
        rows.notes.append("no column names the rows, so one that occurs twice would count twice")
        return
    refuse_duplicates(
        rows.path,
        ", ".join(rows.keys),
        list(zip(rows.split, rows.episode, *rows.keys.values(), strict=True)),
    )
