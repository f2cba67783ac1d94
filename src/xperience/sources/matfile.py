"""One numeric array out of a MATLAB 5 file that may come from anyone.

The reader is ours because scipy's crashes the interpreter on some damaged files. It knows the one thing that is
needed, an array of real numbers, and measures everything before it makes it: compressed elements inflate under a
limit (a few kilobytes of zlib can claim gigabytes), and an array is only made of as many numbers as are there. Cells,
structs, objects and function handles are never built. Layout after "MAT-File Format" (The MathWorks): a header of 128
bytes, then elements of type, byte count and data; an array is an element of four: flags, dimensions, name, numbers.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from xperience.errors import CorruptError, FormatError, LimitError

MAX_FILE_BYTES = 64 * 2**20
MAX_INFLATED_BYTES = 128 * 2**20
"""Most bytes after decompression: 870 depth images of 240 x 320, eight times the longest recording known."""

MAX_ELEMENTS = 1000
"""Most top-level variables in one file. The files we read hold one."""

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""Element type -> how its numbers are stored; often narrower than the array's class, and kept so."""

_CLASSES = range(6, 16)
"""Array classes that are numbers. Others are 1 cell, 2 struct, 3 object, 4 text, 5 sparse, 16 function and so on."""

_COMPLEX, _LOGICAL = 0x0800, 0x0200


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
    order, elements = _elements(path)
    names: list[str] = []
    matching: list[bytes] = []
    for element in elements:
        variable = _name(path, element, order)
        names.append(variable)
        if variable == name:
            matching.append(element)
    if len(matching) != 1:
        what = "variable is missing" if not matching else "variable stands there more than once"
        found = ", ".join(sorted(set(names)))[:200] or "no variables"
        raise FormatError(what, file=path, field=name, found=found, expected=f"one array {name}")
    array = _numbers(path, matching[0], order, name)
    if array.ndim == len(shape) - 1:
        array = array[..., None]
    fits = array.ndim == len(shape) and all(
        n >= 1 if want is None else n == want for n, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join("T" if want is None else str(want) for want in shape) + ")"
        raise FormatError(
            "array has the wrong shape",
            file=path,
            field=name,
            found=f"{array.shape} {array.dtype}",
            expected=f"{wanted} {unit}".strip(),
        )
    return array


def _elements(path: Path) -> tuple[str, list[bytes]]:
    """Byte order ("<" or ">") and the contents of every top-level array, inflated under the limits."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise LimitError("MATLAB file is too large", file=path, found=size, expected=f"at most {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise CorruptError("file cannot be read", file=path, found=error.strerror) from error
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None or struct.unpack(f"{order}H", data[124:126])[0] != 0x0100:
        newer = data[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in data[:_HEADER]
        raise CorruptError(
            "not a MATLAB 5 file",
            file=path,
            found="a MATLAB 7.3 (HDF5) file" if newer else f"{size} bytes beginning with {data[:16]!r}",
            hint="save it again with -v7" if newer else "fetch the file again",
        )
    out: list[bytes] = []
    room = MAX_INFLATED_BYTES
    for seen, (kind, content) in enumerate(_parts(path, data[_HEADER:], order)):
        if seen >= MAX_ELEMENTS:
            raise LimitError("MATLAB file has too many variables", file=path, expected=f"at most {MAX_ELEMENTS}")
        if kind == _COMPRESSED:
            inflated = _decompress(path, content, room)
            room -= len(inflated)
            out += [inner for inner_kind, inner in _parts(path, inflated, order) if inner_kind == _MATRIX]
        elif kind == _MATRIX:
            out.append(content)
    return order, out


def _parts(path: Path, data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """(type, content) of the elements in `data`; contents of four bytes or less may sit inside the tag."""
    at = 0
    while at + 8 <= len(data):
        kind, count = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16:
            kind, count, begin, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
            if count > 4:
                raise CorruptError("MATLAB file is damaged", file=path, found=f"a short element of {count} bytes")
        else:
            begin, end = at + 8, at + 8 + count
            if end > len(data):
                found = f"an element of {count} bytes, {len(data) - begin} left"
                raise CorruptError("MATLAB file is truncated", file=path, found=found)
            if kind != _COMPRESSED:
                end += -end % 8  # elements start at multiples of eight
        yield kind, data[begin : begin + count]
        at = end


def _name(path: Path, element: bytes, order: str) -> str:
    parts = _parts(path, element, order)
    try:
        _, _, (_, name) = next(parts), next(parts), next(parts)
    except StopIteration:
        raise CorruptError("MATLAB file is damaged", file=path, found="an array without a name") from None
    return name.decode("latin-1")


def _numbers(path: Path, element: bytes, order: str, name: str) -> np.ndarray:
    """The real numbers of an array element, in MATLAB's (column-major) shape."""
    (_, flags), (_, dims), _, *rest = _parts(path, element, order)
    if len(flags) < 4 or len(dims) % 4 or not 8 <= len(dims) <= 32:
        raise CorruptError(
            "MATLAB file is damaged", file=path, field=name, found="an array without flags or dimensions"
        )
    bits = struct.unpack_from(f"{order}I", flags)[0]
    if bits & 0xFF not in _CLASSES or bits & (_COMPLEX | _LOGICAL):
        found = "complex" if bits & _COMPLEX else "logical" if bits & _LOGICAL else f"class {bits & 0xFF}"
        raise FormatError("variable is not an array of real numbers", file=path, field=name, found=found)
    shape = struct.unpack(f"{order}{len(dims) // 4}i", dims)
    stored, content = rest[0] if rest else (0, b"")
    if stored not in _STORED:
        raise CorruptError("MATLAB file is damaged", file=path, field=name, found=f"numbers of type {stored}")
    width, count = np.dtype(_STORED[stored]).itemsize, math.prod(shape)
    if min(shape) < 0 or count * width != len(content):
        found = f"shape {shape} and {len(content) // width} numbers"
        raise CorruptError("MATLAB array is not as large as it says", file=path, field=name, found=found)
    values = np.frombuffer(content, np.dtype(order + _STORED[stored])).astype(_STORED[stored])
    return values.reshape(shape, order="F")


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
