"""Variable-length strings, taken from HDF5's global heap without HDF5.

A dataset of variable-length strings holds references: a length, the address of a heap collection, and the number of
an object in it. HDF5 trusts all three, and the collection besides: it allocates whatever the length says, and goes
round for ever in a collection whose objects have no size. Here each is measured first. Layouts are those of the "HDF5
File Format Specification", section "Global Heap".
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from xperience.errors import CorruptError, FormatError, LimitError

MAX_STRINGS = 2_000_000
"""Most strings in one dataset: 27 hours of frame names."""

MAX_HEAP_BYTES = 256 * 2**20
"""Most bytes of heap collections that one dataset is looked up in."""

_REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])
_HEADER = struct.Struct("<4sB3xQ")  # signature, version, size of the collection with this header
_OBJECT = struct.Struct("<HH4xQ")  # number, references to it, size


def read_strings(dataset: h5py.Dataset, file: Path, field: str, limit: int) -> list[bytes]:
    """All strings of the dataset, in its order.

    Raises:
        FormatError: not strings, or stored so that their references are not plainly in the file.
        LimitError: together longer than `limit` bytes, or too many.
        CorruptError: a reference leads nowhere.
    """
    few = dataset.size <= MAX_STRINGS
    references = _references(dataset, file, field) if few else np.zeros(0, _REFERENCE)
    total = int(references["length"].sum(dtype=np.int64))
    if total > limit or not few:
        raise LimitError(
            "text is too long",
            file=file,
            field=field,
            found=f"{dataset.size} strings of {total / 2**20:.0f} MiB together",
            expected=f"at most {MAX_STRINGS} strings of {limit // 2**20} MiB",
        )
    base = dataset.file.id.get_create_plist().get_userblock()
    collections: dict[int, dict[int, bytes]] = {}
    budget = MAX_HEAP_BYTES
    out = []
    with file.open("rb") as stream:
        for length, heap, index in references.tolist():
            if length == 0:
                out.append(b"")
                continue
            if heap not in collections:
                data = _collection(stream, base + heap, budget, file, field)
                budget -= len(data)
                collections[heap] = dict(_objects(data))
            found = collections[heap].get(index)
            if found is None or len(found) < length:
                raise CorruptError("text is not where the file says", file=file, field=field)
            out.append(found[:length])
    return out


def _references(dataset: h5py.Dataset, file: Path, field: str) -> np.ndarray:
    """[strings] of _REFERENCE; entries that were never written are empty."""
    of = h5py.check_vlen_dtype(dataset.dtype)  # bytes of variable length, as some writers store text
    if h5py.check_string_dtype(dataset.dtype) is None and (of is None or np.dtype(of).itemsize != 1):
        raise FormatError("not text", file=file, field=field, found=dataset.dtype)
    plist = dataset.id.get_create_plist()
    kind, plain = plist.get_layout(), plist.get_nfilters() == 0
    sizes = dataset.file.id.get_create_plist().get_sizes()
    out = np.zeros(dataset.size, _REFERENCE)
    if sizes != (8, 8) or kind == h5py.h5d.COMPACT or not plain or (kind == h5py.h5d.CHUNKED and dataset.ndim != 1):
        raise FormatError(
            "text is stored in an unusual way",
            file=file,
            field=field,
            expected="strings of variable length, neither compressed nor compact",
            hint="store it again as a plain string",
        )
    with file.open("rb") as stream:
        if kind == h5py.h5d.CONTIGUOUS:
            if (offset := dataset.id.get_offset()) is not None:
                _fill(out, stream, offset)
        else:
            for start in range(0, len(out), dataset.chunks[0]):
                info = dataset.id.get_chunk_info_by_coord((start,))
                if info.byte_offset is not None:
                    _fill(out[start : start + dataset.chunks[0]], stream, info.byte_offset)
    return out


def _fill(target: np.ndarray, stream: BinaryIO, offset: int) -> None:
    stream.seek(offset)
    stored = stream.read(target.nbytes)
    count = len(stored) // _REFERENCE.itemsize
    target[:count] = np.frombuffer(stored, _REFERENCE, count)


def _collection(stream: BinaryIO, offset: int, budget: int, file: Path, field: str) -> bytes:
    """Bytes of one heap collection after its header."""
    end = stream.seek(0, 2)
    stream.seek(min(offset, end))
    header = stream.read(_HEADER.size)
    signature, version, size = _HEADER.unpack(header) if len(header) == _HEADER.size else (b"", 0, 0)
    if signature != b"GCOL" or version != 1 or not _HEADER.size <= size <= end - offset:
        raise CorruptError("text is not where the file says", file=file, field=field, found=f"no heap at {offset}")
    if size > budget:
        raise LimitError("text lies in too large a heap", file=file, field=field, found=f"{size} bytes")
    return stream.read(size - _HEADER.size)


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, content) of the objects of a collection; number 0 is the free space at its end."""
    at = 0
    while at + _OBJECT.size <= len(data):
        number, _, size = _OBJECT.unpack_from(data, at)
        at += _OBJECT.size
        if number == 0:
            return
        yield number, data[at : at + size]
        at += math.ceil(size / 8) * 8
