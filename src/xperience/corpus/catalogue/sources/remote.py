"""Any URL that fsspec opens (s3, gs, http, memory, file ...). Credentials come from the environment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from xperience.corpus.catalogue.sources.listing import FileEntry, Grouping, Listing
from xperience.errors import MissingError, SpaceError, XperienceError

if TYPE_CHECKING:
    from xperience.corpus.catalogue.sources import Access


def matches(spec: str) -> bool:
    return "://" in spec


def public(url: str) -> str:
    """The URL without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _filesystem(url: str) -> tuple[Any, str]:
    try:
        import fsspec  # type: ignore[import-untyped]
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingError("URLs need fsspec", field="fsspec", hint="pip install fsspec") from error
    try:
        found: tuple[Any, str] = url_to_fs(url)
    except (ValueError, ImportError) as error:
        known = ", ".join(sorted(fsspec.available_protocols())[:12])
        raise MissingError(
            "cannot open this kind of URL",
            field="SOURCE",
            found=public(url),
            expected=f"one of {known}",
            hint=str(error),
        ) from error
    return found


def listing(spec: str, access: Access) -> Listing:
    files, root = _filesystem(spec)
    name = public(spec).rstrip("/")
    grouping = Grouping(name, name)
    try:
        found = files.find(root, detail=True)
    except OSError as error:
        raise _unreadable(error, name) from error
    if not found:
        raise MissingError("nothing there", field="SOURCE", found=name, hint="check the URL, and your access to it")
    base = root.rstrip("/") + "/"
    for path, info in found.items():
        etag = info.get("ETag") or info.get("etag")
        entry = FileEntry("", info.get("size"), etag and str(etag).strip('"'), "etag" if etag else None, _mtime(info))
        relative = path.removeprefix(base).lstrip("/")
        if len(relative.split("/")) == 2:  # the URL is a session: its name stands at the end of the URL
            session = base.rstrip("/").rpartition("/")[2]
            grouping.prefix = name.rpartition("/")[0] + "/"
            relative = f"{session}/{relative}"
        grouping.add(relative, entry)
    return Listing("fsspec", name, episodes=grouping.episodes(), other_files=grouping.other_files)


def _mtime(info: dict[str, Any]) -> int | None:
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, (int, float)):
            return int(value * 1e9)
    return None


def _unreadable(error: OSError, name: str) -> XperienceError:
    if isinstance(error, PermissionError):
        return SpaceError("no permission to read", file=name, hint="log in to that store")
    return MissingError("cannot read", file=name, found=type(error).__name__, hint="check the address and your access")


def chunks(location: str, start: int, revision: str | None, access: Access) -> Iterator[bytes]:
    from xperience.corpus.catalogue.sources import CHUNK

    files, path = _filesystem(location)
    try:
        with files.open(path, "rb") as file:
            file.seek(start)
            while data := file.read(CHUNK):
                yield data
    except OSError as error:
        raise _unreadable(error, public(location)) from error
