"""The MP4 around a view's frames and sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xperience.errors import CorruptError, MissingError


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
        return av.open(str(path), format="mp4", metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise CorruptError(
            "MP4 cannot be opened",
            file=path,
            field=field,
            found=str(error)[:200],
            hint="the copy may be truncated: compare its size with the source and fetch it again",
        ) from error
