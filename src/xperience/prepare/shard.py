"""One job: the recordings of a plan's entry become one shard, with a report beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xperience.episode import Episode
from xperience.episode.layout import VISUALIZATION
from xperience.errors import CorruptError, MissingError, XperienceError, let_through
from xperience.prepare.plan import Item, Job
from xperience.prepare.recipe import Recipe
from xperience.prepare.segment import Cut, UnreadableStream
from xperience.prepare.shards.layout import segment_key
from xperience.prepare.shards.writer import ShardWriter, index_file
from xperience.storage import digest, write_json, write_text

REPORT = ".report.json"


def report_file(folder: Path, job: Job) -> Path:
    return folder / f"{job.name}{REPORT}"


def identity(job: Job, recipe: Recipe) -> str:
    """Of a shard: the recipe and the recordings, by their hashes where these are known."""
    return digest(recipe.digest, job.identity)


def finished(folder: Path, job: Job, recipe: Recipe) -> dict[str, Any] | None:
    """The report of a shard that is there and whole."""
    try:
        report: dict[str, Any] = json.loads(report_file(folder, job).read_text(encoding="utf-8"))
        if report["identity"] != identity(job, recipe):
            return None
        shard = folder / f"{job.name}.tar"
        if report["shard"] is None:
            return report
        whole = shard.stat().st_size == report["shard"]["bytes"] and index_file(shard).is_file()
        return report if whole else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def make_shard(
    folder: Path, job: Job, recipe: Recipe, given_up: Mapping[str, str] | None = None, *, watched: bool = False
) -> dict[str, Any]:
    """Writes the shard unless it is there; returns its report.

    A recording that cannot be read, or that changes while it is read, leaves no trace in the shard and stands in the
    report with the reason. Where no recording is left there is no shard.

    Args:
        given_up: recordings that are not to be tried, with the reason.
        watched: keep the id of the recording in work in a file beside the shard (see `under_work`), for the case that
            this process does not survive it.

    Raises:
        SpaceError: the disk is full, or the folder cannot be written.
    """
    done = finished(folder, job, recipe)
    if done is not None:
        return done
    shard = folder / f"{job.name}.tar"
    rows: list[dict[str, Any]] = []
    aside = {item.id: item.reason for item in job.items if item.reason}
    aside |= {item.id: given_up[item.id] for item in job.items if given_up and item.id in given_up}
    episodes: list[dict[str, Any]] = []
    with ShardWriter(shard) as writer:
        for item in job.items:
            if item.id in aside:
                continue
            if watched:
                write_text(_mark(folder, job), item.id)
            mark = writer.mark()
            try:
                added, about = _add(writer, item, recipe)
            except (XperienceError, MemoryError, OSError) as error:
                let_through(error)
                writer.rewind(mark)
                aside[item.id] = str(error) if isinstance(error, XperienceError) else f"{type(error).__name__}: {error}"
                continue
            rows += added
            episodes.append(about)
        info = writer.close() if rows else None
        if info is None:
            writer.discard()
            shard.unlink(missing_ok=True)
            index_file(shard).unlink(missing_ok=True)
    report = {
        "identity": identity(job, recipe),
        "name": job.name,
        "side": job.side,
        "shard": None if info is None else {"name": info.name, "bytes": info.bytes, "sha256": info.sha256},
        "episodes": episodes,
        "segments": rows,
        "set_aside": {id: aside[id] for id in sorted(aside)},
    }
    write_json(report_file(folder, job), report)
    _mark(folder, job).unlink(missing_ok=True)
    return report


def under_work(folder: Path, job: Job) -> str:
    """The recording that a watched process had in work when it ended; "" where that is not known."""
    try:
        return _mark(folder, job).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _mark(folder: Path, job: Job) -> Path:
    return folder / f".{job.name}.work.tmp"


def _add(writer: ShardWriter, item: Item, recipe: Recipe) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Adds a recording; streams that turn out unreadable are left away from its first segment on."""
    folder = Path(item.location)
    before = _state(folder)
    found = sum(size for name, size, _ in before if name != VISUALIZATION)
    if item.bytes and found != item.bytes:
        raise CorruptError(
            "the recording is not what was catalogued", file=folder, field="bytes of its files", found=found,
            expected=item.bytes, hint="fetch it again, or make the catalogue anew",
        )  # fmt: skip
    mark = writer.mark()
    without: dict[str, str] = {}
    while True:
        try:
            rows, about = _cut(writer, item, recipe, without)
            break
        except UnreadableStream as error:
            writer.rewind(mark)
            without[error.stream] = error.reason
    if _state(folder) != before:
        raise CorruptError("the recording changed while it was read", file=folder, hint="run again when it is at rest")
    return rows, about


def _cut(
    writer: ShardWriter, item: Item, recipe: Recipe, without: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    session = item.id.rpartition("__")[0] or item.id
    with Episode.open(item.location) as episode:
        cut = Cut(episode, recipe, item.id, session, item.origin, without)
        for span, meta, members in cut.segments():
            key = segment_key(item.id, span.n)
            writer.add(key, {name: members[name] for name in sorted(members)})
            rows.append(
                {
                    "key": key, "episode_id": item.id, "n": span.n, "start_frame": span.start,
                    "frames": span.stop - span.start, "start_s": span.start_s, "stop_s": span.stop_s,
                    "present": meta["present"],
                }
            )  # fmt: skip
        if not any(row["present"] for row in rows):
            raise MissingError(
                "nothing that the recipe asks for can be read", file=item.location, field="streams",
                found="; ".join(f"{stream}: {why.splitlines()[0]}" for stream, why in cut.without.items()) or "absent",
            )  # fmt: skip
        about = {
            "episode_id": item.id, "session": session, "frames": episode.num_frames, "segments": len(rows),
            "start_ns": int(episode.clock.times_ns[0]), "origin": asdict(item.origin), "without": cut.without,
            "sums": cut.sums(), "implausible": cut.implausible(),
        }  # fmt: skip
    return rows, about


def _state(folder: Path) -> list[tuple[str, int, int]]:
    files = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    return [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
