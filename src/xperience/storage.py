"""Files that are either whole or not there: write to a temporary name, then rename."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import SpaceError

LACKING = frozenset(
    getattr(errno, name)
    for name in (
        "ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EROFS", "EPERM", "EEXIST", "ENOTDIR", "EISDIR", "EMFILE", "ENFILE", "EIO",
    )
    if hasattr(errno, name)
)  # fmt: skip
"""What the output's side can lack: room, quota, permission, open files, a disk that answers."""


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Gives a temporary path beside `path` (a file or a folder); on success it takes the place of `path`.

    All that was written is on the disk before it gets its name, and the name before this ends. An existing folder is
    exchanged in one step where the system can (Linux), so that there is always the old or the new one. Elsewhere the old
    one stands aside for a moment; if the process is stopped just then, the next call puts it back.

    On an exception the temporary is removed and `path` stays as it was.

    Raises:
        SpaceError: the output's side lacks room, quota or permission.
    """
    path = Path(path)
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    _under_way[temporary] = path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _put_back(path)
        yield temporary
        sync_tree(temporary)
        take_place(temporary, path)
        sync_folder(path.parent)
    except (OSError, RuntimeError) as error:
        _remove(temporary)
        lacking = _lacking(error)
        if lacking:
            raise SpaceError(
                "cannot write",
                file=path,
                found=lacking,
                hint="free space or choose a folder you may write to",
            ) from error
        raise
    except BaseException:
        _remove(temporary)
        raise
    finally:
        _under_way.pop(temporary, None)


hdf5_broken = False
"""HDF5 could not write a file out and keeps it open: it crashes when the process ends as usual."""


def _lacking(error: OSError | RuntimeError) -> str:
    """What the output's side lacks; "" where the error says nothing of it."""
    global hdf5_broken
    if isinstance(error, OSError) and error.errno in LACKING:
        return error.strerror or str(error)
    text = str(error)
    number = re.search(r"file write failed.*?errno = (\d+)", text, re.DOTALL)  # HDF5
    if number is not None:
        hdf5_broken = True
        return os.strerror(int(number[1]))
    short = re.fullmatch(r"\d+ requested and \d+ written", text)  # numpy
    return "not all could be written" if short else ""


_under_way: dict[Path, Path] = {}
"""Temporary paths of this process, each with what it is to replace."""


def clean_up() -> None:
    """Before the process ends at once: removes what is not whole, and puts back what stands aside."""
    for temporary, path in list(_under_way.items()):
        with contextlib.suppress(OSError):
            _remove(temporary)
            _put_back(path)


def take_place(temporary: Path, path: Path) -> None:
    """Gives a whole file or folder its name, in the place of what has it; see `replacing`."""
    if not path.is_dir() or path.is_symlink():
        os.replace(temporary, path)
    elif _exchange(temporary, path):
        _remove(temporary)  # the old one, under the temporary name
    else:
        aside = _aside(path)
        _remove(aside)
        os.replace(path, aside)
        try:
            os.replace(temporary, path)
        except BaseException:
            os.replace(aside, path)
            raise
        _remove(aside)


def _aside(path: Path) -> Path:
    return path.parent / f".{path.name}.old"


def _put_back(path: Path) -> None:
    """What a process that was stopped between two renames left aside."""
    aside = _aside(path)
    if aside.is_dir() and not aside.is_symlink():
        if os.path.lexists(path):
            _remove(aside)
        else:
            os.replace(aside, path)


RENAME_EXCHANGE, AT_FDCWD = 2, -100
"""Of Linux's renameat2, man 2 rename."""


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two names in one step; False where the system or the file system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)


def sync_tree(path: Path) -> None:
    """A file, or a folder with all below it, is on the disk when this ends."""
    if path.is_dir() and not path.is_symlink():
        for folder, _, names in os.walk(path):
            for name in names:
                if not (Path(folder) / name).is_symlink():
                    sync_file(Path(folder) / name)
            sync_folder(Path(folder))
    elif path.is_file():
        sync_file(path)


def sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """The names in a folder; file systems that cannot are left alone."""
    with contextlib.suppress(OSError):
        sync_file(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()


def _plain(value: Any) -> Any:
    """JSON for numpy scalars, arrays, paths and dataclass-like things."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def to_json(value: Any) -> str:
    return json.dumps(value, indent=2, default=_plain, ensure_ascii=False) + "\n"


def write_text(path: Path | str, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    write_text(path, to_json(value))


def write_csv(path: Path | str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_npy(path: Path | str, array: np.ndarray) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def digest(*parts: bytes | str) -> str:
    """A short stable hash of the parts, for manifests and recipe identities."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()
