"""How long the quality gate takes for a full-length recording at the real sizes, on one core.

    python benchmarks/quality_speed.py --cache out/full-length

The recording is made: 5,821 frames, four views of 1088x1280 at about 20 kB a frame and two of 512x512, depth of 256x256,
290 s. Prints wall and processor time by stage, and the peak memory; the whole must take less than the recording lasts.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

from features_episode import make

FULL = 5821


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where the made recording is kept")
    parser.add_argument("--frames", type=int, default=FULL)
    args = parser.parse_args()
    folder = make(args.cache / f"session/ep{args.frames}", args.frames)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    from xperience.episode import Episode
    from xperience.quality.evidence import Evidence
    from xperience.quality.gate import examine

    rows = []
    with Episode.open(folder) as episode:
        lasts = episode.clock.duration_s
        evidence = Evidence(episode)
        rows.append(stage("decode six views to digests", lambda: [evidence.digest(view) for view in episode.views]))
        rows.append(stage("turns seen in the views", lambda: [evidence.view_motion(view) for view in episode.views]))
        rows.append(stage("read the depth", lambda: evidence.depth_statistics))
        rows.append(stage("decode the sound", lambda: evidence.sound))
    whole = stage("all of `xperience check`, anew", lambda: examine(folder))
    print("| stage | wall, s | processor time, s |\n|---|---|---|")
    for name, wall, cpu in [*rows, whole]:
        print(f"| {name} | {wall:.0f} | {cpu:.0f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nThe recording lasts {lasts:.0f} s; processor time over that {whole[2] / lasts:.2f}; peak memory {peak:.0f} MB"
    )


def stage(name, work) -> tuple[str, float, float]:  # type: ignore[no-untyped-def]
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return name, time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
