"""How fast recordings become shards, that two cores are worth two, and that no accident changes a byte.

    python benchmarks/prepare.py                     # one core against bare decoding
    python benchmarks/prepare.py --workers           # two workers against two bare decodings
    python benchmarks/prepare.py --accidents 100     # killed, out of room, workers lost, then run again
    python benchmarks/prepare.py --bytes             # bytes that recipes read, against those of the streams they keep

Without --episode it makes a recording at the real sizes and bit rates (`features_episode.py`). Everything compared is
timed in turn, in processes of their own, over the same episodes. Wall times only mean something on an idle machine.
--quick takes a small recording, one accident, and, on one core, processes that are forked. A disk that is full needs the right to mount
one; without it that accident is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import av
import common
import h5py
from features_episode import made

from xperience.episode.cameras import VIEWS
from xperience.prepare.campaign import prepare
from xperience.prepare.intake import items_of
from xperience.prepare.plan import Item, Job
from xperience.prepare.recipe import Recipe, load_recipe
from xperience.prepare.shard import make_shard

COPIES = 4
"""Episodes of a run: the same recording under four names, a shard each; two with --quick."""


def main(arguments: Sequence[str] | None = None) -> int:
    args = _arguments(arguments)
    runs, how = (1, "fork") if args.quick else (args.runs, "spawn")
    with common.report(args) as report:
        if args.accidents:
            accidents(report, 1 if args.quick else args.accidents, args.quick)
            return report.status
        folder = args.episode or made(common.cache(args.cache), args.frames, args.quick)
        with _copies(folder, 2 if args.quick else COPIES) as data:
            if args.workers:
                two_workers(report, data, args.recipe, runs)
            elif args.bytes:
                bytes_read(report, data, times=1 if args.quick else 2)
            else:
                one_core(report, data, runs, how)
    return report.status


def one_core(report: common.Report, data: Path, runs: int, how: str) -> None:
    """Episodes a minute on one core, beside bare decoding of all views."""
    report.figure("length of an episode", _seconds(data), "s")
    for name in ("nano", "standard"):
        bare, ours = [], []
        for _ in range(runs):
            bare.append(_timed(_decode_all, data, name, 1, how))
            ours.append(_timed(_make_one, data, name, 1, how))
        ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
        report.figure(f"{name}, one core", 60 / statistics.median(ours), "episodes a minute")
        report.figure(f"{name}, one core, bare decoding", 60 / statistics.median(bare), "episodes a minute")
        report.figure(f"{name}, one core, time over bare decoding's, median", ratio)


def two_workers(report: common.Report, data: Path, name: str, runs: int) -> None:
    """Speed-up from one core to two, beside that of two bare decodings of the same episodes."""
    gains: dict[str, list[float]] = {"bare decoding": [], "prepare": []}
    for _ in range(runs):
        for kind, way in (("bare decoding", _decode_pool), ("prepare", _prepare_all)):
            one, two = (_timed(way, data, name, workers, "spawn") for workers in (1, 2))
            gains[kind].append(one / two)
    for kind, found in gains.items():
        report.figure(f"{name}, speed-up by two workers, {kind}, median", statistics.median(found))
    share = [a / b for a, b in zip(gains["prepare"], gains["bare decoding"], strict=True)]
    report.figure(
        f"{name}, speed-up by two workers over bare decoding's, median", statistics.median(share), at_least=0.95
    )


def bytes_read(report: common.Report, data: Path, times: int) -> None:
    """What one episode costs in bytes from disk, by recipe."""
    item = items_of(data)[0]
    sizes = {path.name: path.stat().st_size for path in Path(item.location).iterdir()}
    with h5py.File(Path(item.location) / "annotation.hdf5") as file:
        groups = {name: _stored(node) for name, node in file.items()}
        depth = file["depth/depth"].id.get_storage_size()
    sensors = ("slam", "hand_mocap", "full_body_mocap", "imu", "calibration", "caption")
    small = sum(groups.get(name, 0) for name in sensors)
    views = [f"video_{view}" for view in VIEWS]
    videos = sum(size for name, size in sizes.items() if name.endswith(".mp4"))
    for streams, used in (
        (["pose", "hand_left", "hand_right", "body", "contacts", "imu"], small),
        (["pose", "imu", "depth"], small + depth),
        (["pose", "imu", "depth", "depth_confidence"], small + groups["depth"]),
        (["pose", *views], small + videos),
    ):
        recipe = Recipe(streams=tuple(streams))
        for _ in range(times):  # the first run reads modules too
            with tempfile.TemporaryDirectory() as out:
                before = _read()
                shard = make_shard(Path(out), Job("train-000000", "train", (item,)), recipe)
                read = _read() - before - shard["shard"]["bytes"]  # a shard is read once for its digest
        what = ", ".join("views" if name == views[0] else name for name in streams if name not in views[1:])
        report.figure(f"bytes read over bytes in use: {what}", read / used)


def accidents(report: common.Report, count: int, quick: bool) -> None:
    """Runs the command, lets something happen to it, runs it again; every file must come out the same."""
    from xperience.simulate import campaign
    from xperience.simulate.campaign import Recipe as Simulated

    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as place:
        recipe, data = Path(place, "recipe.toml"), common.corpus(quick=True) if quick else Path(place, "data")
        if not quick:
            campaign.run(data, campaign.plan(Simulated(seconds=3.0, width=32, seed=5, sessions=2), 4), workers=1)
        recipe.write_text("seconds = 1.0\nshard_mb = 1\n[video]\nwidth = 32\ngop_s = 0.5\n[depth]\nevery = 4\n")
        if not quick:  # for the length of a run
            assert _command(data, recipe, Path(place, "warm")).wait() == 0
        start = time.monotonic()
        assert _command(data, recipe, Path(place, "whole")).wait() == 0
        wanted, length = _prints(Path(place, "whole")), time.monotonic() - start
        kinds = ["killed", "worker killed", "parent killed", *(["disk full"] if _can_mount() else [])]
        happened: Counter[str] = Counter()
        second = 0
        while happened.total() < count:
            kind = kinds[happened.total() % len(kinds)]
            with _disk(Path(place, "out"), rng.randint(20, 600) if kind == "disk full" else None) as out:
                process = _command(data, recipe, out)
                if kind != "disk full":
                    time.sleep(rng.uniform(0.2, 1.0) * length)
                    in_time = _kill(process, kind)
                status = process.wait()
                if kind == "disk full":
                    in_time = status == 2
                    subprocess.run(["mount", "-o", "remount,size=1g", str(out)], check=True)
                if in_time:
                    happened[f"{kind}, status {status}"] += 1
                else:  # it was done before
                    length *= 0.9
                second += _command(data, recipe, out).wait() != 0
                found = _prints(out)
                other = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
                if other:
                    report.details.setdefault("other_bytes", []).append([kind, other])
    for what, times in sorted(happened.items()):
        report.figure(f"accidents: {what}", times)
    report.figure("files of a whole run", len(wanted))
    report.figure("accidents after which the second run failed", second, at_most=0, must=True)
    other_bytes = len(report.details.get("other_bytes", []))
    report.figure("accidents after which a file had other bytes", other_bytes, at_most=0, must=True)


def _can_mount() -> bool:
    """Whether this process may mount a disk of its own."""
    with tempfile.TemporaryDirectory() as place:
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", place], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        subprocess.run(["umount", "-l", place], check=True)
        return True


def _command(data: Path, recipe: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "xperience", "prepare", str(data), "--recipe", str(recipe), "--quiet"]
    return subprocess.Popen(
        [*command, "--out", str(out), "--workers", "2"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _kill(process: subprocess.Popen[bytes], kind: str) -> bool:
    """SIGKILL to the whole run, to its first process alone, or to one of the others; whether there was one."""
    if process.poll() is not None:
        return False
    try:
        if kind == "killed":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "parent killed":
            process.kill()
        else:
            group = [int(p.name) for p in Path("/proc").glob("[0-9]*") if _group(p) == process.pid]
            os.kill(max(pid for pid in group if pid != process.pid), signal.SIGKILL)
    except (ProcessLookupError, ValueError):
        return False
    return True


def _group(process: Path) -> int | None:
    try:
        return os.getpgid(int(process.name))
    except OSError:
        return None


@contextmanager
def _disk(out: Path, kilobytes: int | None) -> Iterator[Path]:
    """An empty folder, on a disk of this size where one is given (needs to be root)."""
    out.mkdir()
    if kilobytes is not None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(out)], check=True)
    try:
        yield out
    finally:
        if kilobytes is not None:
            subprocess.run(["umount", "-l", str(out)], check=True)
        shutil.rmtree(out)


def _prints(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def _copies(folder: Path, count: int) -> Iterator[Path]:
    """A folder with the episode under several names; its files are linked, not copied."""
    with tempfile.TemporaryDirectory() as place:
        for k in range(count):
            (Path(place) / "session" / f"ep{k + 1}").mkdir(parents=True)
            for file in folder.iterdir():
                (Path(place) / "session" / f"ep{k + 1}" / file.name).symlink_to(file.resolve())
        yield Path(place)


def _timed(way, data: Path, name: str, workers: int, how: str) -> float:  # type: ignore[no-untyped-def]
    """Wall seconds of one way in a process of its own on as many cores, imports done."""
    context = get_context(how)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_inside, args=(way, data, name, workers, sender))  # type: ignore[attr-defined]
    process.start()
    sender.close()
    seconds: float = receiver.recv()
    process.join()
    return seconds


def _inside(way, data: Path, name: str, workers: int, sender) -> None:  # type: ignore[no-untyped-def]
    items, recipe = items_of(data), load_recipe(name).model_copy(update={"shard_mb": 1})
    with common.on_cores(workers):
        start = time.perf_counter()
        way(items, recipe, workers)
        sender.send(time.perf_counter() - start)


def _make_one(items: list[Item], recipe: Recipe, workers: int) -> None:
    with tempfile.TemporaryDirectory() as out:
        make_shard(Path(out), Job("train-000000", "train", (items[0],)), recipe)


def _decode_all(items: list[Item], recipe: Recipe, workers: int) -> None:
    _decode(items[0].location)


def _prepare_all(items: list[Item], recipe: Recipe, workers: int) -> None:
    with tempfile.TemporaryDirectory() as out:
        ids = [item.id for item in items]
        outcome = prepare(items, {"train": ids}, recipe, Path(out), workers=workers, show=False)
        assert outcome.episodes == len(items)


def _decode_pool(items: list[Item], recipe: Recipe, workers: int) -> None:
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        list(pool.map(_decode, [item.location for item in items]))


def _decode(folder: str) -> int:
    count = 0
    for view in VIEWS:
        with av.open(str(Path(folder) / f"{view}.mp4")) as container:
            container.streams.video[0].thread_count = 1
            count += sum(1 for _ in container.decode(video=0))
    return count


def _stored(node: h5py.Group | h5py.Dataset) -> int:
    """Bytes that a dataset, or all below a group, take on disk."""
    if isinstance(node, h5py.Dataset):
        return node.id.get_storage_size()
    return sum(_stored(child) for child in node.values())


def _read() -> int:
    """Bytes that this process has read so far."""
    return int(Path("/proc/self/io").read_text().split()[1])


def _seconds(data: Path) -> float:
    return (items_of(data)[0].frames or 0) / 20


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--episode", type=Path, help="an episode folder instead of a made one")
    parser.add_argument("--frames", type=int, default=600, help="frames of the made recording")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="where the made recording is kept")
    parser.add_argument("--recipe", default="nano", help="recipe of --workers")
    parser.add_argument("--workers", action="store_true", help="two workers against two bare decodings")
    parser.add_argument("--bytes", action="store_true", help="bytes read against bytes used")
    parser.add_argument("--accidents", type=int, default=0, help="how many accidents")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    common.start(main)
