"""The gate over one episode or a folder of them: qa.json each, qa.parquet for all, resumable."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from xperience import __version__
from xperience.episode.cameras import VIEWS
from xperience.episode.folders import episode_id, file_name, find_episodes
from xperience.errors import MachineError
from xperience.progress import track
from xperience.quality import copies, crew
from xperience.quality.evidence import DIGEST_VERSION
from xperience.quality.gate import Quality, examine, load, unreadable
from xperience.quality.registry import all_checks
from xperience.storage import digest, replacing, to_json, write_json, write_text


def check_all(root: Path, out: Path, *, workers: int = 1, show: bool = True) -> list[Quality]:
    """Examines every episode below `root` that `out` has no current qa.json of, and writes the tables.

    Returns:
        One Quality per episode, in path order.

    Raises:
        MachineError: this machine lacks something; what is done is kept, and nobody is judged for it.
    """
    files = qa_files(find_episodes(root), out)
    waiting = {path: (file, out / "digests") for path, file in files.items() if not _current(path, file)}
    died: set[Path] = set()
    killed: list[Path] = []
    for path, trouble in track(_looked_into(waiting, workers), "checking", len(waiting), show=show):
        if trouble.startswith(crew.KILLED):
            killed.append(path)
        elif trouble:
            died.add(path)
            _write(path, files[path], unreadable(path, trouble), final=False)
    for path in killed:
        del files[path]
    qualities = [replace(load(file), path=str(path)) for path, file in files.items()]
    copies.mark(qualities)
    for (path, file), quality in zip(files.items(), qualities, strict=True):
        _write(path, file, quality, final=path not in died)
    write_tables(qualities, out)
    if killed:
        raise MachineError(
            "recordings could not be looked into", file=killed[0], found=f"{len(killed)}: {crew.KILLED}",
            hint="if memory ran out, use fewer workers; then run the same command again: what is done is kept",
        )  # fmt: skip
    return qualities


def _looked_into(waiting: dict[Path, tuple[Path, Path]], workers: int) -> Iterator[tuple[Path, str]]:
    """(path, "" or why not) of each; one whose process is killed is looked into once more, with no other beside it."""
    again = {}
    for path, trouble in crew.work_through(waiting, _check_one, workers, preload="xperience.quality.gate"):
        if trouble.startswith(crew.KILLED):
            again[path] = waiting[path]
        else:
            yield path, trouble
    yield from crew.work_through(again, _check_one, 1, preload="xperience.quality.gate")


def qa_files(episodes: list[Path], out: Path) -> dict[Path, Path]:
    """Where the qa.json of each episode goes: a folder by its id, numbered where several have one id."""
    files, taken = {}, Counter[str]()
    for path in episodes:
        name = file_name(episode_id(path))
        taken[name] += 1
        files[path] = out / (name if taken[name] == 1 else f"{name}__{taken[name]}") / "qa.json"
    return files


def _check_one(path: Path, file: Path, cache: Path) -> None:
    _write(path, file, examine(path, cache=cache))


def _write(path: Path, file: Path, quality: Quality, final: bool = True) -> None:
    """qa.json, unless it says so already. What is not final is tried again by the next run."""
    text = to_json({**quality.to_json(), "recipe": _recipe(path) if final else ""})
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        write_text(file, text)


def _recipe(path: Path) -> str:
    """Identity of the input (names, sizes, times) and of the code that judged it."""
    files = sorted(p for p in path.iterdir() if p.is_file())
    stats = [f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files]
    bounds = [
        f"{check.name} {name} {bound.value}" for check in all_checks() for name, bound in check.thresholds.items()
    ]
    return digest(__version__, str(DIGEST_VERSION), *bounds, *stats)


def _current(path: Path, file: Path) -> bool:
    try:
        load(file)
        return json.loads(file.read_text(encoding="utf-8"))["recipe"] == _recipe(path)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_tables(qualities: list[Quality], out: Path) -> None:
    """qa.parquet (a row per episode) and missing_views.json (views and streams that episodes lack)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "episode": q.episode,
            "path": q.path,
            "verdict": q.verdict,
            "duration_s": q.duration_s,
            "sync_score": q.sync_score,
            "findings": json.dumps([f.to_json() for f in q.findings]),
            "checks": sorted({f.check for f in q.findings}),
            "modalities": sorted({f.modality for f in q.findings}),
            "sync": json.dumps([o.to_json() for o in q.sync]),
            "valid_ranges": json.dumps(q.valid_ranges()),
            "missing": sorted(name for name, there in q.presence.items() if not there),
            "usable_common_s": q.usable_s.get("common"),
        }
        for q in qualities
    ]
    schema = pa.schema(
        [
            ("episode", pa.string()), ("path", pa.string()), ("verdict", pa.string()), ("duration_s", pa.float64()),
            ("sync_score", pa.float64()), ("findings", pa.string()), ("checks", pa.list_(pa.string())),
            ("modalities", pa.list_(pa.string())), ("sync", pa.string()), ("valid_ranges", pa.string()),
            ("missing", pa.list_(pa.string())), ("usable_common_s", pa.float64()),
        ]
    )  # fmt: skip
    with replacing(out / "qa.parquet") as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)
    missing = {
        q.episode: {
            "views": [view for view in VIEWS if not q.presence.get(view, False)],
            "streams": sorted(name for name, there in q.presence.items() if not there and name not in VIEWS),
        }
        for q in qualities
    }
    write_json(out / "missing_views.json", {k: v for k, v in missing.items() if v["views"] or v["streams"]})
