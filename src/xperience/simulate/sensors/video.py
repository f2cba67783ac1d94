"""The MP4 of each view: H.264 with a key frame each second, and the common sound."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from xperience.simulate.sensors.audio import RATE

TICK = Fraction(1, 1_000_000)
"""Time base of the video track, fine enough for the frame clock's jitter."""
KEYFRAME_EVERY = 20
AUDIO_BIT_RATE = 96_000


def encode_audio(wave: np.ndarray) -> bytes:
    """AAC of a waveform [2, samples] float32 at RATE as an MP4 in memory, from which all six files take their packets."""
    import av

    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream("aac", rate=RATE, layout="stereo", options={"aac_coder": "fast"})
        stream.bit_rate = AUDIO_BIT_RATE
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        for start in range(0, wave.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wave[:, start : start + 1024]), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return memory.getvalue()


class Mp4Writer:
    """One view's MP4: frames as they come, sound packets in step with them.

    The same calls give the same bytes: one thread, no dates, no version strings in the container.
    """

    def __init__(self, path: Path, size: tuple[int, int], sound: bytes) -> None:
        import av

        self._container = av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"})
        stream: Any = self._container.add_stream("libx264", rate=20)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TICK
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        key = f"keyint={KEYFRAME_EVERY}:min-keyint={KEYFRAME_EVERY}:scenecut=0:open-gop=0"
        stream.options = {
            "preset": "ultrafast",
            "crf": "23",
            "x264-params": f"threads=1:lookahead-threads=1:bframes=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:{key}",
        }
        self._video = stream
        self._input = av.open(io.BytesIO(sound))
        source = self._input.streams.audio[0]
        self._audio = self._container.add_stream_from_template(source)
        self._packets = iter(self._input.demux(source))
        self._waiting: Any = None

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._container.mux(self._video.encode(None))
            self._sound_until(np.inf)
        self._container.close()
        self._input.close()

    def write(self, image: np.ndarray, time_s: float) -> None:
        """Adds one frame [H, W, 3] uint8 at `time_s` seconds from the first frame."""
        import av

        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = round(time_s / TICK), TICK
        self._container.mux(self._video.encode(frame))
        self._sound_until(time_s)

    def _sound_until(self, time_s: float) -> None:
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = packet
            if packet is None or (packet.pts is not None and float(packet.pts * packet.time_base) > time_s):
                return
            self._waiting = None
            if packet.pts is not None:  # the demuxer's last packet is empty
                packet.stream = self._audio
                self._container.mux(packet)
