"""From many recordings to a prepared folder: plan, shards, tables.

DIR/shards/<name>.tar, .index.parquet, .report.json   one set a shard
DIR/segments.parquet, episodes.parquet                rows of all segments and recordings
DIR/statistics.json                                   of the training split
DIR/recipe.json, prepare.json, set_aside.json         what made it, identities and hashes, and what is missing
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xperience import __version__
from xperience.errors import SpaceError, UsageError
from xperience.prepare import moments
from xperience.prepare.engines import Engine, engine
from xperience.prepare.plan import Item, Job, plan, summary
from xperience.prepare.recipe import Recipe
from xperience.prepare.shard import finished, under_work
from xperience.progress import meter
from xperience.storage import digest, replacing, write_json

SHARDS = "shards"
LOCK = ".lock"
ROWS = 20_000
"""Rows of a table that are written at once."""

TRIES = 2
"""Workers that may die over one recording before it is given up."""

LIBRARIES = ("numpy", "av", "h5py", "pyarrow")


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        made, kept: shards made now, and those that were there. episodes, segments: in the prepared folder.
        set_aside: recordings by id with the reason. without: streams left away, by recording, with the reason. failed: shards by
            name that could not be made. implausible: number of samples that are no measurements, by recording and stream.
    """

    made: int
    kept: int
    episodes: int
    segments: int
    bytes: int
    set_aside: dict[str, str]
    without: dict[str, dict[str, str]]
    failed: dict[str, str]
    implausible: dict[str, dict[str, int]]


def prepare(
    items: Sequence[Item],
    sides: Mapping[str, Sequence[str]],
    recipe: Recipe,
    out: Path,
    *,
    engine_name: str = "local",
    workers: int = 1,
    show: bool = True,
) -> Outcome:
    """Makes all shards that are not there yet, then the tables. Stop it at any time and run it again.

    Raises:
        UsageError: see `plan`; `out` holds what another recipe or split made; no such engine.
        SpaceError: not enough room, no permission, or the disk became full.
    """
    jobs = plan(items, sides, recipe)
    work = engine(engine_name)
    folder = out / SHARDS
    waiting = [job for job in jobs if finished(folder, job, recipe) is None]
    _refuse_other(out, recipe, jobs)
    _room(out, waiting, recipe)
    with _alone(out):
        _sweep(out)
        _sweep(folder)
        write_json(out / "prepare.json", _identity(recipe, jobs) | {"whole": False})
        try:
            failed = dict(_work(work, folder, waiting, recipe, workers, show))
        finally:
            _sweep(folder)
        made, kept = len(waiting) - len(failed), len(jobs) - len(waiting)
        return _tables(out, jobs, recipe, failed, made, kept)


def _work(
    work: Engine, folder: Path, jobs: Sequence[Job], recipe: Recipe, workers: int, show: bool
) -> Iterator[tuple[str, str]]:
    """Makes the shards; yields (name, why) of those that could not be made.

    A recording over which a worker died is tried again, then given up, so that the others of its shard are made.
    """
    given_up: dict[str, str] = {}
    deaths: Counter[str] = Counter()
    with meter("preparing shards", len(jobs), show=show) as advance:
        while jobs:
            again: list[Job] = []
            for job, trouble in work.work_through(folder, jobs, recipe, workers, given_up):
                if not trouble:
                    advance(1)
                    continue
                culprit = under_work(folder, job) or job.name  # it died before it began
                deaths[culprit] += 1
                if culprit != job.name and deaths[culprit] == TRIES:
                    given_up[culprit] = trouble
                if culprit in given_up or deaths[culprit] < TRIES:
                    again.append(job)
                else:
                    advance(1)
                    yield job.name, trouble
            jobs = again
            _sweep(folder)


def _identity(recipe: Recipe, jobs: Sequence[Job]) -> dict[str, Any]:
    return {"recipe": recipe.digest, "plan": digest(*(job.identity for job in jobs))}


