"""Reading predictions that come from anyone: CSV, JSON lines, JSON and npz, bounded in size, never unpickled."""

from __future__ import annotations

import contextlib
import csv
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from xperience.errors import CorruptError, FormatError, LimitError, MissingError

MAX_TABLE_BYTES = 128 * 2**20
MAX_ROWS = 1_000_000
"""Largest CSV: the predictions of some three thousand full-length recordings, under 1 GB in memory."""

MAX_LINES_BYTES = 64 * 2**20
MAX_LINE_BYTES = 4 * 2**20
MAX_JSON_BYTES = 16 * 2**20
"""Parsed JSON can take twenty times its size in memory."""

MAX_ARRAY_BYTES = 512 * 2**20
"""Largest array of an npz once unpacked, by its own header."""

MAX_ARCHIVE_BYTES = 4 * MAX_ARRAY_BYTES
_ZIP_TAIL = 22 + 65535
_MAX_DIRECTORY_BYTES = 16 * 2**20

T = TypeVar("T")


def check(path: Path, limit: int) -> Path:
    """The path, if it is a file of bearable size."""
    if not path.is_file():
        raise MissingError("no such file", file=path)
    if path.stat().st_size > limit:
        raise LimitError(
            "too large for a predictions file", file=path, found=path.stat().st_size, expected=f"<= {limit}"
        )
    return path


def read_table(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), *, delimiter: str = ","
) -> dict[str, list[str]]:
    """Columns of a CSV as text; optional ones only where the file has them. Other columns are not kept."""
    check(path, MAX_TABLE_BYTES)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = next(reader, [])
            _check_header(path, header, columns)
            places = {name: header.index(name) for name in (*columns, *optional) if name in header}
            table: dict[str, list[str]] = {name: [] for name in places}
            for number, row in enumerate(reader, start=2):
                if not row:
                    continue
                if len(row) != len(header):
                    raise FormatError(
                        "a row with another number of columns than the header",
                        file=path,
                        field=f"line {reader.line_num}",
                        found=len(row),
                        expected=len(header),
                    )
                if number > MAX_ROWS:
                    raise LimitError("too many rows", file=path, expected=f"<= {MAX_ROWS}")
                for name, place in places.items():
                    table[name].append(row[place])
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError("not a CSV table in UTF-8", file=path, found=error) from error
    return table


