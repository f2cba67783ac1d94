"""Where decoding can begin inside a video: which of the packets that a container calls key frames really are.

MP4 marks "sync samples", and writers mark more than the standard means: the I-pictures of open groups and the recovery
points of periodic intra refresh, after which a decoder needs some pictures until it gives one. Bit streams are read as in
ITU-T H.264 (7.3.1, D.1.8) and H.265 (7.3.1.2, table 7-1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np


class Entry(Enum):
    """What decoding from a packet gives."""

    CLOSED = "all that is shown from it on"
    OPEN = "what is shown from it on; pictures before it that are stored after it are lost"
    NONE = "nothing to rely on"


H264_SLICES, H264_IDR, H264_SEI = range(1, 6), 5, 6
HEVC_SLICES, HEVC_IDR, HEVC_ACCESS = range(32), (19, 20), range(16, 22)
RECOVERY_POINT = 6
"""Payload type of the SEI message."""


@dataclass(frozen=True)
class Index:
    """A video's packets in order of presentation; cut-away frames are left out.

    Attributes:
        ticks: [frames] int64 presentation ticks.
        keys: [k] int64 ticks of packets at which decoding may begin, in order.
        closed: [k] bool, those of `Entry.CLOSED`; the others are open.
        tick_s: seconds a tick.
    """

    ticks: np.ndarray
    keys: np.ndarray
    closed: np.ndarray
    tick_s: float

    def entries(self, start: int) -> Iterator[int | None]:
        """Ticks to begin at for frame `start`, the nearest first, then ever further back; None is the file's start.

        One that is closed is the last: where it does not help, nothing does.
        """
        k, step = int(np.searchsorted(self.keys, self.ticks[start], side="right")) - 1, 1
        while k >= 0:
            yield int(self.keys[k])
            if self.closed[k]:
                return
            k, step = k - step, 2 * step
        yield None


def entry(codec: str, packet: bytes, extradata: bytes | None) -> Entry:
    """What a packet that the container calls a key frame is.

    Args:
        codec: FFmpeg's name. extradata: the codec's configuration record (avcC, hvcC), which tells how long lengths are.
    """
    if codec == "h264":
        return _h264(packet, _length_size(extradata, 4))
    if codec == "hevc":
        for nal in _nals(packet, _length_size(extradata, 21)):
            kind = nal[0] >> 1 & 63
            if kind in HEVC_SLICES:  # of a clean random access picture, leading pictures are lost, shown before it
                return Entry.CLOSED if kind in HEVC_IDR else Entry.OPEN if kind in HEVC_ACCESS else Entry.NONE
        return Entry.NONE
    return Entry.CLOSED


def _h264(packet: bytes, length_size: int) -> Entry:
    exact = False
    for nal in _nals(packet, length_size):
        kind = nal[0] & 31
        if kind == H264_SEI:
            exact = exact or _exact_at_once(nal[1:].replace(b"\0\0\3", b"\0\0"))
        elif kind in H264_SLICES:
            return Entry.CLOSED if kind == H264_IDR else Entry.OPEN if exact else Entry.NONE
    return Entry.NONE


def _exact_at_once(messages: bytes) -> bool:
    """Whether a recovery point is among the SEI messages that says that all is exact from its own picture on.

    Points that are reached some pictures later (intra refresh) also call themselves exact, but decoding from those of x264
    gives other pixels than decoding from the start, by a few grey levels.
    """
    at = 0
    while at + 2 < len(messages):
        kind, at = _extended(messages, at)
        size, at = _extended(messages, at)
        if kind == RECOVERY_POINT:
            bits = "".join(f"{byte:08b}" for byte in messages[at : at + size])
            return bits.startswith("110")  # recovery_frame_cnt 0 as ue(v), exact_match_flag, no broken_link_flag
        at += size
    return False


def _extended(data: bytes, at: int) -> tuple[int, int]:
    """(number, behind it): bytes of 255 add up with the one that ends them."""
    value = 0
    while at < len(data):
        value, at = value + data[at], at + 1
        if data[at - 1] != 255:
            break
    return value, at


def _nals(packet: bytes, length_size: int) -> Iterator[bytes]:
    at = 0
    while at + length_size < len(packet):
        size = int.from_bytes(packet[at : at + length_size], "big")
        at += length_size
        if size:
            yield packet[at : at + size]
        at += size


def _length_size(extradata: bytes | None, at: int) -> int:
    return (extradata[at] & 3) + 1 if extradata and len(extradata) > at else 4
