"""What a terminal or pipe cannot show is written as an escape, so that a label in any script ends no command."""

from __future__ import annotations

import codecs
import io
import sys

HANDLER = "xperience-escape"


def make_tolerant() -> None:
    """Lets standard output and standard error take any text, whatever their encoding (a Windows code page, latin-1).

    A character that the encoding lacks becomes `\\uXXXX`, as in JSON (two of them above U+FFFF), so that what --json
    prints stays JSON. File names whose bytes are no text, which Python holds as lone surrogates, are written so, too.
    """
    codecs.register_error(HANDLER, escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def escape(error: UnicodeError) -> tuple[str, int]:
    """An error handler of `codecs`: what cannot be encoded as JSON escapes, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end
