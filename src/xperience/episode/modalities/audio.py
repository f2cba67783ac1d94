"""The sound of a recording: AAC inside each MP4, all six the same, placed on the recording's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode.modalities.container import first_picture_s, open_mp4, sound_track, view_track
from xperience.errors import CorruptError, XperienceError

MAX_SECONDS = 6 * 3600
"""Longest audio that is decoded into memory: 1.4 GB at 16 kHz mono float32."""

JUMP_S = 0.01
"""A block that is stamped further than this from the end of the one before it does not follow it: half a block of AAC at
48 kHz (21 ms), and ten times what stamps in whole milliseconds are off by."""


@dataclass(frozen=True)
class Header:
    """What the container says about the sound.

    Attributes:
        rate_hz: native sampling rate.
        channels: number of channels.
        duration_s: by the container; 0 where it does not say.
        codec: name, such as "aac".
        start_s: seconds from the view's first picture to the first sample, negative where the sound begins before it.
    """

    rate_hz: int
    channels: int
    duration_s: float
    codec: str
    start_s: float


@dataclass(frozen=True)
class Sound:
    """Mono sound on the recording's clock: sample k belongs to k / rate seconds after the view's first picture.

    Attributes:
        samples: [n] float32 in -1..1; zeros where nothing was recorded.
        rate: samples a second.
        recorded: [r, 2] int64, first sample of each recorded stretch and the one behind its last, in order.
        fps: average frame rate of the view beside the sound by the container; 0 where there is none.
        pictures_s: [F] seconds of the view's pictures from its first, by the container, as far as the file was read.
    """

    samples: np.ndarray
    rate: int
    recorded: np.ndarray
    fps: float = 0.0
    pictures_s: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def whole(cls, samples: np.ndarray, rate: int) -> Sound:
        """Sound without gaps that begins with the pictures."""
        return cls(samples, rate, np.array([[0, len(samples)]] if len(samples) else np.zeros((0, 2)), np.int64))

    @property
    def complete(self) -> bool:
        """Whether all samples were recorded."""
        return len(self.recorded) == 1 and self.recorded[0].tolist() == [0, len(self.samples)]

    def mask(self) -> np.ndarray:
        """[n] bool: what was recorded."""
        out = np.zeros(len(self.samples), bool)
        for start, stop in self.recorded:
            out[start:stop] = True
        return out

    def holds(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """[k] bool: whether all samples of each stretch first:last [k] were recorded; False for empty ones."""
        before = np.concatenate([[0], np.cumsum(self.mask())])
        first, last = np.asarray(first), np.asarray(last)
        return (last > first) & (before[last] - before[first] == last - first)

    def missing_s(self, until_s: float) -> list[tuple[float, float]]:
        """Stretches (start, stop) in seconds from 0 to `until_s` in which nothing was recorded."""
        edges = [0.0, *(self.recorded.ravel() / self.rate).tolist(), max(until_s, 0.0)]
        gaps = [(a, min(b, until_s)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        return [(a, b) for a, b in gaps if b > a]


class Audio:
    """The audio track of one MP4, decoded when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def present(self) -> bool:
        """Whether the file is there and has an audio track that has a decoder."""
        try:
            return self.header.rate_hz > 0
        except XperienceError:
            return False

    @cached_property
    def header(self) -> Header:
        """Read without decoding.

        Raises:
            MissingError: there is no file.
            CorruptError: it is not an MP4, or has no audio track that can be decoded.
        """
        first_s = first_picture_s(self.path, "audio")
        with open_mp4(self.path, "audio") as container:
            stream = self._stream(container)
            duration = float(stream.duration * stream.time_base) if stream.duration else 0.0
            start = float((stream.start_time or 0) * stream.time_base) - first_s
            return Header(stream.rate or 0, stream.channels, duration, stream.codec_context.name, start)

    def mono(self, rate: int = 16000, most_s: float = MAX_SECONDS) -> np.ndarray:
        """[samples] float32 in -1..1 of `read`: sample k belongs to k / rate seconds after the first picture."""
        return self.read(rate, most_s).samples

    def read(self, rate: int = 16000, most_s: float = MAX_SECONDS) -> Sound:
        """The sound on the recording's clock: resampled and mixed down by libswresample's defaults.

        Stereo to mono is 0.7071 (L + R), as libswresample does it. Time comes from the container, edit lists applied and
        the encoder's priming left out: sound before the view's first picture is cut off, and where the sound begins
        after it or pauses, zeros stand that do not count as recorded. Each stretch is resampled by itself. A file that
        was cut short gives the samples up to the cut.

        Args:
            most_s: where to stop, seconds; the last block may reach a little past it.

        Raises:
            MissingError: there is no file.
            CorruptError: there is no audio track, it cannot be decoded, or its stamps reach past MAX_SECONDS.
        """
        import av

        zero_s = first_picture_s(self.path, "audio")
        runs: list[_Run] = []
        ticks: list[int] = []
        tick_s, fps = 0.0, 0.0
        with open_mp4(self.path, "audio") as container:
            stream, view = self._stream(container), view_track(container)
            if view is not None:
                tick_s, fps = float(view.time_base), float(view.average_rate or 0)
            try:
                for packet in container.demux(*(s for s in (stream, view) if s is not None)):
                    if packet.stream.index != stream.index:
                        if packet.pts is not None and not packet.is_discard:
                            ticks.append(packet.pts)
                        continue
                    cut = packet.is_corrupt  # the file ended inside it
                    for frame in stream.decode(None if cut else packet):
                        at_s = None if frame.pts is None else float(frame.pts * frame.time_base) - zero_s
                        if not runs or (at_s is not None and abs(at_s - runs[-1].end_s) > JUMP_S):
                            if runs:
                                runs[-1].finish()
                            runs.append(_Run(at_s or 0.0, rate))
                        runs[-1].add(frame)
                    end_s = runs[-1].end_s if runs else 0.0
                    if cut or (most_s < MAX_SECONDS and end_s >= most_s):
                        break
                    if end_s > MAX_SECONDS:
                        raise CorruptError("audio is absurdly long", file=self.path, found=f"over {MAX_SECONDS} s")
                if runs:
                    runs[-1].finish()
            except (av.FFmpegError, ValueError) as error:
                at = f"sample {sum(run.count for run in runs)}"
                raise CorruptError(
                    "audio cannot be decoded", file=self.path, field=at, found=str(error)[:200]
                ) from error
        pictures = np.sort(np.array(ticks, np.int64)) * tick_s - zero_s
        runs = [run for run in runs if run.start_s < most_s]
        return Sound(*_laid(runs, rate), fps=fps, pictures_s=pictures)

    def _stream(self, container: Any) -> Any:
        stream = sound_track(container)
        if stream is None:
            raise CorruptError("file has no audio stream", file=self.path)
        if stream.codec_context is None:
            raise CorruptError("audio cannot be decoded", file=self.path, found="unknown codec")
        return stream


