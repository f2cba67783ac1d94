"""How far feature extraction is from the time that bare decoding takes, and that its numbers are the published ones.

    python benchmarks/features.py [--episode FOLDER] [--frames 300] [--runs 5] [--cache FOLDER] [--full] [--workers]

Without --episode it makes a recording at the real sizes and bit rates (1088x1280 at about 20 kB a frame, 512x512 at
5 kB). Four things are timed in turn, each in a process of its own on one core: bare PyAV decoding of the six videos plus
one read of the depth; extraction; the published way (`features_reference.py`, frame by frame with OpenCV and numpy).
Then all 18 blocks are compared. `--workers` compares two workers with two bare decodings on two cores; `--full` takes
5,821 frames once and prints the peak memory. Wall times are only meaningful on an idle machine; processor time is
printed beside them.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import av
import features_reference
import h5py
import numpy as np
from features_episode import make

from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.prepare.extraction import extract
from xperience.prepare.features import FeatureTable

FULL = 5821
Timing = tuple[float, float, float]
"""Wall seconds, processor seconds, peak MB."""


def main() -> None:
    args = _arguments()
    cache = args.cache or Path(tempfile.gettempdir()) / "xperience-benchmark"
    folder = args.episode or make(cache / f"real_size_{args.frames}" / "ep1", args.frames)
    if args.full:
        folder = args.episode or make(cache / f"real_size_{FULL}" / "ep1", FULL)
        wall, cpu, peak = alone(ours, folder, {0})
        print(f"{FULL} frames, one worker: {wall:.1f} s, {cpu:.1f} s of processor time, peak memory {peak:.0f} MB")
        return
    if args.workers:
        return two_workers(folder, args.runs)
    one_core(folder, args.runs)
    compare(folder)


def one_core(folder: Path, runs: int) -> None:
    ways: dict[str, Callable[[Path], None]] = {
        "bare decoding + depth": bare,
        "extraction": ours,
        "published": published,
    }
    times: dict[str, list[Timing]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            times[name].append(alone(way, folder, {0}))
    print(f"one core, {runs} runs in turn, seconds")
    print(f"{'':24}{'wall min':>10}{'median':>10}{'cpu min':>10}{'median':>10}{'peak MB':>10}")
    for name, found in times.items():
        wall, cpu, peak = zip(*found, strict=True)
        columns = (min(wall), statistics.median(wall), min(cpu), statistics.median(cpu))
        print(f"{name:24}" + "".join(f"{value:10.2f}" for value in columns) + f"{max(peak):10.0f}")
    for other, limit in (("bare decoding + depth", 1.4), ("published", 0.8)):
        for k, clock in enumerate(("wall", "cpu")):
            pairs = [a[k] / b[k] for a, b in zip(times["extraction"], times[other], strict=True)]
            low, middle = min(pairs), statistics.median(pairs)
            print(f"extraction / {other:22} {clock:4}: min {low:.2f}, median {middle:.2f} (at most {limit})")


def two_workers(folder: Path, runs: int) -> None:
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(runs):
        for name, way in (("bare", bare), ("ours", ours)):
            single = alone(way, folder, {0, 1})[0]
            double = alone(way, folder, {0, 1}, workers=2)[0]
            rates[name].append(single / double)
    for name, found in rates.items():
        print(f"speed-up by two workers, {name:5}: max {max(found):.2f}, median {statistics.median(found):.2f}")
    share = [a / b for a, b in zip(rates["ours"], rates["bare"], strict=True)]
    print(f"ours / bare: max {max(share):.3f}, median {statistics.median(share):.3f} (at least 0.95)")


def compare(folder: Path) -> None:
    with Episode.open(folder) as episode:
        table = extract(episode)
        labels = episode.labels
        plain = features_reference.features(episode.folder, list(labels.objects), list(labels.interaction))
    print(f"\n{'block':36}{'largest difference':>20}")
    worst = 0.0
    for name in table.blocks:
        difference = _difference(table, plain, name)
        worst = max(worst, difference)
        print(f"{name:36}{difference:20.1e}")
    print("all blocks within 1e-4" if worst <= 1e-4 else "NOT EQUAL")
    sys.exit(worst > 1e-4)


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
        with h5py.File(path, "r", locking=False) as file:
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


def alone(way: Callable[..., None], folder: Path, cores: set[int], workers: int = 1) -> Timing:
    """Runs one way in a fresh process, timed from inside it, imports done."""
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_timed, args=(way, folder, cores, workers, sender))
    process.start()
    sender.close()
    timing: Timing = receiver.recv()
    process.join()
    return timing


def _timed(way: Callable[..., None], folder: Path, cores: set[int], workers: int, sender) -> None:  # type: ignore[no-untyped-def]
    os.sched_setaffinity(0, cores)
    if way is ours:
        from xperience.prepare.blocks import registry

        registry()
    wall, cpu = time.perf_counter(), _cpu()
    way(folder, workers)
    sender.send((time.perf_counter() - wall, _cpu() - cpu, _peak_mb()))


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _peak_mb() -> float:
    used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(used) / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--episode", type=Path, help="an episode folder instead of a made one")
    parser.add_argument("--frames", type=int, default=300, help="frames of the made recording")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="where the made recording is kept")
    parser.add_argument("--full", action="store_true", help=f"one run over {FULL} frames: peak memory")
    parser.add_argument("--workers", action="store_true", help="two workers against two bare decodings")
    return parser.parse_args()


if __name__ == "__main__":
    main()
