"""How much reading an HDF5 dataset would cost, found out before it is read.

HDF5 itself does not ask: its deflate filter inflates a chunk until the stream ends, whatever size the chunk
declares. What a read would cost is measured here from what is stored.
"""

from __future__ import annotations

import math
import zlib
from itertools import product
from pathlib import Path

import h5py

from xperience.errors import CorruptError, FormatError, LimitError, XperienceError

MAX_CHUNK_BYTES = 64 * 2**20
"""Largest HDF5 chunk after decompression: one chunk is the least that HDF5 can inflate at a time."""

MAX_CHUNKS = 200_000
"""Most chunks that one read may touch: HDF5 spends about 1 kB and 2 microseconds on each."""

MAX_INFLATED_BYTES = 2 * 2**30
"""Most bytes that one read may have to inflate, counting the parts of chunks that it does not ask for."""

FREE_INFLATED_BYTES = 128 * 2**20
"""A dataset that cannot inflate past this at the filter's best ratio needs no closer look."""

_RATIO = {h5py.h5z.FILTER_DEFLATE: 1032, h5py.h5z.FILTER_LZF: 90}
"""Compressors and the most that one stored byte can become (zlib's documented limit; LZF: 264 bytes from 3)."""

_HARMLESS = (h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)


def check_layout(dataset: h5py.Dataset, file: Path, field: str) -> None:
    """Refuses datasets whose data lie elsewhere or whose chunks or filters we would not want to run.

    Raises:
        FormatError: external storage or a virtual dataset.
        CorruptError: a filter other than deflate, LZF, shuffle and Fletcher32.
        LimitError: oversized chunks.
    """
    if dataset.is_virtual or dataset.external:
        raise FormatError(
            "dataset keeps its data outside this file", file=file, field=field, hint="such files are refused"
        )
    if dataset.chunks is None:
        return
    size = _chunk_bytes(dataset)
    if size > MAX_CHUNK_BYTES:
        raise LimitError(
            "dataset has oversized chunks",
            file=file,
            field=field,
            found=f"chunks {dataset.chunks} of {dataset.dtype}",
            expected=f"at most {MAX_CHUNK_BYTES} bytes a chunk",
        )
    filters = _filters(dataset)
    known = [code for code in filters if code in _RATIO]
    # A compressor must come last but for the checksum, so that we can inflate what is stored ourselves.
    after = filters[filters.index(known[0]) + 1 :] if known else []
    if len(known) > 1 or set(after) - {h5py.h5z.FILTER_FLETCHER32} or set(filters) - {*_RATIO, *_HARMLESS}:
        raise CorruptError(
            "dataset is compressed in an unknown way",
            file=file,
            field=field,
            found=f"HDF5 filters {filters}",
            expected="deflate (gzip) or LZF, with shuffle or Fletcher32, or none",
            hint="rewrite the file with gzip compression or none",
        )


def check_inflation(dataset: h5py.Dataset, start: int, stop: int, file: Path, field: str) -> None:
    """Refuses a read of rows start:stop that touches too many chunks or a chunk that inflates past its size.

    Raises:
        LimitError: too many chunks, or too much to inflate.
        CorruptError: a chunk is not what the filter writes, or inflates past its size.
    """
    if dataset.chunks is None or stop <= start:
        return
    spans = [(start, stop), *((0, n) for n in dataset.shape[1:])]
    indices = [range(a // c, -(-b // c)) for (a, b), c in zip(spans, dataset.chunks, strict=True)]
    count = math.prod(map(len, indices))
    size = _chunk_bytes(dataset)
    compressor = next((code for code in _filters(dataset) if code in _RATIO), None)
    if count > MAX_CHUNKS or (compressor is not None and count * size > MAX_INFLATED_BYTES):
        raise LimitError(
            "dataset is cut up so that one read would touch too much of it",
            file=file,
            field=field,
            found=f"{count} chunks of {dataset.chunks}, {count * size / 2**20:.0f} MiB",
            expected=f"at most {MAX_CHUNKS} chunks and {MAX_INFLATED_BYTES / 2**20:.0f} MiB",
        )
    if compressor is None or dataset.id.get_storage_size() * _RATIO[compressor] <= FREE_INFLATED_BYTES:
        return
    skipped = 1 << _filters(dataset).index(compressor)
    bomb = CorruptError(
        "compressed data is larger than it says",
        file=file,
        field=field,
        expected=f"{size} bytes a chunk",
        hint="the file is damaged or was made to harm: do not use it",
    )
    for index in product(*indices):
        corner = tuple(i * c for i, c in zip(index, dataset.chunks, strict=True))
        info = dataset.id.get_chunk_info_by_coord(corner)
        if info.byte_offset is None or info.filter_mask & skipped:
            continue  # never written, or stored as it is
        if info.size > size * 1.1 + 1024:  # no compressor writes more than that
            raise bomb
        if compressor == h5py.h5z.FILTER_DEFLATE:
            _inflate(dataset.id.read_direct_chunk(corner)[1], size, bomb)
        elif info.size * _RATIO[compressor] > FREE_INFLATED_BYTES:
            raise bomb


def _inflate(stored: bytes, size: int, bomb: XperienceError) -> None:
    """Inflates a chunk into nothing, to see that it stops at its size."""
    try:
        inflated = zlib.decompressobj().decompress(stored, size + 65)  # 64 to spare for checksums inside
    except zlib.error:
        return  # HDF5 will say so when it reads the chunk
    if len(inflated) > size + 64:
        raise bomb


def _chunk_bytes(dataset: h5py.Dataset) -> int:
    return math.prod(dataset.chunks) * dataset.dtype.itemsize


def _filters(dataset: h5py.Dataset) -> list[int]:
    """Codes of the dataset's filters in the order of writing."""
    plist = dataset.id.get_create_plist()
    return [plist.get_filter(k)[0] for k in range(plist.get_nfilters())]
