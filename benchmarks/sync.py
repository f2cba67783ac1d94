"""How well known offsets come back: simulated recordings, shifted by known amounts of up to half a second.

    python benchmarks/sync.py                      # 12 recordings of 12 s, four offsets and zero each
    python benchmarks/sync.py --recordings DIR     # recordings that are there already

Prints, by pair, how many offsets were measured, the largest and the 95th percentile of the error, and the same for
recordings without an offset. Pictures move by whole frames only, so that pair is judged at half a frame. --quick takes one
recording and one offset.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import common
import numpy as np

from xperience.episode import Episode
from xperience.progress import track
from xperience.quality.campaign import find_episodes
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset
from xperience.quality.sync import measure_all
from xperience.simulate import campaign
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.stamps import change_imu_clock
from xperience.simulate.sensors.audio import RATE

TARGETS = {
    "imu / pose": 0.005,
    "pose / view": 0.025,
    "view / view": 0.025,
    "body / hand": 0.025,
    "motion / audio": 0.05,
}
SHIFTED = ("imu / pose", "pose / view", "motion / audio")
"""Pairs of which one side is shifted; the shifted view is judged against the pose alone."""

VIEW = "fisheye_cam2"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--out", type=Path, help="folder of recordings; default: in the cache")
    parser.add_argument("--recordings", type=Path)
    parser.add_argument("--episodes", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--seed", type=int, default=920_000)
    parser.add_argument("--offsets", type=int, default=4)
    args = parser.parse_args(arguments)
    if args.quick:
        args.episodes, args.offsets = 1, 1
        args.recordings = args.recordings or common.corpus(quick=True)
    with common.report(args) as report, common.place(args.out, "sync", args.quick) as out:
        compare(report, args, out)
    return report.status


def compare(report: common.Report, args: argparse.Namespace, out: Path) -> None:
    if args.recordings:
        folders = find_episodes(args.recordings)[: args.episodes]
    else:
        recipe = campaign.Recipe(args.seconds, args.size, args.seed, max(1, args.episodes // 2))
        folders = campaign.run(out / "recordings", campaign.plan(recipe, args.episodes), 2)

    rng = np.random.default_rng(args.seed)
    zero: dict[str, list[float]] = defaultdict(list)
    error: dict[str, list[float]] = defaultdict(list)
    silent: dict[str, int] = defaultdict(int)
    for folder in track(folders, "recordings", show=not args.quiet and not args.quick):
        for offset in measure(folder, out / "cache"):
            note(offset, 0.0, zero, silent)
        for _ in range(args.offsets):
            late = float(rng.uniform(-0.5, 0.5))
            frames = int(rng.integers(-10, 11))
            with tempfile.TemporaryDirectory() as scratch:
                copy = Path(scratch) / folder.parent.name / folder.name
                shutil.copytree(folder, copy)
                shift(copy, late, frames)
                for offset in measure(copy, out / "cache"):
                    if (offset.a, offset.b) == ("imu", "pose"):
                        note(offset, -late, error, silent)  # the IMU's stamps are late: the pose's are early
                    elif (offset.a, offset.b) == ("pose", VIEW):
                        note(offset, frames / 20, error, silent)
                    elif offset.b == "audio":
                        note(offset, late, error, silent)
    for pair, bound in TARGETS.items():
        for what, values in (("without an offset", zero[pair]), ("shifted", error[pair])):
            if what == "shifted" and pair not in SHIFTED:
                continue
            largest, p95 = worst(values)
            report.figure(f"{pair}, {what}, largest error of {len(values)}", largest, "ms", at_most=bound * 1e3)
            report.figure(f"{pair}, {what}, 95th percentile of errors", p95, "ms")
        measured = len(zero[pair]) + len(error[pair])
        report.figure(f"{pair}, offsets not measured, of {measured + silent[pair]}", silent[pair])


def measure(folder: Path, cache: Path) -> list[Offset]:
    with Episode.open(folder) as episode:
        return measure_all(Evidence(episode, cache=cache))


def shift(folder: Path, late_s: float, frames: int) -> None:
    """IMU stamps and sound late by `late_s`, one view by whole frames."""
    editor = Editor(folder)
    change_imu_clock(editor, lambda stamps: stamps + np.int64(round(late_s * 1e9)))
    images, times = editor.frames(VIEW)
    editor.write_video(VIEW, images[np.clip(np.arange(len(images)) - frames, 0, len(images) - 1)], times)
    editor.change_sound(lambda wave: np.roll(wave, round(late_s * RATE), axis=1))


def note(offset: Offset, truth_s: float, into: dict[str, list[float]], silent: dict[str, int]) -> None:
    pair = f"{kind(offset.a)} / {kind(offset.b)}"
    if offset.offset_s is None:
        silent[pair] += 1
    else:
        into[pair].append(abs(offset.offset_s - truth_s))


def kind(stream: str) -> str:
    if stream.startswith(("fisheye", "stereo")):
        return "view"
    return "hand" if stream.startswith("hand") else stream


def worst(errors: list[float]) -> tuple[float | None, float | None]:
    """Largest and 95th percentile, in milliseconds."""
    return (max(errors) * 1e3, float(np.percentile(errors, 95)) * 1e3) if errors else (None, None)


if __name__ == "__main__":
    common.start(main)
