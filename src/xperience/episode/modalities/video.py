"""One camera view as an MP4: frames by range at any size, with the times the container gives them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode.modalities.container import open_mp4, view_track
from xperience.episode.modalities.entry import Entry, Index, entry
from xperience.episode.resample import area_average
from xperience.errors import CorruptError, LimitError, UsageError

MAX_PIXELS = 8192 * 8192
"""Largest image that is decoded."""

MAX_STACK_BYTES = 4 * 2**30
"""Largest stack of frames that is returned at once; longer ranges go frame by frame."""


@dataclass(frozen=True)
class Header:
    """What the container says without being decoded, but for the orientation of the first frame.

    Attributes:
        width, height: pixels, as shown (display rotation applied).
        num_frames: frames that are shown, by the container's index; a truncated file holds fewer.
        fps: average rate; 0 where the container has none.
        codec: name, such as "h264".
        cut: tick from which on frames may be missing because the file ends before they are stored; None where it is
            whole. Packets are stored in order of decoding, so some frames after this tick may be there.
    """

    width: int
    height: int
    num_frames: int
    fps: float
    codec: str
    cut: int | None

    @property
    def truncated(self) -> bool:
        """Whether the file ends before the last frame that its index lists."""
        return self.cut is not None


class Video:
    """A view's MP4, opened when first used and never before.

    Frames are numbered by their order of presentation; frame k of the video belongs to frame k of the annotation.
    All methods raise MissingError where there is no file, CorruptError where it is not an MP4 that can be decoded.
    """

    def __init__(self, view: str, path: Path) -> None:
        self.view = view
        self.path = path

    @cached_property
    def header(self) -> Header:
        with self._open() as (_, stream):
            entries = stream.index_entries
            listed = sum(not e.is_discard for e in entries)
            if not stream.frames or listed != stream.frames:  # fragmented, or trimmed by an edit list: count
                listed = len(self._index.ticks)
            return Header(
                *self._shown_size(),
                num_frames=listed,
                fps=float(stream.average_rate or 0),
                codec=stream.codec_context.name,
                cut=self._cut(stream),
            )

    @property
    def width(self) -> int:
        return self.header.width

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, as shown."""
        return self.width, self.height

    @property
    def num_frames(self) -> int:
        """Frames by the container's index; a truncated file may hold fewer."""
        return self.header.num_frames

    @property
    def fps(self) -> float:
        """Average rate by the container."""
        return self.header.fps

    @property
    def truncated(self) -> bool:
        """Whether the file ends before the last frame that its index lists."""
        return self.header.truncated

    def __len__(self) -> int:
        return self.num_frames

    def times_s(self) -> np.ndarray:
        """[frames] presentation times in seconds on the container's own clock, without decoding."""
        return self._index.ticks * self._index.tick_s

    def key_frames(self) -> np.ndarray:
        """[k] numbers of the frames at which decoding may begin, by packet."""
        return np.searchsorted(self._index.ticks, self._index.keys)

    def frames(self, start: int = 0, stop: int | None = None, size: tuple[int, int] | None = None) -> np.ndarray:
        """Frames start:stop as uint8 RGB [n, H, W, 3], those that decoding from the start would give.

        n is smaller only where the video has no more frames, or the file was cut short.

        Args:
            size: (width, height) to scale to, each pixel the mean of the area it covers; None for the stored size.

        Raises:
            CorruptError: a frame in the range cannot be decoded.
            LimitError: the range would pass MAX_STACK_BYTES.
        """
        stop = self.num_frames if stop is None else stop
        if start < 0 or stop < start:
            raise UsageError("not a frame range", file=self.path, found=f"{start}:{stop}")
        width, height = size or self.size
        most = max(0, min(stop, self.num_frames) - start)
        if most * width * height * 3 > MAX_STACK_BYTES:
            raise LimitError(
                "too many frames at once",
                file=self.path,
                found=f"{most} frames of {width}x{height}",
                expected=f"at most {MAX_STACK_BYTES // 2**20} MiB",
                hint="ask for a shorter range or a smaller size, or go frame by frame with iterate()",
            )
        images = np.empty((most, height, width, 3), np.uint8)
        count = 0
        for _, image in self.iterate(start, start + most, size):
            images[count] = image
            count += 1
        return images[:count]

    def iterate(
        self, start: int = 0, stop: int | None = None, size: tuple[int, int] | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(frame number, upright RGB image) one by one, in bounded memory."""
        shown = None
        for number, frame in self.decode(start, stop):
            shown = shown or orientation(frame)  # once: PyAV keeps a frame whose side data was asked for in a cycle
            image = upright(frame, shown)
            yield number, image if size is None else area_average(image, size)

    def decode(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Any]]:
        """(frame number, av.VideoFrame as stored) from `start` to before `stop`; use `upright` for its RGB.

        Numbers are those of presentation, without gaps. It ends early only where a file was cut short. Where a key frame
        does not lead to `start` (open groups, periodic intra refresh), decoding begins further back.

        Raises:
            CorruptError: a frame is damaged or missing.
        """
        if start == 0:
            yield from self._decode(0, stop, None, _Counter())
            return
        if start >= len(self._index.ticks):
            return
        numbers = {int(tick): k for k, tick in enumerate(self._index.ticks)}
        failed: CorruptError | None = None
        for tick in self._index.entries(start):
            try:
                for number, frame in self._decode(start, stop, tick, _Counter(numbers)):
                    start = number + 1
                    yield number, frame
                return
            except CorruptError as error:
                failed = error
        if failed is not None:
            raise failed

    def _decode(self, start: int, stop: int | None, seek: int | None, numbers: _Counter) -> Iterator[tuple[int, Any]]:
        import av

        expected = start
        with self._open() as (container, stream):
            stream.thread_count = 1
            end = self._cut(stream)
            try:
                if seek is not None:
                    container.seek(seek, stream=stream, backward=True)
                for packet in container.demux(stream):
                    if expected == stop:
                        return
                    cut = packet.is_corrupt  # the file ended inside it
                    numbers.sent(packet)
                    for frame in stream.decode(None if cut else packet):
                        number = numbers.of(frame)
                        if (stop is not None and number >= stop) or (end is not None and frame.pts >= end):
                            return
                        if number < start:
                            continue
                        if number != expected or frame.is_corrupt:  # else FFmpeg's invention would pass for a frame
                            raise self._damaged(
                                expected,
                                "a frame with decoding errors" if number == expected else f"frame {number} next",
                            )
                        yield number, frame
                        expected += 1
                    if cut:
                        return
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError(
                    "video cannot be decoded", file=self.path, field=f"frame {expected}", found=str(error)[:200]
                ) from error
        if end is None and expected < (numbers.total if stop is None else min(stop, numbers.total)):
            raise self._damaged(expected, f"no frame from there on, {numbers.total} are stored")

    def _damaged(self, number: int, found: str) -> CorruptError:
        return CorruptError(
            "video is damaged",
            file=self.path,
            field=f"frame {number}",
            found=found,
            hint="fetch the file again, or read the frames after the damage",
        )

    @cached_property
    def _index(self) -> Index:
        """By packet: all are read, none decoded."""
        import av

        with self._open() as (container, stream):
            try:
                found = _shown(container.demux(stream), stream.codec_context)
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError("video cannot be read", file=self.path, found=str(error)[:200]) from error
            cut = self._cut(stream)
            end = np.inf if cut is None else cut
            found = [(tick, kind) for tick, kind in found if tick < end]
            keys = [(tick, kind is Entry.CLOSED) for tick, kind in found if kind is not Entry.NONE]
            ticks, starts = (np.array([tick for tick, _ in some], np.int64) for some in (found, keys))
            return Index(ticks, starts, np.array([closed for _, closed in keys], bool), float(stream.time_base))

    def _cut(self, stream: Any) -> int | None:
        """`Header.cut`, from a stream that is open already: opening a file costs as much as decoding ten frames."""
        length = self.path.stat().st_size
        return min((e.timestamp for e in stream.index_entries if e.pos + e.size > length), default=None)

    def _shown_size(self) -> tuple[int, int]:
        """(width, height) after rotation. Only a decoded frame tells the rotation; without one, the stored size."""
        import av

        with self._open() as (container, stream):
            stream.thread_count = 1
            try:
                for frame in container.decode(stream):
                    turned = orientation(frame)[0]
                    return (frame.height, frame.width) if turned else (frame.width, frame.height)
            except (av.FFmpegError, ValueError):
                pass
            return stream.width, stream.height

    @contextmanager
    def _open(self) -> Iterator[tuple[Any, Any]]:
        """(container, the view's stream in it)."""
        with open_mp4(self.path, self.view) as container:
            stream = view_track(container)
            if stream is None:
                raise CorruptError("file has no video stream", file=self.path)
            if stream.codec_context is None or not stream.width * stream.height:
                raise CorruptError("video cannot be decoded", file=self.path, found="unknown codec or image size")
            if stream.width * stream.height > MAX_PIXELS:
                size = f"{stream.width}x{stream.height}"
                raise CorruptError("video image is absurdly large", file=self.path, found=size)
            yield container, stream


def upright(frame: Any, shown: tuple[bool, bool, bool] | None = None) -> np.ndarray:
    """RGB uint8 [H, W, 3] of an av.VideoFrame by libswscale's default conversion, turned as it is to be shown.

    Args:
        shown: `orientation` of the video, where it is known.
    """
    return turned(frame.to_ndarray(format="rgb24"), shown or orientation(frame))


def turned(image: np.ndarray, shown: tuple[bool, bool, bool]) -> np.ndarray:
    """An image [H, W, ...] as it is to be shown."""
    swap, flip_x, flip_y = shown
    if swap:
        image = image.swapaxes(0, 1)
    if flip_x:
        image = image[:, ::-1]
    return image[::-1] if flip_y else image


def orientation(frame: Any) -> tuple[bool, bool, bool]:
    """How a frame is to be shown: rows and columns swapped, then left-right flipped, then upside down.

    From the MP4 display matrix (a b u, c d v, x y w), which takes a pixel to x' = a x + c y, y' = b x + d y; other
    angles than right ones go to the nearest.
    """
    stored = frame.side_data.get("DISPLAYMATRIX")  # iterating gives values up to PyAV 18, keys since
    if stored is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(stored), np.int32)[:5].astype(np.int64).tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, a < 0, d < 0
    return True, c < 0, b < 0


def _shown(packets: Iterator[Any], codec: Any) -> list[tuple[int, Entry]]:
    """Presentation ticks of all packets in order, and whether decoding may begin there; cut-away frames left out."""
    extradata = None if codec.extradata is None else bytes(codec.extradata)
    return sorted(
        ((p.pts, entry(codec.name, bytes(p), extradata) if p.is_keyframe else Entry.NONE) for p in packets
         if p.pts is not None and not p.is_discard and not p.is_corrupt),
        key=lambda shown: shown[0],
    )  # fmt: skip


class _Counter:
    """Frame numbers from presentation ticks: by the whole index where it is known, else by the packets so far.

    A decoder gives frames in order of presentation, so when one comes out, every packet before it has gone in: its
    number is how many of them there were, whether or not each of them gave a frame.
    """

    def __init__(self, index: dict[int, int] | None = None) -> None:
        self.index = index
        self.total = 0 if index is None else len(index)
        self.waiting: list[int] = []
        self.next = 0

    def sent(self, packet: Any) -> None:
        if self.index is None and packet.pts is not None and not packet.is_discard:
            self.total += 1
            heapq.heappush(self.waiting, packet.pts)

    def of(self, frame: Any) -> int:
        if self.index is not None and frame.pts in self.index:
            return self.index[frame.pts]
        number = self.next
        while self.waiting and frame.pts is not None and self.waiting[0] <= frame.pts:
            number = self.next
            heapq.heappop(self.waiting)
            self.next += 1
        if self.next == number:  # a frame of no packet: count on
            self.next += 1
        return number
