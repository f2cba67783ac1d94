"""One camera view as an MP4: frames by range at any size, with the times the container gives them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode.modalities.container import open_mp4
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
        with self._open() as container:
            stream = container.streams.video[0]
            entries = stream.index_entries
            listed = sum(not e.is_discard for e in entries)
            if not stream.frames or listed != stream.frames:  # fragmented, or trimmed by an edit list: count
                listed = len(self._index[0])
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
        ticks, _, tick_s = self._index
        return ticks * tick_s

    def key_frames(self) -> np.ndarray:
        """[k] numbers of the frames that can be decoded without others, by packet."""
        ticks, keys, _ = self._index
        return np.searchsorted(ticks, keys)

    def frames(self, start: int = 0, stop: int | None = None, size: tuple[int, int] | None = None) -> np.ndarray:
        """Frames start:stop as uint8 RGB [n, H, W, 3]; n is smaller where the file ends early.

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

        Numbers are those of presentation, without gaps. It ends early where the file does.

        Raises:
            CorruptError: a frame is damaged or missing between others.
        """
        if start == 0:
            yield from self._decode(0, stop, None, _Counter())
            return
        ticks, keys, _ = self._index
        if start >= len(ticks):
            return
        numbers = _Counter({int(tick): k for k, tick in enumerate(ticks)})
        before = keys[keys <= ticks[start]]
        yield from self._decode(start, stop, int(before[-1]) if len(before) else None, numbers)

    def _decode(self, start: int, stop: int | None, seek: int | None, numbers: _Counter) -> Iterator[tuple[int, Any]]:
        import av

        expected = start
        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            end = self._cut(stream)
            try:
                if seek is not None:
                    container.seek(seek, stream=stream, backward=True)
                for packet in container.demux(stream):
                    cut = packet.is_corrupt  # the file ended inside it
                    numbers.sent(packet)
                    for frame in stream.decode(None if cut else packet):
                        number = numbers.of(frame)
                        if (stop is not None and number >= stop) or (end is not None and frame.pts >= end):
                            return
                        if number < start:
                            continue
                        if number != expected or frame.is_corrupt:  # else FFmpeg's invention would pass for a frame
                            raise CorruptError(
                                "video is damaged",
                                file=self.path,
                                field=f"frame {expected}",
                                found="a frame with decoding errors" if number == expected else f"frame {number} next",
                                hint="fetch the file again, or read the frames after the damage",
                            )
                        yield number, frame
                        expected += 1
                    if cut:
                        return
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError(
                    "video cannot be decoded", file=self.path, field=f"frame {expected}", found=str(error)[:200]
                ) from error

    @cached_property
    def _index(self) -> tuple[np.ndarray, np.ndarray, float]:
        """([frames] presentation ticks, [key frames] theirs, seconds a tick), by packet."""
        import av

        with self._open() as container:
            stream = container.streams.video[0]
            try:
                ticks, keys = _shown(container.demux(stream))
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError("video cannot be read", file=self.path, found=str(error)[:200]) from error
            cut = self._cut(stream)
            end = np.inf if cut is None else cut
            shown, starts = (np.array([t for t in found if t < end], np.int64) for found in (ticks, keys))
            return shown, starts, float(stream.time_base)

    def _cut(self, stream: Any) -> int | None:
        """`Header.cut`, from a stream that is open already: opening a file costs as much as decoding ten frames."""
        length = self.path.stat().st_size
        return min((e.timestamp for e in stream.index_entries if e.pos + e.size > length), default=None)

    def _shown_size(self) -> tuple[int, int]:
        """(width, height) after rotation. Only a decoded frame tells the rotation; without one, the stored size."""
        import av

        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            try:
                for frame in container.decode(stream):
                    turned = orientation(frame)[0]
                    return (frame.height, frame.width) if turned else (frame.width, frame.height)
            except (av.FFmpegError, ValueError):
                pass
            return stream.width, stream.height

    def _open(self) -> Any:
        container = open_mp4(self.path, self.view)
        if not container.streams.video:
            container.close()
            raise CorruptError("file has no video stream", file=self.path)
        stream = container.streams.video[0]
        if stream.codec_context is None or not stream.width * stream.height:
            container.close()
            raise CorruptError("video cannot be decoded", file=self.path, found="unknown codec or image size")
        if stream.width * stream.height > MAX_PIXELS:
            container.close()
            raise CorruptError("video image is absurdly large", file=self.path, found=f"{stream.width}x{stream.height}")
        return container


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


def _shown(packets: Iterator[Any]) -> tuple[list[int], list[int]]:
    """Presentation ticks of all packets, and of those with a key frame, both sorted; cut-away frames left out."""
    shown = [(p.pts, p.is_keyframe) for p in packets if p.pts is not None and not p.is_discard and not p.is_corrupt]
    return sorted(tick for tick, _ in shown), sorted(tick for tick, key in shown if key)


class _Counter:
    """Frame numbers from presentation ticks: by the whole index where it is known, else by the packets so far.

    A decoder gives frames in order of presentation, so when one comes out, every packet before it has gone in: its
    number is how many of them there were, whether or not each of them gave a frame.
    """

    def __init__(self, index: dict[int, int] | None = None) -> None:
        self.index = index
        self.waiting: list[int] = []
        self.next = 0

    def sent(self, packet: Any) -> None:
        if self.index is None and packet.pts is not None and not packet.is_discard:
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
