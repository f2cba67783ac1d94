"""How fast windows are read, beside the plainest way to get the same bytes: same windows, same order, same run.

    python benchmarks/loader.py                                       # of a simulated corpus, made first
    python benchmarks/loader.py --sensors PREPARED --video PREPARED   # folders of `xperience prepare`; video as h264

The ways take turns in short rounds, so that other load on the machine meets all of them; medians are printed.

- sensor windows: `Prepared.read` of all number streams and a copy into the batch's arrays, against slicing and copying the
  same arrays from `numpy.memmap`s of whole recordings. `Batches.batch` does more (labels, cameras, map points) and is
  shown below it.
- video windows: `Prepared.read` of one view, against PyAV opening the same segment files from memory, seeking and
  decoding the same pictures to RGB.
- sequential: all members of a shard in order, against `webdataset` on the same file, both giving arrays and bytes.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import common
import numpy as np

from xperience.prepare.segments.video import RATE
from xperience.prepare.shards.reader import Prepared, Shard
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batches import Batches
from xperience.pretrain.sampling import BatchRecipe, Mix

SENSORS = tuple(name for name, stream in STREAMS.items() if stream.modality not in ("video", "depth", "audio"))
Way = Callable[[], object]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--sensors", type=Path, help="prepared folder; any")
    parser.add_argument("--video", type=Path, help="prepared folder with h264 video")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--windows", type=int, default=160)
    parser.add_argument("--frames", type=int, default=40, help="of a window, what follows it included")
    parser.add_argument("--view", default="stereo_left")
    args = parser.parse_args(arguments)
    if args.quick:
        args.rounds, args.windows = 1, 16
    if args.sensors is None and args.video is None:
        args.sensors = args.video = common.prepared(args.quick, pictures=True)
    with common.report(args) as report:
        if args.sensors:
            with tempfile.TemporaryDirectory() as folder:
                sensors(report, Prepared.open(args.sensors), args, Path(folder))
            sequential(report, sorted((args.sensors / "shards").glob("*.tar"))[0], args.rounds)
        if args.video:
            video(report, Prepared.open(args.video), args)
    return report.status


def measure(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of each way, interleaved; one round before counts for nothing."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if number:
                times[name].append(time.perf_counter() - start)
    return times


def show(
    report: common.Report, times: dict[str, list[float]], what: str, count: int, bare: str, limits: dict[str, float]
) -> None:
    """Rates, and ratios: medians over rounds of the bare way's time to the other's in the same round."""
    for name, seconds in times.items():
        report.figure(name, count / statistics.median(seconds), f"{what} a second")
        if name != bare:
            ratio = statistics.median(b / s for b, s in zip(times[bare], seconds, strict=True))
            report.figure(f"{name}, speed over {bare.partition(': ')[2]}", ratio, at_least=limits.get(name))


def places(data: Prepared, frames: int, count: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(1)
    episodes = rng.choice(np.flatnonzero(data.frames >= frames), count)
    return [(int(e), int(rng.integers(data.frames[e] - frames + 1))) for e in episodes]


def sensors(report: common.Report, data: Prepared, args: argparse.Namespace, folder: Path) -> None:
    windows, frames = places(data, args.frames, args.windows), args.frames
    maps: dict[tuple[int, str], tuple[np.ndarray, ...]] = {}
    for episode in {e for e, _ in windows}:
        for name, piece in data.read(episode, 0, int(data.frames[episode]), SENSORS).items():
            arrays = {"values": piece.values, "times": piece.times_s, "valid": piece.valid}
            for part, array in arrays.items():
                np.save(folder / f"{episode}-{name}-{part}.npy", array)
            maps[episode, name] = tuple(np.load(folder / f"{episode}-{name}-{p}.npy", mmap_mode="r") for p in arrays)
    slots = {name: STREAMS[name].capacity(frames / 20) for name in SENSORS}
    out = {
        name: (
            np.zeros((n, *(s or 1 for s in STREAMS[name].shape)), STREAMS[name].dtype),
            np.zeros(n),
            np.zeros(n, bool),
        )
        for name, n in slots.items()
    }

    def copy(name: str, parts: tuple[np.ndarray, ...]) -> None:
        count = min(len(parts[1]), slots[name])
        for target, part in zip(out[name], parts, strict=True):
            target[:count] = part[:count]

    def mapped() -> None:
        for episode, start in windows:
            clock = maps[episode, "pose"][1]
            for name in SENSORS:
                parts = maps[episode, name]
                if STREAMS[name].per_frame:
                    rows = slice(start, start + frames)
                else:
                    end = clock[start + frames] if start + frames < len(clock) else np.inf
                    rows = slice(*np.searchsorted(parts[1], [clock[start], end]))
                copy(name, tuple(part[rows] for part in parts))

    def read() -> None:
        for episode, start in windows:
            for name, piece in data.read(episode, start, frames, SENSORS).items():
                copy(name, (piece.values, piece.times_s, piece.valid))

    one = BatchRecipe(frames=frames // 2, future=frames - frames // 2, streams=SENSORS, future_streams=SENSORS)
    batches = Batches([data], [Mix(side=data.sides[windows[0][0]], frames=one.frames, future=one.future)], one)
    source, seed = np.zeros(16, np.int64), np.zeros(16, np.uint64)

    def batch() -> None:
        for first in range(0, len(windows) // 16 * 16, 16):
            episode, start = (np.array(column) for column in zip(*windows[first : first + 16], strict=True))
            batches.at(source, episode, start, np.arange(16), seed)

    ways = {"sensors: memory map": mapped, "sensors: Prepared.read": read, "sensors: Batches.at, all of a batch": batch}
    targets = {"sensors: Prepared.read": 0.7}
    show(report, measure(ways, args.rounds), "windows", len(windows), "sensors: memory map", targets)


def video(report: common.Report, data: Prepared, args: argparse.Namespace) -> None:
    import av

    stream, frames = f"video_{args.view}", args.frames // 2
    windows = places(data, frames, max(8, args.windows // 20))
    files: dict[tuple[int, int], tuple[bytes, np.ndarray]] = {}
    for episode, start in windows:
        for n, _, _ in data._cuts(start, frames):
            shard = Shard(data.folder / "shards" / data._shard_of[episode])
            key = f"{data.ids[episode]}/{n:05d}"
            index = np.array(shard.array(key, f"{stream}.index.npy"))
            files[episode, n] = shard.bytes(key, f"{stream}.video.mp4"), index

    def bare() -> None:
        for episode, start in windows:
            for n, low, high in data._cuts(start, frames):
                content, index = files[episode, n]
                first, last = (int(k) for k in np.searchsorted(index, [low, high]))
                with av.open(io.BytesIO(content)) as container:
                    track = container.streams.video[0]
                    track.codec_context.thread_count = 1
                    step = Fraction(1, RATE) / track.time_base
                    container.seek(int(first * step), stream=track)
                    for frame in container.decode(track):
                        number = round(frame.pts / step)
                        if number >= first:
                            frame.to_ndarray(format="rgb24")
                        if number >= last - 1:
                            break

    def read() -> None:
        for episode, start in windows:
            data.read(episode, start, frames, (stream,))

    ways = {"video: bare PyAV": bare, "video: Prepared.read": read}
    limits = {"video: Prepared.read": 0.8}
    show(report, measure(ways, args.rounds), "windows", len(windows), "video: bare PyAV", limits)


def sequential(report: common.Report, path: Path, rounds: int) -> None:
    """Reading every member of every segment, arrays as arrays."""

    def ours() -> None:
        shard = Shard(path)
        for member in shard.index:
            if member.dtype:
                shard.array(member.key, member.name).copy()
            else:
                shard.bytes(member.key, member.name)
        shard.close()

    def tar() -> None:
        with tarfile.open(path) as file:
            for member in file:
                opened = file.extractfile(member)
                assert opened is not None
                content = opened.read()
                if member.name.endswith(".npy"):
                    np.load(io.BytesIO(content))

    ways: dict[str, Way] = {"sequential: tarfile": tar, "sequential: Shard": ours}
    targets = {}
    bare = "sequential: tarfile"
    try:
        import webdataset
    except ImportError:
        print("webdataset is not installed: pip install webdataset")
    else:

        def web() -> None:
            for sample in webdataset.WebDataset(str(path), shardshuffle=False, empty_check=False):
                for name, content in sample.items():
                    if name.endswith(".npy"):
                        np.load(io.BytesIO(content))

        bare = "sequential: webdataset"
        ways = {bare: web, **ways}
        targets = {"sequential: Shard": 1.0}
    count = len({member.key for member in Shard(path).index})
    show(report, measure(ways, max(min(rounds, 5), rounds // 3)), "segments", count, bare, targets)


if __name__ == "__main__":
    common.start(main)
