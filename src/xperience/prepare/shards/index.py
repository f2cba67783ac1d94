"""The index of a shard as columns: members become objects one at a time, when they are asked for.

A shard can hold tens of thousands of members and a run can have a hundred shards open; as columns a member takes some
60 bytes, and opening takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xperience.errors import CorruptError, MissingError
from xperience.prepare.shards.layout import BLOCK, Member
from xperience.prepare.shards.writer import index_file

if TYPE_CHECKING:
    import pyarrow as pa


class Index:
    """Where the members of a shard are.

    Args:
        shard: the tar file. size: its bytes; no member may reach beyond them.

    Raises:
        CorruptError: the index cannot be read, or points outside the shard.
    """

    def __init__(self, shard: Path, size: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.shard = shard
        try:
            table = pq.read_table(index_file(shard), read_dictionary=["key", "name", "dtype"]).combine_chunks()
            if any(column.null_count for column in table.columns):
                raise ValueError("empty cells")
            self._key, keys = _codes(table["key"])
            self._name, names = _codes(table["name"])
            self._dtype, self._dtypes = _codes(table["dtype"])
            self._offset, self._size = _integers(table["offset"]), _integers(table["size"])
            self._shape, self._check = _lists(table["shape"], np.int64), _lists(table["checks"], np.uint32)
            if any(np.dtype(name).hasobject for name in self._dtypes if name):
                raise ValueError("arrays of objects")
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise CorruptError(
                "the index of a shard cannot be read", file=index_file(shard), found=str(error)
            ) from error
        if (self._offset < 0).any() or (self._size < 0).any() or (self._offset > size - self._size).any():
            raise CorruptError("the shard is shorter than its index says", file=shard, found=size)
        if (np.diff(self._check[0]) != -(-self._size // BLOCK)).any():
            raise CorruptError("the index of a shard cannot be read", file=index_file(shard), field="checks")
        self._keys, self._names = ({text: n for n, text in enumerate(column)} for column in (keys, names))
        self._order = np.argsort(self._key, kind="stable")
        self._bounds = np.searchsorted(self._key[self._order], np.arange(len(keys) + 1))

    def __iter__(self) -> Iterator[Member]:
        """All members as they stand in the shard."""
        keys, names = list(self._keys), list(self._names)
        for row in range(len(self._key)):
            yield self._member(row, keys[self._key[row]], names[self._name[row]])

    def __contains__(self, place: tuple[str, str]) -> bool:
        return self._row(*place) is not None

    def member(self, key: str, name: str) -> Member:
        """
        Raises:
            MissingError: no such member. CorruptError: what the index says of it makes no array.
        """
        row = self._row(key, name)
        if row is None:
            raise MissingError("no such member", file=self.shard, field=f"{key}.{name}")
        return self._member(row, key, name)

    @property
    def blocks(self) -> int:
        """Checksums of all members."""
        return len(self._check[1])

    def first_block(self, key: str, name: str) -> int:
        """Number of a member's first checksum among those of all members."""
        row = self._row(key, name)
        assert row is not None
        return int(self._check[0][row])

    def _row(self, key: str, name: str) -> int | None:
        segment, code = self._keys.get(key), self._names.get(name)
        if segment is None or code is None:
            return None
        rows = self._order[self._bounds[segment] : self._bounds[segment + 1]]
        found = np.flatnonzero(self._name[rows] == code)
        return int(rows[found[0]]) if len(found) else None

    def _member(self, row: int, key: str, name: str) -> Member:
        (ends, sizes), (places, checks) = self._shape, self._check
        shape = tuple(int(n) for n in sizes[ends[row] : ends[row + 1]])
        dtype, size = self._dtypes[self._dtype[row]], int(self._size[row])
        if dtype and (min(shape, default=0) < 0 or np.dtype(dtype).itemsize * int(np.prod(shape)) != size):
            raise CorruptError(
                "shape and bytes differ", file=index_file(self.shard), field=f"{key}.{name}", found=shape
            )
        found = tuple(checks[places[row] : places[row + 1]].tolist())
        return Member(key, name, int(self._offset[row]), size, dtype, shape, found)


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A column of texts as [n] numbers and the texts that they stand for."""
    encoded = column.unify_dictionaries().combine_chunks()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()


def _integers(column: pa.ChunkedArray) -> np.ndarray:
    values = column.to_numpy()
    if values.dtype != np.int64:
        raise ValueError(f"{values.dtype} where whole numbers were expected")
    return values


def _lists(column: pa.ChunkedArray, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """A column of lists as [n + 1] bounds and the values of all of them."""
    lists = column.combine_chunks()
    bounds, values = lists.offsets.to_numpy(), lists.values.to_numpy()
    if values.dtype != dtype:
        raise ValueError(f"{values.dtype} where {dtype.__name__} was expected")
    return bounds, values
