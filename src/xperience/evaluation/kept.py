"""Views of recordings kept on disk: made once, a batch at a time, and mapped into memory where they are asked for.

FOLDER/<recording>/<digest>.safetensors holds one view: tokens, content, `side.<name>` and `own.<name>`, a row a window. The
digest is of all that the numbers depend on: weights, precision, prepared data, windows, inputs. What is there is not made
again, so an evaluation that was stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from xperience.episode.folders import file_name
from xperience.evaluation.embedded import View
from xperience.evaluation.inputs import Inputs
from xperience.storage import digest, replacing

VERSION = 1
SUFFIX = ".safetensors"
DTYPES: dict[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


@dataclass
class KeptViews(MutableMapping[Inputs, View]):
    """The views of one recording, by inputs.

    Attributes:
        folder: of the recording. identity: of all that its views depend on but the inputs.
    """

    folder: Path
    identity: str
    _open: dict[Inputs, View] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, recording: str, *facts: str) -> KeptViews:
        """Args:
        root: of all recordings. facts: what the views depend on besides the recording's name and the inputs."""
        return cls(root / file_name(recording), digest(str(VERSION), recording, *facts))

    def __contains__(self, inputs: object) -> bool:
        return isinstance(inputs, Inputs) and self._file(inputs).is_file()

    def __getitem__(self, inputs: Inputs) -> View:
        if inputs not in self._open:
            if inputs not in self:
                raise KeyError(inputs)
            self._open[inputs] = _read(self._file(inputs))
        return self._open[inputs]

    def __setitem__(self, inputs: Inputs, view: View) -> None:
        self.write([{inputs: view}], len(view.tokens))

    def __delitem__(self, inputs: Inputs) -> None:
        self._open.pop(inputs, None)
        self._file(inputs).unlink()

    def __iter__(self) -> Iterator[Inputs]:
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            about = _header(path)[0].get("__metadata__", {})
            inputs = Inputs(tuple(json.loads(about.get("streams", "[]"))), about.get("language") == "true")
            if path == self._file(inputs):
                yield inputs

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def lacking(self, inputs: Iterable[Inputs]) -> list[Inputs]:
        """Those of which there is no view yet."""
        return [one for one in inputs if one not in self]

    def write(self, parts: Iterable[Mapping[Inputs, View]], windows: int) -> None:
        """Writes views that come in parts, in the order of their windows, `windows` in all; one part is held at a time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files: dict[Inputs, _Growing] = {}
        with ExitStack() as stack:
            at = 0
            for part in parts:
                for inputs, view in part.items():
                    if inputs not in files:
                        temporary = stack.enter_context(replacing(self._file(inputs)))
                        file = stack.enter_context(temporary.open("wb"))
                        files[inputs] = _Growing(file, inputs, _arrays(view), windows)
                    files[inputs].put(at, _arrays(view))
                at += len(next(iter(part.values())).tokens)
            assert at == windows, f"{at} of {windows} windows were given"
        for inputs in files:
            self._open.pop(inputs, None)

    def _file(self, inputs: Inputs) -> Path:
        return self.folder / (digest(self.identity, *inputs.streams, str(inputs.language))[:16] + SUFFIX)


class _Growing:
    """A file of the safetensors format whose arrays [windows, ...] are written some rows at a time."""

    def __init__(self, file: IO[bytes], inputs: Inputs, arrays: Mapping[str, np.ndarray], windows: int) -> None:
        self.file, self.start = file, dict[str, int]()
        header: dict[str, Any] = {
            "__metadata__": {"streams": json.dumps(inputs.streams), "language": json.dumps(inputs.language)}
        }
        names = {dtype: name for name, dtype in DTYPES.items()}
        end = 0
        for name, array in arrays.items():
            size = windows * array[:1].nbytes
            shape = [windows, *array.shape[1:]]
            header[name] = {"dtype": names[array.dtype], "shape": shape, "data_offsets": [end, end + size]}
            self.start[name], end = end, end + size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        file.write(len(text).to_bytes(8, "little") + text)
        self.data = 8 + len(text)
        file.truncate(self.data + end)

    def put(self, at: int, arrays: Mapping[str, np.ndarray]) -> None:
        for name, array in arrays.items():
            self.file.seek(self.data + self.start[name] + at * array[:1].nbytes)
            self.file.write(np.ascontiguousarray(array).tobytes())


def _arrays(view: View) -> dict[str, np.ndarray]:
    """Wider types first, so that each array is aligned."""
    found = {f"own.{name}": np.asarray(value, np.float32) for name, value in view.own.items()}
    found |= {"tokens": view.tokens} | ({} if view.content is None else {"content": view.content})
    found |= {f"side.{name}": value for name, value in view.sides.items()}
    return {name: value.astype(value.dtype.newbyteorder("<"), copy=False) for name, value in found.items()}


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """(header, where the data begins)."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(size)), 8 + size


def _read(path: Path) -> View:
    header, data = _header(path)
    raw = np.memmap(path, np.uint8, "r")
    arrays = {}
    for name, about in header.items():
        if name != "__metadata__":
            shape, dtype, start = tuple(about["shape"]), DTYPES[about["dtype"]], about["data_offsets"][0]
            arrays[name] = np.ndarray(shape, dtype, raw, data + start)

    def named(prefix: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}

    return View(arrays["tokens"], named("side."), named("own."), arrays.get("content"))
