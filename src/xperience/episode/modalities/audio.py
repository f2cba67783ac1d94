"""The sound of a recording: AAC inside each MP4, all six the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xperience.errors import CorruptError

MAX_SECONDS = 6 * 3600
"""Longest audio that is decoded into memory: 1.4 GB at 16 kHz mono float32."""


class Audio:
    """The audio stream of one MP4, decoded when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def present(self) -> bool:
        """Whether the file is there and has an audio stream."""
        import av

        if not self.path.is_file():
            return False
        try:
            with av.open(str(self.path)) as container:
                return bool(container.streams.audio)
        except (av.FFmpegError, ValueError):
            return False

    def mono(self, rate: int = 16000) -> np.ndarray:
        """[samples] float32 in -1..1: resampled and mixed down by libswresample's defaults.

        Stereo to mono is 0.7071 (L + R), as libswresample does it. Sample 0 is the container's time 0.

        Raises:
            CorruptError: there is no audio stream or it cannot be decoded.
        """
        import av

        chunks: list[np.ndarray] = []
        total = 0
        try:
            with av.open(str(self.path)) as container:
                if not container.streams.audio:
                    raise CorruptError("file has no audio stream", file=self.path)
                resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
                stream = container.streams.audio[0]
                for frame in container.decode(stream):
                    for out in resampler.resample(frame):
                        chunks.append(out.to_ndarray()[0])
                        total += len(chunks[-1])
                    if total > MAX_SECONDS * rate:
                        raise CorruptError("audio is absurdly long", file=self.path, found=f"over {MAX_SECONDS} s")
                for out in resampler.resample(None):
                    chunks.append(out.to_ndarray()[0])
        except (av.FFmpegError, ValueError) as error:
            raise CorruptError("audio cannot be decoded", file=self.path, found=str(error)[:200]) from error
        return np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
