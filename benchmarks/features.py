"""How far feature extraction is from the time that bare decoding takes, and that its numbers are the published ones.

    python benchmarks/features.py              # one core, and whether all blocks are equal
    python benchmarks/features.py --workers    # two workers against two bare decodings
    python benchmarks/features.py --full       # peak memory of a full-length recording

Without --episode it makes a recording at the real sizes and bit rates (1088x1280 at about 20 kB a frame, 512x512 at
5 kB). Four things are timed in turn, each in a process of its own on one core: bare PyAV decoding of the six videos plus
one read of the depth; extraction; the published way (`features_reference.py`, frame by frame with OpenCV and numpy).
Then all 18 blocks are compared. Wall times are only meaningful on an idle machine; processor time is printed beside
them. --quick takes a small recording, and processes that are forked.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import av
import common
import features_reference
import h5py
import numpy as np
from features_episode import made

from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.prepare.extraction import extract
from xperience.prepare.features import FeatureTable

FULL = 5821
Timing = tuple[float, float, float]
"""Wall seconds, processor seconds, peak MB."""


EQUAL = 1e-4
"""Largest difference of a block from the plain way's."""


def main(arguments: Sequence[str] | None = None) -> int:
    args = _arguments(arguments)
    frames = FULL if args.full else args.frames
    folder = args.episode or made(common.cache(args.cache), frames, args.quick)
    runs, how = (1, "fork") if args.quick else (args.runs, "spawn")
    with common.report(args) as report:
        if args.full:
            wall, cpu, peak = alone(ours, folder, 1, how=how)
            report.figure("extraction at full length, wall", wall, "s")
            report.figure("extraction at full length, processor time", cpu, "s")
            report.figure("extraction at full length, peak memory", peak, "MB")
        elif args.workers:
            two_workers(report, folder, runs, how)
        else:
            one_core(report, folder, runs, how)
            compare(report, folder)
    return report.status


def one_core(report: common.Report, folder: Path, runs: int, how: str) -> None:
    ways: dict[str, Callable[[Path], None]] = {
        "bare decoding and depth": bare,
        "extraction": ours,
        "published way": published,
    }
    times: dict[str, list[Timing]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            times[name].append(alone(way, folder, 1, how=how))
    for name, found in times.items():
        wall, cpu, peak = zip(*found, strict=True)
        report.figure(f"{name}, wall, fastest of {runs}", min(wall), "s")
        report.figure(f"{name}, processor time, fastest of {runs}", min(cpu), "s")
        report.figure(f"{name}, peak memory", max(peak), "MB")
    for other, limit in (("bare decoding and depth", 1.4), ("published way", 0.8)):
        for k, clock in enumerate(("wall", "processor time")):
            ratio = statistics.median(a[k] / b[k] for a, b in zip(times["extraction"], times[other], strict=True))
            report.figure(f"extraction over {other}, {clock}, median", ratio, at_most=limit)


def two_workers(report: common.Report, folder: Path, runs: int, how: str) -> None:
    rates: dict[str, list[float]] = {"bare decoding": [], "extraction": []}
    for _ in range(runs):
        for name, way in (("bare decoding", bare), ("extraction", ours)):
            single = alone(way, folder, 2, how=how)[0]
            double = alone(way, folder, 2, workers=2, how=how)[0]
            rates[name].append(single / double)
    for name, found in rates.items():
        report.figure(f"speed-up by two workers, {name}, median", statistics.median(found))
    share = [a / b for a, b in zip(rates["extraction"], rates["bare decoding"], strict=True)]
    report.figure("speed-up by two workers over bare decoding's, median", statistics.median(share), at_least=0.95)


def compare(report: common.Report, folder: Path) -> None:
    with Episode.open(folder) as episode:
        table = extract(episode)
        labels = episode.labels
        plain = features_reference.features(episode.folder, list(labels.objects), list(labels.interaction))
    differences = {name: _difference(table, plain, name) for name in table.blocks}
    report.details["largest_difference"] = differences
    report.figure("blocks compared with the plain way", len(differences))
    report.figure("largest difference of any block", max(differences.values()), at_most=EQUAL, must=True)


def _difference(table: FeatureTable, plain: dict[str, np.ndarray], name: str) -> float:
    if name not in plain:
        return float(np.abs(table.block(name)).max(initial=0))
    return float(np.abs(table.block(name) - plain[name]).max(initial=0))


def bare(folder: Path, workers: int = 1) -> None:
    jobs = [*(folder / f"{view}.mp4" for view in VIEWS), folder / "annotation.hdf5"]
    if workers == 1:
        for job in jobs:
            _decode(job)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        list(pool.map(_decode, jobs))


def _decode(path: Path) -> int:
    if path.suffix == ".hdf5":
        with h5py.File(path, "r") as file:
            return sum(
                len(file[name][k : k + 64])
                for name in ("depth/depth", "depth/confidence")
                for k in range(0, len(file[name]), 64)
            )
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        return sum(1 for _ in container.decode(video=0))


def ours(folder: Path, workers: int = 1) -> None:
    extract(folder, workers=workers)


def published(folder: Path, workers: int = 1) -> None:
    import cv2

    assert workers == 1
    cv2.setNumThreads(1)
    os.environ["OPENCV_FFMPEG_THREADS"] = "1"
    with Episode.open(folder) as episode:
        labels = episode.labels
    features_reference.features(folder, list(labels.objects), list(labels.interaction))


def alone(way: Callable[..., None], folder: Path, cores: int, workers: int = 1, *, how: str = "spawn") -> Timing:
    """Runs one way in a process of its own on so many cores, timed from inside it, imports done."""
    context = get_context(how)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(way, folder, cores, workers, sender))  # type: ignore[attr-defined]
    process.start()
    sender.close()
    timing: Timing = receiver.recv()
    process.join()
    return timing


def _timed(way: Callable[..., None], folder: Path, cores: int, workers: int, sender) -> None:  # type: ignore[no-untyped-def]
    if way is ours:
        from xperience.prepare.blocks import registry

        registry()
    with common.on_cores(cores):
        wall, cpu = time.perf_counter(), _cpu()
        way(folder, workers)
        sender.send((time.perf_counter() - wall, _cpu() - cpu, _peak_mb()))


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _peak_mb() -> float:
    used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(used) / 1024


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--episode", type=Path, help="an episode folder instead of a made one")
    parser.add_argument("--frames", type=int, default=300, help="frames of the made recording")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="where the made recording is kept")
    parser.add_argument("--full", action="store_true", help=f"one run over {FULL} frames: peak memory")
    parser.add_argument("--workers", action="store_true", help="two workers against two bare decodings")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    common.start(main)
