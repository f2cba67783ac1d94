"""One camera view as an MP4: frames by range at any size, with the times the container gives them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import CorruptError, MissingError, UsageError

MAX_PIXELS = 8192 * 8192
"""Largest image that is decoded."""


class Video:
    """A view's MP4, opened when first used and never before.

    Frames are numbered by their order of presentation; frame k of the video belongs to frame k of the annotation.
    """

    def __init__(self, view: str, path: Path) -> None:
        self.view = view
        self.path = path
        self._header: tuple[int, int, int, float] | None = None

    @property
    def width(self) -> int:
        return self._read_header()[0]

    @property
    def height(self) -> int:
        return self._read_header()[1]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def num_frames(self) -> int:
        """Frames by the container's index; a truncated file may hold fewer."""
        return self._read_header()[2]

    @property
    def fps(self) -> float:
        """Average rate by the container."""
        return self._read_header()[3]

    def __len__(self) -> int:
        return self.num_frames

    def times_s(self) -> np.ndarray:
        """[frames] presentation times in seconds from the container's own start, by packet, without decoding."""
        with self._open() as container:
            stream = container.streams.video[0]
            ticks = sorted(p.pts for p in container.demux(stream) if p.pts is not None)
            return np.array([float(t * stream.time_base) for t in ticks])

    def frames(self, start: int = 0, stop: int | None = None, size: tuple[int, int] | None = None) -> np.ndarray:
        """Frames start:stop as uint8 RGB [n, H, W, 3]; n is smaller where the file ends early.

        Args:
            size: (width, height) to scale to while decoding, area-averaged; None for the stored size.

        Raises:
            CorruptError: the file cannot be decoded at `start`.
        """
        stop = self.num_frames if stop is None else stop
        if start < 0 or stop < start:
            raise UsageError("not a frame range", file=self.path, found=f"{start}:{stop}")
        images = [image for _, image in self.iterate(start, stop, size)]
        width, height = size or self.size
        return np.stack(images) if images else np.zeros((0, height, width, 3), np.uint8)

    def iterate(
        self, start: int = 0, stop: int | None = None, size: tuple[int, int] | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(frame number, RGB image) one by one, in bounded memory."""
        for number, frame in self.decode(start, stop):
            if size is not None:
                frame = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA")
                yield number, frame.to_ndarray()
            else:
                yield number, frame.to_ndarray(format="rgb24")

    def decode(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Any]]:
        """(frame number, av.VideoFrame) from `start` to before `stop`, seeking to the key frame before `start`."""
        import av

        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            number = 0
            order: dict[int, int] | None = None
            if start > 0:
                ticks = self._ticks(stream)
                if start >= len(ticks):
                    return
                order = {tick: k for k, tick in enumerate(ticks)}
                container.seek(ticks[start], stream=stream, backward=True)
            try:
                for frame in container.decode(stream):
                    if order is not None:
                        number = order.get(frame.pts, number)
                    if stop is not None and number >= stop:
                        return
                    if number >= start:
                        yield number, frame
                    number += 1
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError(
                    "video cannot be decoded", file=self.path, field=f"frame {number}", found=str(error)[:200]
                ) from error

    def _ticks(self, stream: Any) -> list[int]:
        """Presentation ticks of all frames, from the container's index."""
        with self._open() as container:
            return sorted(p.pts for p in container.demux(container.streams.video[0]) if p.pts is not None)

    def _read_header(self) -> tuple[int, int, int, float]:
        if self._header is None:
            with self._open() as container:
                stream = container.streams.video[0]
                rate = float(stream.average_rate) if stream.average_rate else 0.0
                count = stream.frames or sum(p.pts is not None for p in container.demux(stream))
                self._header = (stream.width, stream.height, int(count), rate)
        return self._header

    def _open(self) -> Any:
        import av

        if not self.path.is_file():
            raise MissingError("no video for this view", file=self.path, field=self.view)
        try:
            container = av.open(str(self.path), metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            raise CorruptError(
                "video cannot be opened",
                file=self.path,
                found=str(error)[:200],
                hint="the copy may be truncated: compare its size with the source and fetch it again",
            ) from error
        if not container.streams.video:
            container.close()
            raise CorruptError("file has no video stream", file=self.path)
        stream = container.streams.video[0]
        if stream.width * stream.height > MAX_PIXELS:
            container.close()
            raise CorruptError("video image is absurdly large", file=self.path, found=f"{stream.width}x{stream.height}")
        return container
