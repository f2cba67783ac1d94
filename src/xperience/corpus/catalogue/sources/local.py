"""A folder of this machine: episodes in any depth under it, or itself one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xperience.corpus.catalogue.sources.listing import FileEntry, Grouping, Listing
from xperience.episode.folders import folders_below, in_full
from xperience.episode.layout import ANNOTATION
from xperience.errors import SpaceError

if TYPE_CHECKING:
    from xperience.corpus.catalogue.sources import Access


def matches(spec: str) -> bool:
    return "://" not in spec and Path(spec).is_dir()


def listing(spec: str, access: Access) -> Listing:
    root = in_full(spec)
    grouping = Grouping("/", root)

    def refuse(error: OSError) -> None:
        raise SpaceError(
            "cannot read a folder",
            file=error.filename,
            found=error.strerror,
            hint="ask for permission, or catalogue the folders beside it",
        ) from error

    for folder in folders_below(root, refuse=refuse):
        grouping.any_name = (folder / ANNOTATION).is_file()  # imported recordings are not called ep1
        for path in sorted(folder.iterdir()):
            name = path.name
            if name.startswith(".") or path.is_dir():
                continue
            try:
                stat = path.stat()
            except FileNotFoundError:  # a broken link, or gone since it was listed
                grouping.add(path.as_posix()[1:], FileEntry(name, None, state="missing"))
                continue
            grouping.add(path.as_posix()[1:], FileEntry(name, stat.st_size, mtime_ns=stat.st_mtime_ns))
    episodes = grouping.episodes()
    return Listing("local", root.name, episodes=episodes, other_files=grouping.other_files, local=True)


def chunks(location: str, start: int, revision: str | None, access: Access) -> Iterator[bytes]:
    from xperience.corpus.catalogue.sources import CHUNK

    with Path(location).open("rb") as file:
        file.seek(start)
        while data := file.read(CHUNK):
            yield data
