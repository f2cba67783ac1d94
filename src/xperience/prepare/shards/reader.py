"""Reading what was prepared: any span of any recording, and only the bytes that it needs.

A shard is mapped into memory. The first time that a block of 64 kB of a member is needed it is read as a whole and its
checksum compared; from then on slices come straight from the map. A shard that is missing, or whose index is damaged, is
set aside for the rest of the run; a damaged member costs only the windows that need its damaged blocks, whatever was
read before. Both are named, and stop nothing else.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from xperience.episode import Presence
from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import CorruptError, FormatError, MissingError, UsageError
from xperience.prepare.piece import Piece
from xperience.prepare.recipe import parse
from xperience.prepare.segments import decode
from xperience.prepare.shards.index import Index
from xperience.prepare.shards.layout import BLOCK, META, Member, segment_key
from xperience.prepare.shards.writer import index_file
from xperience.prepare.streams import STREAMS

OPEN_SHARDS = 128
"""Shards that are mapped at once; each takes a file handle and its index."""

VIEWS = 4096
"""Arrays of one shard that are remembered."""

LATEST_S = 1e9
"""No clock of a recording goes further: 30 years."""

AGAIN = "run the same `xperience prepare` again"

TEXTS, COUNTS = ("episode_id", "session", "split", "shard"), ("frames", "segments")
"""Columns of episodes.parquet that are read."""

SAID: Mapping[str, type] = {"present": list, "cameras": dict, "provenance": dict}
"""What every segment's meta has."""


