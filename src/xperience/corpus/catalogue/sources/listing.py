"""What a source lists: files with sizes and hashes, under safe relative paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.errors import FormatError

MAX_FILES = 50_000_000
"""Most files of a source that we list; the hosted corpus has 85,257."""

_EPISODE = re.compile(r"ep[0-9]{1,6}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(slots=True)
class FileEntry:
    """A file of an episode as its source states it. None where the source does not say.

    Attributes:
        name: within the episode's folder.
        bytes: size.
        hash, hash_kind: see `corpus.row.file_schema`.
        mtime_ns: time of change, nanoseconds since 1970.
        state: present, or missing where the source says that the file is not there.
    """

    name: str
    bytes: int | None
    hash: str | None = None
    hash_kind: str | None = None
    mtime_ns: int | None = None
    state: str = "present"


@dataclass(slots=True)
class Listed:
    """An episode as listed: `<session>/<folder>` with its files, and what else the source knows of it (`facts`)."""

    session: str
    folder: str
    location: str
    files: list[FileEntry] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.session}__{self.folder}"


@dataclass(slots=True)
class Listing:
    """All episodes of one source.

    Attributes:
        kind: of the source: local, huggingface, fsspec or listing.
        name: of the source, without private paths or credentials.
        revision, licence: as the source states them.
        episodes: by order of path.
        other_files: files that belong to no episode.
        local: episodes are folders of this machine, which can be opened.
        unchanged: the source is as at the last listing; then there are no episodes here.
    """

    kind: str
    name: str
    revision: str | None = None
    licence: str | None = None
    episodes: list[Listed] = field(default_factory=list)
    other_files: int = 0
    local: bool = False
    unchanged: bool = False


def safe_parts(path: str, file: Path | str) -> list[str]:
    """The parts of a relative path of a listing.

    Raises:
        FormatError: it is absolute, climbs out of its folder, or holds backslashes or control characters.
    """
    parts = path.split("/")
    if not path or _UNSAFE.search(path) or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        raise FormatError(
            "a path that may lead out of its folder",
            file=file,
            field="path",
            found=repr(path[:200]),
            expected="a relative path such as <session>/ep1/annotation.hdf5",
            hint="take this entry out of the listing, and ask where it came from",
        )
    return parts


class Grouping:
    """Gathers files into episodes by their path `.../<session>/ep<k>/<name>`."""

    def __init__(self, root: str, file: Path | str) -> None:
        self.prefix = root if not root or root.endswith("/") else f"{root}/"
        self.file = file
        self.other_files = 0
        self.any_name = False
        """Whether the next files lie in an episode's folder, whatever that is called."""
        self._episodes: dict[str, Listed] = {}

    def add(self, path: str, entry_of: FileEntry) -> None:
        """Files one entry; `entry_of.name` is set from the path."""
        parts = safe_parts(path, self.file)
        if len(parts) < 3 or not (self.any_name or _EPISODE.fullmatch(parts[-2])):
            self.other_files += 1
            return
        folder = path.rpartition("/")[0]
        episode = self._episodes.get(folder)
        if episode is None:
            episode = Listed(parts[-3], parts[-2], self.prefix + folder)
            self._episodes[folder] = episode
        entry_of.name = parts[-1]
        episode.files.append(entry_of)

    def episodes(self) -> list[Listed]:
        """In order of path, files by name.

        Raises:
            FormatError: a file is listed twice.
        """
        for folder, episode in self._episodes.items():
            episode.files.sort(key=lambda f: f.name)
            for a, b in zip(episode.files, episode.files[1:], strict=False):
                if a.name == b.name:
                    raise FormatError("a file is listed twice", file=self.file, field=f"{folder}/{a.name}")
        return [self._episodes[folder] for folder in sorted(self._episodes)]
