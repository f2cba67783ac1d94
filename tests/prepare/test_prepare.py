"""Preparing: the same bytes however often it was killed, and bad recordings set aside."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from xperience.episode import Presence
from xperience.errors import SpaceError, UsageError
from xperience.prepare.campaign import prepare
from xperience.prepare.intake import items_of
from xperience.prepare.plan import Item, plan
from xperience.prepare.recipe import parse
from xperience.prepare.segment import Provenance
from xperience.prepare.shards.reader import Prepared

RECIPE = parse(
    {"name": "kill", "seconds": 1.0, "shard_mb": 1, "video": {"width": 32, "gop_s": 0.5}, "depth": {"width": 0, "every": 4},
     "streams": ["video_fisheye_cam0", "video_stereo_left", "audio", "depth", "pose", "hand_left", "imu"]}
)  # fmt: skip
LARGE = RECIPE.model_copy(update={"shard_mb": 512})
"""All recordings of a side in one shard."""

TRIALS = 20


@pytest.fixture(scope="module")
def episodes(tmp_path_factory):
    """Four recordings of 2 s at 32 pixels."""
    from xperience.simulate import campaign
    from xperience.simulate.campaign import Recipe

    out = tmp_path_factory.mktemp("short")
    campaign.run(out, campaign.plan(Recipe(seconds=2.0, width=32, seed=5, sessions=2), 4), workers=1)
    return out


def sides_of(items):
    ids = [item.id for item in items]
    return {"train": ids[:2], "val": ids[2:3], "test": ids[3:]}


def prints(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def whole(episodes, tmp_path_factory):
    """What an undisturbed run gives."""
    out = tmp_path_factory.mktemp("whole")
    items = items_of(episodes)
    outcome = prepare(items, sides_of(items), RECIPE, out, show=False)
    assert (outcome.made, outcome.kept, outcome.episodes, outcome.segments) == (4, 0, 4, 8)
    return prints(out)


def test_two_workers_and_a_second_run_give_the_same_bytes(episodes, whole, tmp_path):
    items = items_of(episodes)
    prepare(items, sides_of(items), RECIPE, tmp_path, workers=2, show=False)
    assert prints(tmp_path) == whole
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()}
    again = prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    assert (again.made, again.kept) == (0, 4)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "shards").iterdir()} == before


def attempt(episodes: Path, out: Path, limit: int | None = None) -> int:
    """A run in a process of its own, whose children end with it; the process id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from xperience.prepare import campaign
        from xperience.prepare.engines import local
        from xperience.prepare.shard import make_shard

        def here(folder, jobs, recipe, workers, given_up):
            for job in jobs:
                make_shard(folder, job, recipe)
                yield job, ""

        local.work_through = here  # in this process: what is killed is the whole run
        items = items_of(episodes)
        campaign.prepare(items, sides_of(items), RECIPE, out, show=False)
    except SpaceError:
        os._exit(3)
    except BaseException:
        os._exit(1)
    os._exit(0)


