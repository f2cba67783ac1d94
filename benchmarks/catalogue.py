"""How fast a listing of the hosted size becomes a catalogue, and ten million rows answer.

    python benchmarks/catalogue.py

The listing has the counts of the hosted corpus: 12,103 episodes in 803 sessions, 85,257 files, one episode without video.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import common

HOSTED, QUICK = (12_103, 803, 541), (60, 12, 6)
"""Episodes, sessions, and episodes with a recording for the viewer."""

VIEWS = [*(f"fisheye_cam{k}.mp4" for k in range(4)), "stereo_left.mp4", "stereo_right.mp4"]
ROWS, QUICK_ROWS = 10_000_000, 10_000

MEASURED = """
import resource, sys, time
from xperience.corpus.catalogue import build
start = time.monotonic()
catalogue = build([sys.argv[1]], sys.argv[2], show=False)
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, len(catalogue.episodes()))
"""


def listing(path: Path, episodes: int, sessions: int, recordings: int) -> None:
    files = []
    for k in range(episodes):
        session = uuid.UUID(int=k % sessions * 7919 + 1)
        names = ["annotation.hdf5", *(VIEWS if k else []), *(["visualization.rrd"] if 0 < k <= recordings else [])]
        for name in names:
            size = 1_830_000_000 if name.endswith("hdf5") else 68_000_000
            place = f"{session}/ep{k // sessions + 1}/{name}"
            files.append({"path": place, "size": size + k, "lfs": {"sha256": f"{hash((k, name)) % 2**60:064x}"}})
    path.write_text(json.dumps(files))


def many(folder: Path, rows: int) -> None:
    """A catalogue of so many rows, by DuckDB."""
    import duckdb
    import pyarrow.parquet as pq

    from xperience.corpus.row import episode_schema

    connection = duckdb.connect()
    made = {
        "episode_id": "'s' || (i // 15) || '__ep' || (i % 15)", "session": "'s' || (i // 15)", "bytes": "2000000000 + i",
        "training_bytes": "2000000000 + i", "files": "7", "complete": "i % 100 > 0", "duration_s": "290.0 + i % 10",
        "frames": "5800 + i % 200", "activity": "'activity ' || (i % 113)", "main_task": "'task ' || (i % 997)",
        "place": "'place ' || (i % 12)", "verdict": "['pass', 'limited', 'fail'][1 + i % 3]", "sync_score": "(i % 100) / 100.0",
        "present": "['pose', 'imu']", "missing_views": "CASE WHEN i % 50 = 0 THEN ['stereo_left'] ELSE [] END",
    }  # fmt: skip
    types = {"string": "VARCHAR", "int64": "BIGINT", "int32": "INTEGER", "bool": "BOOLEAN", "double": "DOUBLE"}
    columns = []
    for field in episode_schema():
        kind = str(field.type)
        sql = types.get(kind) or (
            "VARCHAR[]"
            if "string" in kind and "list" in kind
            else "INTEGER[]"
            if "list" in kind
            else "MAP(VARCHAR, VARCHAR)"
        )
        columns.append(f"CAST({made.get(field.name, 'NULL')} AS {sql}) AS {field.name}")
    target = folder / "episodes.parquet"
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM range({rows}) t(i)) TO '{target}' (FORMAT parquet)")
    from xperience.corpus import row

    pq.write_table(row.file_schema().empty_table(), folder / "files.parquet")


QUERIES = {
    "hours by activity": "SELECT activity, count(*) AS n, sum(duration_s) / 3600 AS hours FROM episodes GROUP BY ALL "
    "ORDER BY n DESC LIMIT 10",
    "score by place and verdict": "SELECT place, verdict, avg(sync_score), count(*) FROM episodes WHERE complete "
    "GROUP BY ALL",
    "sessions with missing views": "SELECT count(DISTINCT session) FROM episodes WHERE len(missing_views) > 0",
    "five largest": "SELECT episode_id, bytes FROM episodes ORDER BY bytes DESC LIMIT 5",
}


def main(arguments: Sequence[str] | None = None) -> int:
    args = common.parser(__file__, __doc__).parse_args(arguments)
    counts, rows = (QUICK, QUICK_ROWS) if args.quick else (HOSTED, ROWS)
    with common.report(args) as report, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listing(folder / "listing.json", *counts)
        command = [sys.executable, "-c", MEASURED, str(folder / "listing.json"), str(folder / "catalogue")]
        for turn in ("first", "again"):
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, gigabytes, count = (float(word) for word in done.stdout.split())
            report.figure(f"listing of {counts[0]:,} episodes, {turn}", seconds, "s")
            report.figure(f"listing of {counts[0]:,} episodes, {turn}, peak memory", gigabytes, "GB")
            report.figure(f"episodes missing in the catalogue, {turn}", counts[0] - count, at_most=0, must=True)
        from xperience.corpus.catalogue import query

        big = folder / "big"
        big.mkdir()
        many(big, rows)
        for what, sql in QUERIES.items():
            start = time.perf_counter()
            query(big, sql)
            report.figure(f"{rows:,} rows: {what}", time.perf_counter() - start, "s")
    return report.status


if __name__ == "__main__":
    common.start(main)
