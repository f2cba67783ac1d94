"""Runs a converter in a process of its own: native readers may crash, hang or eat memory on a hostile file.

The child takes its arguments as JSON on the command line and leaves its answer in a file; what the native library
prints is thrown away.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xperience import errors
from xperience.errors import CorruptError, LimitError, SpaceError, XperienceError
from xperience.storage import to_json

MAX_ADDRESS_BYTES = 16 * 2**30
"""Address space of the child. Encoders and linear algebra reserve gigabytes that they never touch."""


def call(
    module: str, arguments: dict[str, Any], *, answer: Path, file: Path, timeout_s: float, show: bool
) -> dict[str, Any]:
    """Runs `python -m module`, whose last line is `serve(work)`, and returns what `work(arguments)` returned.

    Args:
        answer: where the child may leave its answer; removed again.
        file: input that the child reads, named in errors.
        show: let the child's progress bar through to standard error.

    Raises:
        XperienceError: the one that the child raised.
        CorruptError: the child died.
        LimitError: it took longer than `timeout_s`.
    """
    request = json.dumps({"arguments": arguments, "answer": answer, "show": show}, default=str)
    try:
        status = subprocess.run(
            [sys.executable, "-m", module, request], stdin=subprocess.DEVNULL, timeout=timeout_s, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        raise LimitError("conversion took too long", file=file, expected=f"at most {timeout_s:.0f} s") from None
    if not answer.is_file():
        raise CorruptError(
            "the reader of this recording died", file=file, found=f"exit status {status}", hint="fetch the file again"
        )
    value = json.loads(answer.read_text(encoding="utf-8"))
    answer.unlink()
    if "error" in value:
        fields = value["error"]
        raise getattr(errors, fields.pop("type"))(fields.pop("what"), **fields)
    return dict(value["result"])


def serve(work: Callable[[dict[str, Any], bool], dict[str, Any]]) -> None:
    """The child's side: calls `work(arguments, show)` with limits on and native chatter off, and leaves the answer."""
    request = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_BYTES, resource.RLIM_INFINITY))
    sys.stderr = os.fdopen(os.dup(2), "w")  # ours, for the progress bar
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    value: dict[str, Any]
    try:
        value = {"result": work(request["arguments"], request["show"])}
    except (XperienceError, OSError) as caught:
        error = caught if isinstance(caught, XperienceError) else SpaceError("cannot write", found=caught.strerror)
        names = ("what", "file", "field", "found", "expected", "hint")
        fields = {name: getattr(error, name) for name in names}
        texts = {name: value if value is None else str(value) for name, value in fields.items()}
        value = {"error": {"type": type(error).__name__, **texts}}
    Path(request["answer"]).write_text(to_json(value), encoding="utf-8")