def _check_header(path: Path, header: list[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise FormatError(
            "columns are missing",
            file=path,
            field=", ".join(missing),
            found=", ".join(header)[:300] or "an empty file",
            expected=", ".join(columns),
        )
    if len(set(header)) != len(header):
        raise FormatError("a column name occurs twice", file=path, found=", ".join(header)[:300])


def whole_numbers(path: Path, column: str, values: Iterable[str], allowed: range | None = None) -> np.ndarray:
    """Text to int64 [n]; anything else than a whole number (in `allowed`) is refused with its row."""
    result = []
    for row, text in enumerate(values, start=1):
        try:
            value = int(float(text)) if float(text).is_integer() else None
        except (ValueError, OverflowError):
            value = None
        if value is None or abs(value) > 2**53 or (allowed is not None and value not in allowed):
            expected = "a whole number" if allowed is None else f"{allowed.start} to {allowed.stop - 1}"
            raise FormatError(
                "not a whole number here", file=path, field=f"{column}, row {row}", found=text[:80], expected=expected
            )
        result.append(value)
    return np.array(result, np.int64)


def refuse_duplicates(path: Path, what: str, keys: Sequence[object]) -> None:
    """A sample that occurs twice would count twice."""
    if len(set(keys)) != len(keys):
        seen: set[object] = set()
        first = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise FormatError(
            f"a {what} occurs twice",
            file=path,
            field=what,
            found=first,
            hint="add a column episode_id if the file holds several episodes",
        )


def refuse_empty(path: Path, count: int) -> None:
    if count == 0:
        raise FormatError("nothing to score: no row with a true label", file=path)


def read_json(path: Path) -> Any:
    try:
        return json.loads(check(path, MAX_JSON_BYTES).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError("not JSON", file=path, found=error) from error


def read_names(path: Path, key: str = "") -> list[str]:
    """A JSON list of texts, or the one under `key` of a JSON object."""
    value = read_json(path)
    if isinstance(value, dict) and key:
        value = value.get(key)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise FormatError("not a list of names", file=path, field=key or None, expected="a JSON list of texts")
    return value


def read_json_lines(path: Path, use: Callable[[dict[str, Any]], T]) -> list[T]:
    """`use` of each line's object; blank lines are skipped, any other line that is no JSON object is refused."""
    rows: list[T] = []
    number = 0
    with check(path, MAX_LINES_BYTES).open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise LimitError(
                    "a line too long", file=path, field=f"line {number}", expected=f"<= {MAX_LINE_BYTES} bytes"
                )
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise FormatError("not JSON", file=path, field=f"line {number}", found=error) from error
            if not isinstance(value, dict):
                raise FormatError("not a JSON object", file=path, field=f"line {number}", found=type(value).__name__)
            rows.append(use(value))
    return rows


WRAPPERS = ("predictions", "rows", "samples", "results", "ranks", "data")
"""Names under which a JSON object holds the rows, the first that it has."""


def json_objects(path: Path) -> list[dict[str, Any]] | None:
    """The objects of a JSON list, or of the list inside one JSON object; None where the file is JSON lines.

    Raises:
        FormatError: a list of something else.
        LimitError: a list too large; JSON lines may be larger.
    """
    check(path, MAX_LINES_BYTES)
    with path.open("rb") as file:
        lines = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"["
    if lines and path.stat().st_size > MAX_JSON_BYTES:
        return None
    check(path, MAX_JSON_BYTES)
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if lines:
            return None
        raise FormatError("not JSON", file=path, found=error) from error
    if isinstance(value, dict):
        value = next((value[name] for name in WRAPPERS if isinstance(value.get(name), list)), None)
        if value is None:
            return None
    if not value or not all(isinstance(row, dict) for row in value):
        raise FormatError("not a JSON object for each row", file=path, expected="a list of objects")
    return list(value)


_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)
"""What a damaged archive raises."""


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An npz, its directory checked first; damage is a CorruptError."""
    try:
        _check_directory(check(path, MAX_ARCHIVE_BYTES))
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN as error:
        raise CorruptError("not a readable npz", file=path, found=error, expected="numpy.savez arrays") from error


def array_names(path: Path, axes: range | None = None) -> list[str]:
    """Names of the arrays of an npz, only those with so many axes where given; nothing is unpacked.

    Raises:
        CorruptError: not a zip archive of .npy members.
    """
    with _archive(path) as archive:
        members = [member for member in archive.namelist() if member.endswith(".npy")]
        return [m.removesuffix(".npy") for m in members if axes is None or len(_header(archive, m)[0]) in axes]


def read_arrays(path: Path, names: Sequence[str], *, text: bool = False) -> dict[str, np.ndarray]:
    """Those of the named arrays that an npz holds, floats as stored and whole numbers as int64; others stay packed.

    The size is judged by each array's header before anything is unpacked, so a small file cannot grow large.

    Args:
        text: whether arrays of text are read as well.

    Raises:
        CorruptError: not a zip archive of .npy members.
        FormatError: an array of objects (or text), or with NaN or infinite values.
        LimitError: an array would take more than `MAX_ARRAY_BYTES`.
    """
    with _archive(path) as archive:
        members = set(archive.namelist())
        return {name: _read_array(path, archive, name, text) for name in names if f"{name}.npy" in members}


def _check_directory(path: Path) -> None:
    """Refuses a zip whose directory of members alone would fill the memory: zip64 ones, and those above 16 MB."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _ZIP_TAIL))
        tail = file.read()
    start = tail.find(b"PK\x05\x06")
    while start >= 0:
        size = int.from_bytes(tail[start + 12 : start + 16], "little")
        if size > _MAX_DIRECTORY_BYTES or tail[max(0, start - 20) : start].startswith(b"PK\x06\x07"):
            raise LimitError("too many members for an npz", file=path, found=f"a directory of {size} bytes or more")
        start = tail.find(b"PK\x05\x06", start + 4)


def _header(archive: zipfile.ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array, from its first bytes."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
    return shape, dtype


def _read_array(path: Path, archive: zipfile.ZipFile, name: str, text: bool) -> np.ndarray:
    shape, dtype = _header(archive, f"{name}.npy")
    if dtype.kind not in ("fiubU" if text else "fiub"):
        raise FormatError(
            "not an array of numbers", file=path, field=name, found=dtype, expected="float or int; nothing pickled"
        )
    count = 1
    for size in shape:
        count *= int(size)
    if min(shape, default=1) < 0 or count * max(dtype.itemsize, 4) > MAX_ARRAY_BYTES:
        raise LimitError("array too large", file=path, field=name, found=shape, expected=f"<= {MAX_ARRAY_BYTES} bytes")
    with archive.open(f"{name}.npy") as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if dtype.kind == "U":
        return array
    if dtype.kind != "f":
        return array.astype(np.int64)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1))[0]) if array.ndim else 0
        raise FormatError("NaN or infinite values", file=path, field=f"{name}, row {row}", expected="finite numbers")
    return array
