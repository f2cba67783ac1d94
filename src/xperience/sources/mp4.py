"""Writes one view as MP4: H.264 at given times, with one channel of AAC beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

TICK = Fraction(1, 1_000_000)
"""Time base of the video track: a microsecond."""

GROUP = 20
"""Frames from one key frame to the next: a second, so that a window costs one short seek."""

QUALITY = 18
"""Constant rate factor of x264; below about 18 no loss is seen."""

AUDIO_BLOCK = 1024


def write(
    path: Path,
    size: tuple[int, int],
    frames: Iterable[tuple[int, np.ndarray]],
    audio: Iterator[np.ndarray] | None = None,
    audio_rate: int = 48000,
) -> None:
    """Encodes a view frame by frame, in bounded memory.

    Args:
        size: (width, height), both even.
        frames: (time in nanoseconds from the first frame, image uint8 [H, W, 3] RGB or [H, W] grey), in order.
        audio: blocks of mono float32 in -1..1; sample 0 belongs to time 0. None for a silent file.
    """
    import av

    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=20, options={"crf": str(QUALITY), "preset": "veryfast"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = TICK
        video.codec_context.gop_size = GROUP
        video.codec_context.max_b_frames = 0
        video.codec_context.thread_count = 2  # fixed: the stream depends on it
        sound = _Sound(container, audio, audio_rate) if audio is not None else None
        for time_ns, image in frames:
            if sound is not None:
                sound.until(time_ns * 1e-9 + 0.5)
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(image), format="gray" if image.ndim == 2 else "rgb24"
            )
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = round(time_ns / 1000), TICK
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            sound.finish()


class _Sound:
    """The audio track, encoded as far as asked for, so that the file's interleaving stays short."""

    def __init__(self, container: object, blocks: Iterator[np.ndarray], rate: int) -> None:
        self._container = container
        self._blocks = blocks
        self._rate = rate
        self._done = 0
        self._rest = np.zeros(0, np.float32)
        self._stream = container.add_stream("aac", rate=rate, layout="mono")  # type: ignore[attr-defined]
        self._stream.bit_rate = 128_000

    def until(self, time_s: float) -> None:
        while self._done < time_s * self._rate:
            block = next(self._blocks, None)
            if block is None:
                return
            self._rest = np.concatenate([self._rest, block.astype(np.float32)])
            whole = len(self._rest) // AUDIO_BLOCK * AUDIO_BLOCK
            self._encode(self._rest[:whole])
            self._rest = self._rest[whole:]

    def finish(self) -> None:
        self.until(np.inf)
        self._encode(self._rest)
        self._container.mux(self._stream.encode(None))  # type: ignore[attr-defined]

    def _encode(self, samples: np.ndarray) -> None:
        import av

        for start in range(0, len(samples), AUDIO_BLOCK):
            block = samples[start : start + AUDIO_BLOCK]
            frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = self._rate, self._done, Fraction(1, self._rate)
            self._done += len(block)
            self._container.mux(self._stream.encode(frame))  # type: ignore[attr-defined]
