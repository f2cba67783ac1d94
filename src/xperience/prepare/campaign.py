"""From many recordings to a prepared folder: plan, shards, tables.

DIR/shards/<name>.tar, .index.parquet, .report.json   one set a shard
DIR/segments.parquet, episodes.parquet                rows of all segments and recordings
DIR/statistics.json                                   of the training split
DIR/recipe.json, prepare.json, set_aside.json         what made it, identities and hashes, and what is missing
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xperience import __version__
from xperience.errors import SpaceError, UsageError
from xperience.prepare import moments
from xperience.prepare.engines import engine
from xperience.prepare.plan import Item, Job, plan, summary
from xperience.prepare.recipe import Recipe
from xperience.prepare.shard import finished
from xperience.progress import track
from xperience.storage import digest, replacing, write_json

SHARDS = "shards"
LIBRARIES = ("numpy", "av", "h5py", "pyarrow")


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        made, kept: shards made now, and those that were there. episodes, segments: in the prepared folder.
        set_aside: recordings by id with the reason. without: streams left away, by recording, with the reason. failed: shards by name that could not be made.
    """

    made: int
    kept: int
    episodes: int
    segments: int
    bytes: int
    set_aside: dict[str, str]
    without: dict[str, dict[str, str]]
    failed: dict[str, str]


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
    _claim(out, recipe, jobs)
    waiting = [job for job in jobs if finished(folder, job, recipe) is None]
    _room(out, waiting, recipe)
    _sweep(folder)
    failed: dict[str, str] = {}
    for job, trouble in track(
        work.work_through(folder, waiting, recipe, workers), "preparing shards", len(waiting), show=show
    ):
        if trouble:
            failed[job.name] = trouble
    reports = [report for job in jobs if (report := finished(folder, job, recipe)) is not None]
    return _tables(out, jobs, reports, recipe, failed, made=len(waiting) - len(failed), kept=len(jobs) - len(waiting))


def _claim(out: Path, recipe: Recipe, jobs: Sequence[Job]) -> None:
    """Refuses a folder that another recipe or split made."""
    identity = {"recipe": recipe.digest, "plan": digest(*(job.identity for job in jobs))}
    marker = out / "prepare.json"
    if marker.is_file():
        import json

        try:
            known = json.loads(marker.read_text(encoding="utf-8"))
        except ValueError:
            known = {}
        for what, found in identity.items():
            if known.get(what) not in (None, found):
                raise UsageError(
                    f"the folder holds what another {'recipe' if what == 'recipe' else 'split or catalogue'} made",
                    file=out,
                    hint="give another folder, or remove this one",
                )
        return
    write_json(marker, identity | {"whole": False})


def _room(out: Path, jobs: Sequence[Job], recipe: Recipe) -> None:
    """Refuses to start where the shards would not fit."""
    need = summary(jobs, recipe)["output_bytes"]
    free = shutil.disk_usage(out).free
    if need > free:
        raise SpaceError(
            "not enough room", file=out, found=f"{free / 1e9:.1f} GB free", expected=f"about {need / 1e9:.1f} GB",
            hint="free space, choose another folder, or a smaller recipe",
        )  # fmt: skip


def _sweep(folder: Path) -> None:
    """Removes what killed runs left behind."""
    if folder.is_dir():
        for path in folder.glob(".*.tmp"):
            if not _alive(path):
                path.unlink(missing_ok=True)


def _alive(temporary: Path) -> bool:
    """Whether the process that a shard's temporary file names is still at work."""
    part = temporary.name.split(".")[-2]
    try:
        state = Path(f"/proc/{int(part)}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return False
    return state != "Z" and int(part) != os.getpid()


def _tables(
    out: Path,
    jobs: Sequence[Job],
    reports: Sequence[Mapping[str, Any]],
    recipe: Recipe,
    failed: dict[str, str],
    made: int,
    kept: int,
) -> Outcome:
    import pyarrow as pa
    import pyarrow.parquet as pq

    segments: list[dict[str, Any]] = []
    episodes: list[dict[str, Any]] = []
    aside: dict[str, str] = {}
    without: dict[str, dict[str, str]] = {}
    sums: list[dict[str, Any]] = []
    for report in reports:
        origin = {about["episode_id"]: about["origin"] for about in report["episodes"]}
        shard = report["shard"]["name"] if report["shard"] else ""
        for about in report["episodes"]:
            episodes.append(about | {"split": report["side"], "shard": shard})
            if about["without"]:
                without[about["episode_id"]] = about["without"]
            if report["side"] == "train":
                sums.append(about["sums"])
        for row in report["segments"]:
            segments.append(row | {"split": report["side"], "shard": shard} | origin[row["episode_id"]])
        aside |= report["set_aside"]
    for name, rows, schema in (
        ("segments.parquet", segments, _segment_schema()),
        ("episodes.parquet", episodes, _episode_schema()),
    ):
        with replacing(out / name) as temporary:
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd")
    write_json(out / "statistics.json", {"split": "train", "streams": moments.describe(moments.total(sums))})
    write_json(out / "recipe.json", recipe.model_dump() | {"streams": list(recipe.ordered())})
    write_json(out / "set_aside.json", {"episodes": aside, "streams": without, "shards": failed})
    whole = len(reports) == len(jobs)
    shards = {report["shard"]["name"]: report["shard"]["sha256"] for report in reports if report["shard"]}
    write_json(
        out / "prepare.json",
        {
            "recipe": recipe.digest,
            "plan": digest(*(job.identity for job in jobs)),
            "whole": whole,
            "xperience": __version__,
            "libraries": {name: version(name) for name in LIBRARIES},
            "shards": shards,
        },
    )
    size = sum(report["shard"]["bytes"] for report in reports if report["shard"])
    return Outcome(made, kept, len(episodes), len(segments), size, aside, without, failed)


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
