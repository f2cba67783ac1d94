"""One job: the recordings of a plan's entry become one shard, with a report beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import Episode
from xperience.episode.annotation import UNREADABLE
from xperience.errors import CorruptError, SpaceError, XperienceError
from xperience.prepare import moments
from xperience.prepare.plan import Item, Job
from xperience.prepare.recipe import Recipe
from xperience.prepare.segment import segments
from xperience.prepare.shards.writer import ShardWriter, index_file
from xperience.storage import digest, write_json

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
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make_shard(folder: Path, job: Job, recipe: Recipe) -> dict[str, Any]:
    """Writes the shard unless it is there; returns its report.

    A recording that cannot be read, or that changes while it is read, leaves no trace in the shard and stands in the
    report with the reason. Where no recording is left there is no shard.

    Raises:
        SpaceError: the disk is full, or the folder cannot be written.
    """
    done = finished(folder, job, recipe)
    if done is not None:
        return done
    shard = folder / f"{job.name}.tar"
    rows: list[dict[str, Any]] = []
    aside: dict[str, str] = {}
    episodes: list[dict[str, Any]] = []
    sums: dict[str, np.ndarray] = {}
    with ShardWriter(shard) as writer:
        for item in job.items:
            mark = writer.mark()
            try:
                added, about, more = _add(writer, item, recipe)
            except SpaceError:
                raise
            except (*UNREADABLE, MemoryError) as error:
                writer.rewind(mark)
                aside[item.id] = str(error) if isinstance(error, XperienceError) else f"{type(error).__name__}: {error}"
                continue
            rows += added
            episodes.append(about)
            moments.add(sums, more)
        info = writer.close() if rows else None
        if info is None:
            writer.discard()
            shard.unlink(missing_ok=True)
    report = {
        "identity": identity(job, recipe),
        "name": job.name,
        "side": job.side,
        "shard": None if info is None else {"name": info.name, "bytes": info.bytes, "sha256": info.sha256},
        "episodes": episodes,
        "segments": rows,
        "set_aside": aside,
        "sums": {stream: values.tolist() for stream, values in sums.items()},
    }
    write_json(report_file(folder, job), report)
    return report


def _add(
    writer: ShardWriter, item: Item, recipe: Recipe
) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, np.ndarray]]:
    folder = Path(item.location)
    before = _state(folder)
    rows: list[dict[str, Any]] = []
    sums: dict[str, np.ndarray] = {}
    with Episode.open(folder) as episode:
        for span, meta, members in segments(episode, recipe, item.origin):
            key = f"{item.id}/{span.n:05d}"
            writer.add(key, {name: members[name] for name in sorted(members)})
            moments.add(sums, moments.of(members))
            rows.append(
                {
                    "key": key, "episode_id": item.id, "n": span.n, "start_frame": span.start,
                    "frames": span.stop - span.start, "start_s": span.start_s, "stop_s": span.stop_s,
                    "present": meta["present"],
                }
            )  # fmt: skip
        about = {
            "episode_id": item.id, "session": episode.session, "frames": episode.num_frames,
            "segments": len(rows), "start_ns": int(episode.clock.times_ns[0]), "origin": asdict(item.origin),
        }  # fmt: skip
    if _state(folder) != before:
        raise CorruptError("the recording changed while it was read", file=folder, hint="run again when it is at rest")
    return rows, about, sums


def _state(folder: Path) -> list[tuple[str, int, int]]:
    files = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    return [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
