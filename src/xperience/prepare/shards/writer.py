"""Writing one shard: members in order, the index with it, nothing under its name before it is whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from xperience.errors import SpaceError
from xperience.prepare.shards.layout import PAD, RECORD, Member, checks, header, npy_header
from xperience.storage import replacing, sync_folder


@dataclass(frozen=True)
class ShardInfo:
    """A finished shard: file name, bytes, SHA-256, and its members."""

    name: str
    bytes: int
    sha256: str
    members: tuple[Member, ...]


class ShardWriter:
    """Appends segments to a shard.

    `mark` and `rewind` take back what was added since: a recording that turns out bad leaves no trace.

    Args:
        path: of the finished shard. Until `close`, everything is in hidden files beside it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
        self._members: list[Member] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("wb")
        except OSError as error:
            raise SpaceError("cannot write", file=path, found=error.strerror) from error

    def add(self, key: str, members: Mapping[str, bytes | np.ndarray]) -> None:
        """One segment; arrays become `.npy` members.

        Raises:
            SpaceError: the disk is full.
        """
        try:
            for name, content in members.items():
                self._add(key, name, content)
        except OSError as error:
            raise SpaceError(
                "cannot write", file=self.path, found=error.strerror, hint="free space and run the same command again"
            ) from error

    def _add(self, key: str, name: str, content: bytes | np.ndarray) -> None:
        if isinstance(content, np.ndarray):
            array = np.ascontiguousarray(content)
            if content.ndim == 0:
                array = array.reshape(())
            front, data = npy_header(array), array.tobytes()
            dtype, shape = array.dtype.str, array.shape
        else:
            front, data, dtype, shape = b"", content, "", ()
        size = len(front) + len(data)
        self._file.write(header(f"{key}.{name}", size) + front)
        offset = self._file.tell()
        self._file.write(data)
        self._file.write(b"\0" * (-size % PAD))
        self._members.append(Member(key, name, offset, len(data), dtype, tuple(shape), checks(data)))

    def mark(self) -> tuple[int, int]:
        return self._file.tell(), len(self._members)

    def rewind(self, mark: tuple[int, int]) -> None:
        self._file.seek(mark[0])
        self._file.truncate()
        del self._members[mark[1] :]

    def close(self) -> ShardInfo:
        """Finishes shard and index and gives them their names, the index first."""
        try:
            end = self._file.tell() + 2 * PAD
            self._file.write(b"\0" * (2 * PAD + -end % RECORD))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            digest, size = hashlib.sha256(), 0
            with self._temporary.open("rb") as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
                    size += len(piece)
            write_index(index_file(self.path), self._members)
            os.replace(self._temporary, self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            self.discard()
            raise SpaceError("cannot write", file=self.path, found=error.strerror) from error
        return ShardInfo(self.path.name, size, digest.hexdigest(), tuple(self._members))

    def discard(self) -> None:
        """Removes what was written."""
        with contextlib.suppress(OSError):  # what is still to be written may find no room
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()


def index_file(shard: Path) -> Path:
    return shard.with_suffix(".index.parquet")


def write_index(path: Path, members: list[Member]) -> None:
    """The index as Parquet; the same members give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("key", pa.string()), ("name", pa.string()), ("offset", pa.int64()), ("size", pa.int64()),
            ("dtype", pa.string()), ("shape", pa.list_(pa.int64())), ("checks", pa.list_(pa.uint32())),
        ]
    )  # fmt: skip
    table = pa.Table.from_pylist([asdict(member) for member in members], schema=schema)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
