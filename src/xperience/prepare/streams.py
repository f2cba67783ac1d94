"""What a prepared recording is made of: one registry says everything about a stream.

A stream is what one sensor, view or annotation gives over time. Shards store streams, batches carry them, encoders
turn them into tokens; all by these names and shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from xperience.episode.cameras import VIEWS
from xperience.episode.layout import NOMINAL_FPS

AUDIO_RATE = 16_000
AUDIO_CHUNK = 320
"""Samples of sound that stand under one time: 20 ms."""


@dataclass(frozen=True)
class Stream:
    """One stream.

    Attributes:
        name: unique.
        modality: the encoder that reads it; six views share one.
        shape: of one sample; None where the recipe decides (pictures).
        rate_hz: nominal samples per second; what a stream really has is in its times.
        per_frame: has exactly one sample for each frame of the recording's clock.
        dtype: as stored and as given by the reader.
        unit, frame: of the values.
    """

    name: str
    modality: str
    shape: tuple[int | None, ...]
    rate_hz: float
    per_frame: bool
    dtype: str
    unit: str = ""
    frame: str = ""

    def capacity(self, seconds: float) -> int:
        """Samples that a span of this length has at most; clocks may run a tenth fast."""
        if self.per_frame:
            return round(seconds * self.rate_hz)
        return ceil(seconds * self.rate_hz * 1.1) + 1


STREAMS: dict[str, Stream] = {
    stream.name: stream
    for stream in (
        *(Stream(f"video_{view}", "video", (None, None, 3), NOMINAL_FPS, True, "uint8", "RGB", view) for view in VIEWS),
        Stream("audio", "audio", (AUDIO_CHUNK,), AUDIO_RATE / AUDIO_CHUNK, False, "int16", "full scale / 32768"),
        Stream("depth", "depth", (None, None), NOMINAL_FPS, True, "float32", "m, 0 = none", "left stereo camera"),
        Stream("depth_confidence", "depth", (None, None), NOMINAL_FPS, True, "uint8", "0..255", "left stereo camera"),
        Stream("pose", "pose", (3, 4), NOMINAL_FPS, True, "float64", "m", "T_world_body"),
        Stream("hand_left", "hands", (21, 3), NOMINAL_FPS, True, "float32", "m", "left stereo camera"),
        Stream("hand_right", "hands", (21, 3), NOMINAL_FPS, True, "float32", "m", "left stereo camera"),
        Stream("body", "body", (52, 3), NOMINAL_FPS, True, "float32", "m", "world"),
        Stream("contacts", "body", (21,), NOMINAL_FPS, True, "float32", "0..1"),
        Stream("imu", "imu", (6,), 200.0, False, "float32", "accelerometer m/s2, gyroscope rad/s", "body"),
    )
}
"""In the order in which everything lists them."""

MODALITIES: tuple[str, ...] = tuple(dict.fromkeys(stream.modality for stream in STREAMS.values()))
