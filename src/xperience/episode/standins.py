"""Files that stand for others: pointers of Git LFS and git-annex, error pages saved under the name of what was asked for.

Such a file is not damaged, and looking at its content is of no use: what it stands for was never fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST = 64 * 1024
"""Bytes above which a file is itself: pointers take about 130, error pages of servers a few thousand."""


@dataclass(frozen=True)
class StandIn:
    """What a file is, and what to do to have the one that it stands for."""

    what: str
    hint: str


_FETCH = "fetch the file again from where it came"
_PAGE = StandIn("a web page, such as a server sends instead of a file", f"{_FETCH}: sign in, or look at the address")


def stand_in(path: Path) -> StandIn | None:
    """What stands in the place of a file; None where it is a file of its own kind, or is not there at all."""
    try:
        if path.is_symlink() and not path.exists():
            annex = "/annex/objects/" in str(path.readlink())
            get = "git annex get" if annex else "copy the file that the link names, or fetch it"
            return StandIn("a link to a file that is not here", get)
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError:
        return None
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"version https://git-lfs.github.com/spec/"):
        return StandIn("a pointer of Git LFS", "get the content: git lfs pull")
    if text.startswith((b"/annex/objects/", b"../.git/annex", b".git/annex")):
        return StandIn("a pointer of git-annex", "get the content: git annex get")
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return _PAGE
    if text.startswith(b"<?xml"):
        return StandIn("an XML message, such as a storage server sends instead of a file", _FETCH)
    if text.startswith((b'{"error', b'{"message', b'{"detail')):
        return StandIn("an error message, such as a server sends instead of a file", _FETCH)
    return None
