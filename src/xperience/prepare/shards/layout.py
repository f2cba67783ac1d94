"""How a shard lies on disk: a plain ustar file, and an index beside it.

Any tar reader opens a shard; members of one segment stand together and share their
name up to the first dot behind the last slash, as WebDataset groups them. Members
start at multiples of 512 bytes and `.npy` members are not compressed, so their arrays can be mapped into memory. Times,
owners and modes are fixed: the bytes depend on the content alone. The index says for each member where its bytes are,
what array they hold, and a CRC-32 of every 64 kB, so that a slice verifies only what it touches.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from xperience.episode.folders import file_name
from xperience.errors import LimitError

BLOCK = 65536
"""Bytes under one checksum."""

PAD = 512
RECORD = 10240
"""A tar file ends with zeros up to a multiple of this."""

META = "meta.json"
"""Member of every segment: where it comes from, what it lacks, what is said in it."""


@dataclass(frozen=True)
class Member:
    """One member of a shard.

    Attributes:
        key: segment. name: file name within it, such as "pose.values.npy".
        offset, size: of its bytes in the shard; for arrays, of the data alone.
        dtype, shape: of the array; "" and () for other bytes.
        checks: CRC-32 of each `BLOCK` bytes.
    """

    key: str
    name: str
    offset: int
    size: int
    dtype: str
    shape: tuple[int, ...]
    checks: tuple[int, ...]


def header(name: str, size: int) -> bytes:
    """A ustar header (POSIX.1-1988) of 512 bytes for a regular file.

    Raises:
        LimitError: a name that ustar cannot hold.
    """
    prefix, base = _split(name)
    fields = [
        base.ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size, b"00000000000\0",
        b" " * 8, b"0", b"\0" * 100, b"ustar\0", b"00", b"\0" * 32, b"\0" * 32, b"0000000\0", b"0000000\0",
        prefix.ljust(155, b"\0"), b"\0" * 12,
    ]  # fmt: skip
    raw = b"".join(fields)
    assert len(raw) == PAD
    return raw[:148] + b"%06o\0 " % sum(raw) + raw[156:]


def _split(name: str) -> tuple[bytes, bytes]:
    data = name.encode()
    if len(data) <= 100:
        return b"", data
    cut = data.find(b"/", max(0, len(data) - 101))
    if cut < 0 or cut > 155:
        raise LimitError("a name too long for a tar file", field="name", found=name, expected="up to 255 bytes")
    return data[:cut], data[cut + 1 :]


def npy_header(array: np.ndarray) -> bytes:
    """The header of a version 1 `.npy` file, padded so that the data starts at a multiple of 64."""
    import io

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array))
    return buffer.getvalue()


def checks(data: bytes | memoryview) -> tuple[int, ...]:
    """CRC-32 of each `BLOCK` bytes."""
    view = memoryview(data).cast("B") if not isinstance(data, bytes) else memoryview(data)
    return tuple(zlib.crc32(view[k : k + BLOCK]) for k in range(0, len(view), BLOCK))


def segment_key(episode_id: str, n: int) -> str:
    """Where the members of an episode's n-th segment stand in a shard."""
    return f"{file_name(episode_id)}/{n:05d}"
