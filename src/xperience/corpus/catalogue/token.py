"""A Hugging Face token from a file: on the command line it would show in the list of processes."""

from __future__ import annotations

from pathlib import Path

from xperience.errors import MissingError, UsageError


def read_token(path: Path | None) -> str | None:
    """The token in a file, or None without one. It is never shown, not even in an error."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            text = file.read(1000).decode("ascii", "replace").strip()
    except OSError as error:
        raise MissingError("cannot read the token", file=path, found=error.strerror) from error
    if not text or len(text.split()) != 1 or not text.isprintable():
        raise UsageError("not a token", file=path, expected="one line with the token alone")
    return text
