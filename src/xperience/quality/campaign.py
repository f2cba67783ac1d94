"""The gate over one episode or a folder of them: qa.json each, qa.parquet for all, resumable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from xperience import __version__
from xperience.episode.cameras import VIEWS
from xperience.episode.layout import ANNOTATION, video_file
from xperience.errors import MissingError
from xperience.progress import track
from xperience.quality.evidence import DIGEST_VERSION
from xperience.quality.finding import Finding
from xperience.quality.gate import Quality, examine, load
from xperience.storage import digest, replacing, write_json


def find_episodes(root: Path) -> list[Path]:
    """Episode folders at or below a path: those that hold an annotation or a view. Hidden and `_` folders are not entered.

    Raises:
        MissingError: there is none.
    """
    root = Path(root)
    if root.is_file():
        return [root.parent]
    names = (ANNOTATION, *(video_file(view) for view in VIEWS))
    found = [folder for folder in _folders(root, depth=4) if any((folder / name).is_file() for name in names)]
    if not found:
        raise MissingError("no episode here", file=root, hint="give an episode folder or a folder of sessions")
    return found


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if root.is_dir():
        yield root
        if depth:
            for child in sorted(root.iterdir()):
                if child.is_dir() and not child.is_symlink() and not child.name.startswith((".", "_")):
                    yield from _folders(child, depth - 1)


def check_all(root: Path, out: Path, *, workers: int = 1, show: bool = True) -> list[Quality]:
    """Examines every episode below `root` that `out` has no current qa.json of, and writes the tables.

    Returns:
        One Quality per episode, in path order.
    """
    episodes = find_episodes(root)
    cache = out / "digests"
    waiting = [path for path in episodes if not _current(path, out)]
    if workers > 1 and len(waiting) > 1:
        with ProcessPoolExecutor(workers) as pool:
            jobs = [pool.submit(_check_one, path, out, cache) for path in waiting]
            for job in track(as_completed(jobs), "checking", len(jobs), show=show):
                job.result()
    else:
        for path in track(waiting, "checking", len(waiting), show=show):
            _check_one(path, out, cache)
    qualities = [load(qa_file(path, out)) for path in episodes]
    qualities = _duplicates(qualities, episodes)
    for path, quality in zip(episodes, qualities, strict=True):
        _write(path, out, quality)
    write_tables(qualities, out)
    return qualities


def qa_file(path: Path, out: Path) -> Path:
    folder = path.resolve()
    return out / f"{folder.parent.name}__{folder.name}" / "qa.json"


def _check_one(path: Path, out: Path, cache: Path) -> None:
    _write(path, out, examine(path, cache=cache))


def _write(path: Path, out: Path, quality: Quality) -> None:
    write_json(qa_file(path, out), {**quality.to_json(), "recipe": _recipe(path)})


def _recipe(path: Path) -> str:
    """Identity of the input (names, sizes, times) and of the code that judged it."""
    files = sorted(p for p in path.iterdir() if p.is_file())
    stats = [f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files]
    return digest(__version__, str(DIGEST_VERSION), *stats)


def _current(path: Path, out: Path) -> bool:
    try:
        return json.loads(qa_file(path, out).read_text(encoding="utf-8"))["recipe"] == _recipe(path)
    except (OSError, ValueError, KeyError):
        return False


def _duplicates(qualities: list[Quality], episodes: list[Path]) -> list[Quality]:
    """Adds a finding to every episode whose id another one has."""
    seen: dict[str, Path] = {}
    out = []
    for quality, path in zip(qualities, episodes, strict=True):
        first = seen.setdefault(quality.episode, path)
        if first != path and not any(f.check == "ids" for f in quality.findings):
            reason = f"{first} has the same id"
            quality.findings.append(Finding("ids", "files", 0.0, quality.duration_s, None, None, reason, "fail"))
        out.append(quality)
    return out


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
        }
        for q in qualities
    ]
    schema = pa.schema(
        [
            ("episode", pa.string()), ("path", pa.string()), ("verdict", pa.string()), ("duration_s", pa.float64()),
            ("sync_score", pa.float64()), ("findings", pa.string()), ("checks", pa.list_(pa.string())),
            ("modalities", pa.list_(pa.string())), ("sync", pa.string()), ("valid_ranges", pa.string()),
            ("missing", pa.list_(pa.string())),
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