class _Run:
    """Blocks that follow each other without a jump, resampled together.

    Attributes:
        start_s, end_s: seconds on the recording's clock, before resampling.
        chunks, count: resampled pieces [k] float32, and samples in them.
    """

    def __init__(self, start_s: float, rate: int) -> None:
        import av

        self.start_s = self.end_s = start_s
        self.chunks: list[np.ndarray] = []
        self.count = 0
        self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        self._heard: dict[int, int] = {}

    def add(self, frame: Any) -> None:
        self._heard[frame.sample_rate] = self._heard.get(frame.sample_rate, 0) + frame.samples
        self.end_s = self.start_s + sum(samples / rate for rate, samples in self._heard.items())
        self._keep(self._resampler.resample(frame))

    def finish(self) -> None:
        self._keep(self._resampler.resample(None))

    def _keep(self, frames: list[Any]) -> None:
        for frame in frames:
            self.chunks.append(frame.to_ndarray()[0])
            self.count += len(self.chunks[-1])


def _laid(runs: list[_Run], rate: int) -> tuple[np.ndarray, int, np.ndarray]:
    """(samples [n], rate, recorded [r, 2]): each run at its time; what lies before 0 or on an earlier run is cut off."""
    pieces: list[np.ndarray] = []
    recorded: list[list[int]] = []
    at = 0
    for run in runs:
        start = round(run.start_s * rate)
        samples = np.concatenate(run.chunks) if run.chunks else np.zeros(0, np.float32)
        samples = samples[max(0, at - start) :]
        start = max(start, at)
        if not len(samples):
            continue
        if start > at:
            pieces.append(np.zeros(start - at, np.float32))
        pieces.append(samples)
        at = start + len(samples)
        if recorded and recorded[-1][1] == start:
            recorded[-1][1] = at
        else:
            recorded.append([start, at])
    return (
        np.concatenate(pieces) if pieces else np.zeros(0, np.float32),
        rate,
        np.array(recorded, np.int64).reshape(-1, 2),
    )
