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
from pathlib import Path

EPISODES, SESSIONS, RECORDINGS = 12_103, 803, 541
VIEWS = [*(f"fisheye_cam{k}.mp4" for k in range(4)), "stereo_left.mp4", "stereo_right.mp4"]
ROWS = 10_000_000

MEASURED = """
import resource, sys, time
from xperience.corpus.catalogue import build
start = time.monotonic()
catalogue = build([sys.argv[1]], sys.argv[2], show=False)
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, len(catalogue.episodes()))
"""


def listing(path: Path) -> None:
    files = []
    for k in range(EPISODES):
        session = uuid.UUID(int=k % SESSIONS * 7919 + 1)
        names = ["annotation.hdf5", *(VIEWS if k else []), *(["visualization.rrd"] if 0 < k <= RECORDINGS else [])]
        for name in names:
            size = 1_830_000_000 if name.endswith("hdf5") else 68_000_000
            place = f"{session}/ep{k // SESSIONS + 1}/{name}"
            files.append({"path": place, "size": size + k, "lfs": {"sha256": f"{hash((k, name)) % 2**60:064x}"}})
    path.write_text(json.dumps(files))


def many(folder: Path) -> None:
    """A catalogue of ten million rows, by DuckDB."""
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
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM range({ROWS}) t(i)) TO '{target}' (FORMAT parquet)")
    from xperience.corpus import row

    pq.write_table(row.file_schema().empty_table(), folder / "files.parquet")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listing(folder / "listing.json")
        command = [sys.executable, "-c", MEASURED, str(folder / "listing.json"), str(folder / "catalogue")]
        for turn in ("first", "again"):
            seconds, gigabytes, count = subprocess.run(
                command, check=True, capture_output=True, text=True
            ).stdout.split()
            print(f"listing, {turn}: {count} episodes in {float(seconds):.2f} s, {float(gigabytes):.2f} GB")
        from xperience.corpus.catalogue import query

        big = folder / "big"
        big.mkdir()
        many(big)
        for sql in (
            "SELECT activity, count(*) AS n, sum(duration_s) / 3600 AS hours FROM episodes GROUP BY ALL ORDER BY n DESC LIMIT 10",
            "SELECT place, verdict, avg(sync_score), count(*) FROM episodes WHERE complete GROUP BY ALL",
            "SELECT count(DISTINCT session) FROM episodes WHERE len(missing_views) > 0",
            "SELECT episode_id, bytes FROM episodes ORDER BY bytes DESC LIMIT 5",
        ):
            start = time.monotonic()
            rows = query(big, sql).num_rows
            print(f"{ROWS:,} rows: {time.monotonic() - start:.2f} s for {rows} rows of {sql[:70]} ...")


if __name__ == "__main__":
    main()
