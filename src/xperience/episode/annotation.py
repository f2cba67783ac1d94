"""Careful access to annotation.hdf5: typed errors, no links out of the file, no read without a bound.

A file can come from anyone. Links are resolved by hand, one level at a time, so that soft links cannot cycle and
external links, external storage and virtual datasets (which read other files) are refused. Every read is
measured before it is made.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from xperience.episode.heap import read_strings
from xperience.episode.layout import BY_PATH, LONGEST
from xperience.episode.standins import stand_in
from xperience.episode.storage_checks import check_inflation, check_layout
from xperience.errors import CorruptError, FormatError, LimitError, MissingError, XperienceError

CHUNK_CACHE_BYTES = 16 * 2**20
"""HDF5's cache of decompressed chunks, for each dataset."""

MAX_READ_BYTES = 512 * 2**20
"""Largest single read. A full-length episode's largest whole-stream read (body joints) is 4 MB; depth goes by range."""

MAX_TEXT_BYTES = 64 * 2**20
"""Largest caption. The longest real one is under 1 MB."""

MAX_ATTRIBUTE_BYTES = 1000
"""Longest attribute that is read."""

MAX_MEMBERS = 1000
"""Most members of a group that is listed. Real groups have up to 11."""

MAX_LENGTH = 50_000_000
"""Most entries along any axis of a dataset that the layout does not know."""


UNREADABLE = (FormatError, CorruptError, LimitError)
"""What reading a damaged dataset raises. A reader notes it and goes on without that dataset."""


class AnnotationFile:
    """An open annotation.hdf5, read dataset by dataset.

    Raises:
        MissingError: no such file.
        CorruptError: not an HDF5 file, or a truncated one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        other = stand_in(path)
        if other is not None:
            raise CorruptError("annotation file was not fetched", file=path, found=other.what, hint=other.hint)
        if not path.is_file():
            raise MissingError("no annotation file", file=path, hint="give an episode folder or its annotation.hdf5")
        try:
            self._file = _open(path)
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
            FormatError: a group stands in its place, it points out of the file, or it has no shape.
            CorruptError: its header cannot be decoded.
        """
        found = self._find(name)
        if found is None:
            return None
        if not isinstance(found, h5py.Dataset):
            raise FormatError("a group or type stands where a dataset belongs", file=self.path, field=name)
        with self._decoding("dataset cannot be read", name):
            _ = found.dtype  # h5py works it out when asked, and may fail: better here than in a caller
            if found.shape is None:
                raise FormatError("dataset is empty (null space)", file=self.path, field=name)
            check_layout(found, self.path, name)
        return found

    def keys(self, name: str) -> list[str]:
        """Member names of a group in byte order; [] where it is missing.

        Raises:
            LimitError: more than MAX_MEMBERS of them.
        """
        found = self._find(name) if name else self._file
        if not isinstance(found, h5py.Group):
            return []
        with self._decoding("annotation file is damaged", name):
            if len(found) > MAX_MEMBERS:
                raise LimitError("group has too many members", file=self.path, field=name, found=len(found))
            return sorted(str(key) for key in found.keys())

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
        with self._decoding("dataset cannot be read", name):
            self._check(name, dataset)
            shape = dataset.shape
            begin, end = slice(start, stop).indices(shape[0])[:2] if shape else (0, 1)
            rows = max(0, end - begin)
            size = rows * math.prod(shape[1:]) * dataset.dtype.itemsize
            if size > MAX_READ_BYTES:
                raise LimitError(
                    "dataset is larger than one read may be",
                    file=self.path,
                    field=name,
                    found=f"shape {shape}, {size / 2**20:.0f} MiB",
                    expected=f"at most {MAX_READ_BYTES // 2**20} MiB",
                )
            if dataset.dtype.kind == "O":
                strings = np.empty(dataset.size, object)
                strings[:] = read_strings(dataset, self.path, name, MAX_TEXT_BYTES)
                return strings.reshape(shape)[begin:end] if shape else strings.reshape(())
            check_inflation(dataset, begin, end, self.path, name)
            return np.asarray(dataset[begin:end] if shape else dataset[()])

    def misfit(self, name: str) -> XperienceError | None:
        """Why a dataset of the layout that is there cannot be read: its shape, type or storage; nothing is read for it."""
        try:
            found = self._find(name)
            if found is not None and not isinstance(found, h5py.Dataset):
                raise FormatError("a group or type stands where a dataset belongs", file=self.path, field=name)
            if found is not None and BY_PATH[name].dtype not in ("S", "str"):
                with self._decoding("dataset cannot be read", name):
                    if found.dtype is None or found.shape is None:
                        raise FormatError("dataset is empty (null space)", file=self.path, field=name)
                    self._check(name, found)
        except UNREADABLE as error:
            return error
        return None

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
        with self._decoding("text cannot be read", name):
            letters = _is_letters(dataset)  # as some writers store text
            if dataset.size != 1 and not letters:
                raise FormatError("not a single string", file=self.path, field=name, found=f"shape {dataset.shape}")
            if dataset.dtype.kind == "O":
                raw = b"".join(read_strings(dataset, self.path, name, MAX_TEXT_BYTES))
            elif dataset.dtype.kind in "SV" or letters:
                stored = dataset.size * dataset.dtype.itemsize
                if stored > MAX_TEXT_BYTES:
                    raise LimitError(
                        "text is too long",
                        file=self.path,
                        field=name,
                        found=f"{stored / 2**20:.0f} MiB",
                        expected=f"at most {MAX_TEXT_BYTES // 2**20} MiB",
                    )
                check_inflation(dataset, 0, dataset.shape[0] if dataset.shape else 0, self.path, name)
                raw = np.asarray(dataset[()]).tobytes()
            else:
                raise FormatError("not text", file=self.path, field=name, found=str(dataset.dtype))
        return _decoded(raw, dataset.dtype.itemsize if letters and dataset.dtype.kind in "iu" else 1)

    def attribute(self, name: str) -> str:
        """A short text attribute of the file; "" where there is none of fixed width.

        Raises:
            CorruptError: it cannot be decoded.
        """
        with self._decoding("attribute cannot be read", name):
            attributes = self._file.attrs
            if name not in attributes or attributes.get_id(name).dtype.kind != "S":
                return ""
            identifier = attributes.get_id(name)
            if identifier.shape != () or identifier.dtype.itemsize > MAX_ATTRIBUTE_BYTES:
                return ""
            return bytes(attributes[name]).decode("utf-8", errors="replace")

    def _check(self, name: str, dataset: h5py.Dataset) -> None:
        if dataset.shape and max(dataset.shape) > MAX_LENGTH:
            raise LimitError("dataset is absurdly long", file=self.path, field=name, found=f"shape {dataset.shape}")
        known = BY_PATH.get(name)
        if known is None:
            return
        pattern = next((shape for shape in known.shapes if _matches(dataset.shape, shape)), None)
        if pattern is None:
            raise FormatError(
                "dataset has the wrong shape",
                file=self.path,
                field=name,
                found=dataset.shape,
                expected=" or ".join(str(shape) for shape in known.shapes),
            )
        for length, letter in zip(dataset.shape, pattern, strict=True):
            if isinstance(letter, str) and length > LONGEST[letter]:
                raise LimitError(
                    "dataset is absurdly long",
                    file=self.path,
                    field=name,
                    found=f"shape {dataset.shape}",
                    expected=f"{letter} at most {LONGEST[letter]}",
                )
        wanted = "iufb" if known.dtype[0] in "fiu" else "SOUVu"
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
        with self._decoding("annotation file is damaged", name):
            for part in name.split("/"):
                # Asked of the link itself: h5py's own "in" would follow an external one.
                if not isinstance(node, h5py.Group) or not node.id.links.exists(part.encode()):
                    return None
                link = node.id.links.get_info(part.encode())
                if link.type != h5py.h5l.TYPE_HARD:
                    raise FormatError(
                        "a soft or external link stands where data belongs",
                        file=self.path,
                        field=name,
                        hint="such files are refused: links may lead out of the episode or in circles",
                    )
                node = node[part]
        return node

    @contextmanager
    def _decoding(self, what: str, name: str) -> Iterator[None]:
        """Turns whatever HDF5 says about damaged data into a CorruptError."""
        try:
            yield
        except (OSError, RuntimeError, ValueError, KeyError, TypeError, UnicodeError, MemoryError) as error:
            lines = str(error).splitlines() or [type(error).__name__]
            raise CorruptError(what, file=self.path, field=name, found=lines[0][:200]) from error


