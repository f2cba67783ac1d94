"""Careful access to annotation.hdf5: typed errors, no links out of the file, no read without a bound.

A file can come from anyone. Links are resolved by hand, one level at a time, so that soft links cannot cycle and
external links, external storage and virtual datasets (which read other files) are refused. Every read is
measured before it is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from xperience.episode.layout import BY_PATH
from xperience.errors import CorruptError, FormatError, LimitError, MissingError

MAX_READ_BYTES = 512 * 2**20
"""Largest single read. A full-length episode's largest whole-stream read (body joints) is 4 MB; depth goes by range."""

MAX_CHUNK_BYTES = 64 * 2**20
"""Largest HDF5 chunk after decompression: one chunk is the least that HDF5 can inflate at a time."""

MAX_TEXT_BYTES = 64 * 2**20
"""Largest caption. The longest real one is under 1 MB."""

MAX_LENGTH = 50_000_000
"""Most entries along a time axis: 69 hours of IMU."""


class AnnotationFile:
    """An open annotation.hdf5, read dataset by dataset.

    Raises:
        MissingError: no such file.
        CorruptError: not an HDF5 file, or a truncated one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise MissingError("no annotation file", file=path, hint="give an episode folder or its annotation.hdf5")
        try:
            self._file = h5py.File(path, "r", locking=False, rdcc_nbytes=16 * 2**20)
        except OSError as error:
            raise CorruptError(
                "annotation file cannot be opened as HDF5",
                file=path,
                found=str(error).splitlines()[0][:200],
                hint="the copy may be truncated: compare its size with the source and fetch it again",
            ) from error

    def close(self) -> None:
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def dataset(self, name: str) -> h5py.Dataset | None:
        """The dataset object, or None where the file has none; nothing is read.

        Raises:
            FormatError: a group stands in its place, or it points out of the file.
        """
        found = self._find(name)
        if found is None:
            return None
        if not isinstance(found, h5py.Dataset):
            raise FormatError("a group stands where a dataset belongs", file=self.path, field=name)
        if found.is_virtual or found.external:
            raise FormatError(
                "dataset keeps its data outside this file",
                file=self.path,
                field=name,
                hint="such files are refused",
            )
        chunk = found.chunks
        if chunk is not None and int(np.prod(chunk)) * found.dtype.itemsize > MAX_CHUNK_BYTES:
            raise LimitError(
                "dataset has oversized chunks",
                file=self.path,
                field=name,
                found=f"chunks {chunk} of {found.dtype}",
                expected=f"at most {MAX_CHUNK_BYTES} bytes a chunk",
            )
        return found

    def keys(self, name: str) -> list[str]:
        """Member names of a group in byte order; [] where it is missing."""
        found = self._find(name) if name else self._file
        return sorted(found.keys()) if isinstance(found, h5py.Group) else []

    def read(self, name: str, *, start: int | None = None, stop: int | None = None) -> np.ndarray | None:
        """One dataset whole, or rows start:stop of it; None where it is missing.

        Raises:
            FormatError: shape or type is not one that the layout accepts.
            LimitError: the read would pass MAX_READ_BYTES.
            CorruptError: the data cannot be decoded.
        """
        dataset = self.dataset(name)
        if dataset is None:
            return None
        self._check(name, dataset)
        shape = dataset.shape
        if start is not None or stop is not None:
            begin, end, _ = slice(start, stop).indices(shape[0])
            rows = max(0, end - begin)
            selection: Any = slice(begin, end)
        else:
            rows, selection = shape[0] if shape else 1, ()
        size = rows * int(np.prod(shape[1:], dtype=np.int64)) * dataset.dtype.itemsize
        if size > MAX_READ_BYTES:
            raise LimitError(
                "dataset is larger than one read may be",
                file=self.path,
                field=name,
                found=f"shape {shape}, {size / 2**20:.0f} MiB",
                expected=f"at most {MAX_READ_BYTES // 2**20} MiB",
            )
        try:
            return np.asarray(dataset[selection])
        except (OSError, RuntimeError, ValueError) as error:
            raise CorruptError(
                "dataset cannot be read", file=self.path, field=name, found=str(error).splitlines()[0][:200]
            ) from error

    def scalar(self, name: str) -> float | None:
        """A number, or None where it is missing."""
        array = self.read(name)
        if array is None:
            return None
        if array.size != 1 or array.dtype.kind not in "iufb":
            raise FormatError("not a single number", file=self.path, field=name, found=f"{array.shape} {array.dtype}")
        return float(array.reshape(-1)[0])

    def text(self, name: str) -> str | None:
        """A scalar string, or None where it is missing. Bytes that are not UTF-8 are replaced, never fatal.

        Raises:
            LimitError: longer than MAX_TEXT_BYTES.
        """
        dataset = self.dataset(name)
        if dataset is None:
            return None
        if dataset.size != 1:
            raise FormatError("not a single string", file=self.path, field=name, found=f"shape {dataset.shape}")
        stored = dataset.dtype.itemsize if dataset.dtype.kind == "S" else dataset.id.get_storage_size()
        if dataset.dtype.kind == "O":  # a variable-length string lives in the global heap: ask HDF5 before reading it
            stored = _variable_length_bytes(dataset)
        if stored > MAX_TEXT_BYTES:
            raise LimitError(
                "text is too long",
                file=self.path,
                field=name,
                found=f"{stored / 2**20:.0f} MiB",
                expected=f"at most {MAX_TEXT_BYTES // 2**20} MiB",
            )
        try:
            value = np.asarray(dataset[()]).reshape(-1)[0]
        except (OSError, RuntimeError, ValueError) as error:
            raise CorruptError("text cannot be read", file=self.path, field=name, found=str(error)[:200]) from error
        if isinstance(value, str):
            return value.strip("\x00")
        if isinstance(value, np.bytes_ | np.void):
            return value.tobytes().decode("utf-8", errors="replace").strip("\x00")
        raise FormatError("not text", file=self.path, field=name, found=str(dataset.dtype))

    def _check(self, name: str, dataset: h5py.Dataset) -> None:
        if dataset.shape is None:
            raise FormatError("dataset is empty (null space)", file=self.path, field=name)
        if dataset.shape and max(dataset.shape) > MAX_LENGTH:
            raise LimitError("dataset is absurdly long", file=self.path, field=name, found=f"shape {dataset.shape}")
        known = BY_PATH.get(name)
        if known is None:
            return
        if not any(_matches(dataset.shape, shape) for shape in known.shapes):
            raise FormatError(
                "dataset has the wrong shape",
                file=self.path,
                field=name,
                found=dataset.shape,
                expected=" or ".join(str(shape) for shape in known.shapes),
            )
        wanted = "iufb" if known.dtype[0] in "fiu" else "SOU"
        if dataset.dtype.kind not in wanted:
            raise FormatError(
                "dataset has the wrong type",
                file=self.path,
                field=name,
                found=dataset.dtype,
                expected=known.dtype,
            )

    def _find(self, name: str) -> h5py.Group | h5py.Dataset | None:
        node: Any = self._file
        try:
            for part in name.split("/"):
                if not isinstance(node, h5py.Group):
                    return None
                link = node.get(part, getlink=True) if part in node.keys() else None
                if link is None:
                    return None
                if not isinstance(link, h5py.HardLink):
                    raise FormatError(
                        "a soft or external link stands where data belongs",
                        file=self.path,
                        field=name,
                        found=type(link).__name__,
                        hint="such files are refused: links may lead out of the episode or in circles",
                    )
                node = node[part]
        except (OSError, RuntimeError, KeyError) as error:
            raise CorruptError(
                "annotation file is damaged",
                file=self.path,
                field=name,
                found=str(error).splitlines()[0][:200],
            ) from error
        return node


def _matches(shape: tuple[int, ...], pattern: tuple[str | int, ...]) -> bool:
    return len(shape) == len(pattern) and all(isinstance(p, str) or n == p for n, p in zip(shape, pattern, strict=True))


def _variable_length_bytes(dataset: h5py.Dataset) -> int:
    """Upper bound of what reading a variable-length dataset allocates: the whole file."""
    return int(Path(dataset.file.filename).stat().st_size) if dataset.file.filename else 0
