"""What `simulate` writes: all of the layout, the same bytes each time, resumed where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.episode.layout import DATASETS
from xperience.episode.presence import Presence
from xperience.errors import LimitError, UsageError
from xperience.simulate import campaign, truth
from xperience.simulate.faults.corrupt import Order
from xperience.simulate.workers import work_through

SHORT = campaign.Recipe(seconds=1.0, width=32, seed=3, sessions=2)


def digests(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three episodes of a second made by one worker."""
    out = tmp_path_factory.mktemp("short")
    campaign.run(out, campaign.plan(SHORT, 3), workers=1)
    return out


def test_all_datasets_with_the_shapes_of_the_layout(episode_path: Path) -> None:
    with h5py.File(episode_path / "annotation.hdf5") as file:
        found: list[str] = []
        file.visititems(lambda name, node: found.append(name) if isinstance(node, h5py.Dataset) else None)
        assert sorted(found) == sorted(dataset.path for dataset in DATASETS)
        n, m = 120, len(file["imu/device_timestamp_ns"])
        sizes = {"N": n, "M": m, "P": len(file["slam/point_cloud"]), "H": 32, "W": 32}
        for dataset in DATASETS:
            stored = file[dataset.path]
            assert stored.shape == tuple(sizes.get(d, d) for d in dataset.shapes[0]), dataset.path
            if dataset.dtype not in ("S", "str"):
                assert stored.dtype == np.dtype(dataset.dtype), dataset.path
                assert np.isfinite(stored[()]).all(), dataset.path
        assert 190 * 6 < m < 202 * 6
        names = [int(name) for name in file["slam/frame_names"][:]]
        np.testing.assert_array_equal(names, file["video/device_timestamp"][:])
        assert 200 < sizes["P"] < 2000


def test_reader_finds_every_stream(episode_path: Path) -> None:
    with Episode.open(episode_path) as episode:
        assert set(episode.presence.values()) == {Presence.PRESENT}
        assert {problem.field for problem in episode.problems} <= {"caption"}, "only captions have quirks"
        assert episode.id == f"{episode_path.parent.name}__ep1"
        assert -1.8 <= episode.ground_height <= -1.6
        assert episode.clock.fps == pytest.approx(20, abs=0.05)
        feet = episode.body.values[:, [10, 11], 2]
        assert feet.min() == pytest.approx(episode.ground_height, abs=0.15), "feet stand on the floor"
        first = episode.pose.values[0, :3, 3]
        assert np.linalg.norm(first) < 0.35, "the origin is near the first pose"
        assert set(np.unique(episode.contacts.values)) <= {0.0, 1.0}
        depth, confidence = episode.depth.frames()
        assert confidence is not None
        assert (depth > 0).mean() > 0.5
        assert depth[depth > 0].min() >= episode.depth.depth_min
        assert depth.max() <= episode.depth.depth_max
        assert confidence[depth == 0].max() == 0
        for side in ("left", "right"):
            assert episode.hand(side).valid.all()


def test_same_bytes_whatever_the_workers(short: Path, tmp_path: Path) -> None:
    campaign.run(tmp_path, campaign.plan(SHORT, 3), workers=2)
    assert digests(tmp_path) == digests(short)


def test_sessions_share_episodes_in_turn() -> None:
    jobs = campaign.plan(SHORT, 5)
    assert [job.name for job in jobs] == ["ep1", "ep1", "ep2", "ep2", "ep3"]
    assert [job.session for job in jobs[::2]] == [jobs[0].session] * 3
    assert len({job.session for job in jobs}) == 2
    assert len({job.seed for job in jobs}) == 5
    assert campaign.plan(SHORT, 5)[:3] == campaign.plan(SHORT, 3)
    other = campaign.Recipe(1.0, 32, 4, 2)
    assert not {job.session for job in campaign.plan(other, 5)} & {job.session for job in jobs}