@pytest.mark.parametrize("seed", range(TRIALS))
def test_killed_at_any_moment_and_run_again_it_gives_the_same_bytes(episodes, whole, tmp_path, seed):
    wait = random.Random(seed).uniform(0.0, 0.45)
    for name in (".segments.parquet.1a2b3c4d.tmp", "shards/.train-000000.tar.77.tmp", "shards/.train-000000.work.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"left behind by an earlier run")
    child = attempt(episodes, tmp_path)
    time.sleep(wait)
    os.killpg(child, signal.SIGKILL) if seed else os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    finisher = attempt(episodes, tmp_path)
    assert os.waitpid(finisher, 0)[1] == 0
    assert prints(tmp_path) == whole


def test_a_full_disk_is_said_and_nothing_half_written_counts(episodes, whole, tmp_path):
    size = max((path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()), default=0)
    assert size == 0
    child = attempt(episodes, tmp_path, limit=60_000)  # a shard takes more
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert not list((tmp_path / "shards").glob("*.tar"))
    child = attempt(episodes, tmp_path)
    assert os.waitpid(child, 0)[1] == 0
    assert prints(tmp_path) == whole


def test_the_command_survives_kill_9(episodes, tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('seconds = 1.0\nshard_mb = 1\nstreams = ["pose", "imu", "audio", "depth"]\n')
    command = [sys.executable, "-m", "xperience", "prepare", str(episodes), "--recipe", str(recipe), "--quiet", "--out"]
    subprocess.run([*command, str(tmp_path / "a")], check=True, capture_output=True)
    killed = subprocess.Popen([*command, str(tmp_path / "b")], stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "b").glob("shards/.*.tmp")) and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    done = subprocess.run([*command, str(tmp_path / "b")], check=True, capture_output=True, text=True)
    assert "4 episodes in 8 segments" in done.stdout
    assert prints(tmp_path / "a") == prints(tmp_path / "b")


def test_a_lost_ray_worker_costs_nothing(episodes, whole, tmp_path):
    pytest.importorskip("ray")
    lost = []

    def kill_one():
        deadline = time.monotonic() + 60
        while not lost and time.monotonic() < deadline:
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    if b"ray::_make" in (process / "cmdline").read_bytes():
                        os.kill(int(process.name), signal.SIGKILL)
                        lost.append(process.name)
                        return
                except (OSError, ValueError):
                    continue
            time.sleep(0.002)

    hunter = threading.Thread(target=kill_one)
    hunter.start()
    items = items_of(episodes)
    outcome = prepare(items, sides_of(items), RECIPE, tmp_path, engine_name="ray", workers=1, show=False)
    hunter.join()
    assert lost, "no worker was caught at work"
    assert not outcome.failed
    assert prints(tmp_path) == whole


def test_bad_recordings_are_set_aside_with_the_reason(episodes, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(episodes, data)
    bad = sorted(data.glob("*/ep*"))[0]
    annotation = bad / "annotation.hdf5"
    annotation.write_bytes(annotation.read_bytes()[:4000])
    video = sorted(data.glob("*/ep*"))[1] / "stereo_left.mp4"
    video.write_bytes(b"\0" * 5000)
    items = items_of(data)
    outcome = prepare(items, {"train": [item.id for item in items]}, RECIPE, tmp_path / "out", show=False)
    gone, partly = (f"{p.parent.name}__{p.name}" for p in (bad, video.parent))
    assert set(outcome.set_aside) == {gone} and "HDF5" in outcome.set_aside[gone]
    assert set(outcome.without) == {partly} and set(outcome.without[partly]) == {"video_stereo_left"}
    said = json.loads((tmp_path / "out" / "set_aside.json").read_text())
    assert said["episodes"] == outcome.set_aside and said["streams"] == outcome.without
    prepared = Prepared.open(tmp_path / "out")
    assert len(prepared.ids) == outcome.episodes == 3
    pieces = prepared.read(prepared.ids.index(partly), 0, 40, ["video_stereo_left", "video_fisheye_cam0", "pose"])
    assert [piece.presence for piece in pieces.values()] == [Presence.ABSENT, Presence.PRESENT, Presence.PRESENT]


def test_a_view_damaged_in_the_middle_is_left_away_from_the_first_segment_on(episodes, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(episodes, data)
    folder = sorted(data.glob("*/ep*"))[0]
    whole = (folder / "stereo_left.mp4").read_bytes()
    at = whole.index(b"mdat") + (len(whole) - whole.index(b"mdat")) // 2
    (folder / "stereo_left.mp4").write_bytes(whole[:at] + b"\xff" * 3000 + whole[at + 3000 :])
    items = items_of(data)
    outcome = prepare(items, {"train": [items[0].id]}, RECIPE, tmp_path / "out", show=False)
    assert outcome.set_aside == {} and list(outcome.without[items[0].id]) == ["video_stereo_left"]
    for meta, _, _ in Prepared.open(tmp_path / "out").metas(0, 0, 40):
        assert "video_stereo_left" not in meta["present"] and "pose" in meta["present"]


def test_a_recording_that_kills_its_workers_is_given_up_and_the_others_are_made(episodes, tmp_path):
    items = items_of(episodes)
    deadly, folder, stop = items[1].id, tmp_path / "shards", threading.Event()
    killed: set[int] = set()

    def hunt():
        """Kills whatever works on the recording."""
        while not stop.is_set():
            for mark in folder.glob(".*.work.tmp"):
                try:
                    at_work = mark.read_text() == deadly
                except OSError:
                    continue
                for shard in folder.glob(f"{mark.name.removesuffix('.work.tmp')}.tar.*.tmp") if at_work else ():
                    pid = int(shard.name.split(".")[-2])
                    if pid not in killed:
                        os.kill(pid, signal.SIGKILL)
                        killed.add(pid)
            time.sleep(0.001)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        outcome = prepare(items, {"train": [item.id for item in items]}, LARGE, tmp_path, show=False)
    finally:
        stop.set()
        hunter.join()
    assert len(killed) == 2, "tried twice"
    assert list(outcome.set_aside) == [deadly] and "SIGKILL" in outcome.set_aside[deadly] and not outcome.failed
    assert Prepared.open(tmp_path).ids == sorted(item.id for item in items if item.id != deadly)


def test_a_second_run_in_the_same_folder_is_refused(episodes, tmp_path):
    from xperience.prepare.campaign import _alone

    items = items_of(episodes)
    with _alone(tmp_path), pytest.raises(UsageError, match="another run"):
        prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    assert not (tmp_path / "shards").exists()


def test_a_recording_that_differs_from_the_catalogue_is_set_aside(episodes, tmp_path):
    items = items_of(episodes)
    items[2] = replace(items[2], bytes=items[2].bytes + 1)
    outcome = prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    assert list(outcome.set_aside) == [items[2].id] and "catalogued" in outcome.set_aside[items[2].id]
    assert outcome.episodes == 3, "a side whose only recording is bad has no shard"
    assert not list((tmp_path / "shards").glob("val-*.tar"))
    assert prepare(items, sides_of(items), RECIPE, tmp_path, show=False).made == 0


def test_a_folder_that_cannot_be_written_is_said_before_work_begins(episodes, tmp_path):
    (tmp_path / "file").write_text("no folder")
    items = items_of(episodes)
    with pytest.raises(SpaceError, match="cannot write"):
        prepare(items, sides_of(items), RECIPE, tmp_path / "file" / "out", show=False)


SENSORS = """
import sys
from pathlib import Path
import h5py
from xperience.prepare.intake import items_of
from xperience.prepare.plan import Job
from xperience.prepare.recipe import parse
from xperience.prepare.shard import make_shard

opened = set()
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
item = items_of(Path(sys.argv[1]))[0]
recipe = parse({"streams": ["depth", "pose", "hand_left", "hand_right", "body", "contacts", "imu"]})
used = ["depth/depth", "slam", "full_body_mocap/keypoints", "full_body_mocap/contacts", "calibration", "caption",
        "hand_mocap/left_joints_3d", "hand_mocap/right_joints_3d",
        "imu/accel_xyz", "imu/gyro_xyz", "imu/device_timestamp_ns"]

def size(node):
    return node.id.get_storage_size() if isinstance(node, h5py.Dataset) else sum(map(size, node.values()))

for turn in ("warm", "measured"):  # the first run reads the modules too
    before = int(Path("/proc/self/io").read_text().split()[1])
    report = make_shard(Path(sys.argv[2], turn), Job("train-000000", "train", (item,)), recipe)
    read = int(Path("/proc/self/io").read_text().split()[1]) - before - report["shard"]["bytes"]  # read for its digest
assert not report["set_aside"], report
with h5py.File(Path(item.location) / "annotation.hdf5") as file:
    print(read, sum(size(file[name]) for name in used), len([name for name in opened if name.endswith(".mp4")]))
"""


def test_only_what_the_recipe_wants_is_read(episode_path, tmp_path):
    """Sensors alone: no video file is opened, and of the annotation little more than the datasets in use is read."""
    command = [sys.executable, "-c", SENSORS, str(episode_path), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    read, used, videos = map(int, ran.stdout.split())
    assert videos == 0
    assert read <= 1.05 * used + 200_000, "what HDF5 says about its datasets counts in a recording as small as this"


def test_a_recording_that_changes_while_it_is_read_is_set_aside(episodes, tmp_path, monkeypatch):
    from xperience.prepare import shard as module
    from xperience.prepare.plan import Job

    data = tmp_path / "data"
    shutil.copytree(episodes, data)
    items = items_of(data)
    real = module.Cut.segments

    def meddled(cut):
        yield from real(cut)
        if cut.id == items[0].id:
            (cut.episode.folder / "fisheye_cam3.mp4").touch()

    monkeypatch.setattr(module.Cut, "segments", meddled)
    report = module.make_shard(tmp_path / "out", Job("train-000000", "train", tuple(items[:2])), RECIPE)
    assert "changed while it was read" in report["set_aside"][items[0].id]
    assert {row["episode_id"] for row in report["segments"]} == {items[1].id}


def test_impossible_requests_are_refused_before_anything_is_written(episodes, tmp_path):
    items = items_of(episodes)
    ids = [item.id for item in items]
    for sides, what in [
        ({"train": ids[:2], "test": [*ids[2:], ids[0]]}, "two sides"),
        ({"train": ["nobody__ep1"]}, "not in the catalogue"),
        ({}, "empty"),
    ]:
        with pytest.raises(UsageError, match=what):
            prepare(items, sides, RECIPE, tmp_path / "out", show=False)
    with pytest.raises(UsageError, match="one id"):
        prepare([*items, items[0]], sides_of(items), RECIPE, tmp_path / "out", show=False)
    with pytest.raises(UsageError, match="no such engine"):
        prepare(items, sides_of(items), RECIPE, tmp_path / "out", engine_name="dask", show=False)
    assert not (tmp_path / "out").exists()


def test_no_room_is_said_before_work_begins(episodes, tmp_path, monkeypatch):
    items = items_of(episodes)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(SpaceError, match="not enough room"):
        prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    assert not (tmp_path / "shards").exists()


def test_another_recipe_in_the_same_folder_is_refused(episodes, tmp_path):
    items = items_of(episodes)
    prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    with pytest.raises(UsageError, match="another recipe"):
        prepare(items, sides_of(items), parse({"seconds": 1.0}), tmp_path, show=False)
    with pytest.raises(UsageError, match="another split"):
        prepare(items, {"train": [item.id for item in items]}, RECIPE, tmp_path, show=False)


def test_shards_hold_whole_recordings_of_one_side():
    items = [Item(f"s{k // 3}__ep{k}", "", 10**9, 6000, Provenance()) for k in range(40)]
    ids = [item.id for item in items]
    jobs = plan(items, {"train": ids[:30], "test": ids[30:]}, parse({"shard_mb": 400}))
    assert sorted(item.id for job in jobs for item in job.items) == sorted(ids)
    assert all({item.id in ids[:30] for item in job.items} == {job.side == "train"} for job in jobs)
    assert len({job.name for job in jobs}) == len(jobs) > 4


def test_segments_carry_their_provenance_and_statistics_are_of_train(episodes, tmp_path):
    import numpy as np
    import pyarrow.parquet as pq

    from xperience.episode import Episode

    found = items_of(episodes)
    origin = Provenance("hub", "abc123", "CC-BY-NC-4.0", "f00d", "limited", 0.75)
    items = [Item(item.id, item.location, item.bytes, item.frames, origin) for item in found]
    prepare(items, sides_of(items), RECIPE, tmp_path, show=False)
    rows = pq.read_table(tmp_path / "segments.parquet").to_pylist()
    assert all(
        (r["source"], r["revision"], r["licence"], r["hash"], r["verdict"], r["sync_score"])
        == ("hub", "abc123", "CC-BY-NC-4.0", "f00d", "limited", 0.75)
        for r in rows
    )
    prepared = Prepared.open(tmp_path)
    assert prepared.metas(0, 0, 1)[0][0]["provenance"]["licence"] == "CC-BY-NC-4.0"
    accel = []
    for item in items[:2]:
        with Episode.open(item.location) as episode:
            inside = episode.imu.times_s < episode.clock.times_s[-1] + 0.05
            accel.append(episode.imu.accel[inside & (episode.imu.times_s >= 0)])
    wanted = np.concatenate(accel).astype(np.float32).mean(0)
    assert np.allclose(prepared.statistics["imu"]["mean"][:3], wanted, atol=0.02)
