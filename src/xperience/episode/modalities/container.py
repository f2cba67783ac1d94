"""The MP4 around a view's frames and sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xperience.errors import CorruptError, MissingError

LENIENT_BELOW = 19
"""PyAV before this version raises on metadata that are no UTF-8 text unless it is told what to do with them; since then
it replaces what it cannot read, and takes no such option."""


def open_mp4(path: Path, field: str) -> Any:
    """An av container, to be used in a `with`.

    The format is given, for FFmpeg would otherwise follow a playlist that only calls itself .mp4 to other files.

    Raises:
        MissingError: no such file.
        CorruptError: not an MP4, or one whose index is missing.
    """
    import av

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
