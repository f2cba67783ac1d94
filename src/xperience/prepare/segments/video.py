"""One view: H.264 in short closed groups of pictures, or raw pictures where they are tiny.

The encoder runs on one thread, without B-frames, every group starting with an IDR picture, so that the bytes depend on
pictures and library alone and any window costs one seek into its segment.
"""

from __future__ import annotations

import io
import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience.episode.modalities.video import orientation, turned
from xperience.errors import CorruptError
from xperience.prepare.moments import Tally
from xperience.prepare.piece import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xperience.episode import Episode
    from xperience.prepare.recipe import Recipe
    from xperience.prepare.segments import Members, Parts, Span

RATE = 20
"""Nominal frames a second inside a segment's file; a frame's true time is in the recording's clock."""

SURE = "mbtree=0:rc-lookahead=0:sync-lookahead=0"
"""Options of x264 that make its bytes the same every time. With its macroblock tree, which looks ahead, one encoding in
a hundred of the same pictures came out different on a busy machine, on one thread."""

SAMPLED = 8
"""One picture in so many counts for the statistics."""


class Source:
    """Decodes the view once, in order, and gives each segment its frames."""

    def __init__(self, episode: Episode, stream: str, recipe: Recipe) -> None:
        view = stream.removeprefix("video_")
        self.settings = recipe.video
        self.present = view in episode.views
        self.tally = Tally()
        self.implausible = 0
        self.count = 0
        if self.present:
            video = episode.video(view)
            width = min(self.settings.width, video.width)
            height = max(2, round(video.height * width / video.width))
            even = self.settings.codec == "h264"
            self.size = (width // 2 * 2, height // 2 * 2) if even else (width, height)
            self.shown: tuple[bool, bool, bool] | None = None
            self.frames: Iterator[tuple[int, Any]] = iter(video.decode())
            self.ahead: tuple[int, Any] | None = None

    def segment(self, span: Span) -> Members:
        if not self.present:
            return {}
        index: list[int] = []
        pictures = self._pictures(span, index)
        if self.settings.codec == "raw":
            stack = list(pictures)
            return {"values.npy": np.stack(stack), "index.npy": np.array(index, np.int32)} if stack else {}
        gop = max(1, math.floor(self.settings.gop_s * RATE / self.settings.every))
        data = encode(pictures, gop, self.settings.crf)
        return {"video.mp4": data, "index.npy": np.array(index, np.int32)} if index else {}

    def _pictures(self, span: Span, index: list[int]) -> Iterator[np.ndarray]:
        """Kept pictures of the span; their places in it are added to `index`."""
        while True:
            number, frame = self.ahead or next(self.frames, (None, None))
            self.ahead = None
            if number is None:
                return
            if number >= span.stop:
                self.ahead = number, frame
                return
            if number >= span.start and number % self.settings.every == 0:
                self.shown = self.shown or orientation(frame)
                image = picture(frame, self.size, self.shown)
                if self.count % SAMPLED == 0:
                    self.tally.add(image.reshape(-1, 3))
                self.count += 1
                index.append(number - span.start)
                yield image


def picture(frame: Any, size: tuple[int, int], shown: tuple[bool, bool, bool]) -> np.ndarray:
    """[h, w, 3] uint8, upright, by area."""
    width, height = (size[1], size[0]) if shown[0] else size
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    return np.ascontiguousarray(turned(small.to_ndarray(), shown))


def encode(pictures: Iterable[np.ndarray], gop: int, crf: int) -> bytes:
    """An MP4 of the pictures, numbered from 0 by their presentation time; b"" where there are none."""
    import av

    pictures = iter(pictures)
    first = next(pictures, None)
    if first is None:
        return b""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, RATE)
        keys = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:threads=1:{SURE}"
        stream.options = {"crf": str(crf), "preset": "veryfast", "bf": "0", "x264-params": keys}
        for number, image in enumerate(itertools.chain([first], pictures)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def decode(parts: Parts, clock: np.ndarray, start: int, stop: int) -> Piece:
    index = parts.array("index.npy")
    low, high = (int(k) for k in np.searchsorted(index, [start, stop]))
    if "values.npy" in parts:
        values = parts.array("values.npy", low, high)
    elif high > low:
        values = pictures_of(parts.bytes("video.mp4"), low, high)
    else:
        values = np.zeros((0, 1, 1, 3), np.uint8)
    return Piece(values, clock[index[low:high]], np.ones(len(values), bool))


def pictures_of(data: bytes, start: int, stop: int) -> np.ndarray:
    """Pictures [start, stop) of a segment's file, [n, h, w, 3] uint8.

    Raises:
        CorruptError: they cannot be decoded.
    """
    import av

    out: list[np.ndarray] = []
    try:
        with av.open(io.BytesIO(data), "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            assert stream.time_base is not None
            step = Fraction(1, RATE) / stream.time_base
            container.seek(int(start * step), stream=stream, backward=True)
            for frame in container.decode(stream):
                number = round(frame.pts / step) if frame.pts is not None else -1
                if number >= stop:
                    break
                if number >= start:
                    out.append(frame.to_ndarray(format="rgb24"))
                if number >= stop - 1:
                    break
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise CorruptError("a segment's video cannot be decoded", field="video", found=str(error)) from error
    if len(out) != stop - start:
        raise CorruptError("a segment's video lacks pictures", field="video", found=len(out), expected=stop - start)
    return np.stack(out)