def _is_letters(dataset: h5py.Dataset) -> bool:
    """Whether a dataset is a row or a column of letters: numbers of 1, 2 or 4 bytes (MATLAB's char is uint16), or single
    characters (C's char)."""
    shape, kind, size = dataset.shape, dataset.dtype.kind, dataset.dtype.itemsize
    line = len(shape) == 1 or (len(shape) == 2 and 1 in shape)
    return line and dataset.size > 1 and ((kind in "iu" and size in (1, 2, 4)) or (kind == "S" and size == 1))


def _decoded(raw: bytes, unit: int) -> str:
    """Text of bytes that are UTF-8, or UTF-16 or 32 by their byte order mark, or of units of 2 or 4 bytes."""
    if unit > 1:
        text = raw.decode({2: "utf-16-le", 4: "utf-32-le"}[unit], errors="replace")
    elif raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        text = raw.decode("utf-16", errors="replace")
    else:
        text = raw.decode("utf-8", errors="replace")
    return text.lstrip("\ufeff").strip("\x00")


def _matches(shape: tuple[int, ...], pattern: tuple[str | int, ...]) -> bool:
    return len(shape) == len(pattern) and all(isinstance(p, str) or n == p for n, p in zip(shape, pattern, strict=True))


def _open(path: Path) -> h5py.File:
    """The file with HDF5's usual locks, which others in this process expect; without, where it cannot be locked."""
    try:
        return h5py.File(path, "r", rdcc_nbytes=CHUNK_CACHE_BYTES)
    except OSError:
        return h5py.File(path, "r", locking=False, rdcc_nbytes=CHUNK_CACHE_BYTES)
