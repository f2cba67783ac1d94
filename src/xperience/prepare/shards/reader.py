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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from xperience.episode import Presence
from xperience.errors import CorruptError, FormatError, MissingError
from xperience.prepare.piece import Piece
from xperience.prepare.segments import decode
from xperience.prepare.shards.index import Index
from xperience.prepare.shards.layout import BLOCK, META, Member
from xperience.prepare.shards.writer import index_file
from xperience.prepare.streams import STREAMS

OPEN_SHARDS = 128
"""Shards that are mapped at once; each takes a file handle and its index."""

VIEWS = 4096
"""Arrays of one shard that are remembered."""


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
        ids, sessions, sides: [E] of its recordings, in the order of the plan. frames: [E] int64.
        segment_frames: frames of a whole segment. recipe: as written.
        set_aside: shards that cannot be opened, with the reason. damaged: members that turned out bad, likewise.
    """

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder = folder
        try:
            about = json.loads((folder / "prepare.json").read_text(encoding="utf-8"))
            self.recipe: dict[str, Any] = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
            table = pq.read_table(folder / "episodes.parquet").to_pydict()
            self.identity = f"{about['recipe']}-{about['plan']}"
        except FileNotFoundError as error:
            raise MissingError(
                "no prepared data here",
                file=folder,
                field=Path(error.filename or "").name,
                hint="run `xperience prepare`",
            ) from error
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise CorruptError("the prepared folder cannot be read", file=folder, found=str(error)) from error
        if not about.get("whole"):
            raise MissingError("the folder is not finished", file=folder, hint="run the same `xperience prepare` again")
        self.ids: list[str] = table["episode_id"]
        self.sessions: list[str] = table["session"]
        self.sides: list[str] = table["split"]
        self.frames = np.array(table["frames"], np.int64)
        self._shard_of: list[str] = table["shard"]
        self.segment_frames = max(1, round(self.recipe["seconds"] * 20.0))
        self.set_aside: dict[str, str] = {}
        self.damaged: dict[str, str] = {}
        self._open: OrderedDict[str, Shard] = OrderedDict()
        self._closed_bytes = 0
        self._meta = lru_cache(4096)(self._read_meta)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Opens what `xperience prepare` wrote.

        Raises:
            MissingError: it is not there or not finished. CorruptError: its tables cannot be read.
        """
        return cls(Path(folder))

    @cached_property
    def statistics(self) -> dict[str, Any]:
        """Of the training split, by stream."""
        found: dict[str, Any] = json.loads((self.folder / "statistics.json").read_text(encoding="utf-8"))["streams"]
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
                key = f"{self.ids[episode]}/{n:05d}"
                clock = shard.array(key, "clock.times.npy")
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
        key = self.ids[episode]
        cuts = self._cuts(start, count)
        return np.concatenate([shard.array(f"{key}/{n:05d}", "clock.times.npy", low, high) for n, low, high in cuts])

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

    def _cuts(self, start: int, count: int) -> list[tuple[int, int, int]]:
        size = self.segment_frames
        first, last = start // size, (start + count - 1) // size
        return [(n, max(start - n * size, 0), min(start + count - n * size, size)) for n in range(first, last + 1)]

    def _read_meta(self, episode: int, n: int) -> dict[str, Any]:
        shard = self._shard(self._shard_of[episode])
        try:
            found: dict[str, Any] = json.loads(shard.bytes(f"{self.ids[episode]}/{n:05d}", META))
        except ValueError as error:
            raise CorruptError("a segment's meta is no JSON", file=shard.path, found=str(error)) from error
        return found

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
