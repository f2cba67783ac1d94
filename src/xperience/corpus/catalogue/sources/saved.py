"""A saved listing: JSON or JSONL of files as a repository lists them, or a published episode manifest."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

from xperience.corpus.catalogue.sources.listing import MAX_FILES, FileEntry, Grouping, Listing, safe_parts
from xperience.errors import CorruptError, FormatError, LimitError

if TYPE_CHECKING:
    from xperience.corpus.catalogue.sources import Access

MAX_BYTES = 2 << 30
"""Longest .json listing, which is parsed as a whole; .jsonl is read by lines."""

MAX_LINE = 1 << 20


def matches(spec: str) -> bool:
    return "://" not in spec and Path(spec).suffix in (".json", ".jsonl") and Path(spec).is_file()


def listing(spec: str, access: Access) -> Listing:
    """Raises CorruptError where it is no JSON, FormatError where an entry has no path or no whole size."""
    path = Path(spec)
    content = _read(path)
    head: Mapping[str, Any] = content if isinstance(content, dict) else {}
    repo = head.get("repo_id") or head.get("id")
    result = Listing(
        "listing",
        str(repo) if repo else path.name,
        head.get("revision") or head.get("repo_sha") or head.get("sha") or access.revision,
        head.get("licence") or head.get("license"),
    )
    if isinstance(head.get("episodes"), list):
        grouping = Grouping("", path)
        facts = _manifest(head["episodes"], grouping, path)
        result.episodes = grouping.episodes()
        for episode in result.episodes:
            episode.facts = facts.get(episode.id, {})
    else:
        # a listing of a repository can be fetched from there
        grouping = Grouping(f"hf://datasets/{repo}" if repo else "", path)
        entries = content if not head else head.get("files") or head.get("siblings") or ()
        for n, entry in enumerate(entries):
            if n >= MAX_FILES:
                raise LimitError("listing too long", file=path, expected=f"at most {MAX_FILES:,} files")
            _add(entry, n, grouping, path)
        result.episodes = grouping.episodes()
    result.other_files = grouping.other_files
    if not result.episodes:
        raise FormatError(
            "a listing without episodes",
            file=path,
            expected='entries {"path": "<session>/ep1/annotation.hdf5", "size": ...}, or a manifest with "episodes"',
        )
    return result


def _read(path: Path) -> Any:
    if path.suffix == ".jsonl":
        return _lines(path)
    if path.stat().st_size > MAX_BYTES:
        raise LimitError("listing too long", file=path, expected="at most 2 GiB", hint="write it as .jsonl")
    try:
        content = json.loads(_text(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise CorruptError("not JSON", file=path, found=str(error)[:200]) from error
    if not isinstance(content, (dict, list)):
        raise FormatError("not a listing", file=path, found=type(content).__name__, expected="a list or an object")
    return content


def _text(data: bytes) -> str:
    """As Windows programs write it, too: UTF-16 with its mark, UTF-8 with one."""
    return data.decode(_encoding(data[:2]))


def _encoding(head: bytes) -> str:
    return "utf-16" if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        encoding = _encoding(file.read(2))
    with path.open(encoding=encoding, errors="strict", newline="") as file:
        number = 0
        while line := _line(file, path, number):
            number += 1
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise CorruptError("not JSON", file=path, field=f"line {number}", found=str(error)[:200]) from error


def _add(entry: Any, n: int, grouping: Grouping, file: Path) -> None:
    if not isinstance(entry, dict):
        raise FormatError(
            "not a file entry", file=file, field=f"entry {n}", found=type(entry).__name__, expected="object"
        )
    if entry.get("type") == "directory":
        return
    path = entry.get("path") or entry.get("rfilename")
    if isinstance(path, str):
        path = _plain(path)
    if not isinstance(path, str):
        raise FormatError("a file without a path", file=file, field=f"entry {n}", found=repr(path), expected="text")
    size = entry.get("size", entry.get("bytes"))
    large = entry.get("lfs") or {}
    sha = large.get("sha256") or large.get("oid") if isinstance(large, dict) else None
    kind: str | None = "sha256-stored"
    if not sha:
        sha = entry.get("hash") or entry.get("sha256")
        kind = entry.get("hash_kind", "sha256-stored") if sha else None
    if not sha and (sha := entry.get("blob_id") or entry.get("oid")):
        kind = "git-sha1"
    grouping.add(path, FileEntry("", _size(size, path, file), sha and str(sha).removeprefix("sha256:"), kind))


def _line(file: TextIO, path: Path, number: int) -> str:
    try:
        return file.readline(MAX_LINE)
    except UnicodeError as error:
        raise CorruptError("not JSON", file=path, field=f"line {number + 1}", found=str(error)[:200]) from error


def _plain(path: str) -> str:
    """A path as repositories write it: without "./" in front (as `find` lists), with slashes (as Windows does not)."""
    if "/" not in path:
        path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path


def _size(size: Any, path: str, file: Path) -> int | None:
    """A size in bytes; whole numbers as text, with separators of thousands, or as 1000.0 are read, too."""
    if isinstance(size, str) and re.fullmatch(r"\d{1,3}([, _]\d{3})+|\d{1,19}", size.strip()):
        size = int(re.sub(r"\D", "", size))
    if isinstance(size, float) and size.is_integer():
        size = int(size)
    if isinstance(size, str) and not size.strip():
        size = None
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**62):
        raise FormatError(
            "a size that is none", file=file, field=path, found=repr(size)[:80], expected="bytes, 0 or more"
        )
    return size


def _manifest(episodes: Iterable[Any], grouping: Grouping, file: Path) -> dict[str, dict[str, Any]]:
    """Files of a published episode manifest, and what it says of the episodes by id."""
    facts = {}
    for n, episode in enumerate(episodes):
        if not isinstance(episode, dict) or "__" not in str(episode.get("episode_id")):
            raise FormatError(
                "an episode without an id", file=file, field=f"episodes[{n}]", expected="<session>__ep<k>"
            )
        session, _, folder = str(episode["episode_id"]).rpartition("__")
        safe_parts(f"{session}/{folder}", file)
        for entry in episode.get("files") or ():
            name = PurePosixPath(str(entry.get("name"))).name
            there = bool(entry.get("exists", True))
            size = _size(entry.get("bytes"), name, file) if there else None
            state = "present" if there else "missing"
            if there or name != "visualization.rrd":
                known = FileEntry(name, size, entry.get("hash"), entry.get("hash_kind"), state=state)
                grouping.add(f"{session}/{folder}/{name}", known)
        facts[f"{session}__{folder}"] = _facts(episode)
    return facts


def _facts(episode: Mapping[str, Any]) -> dict[str, Any]:
    labels = (episode.get("label_stats") or {}).get("frame_labels") or {}
    actions = sorted((labels.get("action") or {}).items(), key=lambda item: (-item[1], item[0]))
    known: dict[str, Any] = {
        "main_task": episode.get("main_task"),
        "frames": episode.get("frame_count", episode.get("frames")),
        "duration_s": episode.get("duration_s"),
        "actions": [name for name, _ in actions],
        "action_frames": [count for _, count in actions],
        "subtasks": sorted(labels.get("subtask") or {}),
    }
    groups = episode.get("hdf5_modalities")
    if isinstance(groups, dict):
        known["groups"] = groups
    return {name: value for name, value in known.items() if value}