class Shard:
    """One open shard.

    Attributes:
        index: of its members. bytes_read: bytes of blocks that were read and verified so far, each once.

    Raises:
        MissingError: shard or index is not there. CorruptError: the index cannot be read, or points outside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_read = 0
        if not path.is_file() or not index_file(path).is_file():
            raise MissingError("a shard or its index is missing", file=path, hint="run `xperience prepare` again")
        self.index = Index(path, path.stat().st_size)
        self._verified = np.zeros(self.index.blocks, bool)
        self._views: dict[tuple[str, str], tuple[np.ndarray, Member | None, int]] = {}
        self._file = os.open(path, os.O_RDONLY)
        self._map = mmap.mmap(self._file, 0, prot=mmap.PROT_READ)
        if hasattr(os, "posix_fadvise"):  # neither reads ahead what nobody asked for
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)
        if hasattr(mmap, "MADV_RANDOM"):
            self._map.madvise(mmap.MADV_RANDOM)

    def close(self) -> None:
        os.close(self._file)  # the map lives on while arrays look at it

    def has(self, key: str, name: str) -> bool:
        return (key, name) in self._views or (key, name) in self.index

    def array(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows [start, stop) of an array member; a view of the map, not to be written to."""
        view = self._views.get((key, name)) or self._view(key, name)
        values, member, row = view
        if member is not None:
            first, last, _ = slice(start, stop).indices(len(values)) if values.ndim else (0, 1, 1)
            if self._verify(member, first * row, max(first, last) * row):
                self._views[key, name] = values, None, row
        return values[start:stop] if values.ndim else values

    def _view(self, key: str, name: str) -> tuple[np.ndarray, Member | None, int]:
        """A whole array in the map, its member until all of it is verified, bytes of a row."""
        member = self.index.member(key, name)
        if not member.dtype:
            raise FormatError("no array", file=self.path, field=f"{key}.{name}")
        dtype = np.dtype(member.dtype)
        values = np.frombuffer(self._map, dtype, member.size // dtype.itemsize, member.offset).reshape(member.shape)
        row = member.size // len(values) if values.ndim and len(values) else member.size
        if len(self._views) >= VIEWS:
            self._views.clear()
        view = self._views[key, name] = values, member if member.size else None, row
        return view

    def bytes(self, key: str, name: str, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes [start, stop) of a member."""
        member = self.index.member(key, name)
        first, last, _ = slice(start, stop).indices(member.size)
        self._verify(member, first, last)
        return self._map[member.offset + first : member.offset + max(first, last)]

    def _verify(self, member: Member, start: int, stop: int) -> bool:
        """Checks the blocks of bytes [start, stop) that were not yet; whether the whole member is now."""
        origin = self.index.first_block(member.key, member.name)
        seen = self._verified[origin : origin + len(member.checks)]
        for block in range(start // BLOCK, -(-stop // BLOCK)):
            if not seen[block]:
                size = min(BLOCK, member.size - block * BLOCK)
                data = os.pread(self._file, size, member.offset + block * BLOCK)
                self.bytes_read += len(data)
                if zlib.crc32(data) != member.checks[block]:
                    raise CorruptError(
                        "checksum differs", file=self.path, field=f"{member.key}.{member.name}",
                        hint="remove the shard and run `xperience prepare` again",
                    )  # fmt: skip
                seen[block] = True
        return bool(seen.all())


@dataclass(frozen=True)
class Parts:
    """Members of one stream in one segment; see `segments.Parts`."""

    shard: Shard
    key: str
    stream: str

    def array(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        return self.shard.array(self.key, f"{self.stream}.{name}", start, stop)

    def bytes(self, name: str, start: int = 0, stop: int | None = None) -> bytes:
        return self.shard.bytes(self.key, f"{self.stream}.{name}", start, stop)

    def __contains__(self, name: object) -> bool:
        return self.shard.has(self.key, f"{self.stream}.{name}")


class Prepared:
    """A prepared folder, opened for reading.

    Attributes:
        folder: where it is. identity: of recipe and plan.
        ids, sessions, sides: [E] of its recordings, in the order of the plan. frames, segments: [E] int64.
        segment_frames: frames of a whole segment. recipe: as written. shards: names of all.
        set_aside: shards that cannot be opened, with the reason. damaged: members that turned out bad, likewise.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = _document(folder / "prepare.json", {"recipe": str, "plan": str, "whole": bool})
        self.identity = f"{about['recipe']}-{about['plan']}"
        if not about["whole"]:
            raise MissingError("the folder is not finished", file=folder, hint=AGAIN)
        self.shards: tuple[str, ...] = tuple(_keyed(about, folder / "prepare.json", {"shards": dict})["shards"])
        self.recipe = _recipe(folder / "recipe.json")
        table = _episodes(folder / "episodes.parquet", self.shards)
        self.ids, self.sessions, self.sides, self._shard_of = (table[name] for name in TEXTS)
        self.frames, self.segments = (np.array(table[name], np.int64) for name in COUNTS)
        self.segment_frames = max(1, round(self.recipe["seconds"] * NOMINAL_FPS))
        self.set_aside: dict[str, str] = {}
        self.damaged: dict[str, str] = {}
        self._open: OrderedDict[str, Shard] = OrderedDict()
        self._closed_bytes = 0
        self._meta = lru_cache(4096)(self._read_meta)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Opens what `xperience prepare` wrote.

        Raises:
            MissingError: it is not there or not finished. CorruptError: its tables cannot be read. FormatError: they are
                not what `xperience prepare` writes.
        """
        return cls(Path(folder))

    @cached_property
    def statistics(self) -> dict[str, Any]:
        """Of the training split, by stream.

        Raises:
            MissingError, CorruptError, FormatError: they are not there, cannot be read, or are something else.
        """
        found: dict[str, Any] = _document(self.folder / "statistics.json", {"streams": dict})["streams"]
        return found

    @property
    def bytes_read(self) -> int:
        """Bytes of shards read so far; what comes again from memory is not counted again."""
        return self._closed_bytes + sum(shard.bytes_read for shard in self._open.values())

    def side(self, name: str) -> np.ndarray:
        """Places of the recordings of one side of the split."""
        return np.flatnonzero(np.array(self.sides) == name)

    def read(self, episode: int, start: int, count: int, streams: Sequence[str]) -> dict[str, Piece]:
        """Frames [start, start + count) of a recording, across the borders of segments.

        Raises:
            CorruptError: what the frames need is damaged. MissingError: the shard is gone. Both name the shard.
        """
        assert start >= 0 and start + count <= self.frames[episode], "frames outside the recording"
        shard = self._shard(self._shard_of[episode])
        try:
            parts: dict[str, list[Piece]] = {stream: [] for stream in streams}
            for n, low, high in self._cuts(start, count):
                key = segment_key(self.ids[episode], n)
                clock = self._clock(shard, episode, n)
                present = self._meta(episode, n)["present"]
                for stream in streams:
                    if stream in present:
                        parts[stream].append(decode(stream, Parts(shard, key, stream), clock, low, high))
            return {stream: _joined(stream, pieces) for stream, pieces in parts.items()}
        except (CorruptError, FormatError, MissingError) as error:
            if error.file is not None:
                self.damaged.setdefault(f"{shard.path.name}: {error.field}", str(error))
                raise
            named = CorruptError(  # a decoder does not know where its bytes come from
                error.what, file=shard.path, field=f"{self.ids[episode]} {error.field}", found=error.found,
                expected=error.expected,
            )  # fmt: skip
            self.damaged.setdefault(f"{shard.path.name}: {named.field}", str(named))
            raise named from error

    def clock(self, episode: int, start: int, count: int) -> np.ndarray:
        """[count] times of frames, seconds on the recording's clock."""
        shard = self._shard(self._shard_of[episode])
        cuts = self._cuts(start, count)
        return np.concatenate([self._clock(shard, episode, n)[low:high] for n, low, high in cuts])

    def metas(self, episode: int, start: int, count: int) -> list[tuple[dict[str, Any], int, int]]:
        """(meta, first, behind the last frame within the segment) of each segment that the frames touch."""
        return [(self._meta(episode, n), low, high) for n, low, high in self._cuts(start, count)]

    def points(self, episode: int) -> np.ndarray:
        """[P, 3] map points in world metres."""
        return self._shard(self._shard_of[episode]).array(f"{self.ids[episode]}/00000", "points.npy")

    def close(self) -> None:
        for shard in self._open.values():
            self._closed_bytes += shard.bytes_read
            shard.close()
        self._open.clear()

    def _cuts(self, start: int, count: int) -> Iterator[tuple[int, int, int]]:
        size = self.segment_frames
        for n in range(start // size, (start + count - 1) // size + 1):
            yield n, max(start - n * size, 0), min(start + count - n * size, size)

    def _clock(self, shard: Shard, episode: int, n: int) -> np.ndarray:
        """[F + 1] times of a segment's frames, and the end of the last; they go forward."""
        key, name = segment_key(self.ids[episode], n), "clock.times.npy"
        clock = shard.array(key, name)
        count = min(self.segment_frames, int(self.frames[episode]) - n * self.segment_frames) + 1
        if clock.shape != (count,) or clock.dtype != np.float64:
            raise CorruptError(
                "a segment of another length", file=shard.path, field=f"{key}.{name}", found=clock.shape,
                expected=f"{count} times",
            )  # fmt: skip
        if not ((np.abs(clock) < LATEST_S).all() and (clock[1:] > clock[:-1]).all()):
            raise CorruptError("a segment's clock does not go forward", file=shard.path, field=f"{key}.{name}")
        return clock

    def _read_meta(self, episode: int, n: int) -> dict[str, Any]:
        shard = self._shard(self._shard_of[episode])
        key = segment_key(self.ids[episode], n)
        return _keyed(_json(shard.bytes(key, META), shard.path, f"{key}.{META}"), shard.path, SAID)

    def _shard(self, name: str) -> Shard:
        if name in self.set_aside:
            raise CorruptError(
                "the shard was set aside", file=self.folder / "shards" / name, found=self.set_aside[name]
            )
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name]
        try:
            shard = Shard(self.folder / "shards" / name)
        except (CorruptError, MissingError) as error:
            self.set_aside[name] = str(error)
            raise
        self._open[name] = shard
        if len(self._open) > OPEN_SHARDS:
            _, old = self._open.popitem(last=False)
            self._closed_bytes += old.bytes_read
            old.close()
        return shard


def _bytes(file: Path) -> bytes:
    """All of a small file of the folder."""
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise MissingError("no prepared data here", file=file, hint=AGAIN) from error
    except OSError as error:
        raise CorruptError("the prepared folder cannot be read", file=file, found=error.strerror, hint=AGAIN) from error


def _document(file: Path, kinds: Mapping[str, type]) -> dict[str, Any]:
    """A file with a JSON object that has these keys."""
    return _keyed(_json(_bytes(file), file), file, kinds)


def _json(data: bytes, file: Path, field: str | None = None) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CorruptError("not JSON", file=file, field=field, found=str(error)[:200], hint=AGAIN) from error


def _keyed(found: Any, file: Path, kinds: Mapping[str, type]) -> dict[str, Any]:
    """`found`, if it is an object that has these keys with values of these types."""
    if not isinstance(found, dict):
        raise FormatError("no JSON object", file=file, found=type(found).__name__, hint=AGAIN)
    for key, kind in kinds.items():
        if not isinstance(found.get(key), kind):
            value = repr(found[key])[:80] if key in found else "nothing"
            raise FormatError(
                "not what `xperience prepare` writes", file=file, field=key, found=value, expected=kind.__name__,
                hint=AGAIN,
            )  # fmt: skip
    return found


def _recipe(file: Path) -> dict[str, Any]:
    """The recipe; what decides how segments are read is no default."""
    found = _document(file, {"seconds": float, "streams": list, "video": dict, "depth": dict})
    try:
        return parse(found, file, strict=True).model_dump(mode="json")
    except UsageError as error:
        raise FormatError(
            error.what, file=file, field=error.field, found=error.found, expected=error.expected, hint=AGAIN
        ) from error


def _episodes(file: Path, shards: Collection[str]) -> dict[str, list[Any]]:
    """Columns of the table of recordings; nothing in them is empty, and their shards are among `shards`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(_bytes(file)))
        for name in (*TEXTS, *COUNTS):
            fits, expected = (pa.types.is_string, "texts") if name in TEXTS else (pa.types.is_integer, "whole numbers")
            there = table.column_names.count(name) == 1
            if not there or not fits(table[name].type) or table[name].null_count:
                raise FormatError(
                    "not the table that `xperience prepare` writes", file=file, field=name,
                    found=f"{table[name].type}, {table[name].null_count} empty" if there else "no such column",
                    expected=expected, hint=AGAIN,
                )  # fmt: skip
        columns: dict[str, list[Any]] = table.select([*TEXTS, *COUNTS]).to_pydict()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise CorruptError("the prepared folder cannot be read", file=file, found=str(error), hint=AGAIN) from error
    for name in COUNTS:
        wrong = [count for count in columns[name] if not 0 < count < 2**31]
        if wrong:
            raise FormatError("no count", file=file, field=name, found=wrong[0], expected="1 to 2^31", hint=AGAIN)
    unknown = set(columns["shard"]).difference(shards)
    if unknown:
        raise FormatError("no such shard", file=file, field="shard", found=min(unknown), hint=AGAIN)
    return columns


def _joined(stream: str, pieces: list[Piece]) -> Piece:
    if not pieces:
        shape = tuple(size or 1 for size in STREAMS[stream].shape)
        empty = np.zeros((0, *shape), STREAMS[stream].dtype)
        return Piece(empty, np.zeros(0), np.zeros(0, bool), Presence.ABSENT)
    if len(pieces) == 1:
        return pieces[0]
    values, times, valid = (
        np.concatenate([getattr(p, name) for p in pieces]) for name in ("values", "times_s", "valid")
    )
    return Piece(values, times, valid)
