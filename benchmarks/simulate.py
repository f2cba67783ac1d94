"""How fast recordings are simulated, with all streams, on one core; and how large they are.

    python benchmarks/simulate.py            # 20 s at 160 pixels
    python benchmarks/simulate.py --sizes 64 160 320 real --seconds 4

The rate is frames over wall time from the plan to the renamed folder, everything included but the start of Python.

On 2026-11-21, on one of the two cores of a shared machine (AMD EPYC, Genoa): 25.3 frames for each second of processor
time at 160 pixels (seeds 0 and 1, 20 s each), by wall 24.7 and 20.5 while others used the machine too. At 64, 320 and
real size about 50, 7 and 0.95. More than half of that is ray tracing: 0.16 million rays a frame at 160 pixels.

The constants of `xperience simulate --dry-run` come from the second command.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import common

from xperience.episode.cameras import VIEWS
from xperience.simulate import campaign
from xperience.simulate.rig import rig_at


def measure(width: int | None, seconds: float, seed: int) -> dict[str, float]:
    """One episode in a temporary folder: rate by wall and by processor time, bytes a frame by kind of file."""
    jobs = campaign.plan(campaign.Recipe(seconds, width, seed, 1), 1)
    frames = jobs[0].frames
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        (episode,) = campaign.run(Path(folder), jobs, workers=1)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        videos = sum((episode / f"{view}.mp4").stat().st_size for view in VIEWS)
        annotation = (episode / "annotation.hdf5").stat().st_size
        beside = sum(path.stat().st_size for path in (Path(folder) / "_truth").rglob("*") if path.is_file())
    rig = rig_at(width)
    pixels = sum(size[0] * size[1] for size in (rig[view].size for view in VIEWS) if size)
    return {
        "frames": frames,
        "pixels": pixels,
        "frames_per_s": frames / wall,
        "frames_per_cpu_s": frames / cpu,
        "video": videos / frames,
        "annotation": annotation / frames,
        "truth": beside / frames,
    }


UNITS = {
    "frames_per_s": ("frames a second of wall time", "1/s"),
    "frames_per_cpu_s": ("frames a second of processor time", "1/s"),
    "video": ("video", "bytes a frame"),
    "annotation": ("annotation", "bytes a frame"),
    "truth": ("truth beside", "bytes a frame"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--sizes", nargs="+", default=["160"], help="widths in pixels, or 'real'")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    args = parser.parse_args(arguments)
    if args.quick:
        args.sizes, args.seconds, args.seeds = ["32"], 1.0, [0]
    with common.report(args) as report, common.on_cores(1):  # one core, also for the ray caster's threads
        for size in args.sizes:
            rows = [measure(None if size == "real" else int(size), args.seconds, seed) for seed in args.seeds]
            report.details[size] = rows
            of = "real size" if size == "real" else f"{size} pixels"
            for key, (name, unit) in UNITS.items():
                mean = sum(row[key] for row in rows) / len(rows)
                report.figure(f"{of}, {name}, mean of {len(rows)} seeds", mean, unit)
    return report.status


if __name__ == "__main__":
    common.start(main)
