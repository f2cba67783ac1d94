"""Folders of recordings: which there are below a folder, what a recording is called, and the file name made of that.

A recording is named by where it stands, not by where a link leads to: `rec/kitchen/ep1` is `kitchen__ep1`, whatever folder
holds its files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from xperience.episode.cameras import VIEWS
from xperience.episode.layout import ANNOTATION, video_file
from xperience.errors import FormatError, MissingError
from xperience.storage import digest

DEPTH = 4
"""Folders from the root down to an episode's files, at most."""

LONGEST_NAME = 120
"""Bytes of a file name made of an id; file systems take 255, and suffixes follow."""


def session_and_episode(folder: Path) -> tuple[str, str]:
    """Names of a recording's session and of its own folder; links stay as they are named."""
    folder = in_full(folder)
    return folder.parent.name, folder.name


def in_full(path: Path | str) -> Path:
    """From the root of the file system on, without `..`; links stay."""
    return Path(os.path.normpath(Path(path).absolute()))


def episode_id(folder: Path) -> str:
    """`<session>__ep<k>`: folder names ep1, ep2 repeat between sessions."""
    return "__".join(session_and_episode(folder))


def file_name(id: str) -> str:
    """A name for a file or folder, of letters, digits and `._-~%` alone; no two ids have the same.

    Ids that consist of them already stay as they are. Others are percent-encoded (RFC 3986, of UTF-8), and what is too
    long ends in a digest.
    """
    name = quote(id.encode("utf-8", "surrogatepass"), safe="").replace("~", "%7E")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 17]}~{digest(id)[:16]}"
    return name


def find_episodes(root: Path | str) -> list[Path]:
    """Every folder below `root`, or itself, that holds an annotation or a view, in order of paths.

    Raises:
        MissingError: there is none. FormatError: a name that is no text, which no table can hold.
    """
    root = Path(root)
    if root.is_file():
        return [root.parent]
    names = (ANNOTATION, *(video_file(view) for view in VIEWS))
    found = [folder for folder in folders_below(root, DEPTH) if any((folder / name).is_file() for name in names)]
    if not found:
        raise MissingError("no episode here", file=root, hint="give an episode folder or a folder of sessions")
    for folder in found:
        if any("\ud800" <= letter <= "\udfff" for letter in str(in_full(folder))):  # bytes that are no characters
            raise FormatError("a file or folder has a name that is not UTF-8 text", file=folder, hint="rename it")
    return found


def folders_below(root: Path, depth: int | None = None, refuse: Callable[[OSError], None] | None = None) -> list[Path]:
    """A folder and all folders below it, in order; those that begin with "." or "_" are passed over.

    Links to folders are followed. What can be reached in several ways is listed once: under its own name, or else under
    that of the first link to it.

    Args:
        depth: how far down. refuse: called where a folder cannot be read; without it that is an OSError.
    """
    found: dict[tuple[int, int], Path] = {}
    waiting: list[tuple[Path, int]] = [(root, 0)] if root.is_dir() else []
    while waiting:
        links: list[tuple[Path, int]] = []
        for start, level in waiting:
            for folder, at in _own(start, level, depth, found, refuse):
                links += [(child, at) for child in folder if child.is_symlink()]
        waiting = sorted(links)
    return sorted(found.values())


def _own(
    start: Path,
    level: int,
    depth: int | None,
    found: dict[tuple[int, int], Path],
    refuse: Callable[[OSError], None] | None,
) -> Iterator[tuple[list[Path], int]]:
    """Walks folders that are no links and notes each in `found`; (child folders, their level) of each."""
    stack = [(start, level)]
    while stack:
        folder, at = stack.pop()
        try:
            stat = folder.stat()
            key = (stat.st_dev, stat.st_ino)
            if key in found:
                continue
            found[key] = folder
            if depth is not None and at >= depth:
                continue
            children = sorted(
                Path(one.path) for one in os.scandir(folder) if not one.name.startswith((".", "_")) and one.is_dir()
            )
        except OSError as error:
            if refuse is None:
                raise
            refuse(error)
            continue
        stack += [(child, at + 1) for child in reversed(children) if not child.is_symlink()]
        yield children, at + 1
