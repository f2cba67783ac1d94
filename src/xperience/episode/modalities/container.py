"""The MP4 around a view's frames and sound: how it is opened, and which of its tracks are the view and the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xperience.episode.standins import stand_in
from xperience.errors import CorruptError, MissingError

LENIENT_BELOW = 19
"""PyAV before this version raises on metadata that are no UTF-8 text unless it is told what to do with them; since then
it replaces what it cannot read, and takes no such option."""

SAME_LENGTH = 0.9
"""Share of the longest track's pictures from which a track counts as long as it."""

REORDERED = 32
"""Packets after which the earliest picture is known: H.264 and HEVC put off at most 16 pictures."""


def open_mp4(path: Path, field: str) -> Any:
    """An av container, to be used in a `with`.

    The format is given, for FFmpeg would otherwise follow a playlist that only calls itself .mp4 to other files.

    Raises:
        MissingError: no such file.
        CorruptError: not an MP4, or one whose index is missing.
    """
    import av

    other = stand_in(path)
    if other is not None:
        raise CorruptError("MP4 was not fetched", file=path, field=field, found=other.what, hint=other.hint)
    if not path.is_file():
        raise MissingError("no such video", file=path, field=field)
    try:
        lenient = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < LENIENT_BELOW else {}
        return av.open(str(path), format="mp4", **lenient)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise CorruptError(
            "MP4 cannot be opened",
            file=path,
            field=field,
            found=str(error)[:200],
            hint="the copy may be truncated: compare its size with the source and fetch it again",
        ) from error


def view_track(container: Any) -> Any | None:
    """The video track that is the view; None where there is none.

    Never a cover picture. Of the others the one with the most pictures (tracks that have nine tenths of them count as
    equal: a thumbnail of the same length may have one more), of these the one with the largest pictures, then the one
    that the file marks as its default, then the first.
    """
    from av.stream import Disposition

    tracks = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    counts = [stream.frames or len(stream.index_entries) for stream in tracks]
    enough = SAME_LENGTH * max(counts, default=0)

    def rank(stream: Any) -> tuple[int, bool, int]:
        pixels = stream.width * stream.height if stream.codec_context is not None else 0
        return pixels, bool(stream.disposition & Disposition.default), -stream.index

    return max((s for s, count in zip(tracks, counts, strict=True) if count >= enough), key=rank, default=None)


def sound_track(container: Any) -> Any | None:
    """The audio track that is the recording's sound: the first default one that can be decoded; None where there is none.

    Where none is marked as default, the first that can be decoded, else the first.
    """
    from av.stream import Disposition

    def rank(stream: Any) -> tuple[bool, bool, int]:
        return stream.codec_context is not None, bool(stream.disposition & Disposition.default), -stream.index

    return max(container.streams.audio, key=rank, default=None)


def first_picture_s(path: Path, field: str) -> float:
    """Time of the view's first picture on the container's own clock, which is second 0 of the recording's clock.

    Second 0 of the container where it has no pictures. Edit lists are applied, pictures cut away do not count.

    Raises:
        MissingError, CorruptError: as for `open_mp4`.
    """
    import av

    with open_mp4(path, field) as container:
        view = view_track(container)
        if view is None:
            return 0.0
        ticks: list[int] = []
        try:
            for packet in container.demux(view):
                if packet.pts is not None and not packet.is_discard:
                    ticks.append(packet.pts)
                if len(ticks) == REORDERED:
                    break
        except (av.FFmpegError, ValueError):
            pass  # damage is the video's to report
        first = min(ticks) if ticks else view.start_time or 0
        return float(first * view.time_base)