def _refuse_other(out: Path, recipe: Recipe, jobs: Sequence[Job]) -> None:
    """Refuses a folder that another recipe or split made, or that holds something else."""
    try:
        known = json.loads((out / "prepare.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        known = {}
    except OSError as error:
        raise SpaceError("cannot write", file=out, found=error.strerror) from error
    for what, found in _identity(recipe, jobs).items():
        if isinstance(known, dict) and known.get(what) not in (None, found):
            raise UsageError(
                f"the folder holds what another {'recipe' if what == 'recipe' else 'split or catalogue'} made",
                file=out,
                hint="give another folder, or remove this one",
            )


def _room(out: Path, jobs: Sequence[Job], recipe: Recipe) -> None:
    """Refuses to start where the shards would not fit, or nothing may be written."""
    need = summary(jobs, recipe)["output_bytes"]
    there = next(place for place in (out.absolute(), *out.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise SpaceError("cannot write", file=out, found=f"{there} is no folder that you may write to")
    free = shutil.disk_usage(there).free
    if need > free:
        raise SpaceError(
            "not enough room", file=out, found=f"{free / 1e9:.1f} GB free", expected=f"about {need / 1e9:.1f} GB",
            hint="free space, choose another folder, or a smaller recipe",
        )  # fmt: skip


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keeps a second run out of the folder; the lock ends with this process, however it ends."""
    import fcntl

    lock = out / LOCK
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise SpaceError("cannot write", file=out, found=error.strerror) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError("another run is at work in this folder", file=out, hint="wait until it ends") from error
        except OSError:  # a file system without locks
            pass
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Removes what killed runs and workers left behind; nobody else is at work here."""
    if folder.is_dir():
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)


def _tables(out: Path, jobs: Sequence[Job], recipe: Recipe, failed: dict[str, str], made: int, kept: int) -> Outcome:
    """Writes the tables from the shards' reports, one report in memory at a time."""
    aside: dict[str, str] = {}
    without: dict[str, dict[str, str]] = {}
    implausible: dict[str, dict[str, int]] = {}
    shards: dict[str, str] = {}
    size, reports = 0, 0
    sums = moments.Total()
    count = Counter[str]()
    with (
        _rows(out / "segments.parquet", _segment_schema()) as add_segment,
        _rows(out / "episodes.parquet", _episode_schema()) as add_episode,
    ):
        for job in jobs:
            report = finished(out / SHARDS, job, recipe)
            if report is None:
                continue
            reports += 1
            shard = report["shard"]["name"] if report["shard"] else ""
            origin = {about["episode_id"]: about["origin"] for about in report["episodes"]}
            for about in report["episodes"]:
                add_episode(about | {"split": job.side, "shard": shard})
                if about["without"]:
                    without[about["episode_id"]] = about["without"]
                if about.get("implausible"):
                    implausible[about["episode_id"]] = about["implausible"]
                if job.side == "train":
                    sums.add(about["sums"])
            for row in report["segments"]:
                add_segment(row | {"split": job.side, "shard": shard} | origin[row["episode_id"]])
            count.update(episodes=len(report["episodes"]), segments=len(report["segments"]))
            aside |= report["set_aside"]
            if report["shard"]:
                shards[shard] = report["shard"]["sha256"]
                size += report["shard"]["bytes"]
    write_json(out / "statistics.json", {"split": "train", "streams": sums.describe()})
    write_json(out / "recipe.json", recipe.model_dump() | {"streams": list(recipe.ordered())})
    write_json(
        out / "set_aside.json",
        {"episodes": aside, "streams": without, "shards": failed, "samples": implausible},
    )
    write_json(
        out / "prepare.json",
        {
            **_identity(recipe, jobs),
            "whole": reports == len(jobs),
            "xperience": __version__,
            "libraries": {name: version(name) for name in LIBRARIES},
            "shards": shards,
        },
    )
    return Outcome(made, kept, count["episodes"], count["segments"], size, aside, without, failed, implausible)


@contextmanager
def _rows(path: Path, schema: Any) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Gives a function that adds a row to a Parquet table, which gets its name when it is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[dict[str, Any]] = []
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:

        def add(row: Mapping[str, Any]) -> None:
            waiting.append({name: row[name] for name in schema.names})
            if len(waiting) == ROWS:
                write()

        def write() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

        yield add
        write()


def _segment_schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("key", pa.string()), ("episode_id", pa.string()), ("split", pa.string()), ("n", pa.int32()),
            ("start_frame", pa.int32()), ("frames", pa.int32()), ("start_s", pa.float64()), ("stop_s", pa.float64()),
            ("shard", pa.string()), ("present", pa.list_(pa.string())), ("source", pa.string()),
            ("revision", pa.string()), ("licence", pa.string()), ("hash", pa.string()), ("verdict", pa.string()),
            ("sync_score", pa.float64()),
        ]
    )  # fmt: skip


def _episode_schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("episode_id", pa.string()), ("session", pa.string()), ("split", pa.string()), ("shard", pa.string()),
            ("frames", pa.int32()), ("segments", pa.int32()), ("start_ns", pa.int64()),
        ]
    )  # fmt: skip
