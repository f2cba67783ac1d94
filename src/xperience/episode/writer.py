"""Writes annotation.hdf5 in the official layout, checked against the layout table. Used by simulator and importers."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from xperience.episode.layout import BY_PATH, SOURCE_ATTRIBUTE


class AnnotationWriter:
    """Writes datasets of the layout into a new file; the same calls give the same bytes.

    Use as a context manager. The caller gives a temporary path and renames the finished folder.
    """

    def __init__(self, path: Path) -> None:
        self._file = h5py.File(path, "w", libver=("earliest", "v110"), track_order=False)

    def __enter__(self) -> AnnotationWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, path: str, value: object) -> None:
        """Writes one dataset whole, converted to the layout's type."""
        known = BY_PATH[path]
        if known.dtype == "str":
            self._file.create_dataset(path, data=value, dtype=h5py.string_dtype("utf-8"))
            return
        array = np.asarray(value, dtype=None if known.dtype == "S" else known.dtype)
        if known.dtype == "S":
            array = np.char.encode(array.astype(str), "utf-8") if array.dtype.kind != "S" else array
        assert len(array.shape) in {len(shape) for shape in known.shapes}, (path, array.shape, known.shapes)
        self._file.create_dataset(path, data=array)

    def source(self, name: str) -> None:
        """Says where the recording comes from, such as "simulated"."""
        self._file.attrs[SOURCE_ATTRIBUTE] = np.bytes_(name)

    def stream(self, path: str, length: int, tail: tuple[int, ...]) -> h5py.Dataset:
        """An empty dataset of [length, *tail], to be filled by slices as frames are made."""
        known = BY_PATH[path]
        return self._file.create_dataset(path, shape=(length, *tail), dtype=known.dtype)
