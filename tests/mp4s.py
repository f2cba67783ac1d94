"""MP4 files as other programs write them: sound and pictures that start apart, further tracks, clicks at known times."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

RATE = 48000


def clicks(seconds: float, *at_s: float) -> np.ndarray:
    """[n] float32: bursts of 10 ms at 2 kHz whose middles lie at the times given."""
    wave, n = np.zeros(round(seconds * RATE), np.float32), np.arange(480)
    for t in at_s:
        start = round(t * RATE) - 240
        wave[start : start + 480] += 0.4 * np.sin(2 * np.pi * 2000 * n / RATE) * np.hanning(480)
    return wave


def heard(samples: np.ndarray, rate: int) -> list[float]:
    """Middles of the clicks in mono sound, seconds."""
    loud = np.flatnonzero(np.abs(samples) > 0.2)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > rate // 20) + 1) if len(loud) else []
    return [float(group.mean()) / rate for group in groups]


def remux(
    source: Path, target: Path, moved: Callable[[str, float], float] = lambda kind, time_s: 0.0, **options: str
) -> Path:
    """Copies all packets; `moved` gives by how many seconds one of a kind ("audio", "video") and time is put off."""
    import av

    with av.open(str(source)) as old, av.open(str(target), "w", format="mp4", options=options) as new:
        copies = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            shift = round(moved(packet.stream.type, float(packet.pts * packet.time_base)) / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copies[packet.stream.index]
            new.mux(packet)
    return target


def tracks(path: Path, *videos: np.ndarray, codecs: tuple[str, ...] = (), default: int | None = None) -> Path:
    """An MP4 with several video tracks [n, H, W, 3] uint8 at 20 a second, all to its end, and a track of text."""
    import av
    from av.stream import Disposition

    with av.open(str(path), "w", format="mp4") as container:
        streams: list[Any] = []
        for k, images in enumerate(videos):
            codec = codecs[k] if codecs else "libx264"
            stream: Any = container.add_stream(codec, rate=20, options={"crf": "8"} if codec == "libx264" else {})
            stream.height, stream.width = images.shape[1:3]
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            if default is not None:
                stream.disposition = Disposition.default if k == default else Disposition(0)
            streams.append(stream)
        for stream, images in zip(streams, videos, strict=True):
            for number, image in enumerate(images):
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 20)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def covered(source: Path, target: Path, first: bool) -> Path:
    """A copy with a cover picture (udta/meta/ilst/covr) before or behind the tracks of `moov`, which must come last."""
    import av

    picture = io.BytesIO()
    with av.open(picture, "w", format="image2pipe") as container:
        stream: Any = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 200, np.uint8), "rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = bytearray(source.read_bytes())
    at, size = next((at, size) for kind, at, size in boxes(bytes(data), 0, len(data)) if kind == b"moov")
    _, header, length = next(boxes(bytes(data), at + 8, at + size))  # mvhd
    handler = box(b"hdlr", struct.pack(">II4s", 0, 0, b"mdir") + b"appl" + bytes(9))
    cover = box(b"covr", box(b"data", struct.pack(">II", 13, 0) + picture.getvalue()))
    added = box(b"udta", box(b"meta", bytes(4) + handler + box(b"ilst", cover)))
    where = header + length if first else at + size
    data[where:where] = added
    struct.pack_into(">I", data, at, size + len(added))
    target.write_bytes(data)
    return target


def turn(path: Path, degrees: float) -> None:
    """Writes into the first track's header that it is to be shown turned to the left. PyAV 19 offers no call for it."""
    data = bytearray(path.read_bytes())
    at, stop = 0, len(data)
    for kind in (b"moov", b"trak", b"tkhd"):
        at, size = next((at, size) for found, at, size in boxes(bytes(data), at, stop) if found == kind)
        at, stop = at + 8, at + size
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = [cosine, -sine, 0, sine, cosine, 0, 0, 0, 1 << 14]
    struct.pack_into(">9i", data, at + (40 if data[at] == 0 else 52), *(round(x * (1 << 16)) for x in matrix))
    path.write_bytes(data)


def cropped_by_clap(source: Path, target: Path, width: int, height: int) -> Path:
    """A copy whose first track has a "clean aperture" of this size about its middle; `moov` must come last."""
    data = bytearray(source.read_bytes())
    spans, at, stop = [], 0, len(data)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        at, size = next((at, size) for found, at, size in boxes(bytes(data), at, stop) if found == kind)
        spans.append(at)
        at, stop = at + 8, at + size
    entry = at + 8  # stsd counts its entries first
    spans.append(entry)
    where = entry + struct.unpack_from(">I", data, entry)[0]
    added = box(b"clap", struct.pack(">8I", width, 1, height, 1, 0, 1, 0, 1))
    data[where:where] = added
    for span in spans:
        struct.pack_into(">I", data, span, struct.unpack_from(">I", data, span)[0] + len(added))
    target.write_bytes(data)
    return target


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def boxes(data: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, offset, size) of the boxes in data[at:stop]."""
    while at < stop:
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, size
        at += size
