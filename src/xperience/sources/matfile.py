"""One numeric array out of a MATLAB 5 file that may come from anyone.

The file is taken apart just far enough to inflate its compressed elements under a limit (a few kilobytes of zlib can
claim gigabytes); scipy then reads the named variable, and only if its header says that it is a plain number array.
Cells, structs, objects and function handles are never built.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np

from xperience.errors import CorruptError, FormatError, LimitError

MAX_FILE_BYTES = 64 * 2**20
MAX_INFLATED_BYTES = 256 * 2**20
"""Most bytes after decompression: 1,700 depth images of 240 x 320, many times the longest recording known."""

MAX_ELEMENTS = 1000
"""Most top-level variables in one file. The files we read hold one."""

NUMERIC = ("double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")

_HEADER = 128
_COMPRESSED = 15


def read_array(path: Path, name: str, shape: tuple[int | None, ...], unit: str = "") -> np.ndarray:
    """The variable `name`, of the given shape; None stands for any length from 1.

    A trailing axis of length one that MATLAB has dropped is put back.

    Args:
        unit: physical unit, for the error message.

    Raises:
        CorruptError: truncated, or not a MATLAB 5 file.
        FormatError: the variable is missing, not numeric, or of another shape.
        LimitError: the file or what it inflates to is too large.
    """
    from scipy.io import loadmat, whosmat

    stream = io.BytesIO(_inflated(path))
    try:
        listed = whosmat(stream)
    except Exception as error:  # a third-party parser of hostile bytes: whatever it raises means that it gave up
        raise CorruptError("MATLAB file cannot be read", file=path, found=_first_line(error)) from error
    matching = [kind for variable, _, kind in listed if variable == name]
    if len(matching) != 1:
        names = ", ".join(sorted({variable for variable, _, _ in listed}))[:200]
        what = "variable is missing" if not matching else "variable stands there more than once"
        raise FormatError(what, file=path, field=name, found=names or "no variables", expected=f"one array {name}")
    if matching[0] not in NUMERIC:
        raise FormatError("variable is not an array of numbers", file=path, field=name, found=matching[0])
    try:
        stream.seek(0)
        array = np.asarray(loadmat(stream, variable_names=[name], chars_as_strings=False)[name])
    except Exception as error:  # as above
        raise CorruptError("MATLAB array cannot be read", file=path, field=name, found=_first_line(error)) from error
    if array.ndim == len(shape) - 1:
        array = array[..., None]
    fits = array.ndim == len(shape) and all(
        n >= 1 if want is None else n == want for n, want in zip(array.shape, shape, strict=True)
    )
    if not fits or array.dtype.kind not in "iuf":
        wanted = "(" + ", ".join("T" if want is None else str(want) for want in shape) + ")"
        raise FormatError(
            "array has the wrong shape",
            file=path,
            field=name,
            found=f"{array.shape} {array.dtype}",
            expected=f"{wanted} {unit}".strip(),
        )
    return array


def _inflated(path: Path) -> bytes:
    """The file with its compressed elements inflated in place, under the limits."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise LimitError("MATLAB file is too large", file=path, found=size, expected=f"at most {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise CorruptError("file cannot be read", file=path, found=error.strerror) from error
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None or data[:4] == b"\0\0\0\0" or struct.unpack(f"{order}H", data[124:126])[0] != 0x0100:
        newer = data[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in data[:_HEADER]
        raise CorruptError(
            "not a MATLAB 5 file",
            file=path,
            found="a MATLAB 7.3 (HDF5) file" if newer else f"{size} bytes beginning with {data[:16]!r}",
            hint="save it again with -v7" if newer else "fetch the file again",
        )
    parts, room, at, elements = [data[:_HEADER]], MAX_INFLATED_BYTES, _HEADER, 0
    while at + 8 <= len(data):
        kind, count = struct.unpack(f"{order}II", data[at : at + 8])
        end = at + 8 + count
        elements += 1
        if end > len(data):
            raise CorruptError(
                "MATLAB file is truncated", file=path, found=f"{len(data)} bytes", expected=f"at least {end}"
            )
        if elements > MAX_ELEMENTS:
            raise LimitError("MATLAB file has too many variables", file=path, expected=f"at most {MAX_ELEMENTS}")
        parts.append(_decompress(path, data[at + 8 : end], room) if kind == _COMPRESSED else data[at:end])
        room -= len(parts[-1])
        at = end
    return b"".join(parts)


def _decompress(path: Path, data: bytes, room: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        out = inflater.decompress(data, max(1, room))
    except zlib.error as error:
        raise CorruptError("MATLAB file is damaged", file=path, found=str(error)) from error
    if inflater.unconsumed_tail:
        raise LimitError(
            "MATLAB file inflates to too much",
            file=path,
            found=f"over {MAX_INFLATED_BYTES // 2**20} MiB",
            expected=f"at most {MAX_INFLATED_BYTES // 2**20} MiB",
        )
    if not inflater.eof:
        raise CorruptError("MATLAB file is truncated", file=path, found="a compressed variable that breaks off")
    return out


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
