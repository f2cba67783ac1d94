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

import argparse
import os
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", nargs="+", default=["160"], help="widths in pixels, or 'real'")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, also for the ray caster's threads
    columns = ("frames", "pixels", "frames_per_s", "frames_per_cpu_s", "video", "annotation", "truth")
    print(f"{'size':>6} {'seed':>4} " + " ".join(f"{name:>16}" for name in columns) + "   (bytes a frame)")
    for size in options.sizes:
        for seed in options.seeds:
            row = measure(None if size == "real" else int(size), options.seconds, seed)
            print(f"{size:>6} {seed:>4} " + " ".join(f"{row[name]:16.1f}" for name in columns), flush=True)


if __name__ == "__main__":
    main()