def test_resumes_after_an_interruption(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(short, out)
    jobs = campaign.plan(SHORT, 3)
    kept, lost = out / jobs[0].session / jobs[0].name, out / jobs[1].session / jobs[1].name
    half = lost.parent / f".{lost.name}.0123abcd.tmp"
    lost.rename(half)  # as a killed run leaves it
    (half / "annotation.hdf5").write_bytes(b"half")
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    campaign.run(out, jobs, workers=1)
    assert digests(out) == digests(short)
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before


def test_a_failed_episode_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = campaign.plan(SHORT, 1)[0]

    def stop(frames: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign.make(tmp_path, job, advance=stop)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def fail(job: int, tell: Callable[[int], None]) -> None:
    """Work for the process pool: job 1 breaks, job 2 is killed, any other tells its number."""
    if job == 1:
        raise UsageError("broken", found=job)
    if job == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    tell(job)


def test_errors_and_deaths_in_workers_are_told() -> None:
    assert sorted(work_through([10, 11, 12], fail, 2)) == [10, 11, 12]
    with pytest.raises(UsageError, match="broken"):
        list(work_through([1, 10], fail, 2))
    with pytest.raises(LimitError, match="killed"):
        list(work_through([2], fail, 1))


def test_other_options_in_the_same_place_are_refused(short: Path) -> None:
    longer = campaign.Recipe(seconds=2.0, width=32, seed=3, sessions=2)
    with pytest.raises(UsageError) as caught:
        campaign.run(short, campaign.plan(longer, 1), workers=1)
    assert caught.value.hint


@pytest.mark.parametrize(
    "recipe",
    [campaign.Recipe(0, 32, 0, 1), campaign.Recipe(1e9, 32, 0, 1), campaign.Recipe(1, 33, 0, 1),
     campaign.Recipe(1, 32, -1, 1), campaign.Recipe(1, 32, 0, 0)],
)  # fmt: skip
def test_impossible_options_are_refused(recipe: campaign.Recipe) -> None:
    with pytest.raises(UsageError):
        campaign.plan(recipe, 1)


def test_truth_lies_outside_the_episodes(short: Path) -> None:
    jobs = campaign.plan(SHORT, 3)
    for job in jobs:
        names = {path.name for path in (short / job.session / job.name).iterdir()}
        assert names == {"annotation.hdf5", *(f"{view}.mp4" for view in VIEWS)}
        facts = json.loads((short / truth.TRUTH_FOLDER / job.id / truth.FACTS).read_text())
        assert facts["episode"] == job.id
        assert facts["seed"] == job.seed
        with np.load(short / truth.TRUTH_FOLDER / job.id / truth.ARRAYS) as arrays:
            assert arrays["mask_fisheye_cam0"].shape == (20, 38, 32)
            assert len(arrays["thing_ids"]) == arrays["thing_poses"].shape[1] == len(facts["things"])


def test_faults_are_put_in_and_written_down(short: Path, tmp_path: Path) -> None:
    orders = [Order(1, "imu_offset", 1.0), Order(campaign.plan(SHORT, 3)[1].id, "hand_missing", 1.0, "hand_left")]
    jobs = campaign.with_faults(campaign.plan(SHORT, 3), orders)
    assert [len(job.orders) for job in jobs] == [0, 2, 0]
    campaign.run(tmp_path, jobs[:2], workers=1)
    clean = {name: value for name, value in digests(short).items() if jobs[0].session in name and "ep1" in name}
    assert {name: value for name, value in digests(tmp_path).items() if jobs[0].session in name} == clean
    facts = json.loads((tmp_path / truth.TRUTH_FOLDER / jobs[1].id / truth.FACTS).read_text())
    assert [fault["fault"] for fault in facts["faults"]] == ["imu_offset", "hand_missing"]
    annotation = Path(jobs[1].session) / jobs[1].name / "annotation.hdf5"
    assert (tmp_path / annotation).read_bytes() != (short / annotation).read_bytes()
    with pytest.raises(UsageError):  # the same episode without its faults is another recipe
        campaign.run(tmp_path, campaign.plan(SHORT, 2), workers=1)
    with pytest.raises(UsageError):
        campaign.with_faults(jobs, [Order(7, "imu_offset", 1.0)])


def run_cli(*arguments: str) -> tuple[int, str]:
    if not app.registered_commands:
        load(app)
    result = CliRunner().invoke(app, ["simulate", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_dry_run_says_what_it_would_take_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text = run_cli(str(out), "--episodes", "3", "--seconds", "10", "--size", "64", "--dry-run")
    assert code == 0
    assert "600 frames" in text
    assert "MB" in text
    assert not out.exists()


def test_estimate_is_near_what_is_written(short: Path, tmp_path: Path) -> None:
    jobs = campaign.plan(SHORT, 3)
    cost = campaign.estimate(tmp_path, jobs, workers=1)
    written = sum(path.stat().st_size for path in short.rglob("*") if path.is_file())
    assert 0.5 < cost.data_bytes / written < 2
    assert campaign.estimate(short, jobs, workers=1).frames == 0


def test_command_line_refuses_what_it_cannot_mean(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run_cli(str(tmp_path), "--size", "big")
    with pytest.raises(UsageError):
        run_cli(str(tmp_path), "--workers", "0")
