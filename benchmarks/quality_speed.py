"""How long the quality gate takes for a full-length recording at the real sizes, on one core.

    python benchmarks/quality_speed.py

The recording is made: 5,821 frames, four views of 1088x1280 at about 20 kB a frame and two of 512x512, depth of 256x256,
290 s. Prints wall and processor time by stage, and the peak memory; the whole must take less than the recording lasts.
--quick takes a small recording.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import common
from features_episode import made

FULL = 5821


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--cache", type=Path, help="where the made recording is kept")
    parser.add_argument("--frames", type=int, default=FULL)
    args = parser.parse_args(arguments)
    folder = made(common.cache(args.cache), args.frames, args.quick)
    with common.report(args) as report, common.on_cores(1):
        measure(report, folder)
    return report.status


def measure(report: common.Report, folder: Path) -> None:
    from xperience.episode import Episode
    from xperience.quality.evidence import Evidence
    from xperience.quality.gate import examine

    with Episode.open(folder) as episode:
        lasts = episode.clock.duration_s
        evidence = Evidence(episode)
        stage(report, "decode six views to digests", lambda: [evidence.digest(view) for view in episode.views])
        stage(report, "turns seen in the views", lambda: [evidence.view_motion(view) for view in episode.views])
        stage(report, "read the depth", lambda: evidence.depth_statistics)
        stage(report, "decode the sound", lambda: evidence.sound)
    cpu = stage(report, "all of `xperience check`, anew", lambda: examine(folder))
    report.figure("length of the recording", lasts, "s")
    report.figure("processor time of the check over the recording's length", cpu / lasts, at_most=1.0)
    report.figure("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def stage(report: common.Report, name: str, work: Callable[[], object]) -> float:
    """Processor seconds of a piece of work; reports them, and its wall time."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    report.figure(f"{name}, wall", wall, "s")
    report.figure(f"{name}, processor time", cpu, "s")
    return cpu


if __name__ == "__main__":
    common.start(main)
