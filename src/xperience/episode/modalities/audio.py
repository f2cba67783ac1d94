"""The sound of a recording: AAC inside each MP4, all six the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode.modalities.container import open_mp4
from xperience.errors import CorruptError, XperienceError

MAX_SECONDS = 6 * 3600
"""Longest audio that is decoded into memory: 1.4 GB at 16 kHz mono float32."""


@dataclass(frozen=True)
class Header:
    """What the container says about the sound.

    Attributes:
        rate_hz: native sampling rate.
        channels: number of channels.
        duration_s: by the container; 0 where it does not say.
        codec: name, such as "aac".
    """

    rate_hz: int
    channels: int
    duration_s: float
    codec: str


class Audio:
    """The audio stream of one MP4, decoded when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def present(self) -> bool:
        """Whether the file is there and has an audio stream that has a decoder."""
        try:
            return self.header.rate_hz > 0
        except XperienceError:
            return False

    @cached_property
    def header(self) -> Header:
        """Read without decoding.

        Raises:
            MissingError: there is no file.
            CorruptError: it is not an MP4, or has no audio stream that can be decoded.
        """
        with open_mp4(self.path, "audio") as container:
            stream = self._stream(container)
            duration = float(stream.duration * stream.time_base) if stream.duration else 0.0
            return Header(stream.rate or 0, stream.channels, duration, stream.codec_context.name)

    def mono(self, rate: int = 16000, most_s: float = MAX_SECONDS) -> np.ndarray:
        """[samples] float32 in -1..1: resampled and mixed down by libswresample's defaults.

        Stereo to mono is 0.7071 (L + R), as libswresample does it. Sample 0 is the first that the file holds. A file
        that was cut short gives the samples up to the cut.

        Args:
            most_s: where to stop, seconds; the last block may reach a little past it.

        Raises:
            MissingError: there is no file.
            CorruptError: there is no audio stream or it cannot be decoded.
        """
        return self.mono_and_fps(rate, most_s)[0]

    def mono_and_fps(self, rate: int = 16000, most_s: float = MAX_SECONDS) -> tuple[np.ndarray, float]:
        """`mono` and the average frame rate of the video beside the sound (0 where there is none), in one go."""
        import av

        chunks: list[np.ndarray] = []
        total = 0
        with open_mp4(self.path, "audio") as container:
            stream = self._stream(container)
            fps = float(next((video.average_rate or 0 for video in container.streams.video), 0))
            resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
            try:
                for packet in container.demux(stream):
                    cut = packet.is_corrupt  # the file ended inside it
                    for frame in stream.decode(None if cut else packet):
                        for out in resampler.resample(frame):
                            chunks.append(out.to_ndarray()[0])
                            total += len(chunks[-1])
                    if cut or (most_s < MAX_SECONDS and total >= most_s * rate):
                        break
                    if total > MAX_SECONDS * rate:
                        raise CorruptError("audio is absurdly long", file=self.path, found=f"over {MAX_SECONDS} s")
                chunks += [out.to_ndarray()[0] for out in resampler.resample(None)]
            except (av.FFmpegError, ValueError) as error:
                raise CorruptError(
                    "audio cannot be decoded", file=self.path, field=f"sample {total}", found=str(error)[:200]
                ) from error
        return np.concatenate(chunks) if chunks else np.zeros(0, np.float32), fps

    def _stream(self, container: Any) -> Any:
        if not container.streams.audio:
            raise CorruptError("file has no audio stream", file=self.path)
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise CorruptError("audio cannot be decoded", file=self.path, found="unknown codec")
        return stream
