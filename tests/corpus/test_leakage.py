"""Leaks: a planted one of each kind is found, and clean splits stay clean."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from planting import copy, cut, encode, rewrite
from typer.testing import CliRunner

from xperience.corpus.catalogue import build
from xperience.corpus.leakage import Evidence, Found, all_kinds, collect, look
from xperience.corpus.leakage.evidence import folders_of
from xperience.corpus.leakage.landmarks import Landmarks, landmarks, of_motion
from xperience.corpus.leakage.matching import matches
from xperience.corpus.row import EpisodeRow
from xperience.corpus.splits import Split
from xperience.episode import Episode
from xperience.episode.cameras import VIEWS


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four episodes of 12 s in two sessions."""
    from xperience.simulate import campaign

    out = tmp_path_factory.mktemp("clean")
    campaign.run(out, campaign.plan(campaign.Recipe(seconds=12.0, width=64, seed=77, sessions=2), 4), workers=1)
    return out


@pytest.fixture(scope="module")
def folders(clean: Path) -> dict[str, Path]:
    found = sorted(path.parent for path in clean.glob("*/ep*/annotation.hdf5"))
    assert len(found) == 4
    return {f"{path.parent.name}__{path.name}": path for path in found}


@pytest.fixture(scope="module")
def marks(folders: dict[str, Path]) -> dict[str, dict[str, Landmarks]]:
    return {id: landmarks(folder) for id, folder in folders.items()}


def split_of(train: list[str], test: list[str], val: list[str] | None = None) -> Split:
    return Split("episode", 0, train, val or [], test)


def row(id: str, **values: object) -> EpisodeRow:
    return replace(EpisodeRow(id, id.rpartition("__")[0]), **values)  # type: ignore[arg-type]


def by_catalogue(*rows: EpisodeRow, train: int = 1) -> dict[str, Found]:
    ids = [row.episode_id for row in rows]
    return look(collect(split_of(ids[:train], ids[train:]), rows, show=False))


def by_content(marks: dict[str, dict[str, Landmarks]], planted: dict[str, Landmarks], side: str) -> dict[str, Found]:
    """All clean episodes in train against the planted one, or the other way round."""
    ids = sorted(marks)
    split = split_of(ids, ["p__ep1"]) if side == "test" else split_of(["p__ep1"], ids)
    evidence = Evidence(split, {id: [row(id)] for id in [*ids, "p__ep1"]}, {**marks, "p__ep1": planted})
    return {name: found for name, found in look(evidence).items() if found.leaks}


def test_clean_episodes_even_of_one_session_raise_no_alarm(marks: dict[str, dict[str, Landmarks]]) -> None:
    ids = sorted(marks)
    rows = {id: [row(id)] for id in ids}
    for train in ([0, 1], [0, 2], [0, 3], [0], [1], [2], [3]):
        split = split_of([ids[k] for k in train], [ids[k] for k in range(4) if k not in train])
        found = look(Evidence(split, rows, marks))
        assert not found["pictures"].leaks and not found["motion"].leaks, train
        assert found["pictures"].looked == found["motion"].looked == 4


@pytest.mark.parametrize("side", ["train", "test"])
def test_a_cut_of_a_recording_with_another_clock_is_found(
    folders: dict[str, Path], marks: dict[str, dict[str, Landmarks]], tmp_path: Path, side: str
) -> None:
    id = sorted(folders)[1]
    planted = cut(folders[id], tmp_path / "p" / "ep1", 63, 193)
    with Episode.open(planted) as episode:
        assert episode.num_frames == 130 and not [v for v in VIEWS if episode.video(v).num_frames != 130]
    found = by_content(marks, landmarks(planted), side)
    assert {"pictures", "motion"} == set(found)
    for kind in found.values():
        assert [{leak.one, leak.other} for leak in kind.leaks] == [{id, "p__ep1"}]


def encoded(source: Path, target: Path) -> set[str]:
    for view in VIEWS:
        encode(source, target, view, size=(48, 48), brighter=0.1, crf=34)
    return {"pictures"}


def one_view_under_another_name(source: Path, target: Path) -> set[str]:
    encode(source, target, "stereo_left", brighter=0.05, name="fisheye_cam2")
    return {"pictures"}


def imu_with_noise(source: Path, target: Path) -> set[str]:
    rng = np.random.default_rng(5)
    with h5py.File(source / "annotation.hdf5") as file:
        accel, gyro = file["imu/accel_xyz"][()], file["imu/gyro_xyz"][()]
        stamps = file["imu/device_timestamp_ns"][()]
    noisy = {"imu/accel_xyz": (accel, 0.3), "imu/gyro_xyz": (gyro, 0.05)}
    rewrite(
        target,
        {
            **{name: value + rng.normal(0, sd, value.shape) for name, (value, sd) in noisy.items()},
            "imu/device_timestamp_ns": stamps,
        },
    )
    return {"motion"}


def imu_at_half_the_rate(source: Path, target: Path) -> set[str]:
    with h5py.File(source / "annotation.hdf5") as file:
        values = {f"imu/{name}": file[f"imu/{name}"][1::2] for name in ("accel_xyz", "gyro_xyz", "device_timestamp_ns")}
    rewrite(target, values)
    return {"motion"}


def poses_of_another_world(source: Path, target: Path) -> set[str]:
    """World to body as stored: turning the world by Q and moving it by d makes R Q^T and t - R Q^T d of R and t."""
    from xperience.episode.geometry import quat_multiply, quat_to_matrix

    back = np.array([np.cos(0.4), 0, 0, -np.sin(0.4)])
    with h5py.File(source / "annotation.hdf5") as file:
        quat, position = quat_multiply(file["slam/quat_wxyz"][()], back), file["slam/trans_xyz"][()]
    moved = position - quat_to_matrix(quat) @ [3, -2, 0.5]
    rewrite(target, {"slam/quat_wxyz": quat, "slam/trans_xyz": moved})
    return {"motion"}


@pytest.mark.parametrize(
    "plant", [encoded, one_view_under_another_name, imu_with_noise, imu_at_half_the_rate, poses_of_another_world]
)
def test_streams_of_one_recording_within_another_are_found(
    plant: Callable[[Path, Path], set[str]],
    folders: dict[str, Path],
    marks: dict[str, dict[str, Landmarks]],
    tmp_path: Path,
) -> None:
    """The carrier is left out of the clean ones: its own other streams would be found, too."""
    source, carrier = sorted(folders)[0], sorted(folders)[3]
    planted = copy(folders[carrier], tmp_path / "p" / "ep1")
    expected = plant(folders[source], planted)
    others = {id: one for id, one in marks.items() if id != carrier}
    found = by_content(others, landmarks(planted), "test")
    assert set(found) == expected
    for kind in found.values():
        assert [(leak.one, leak.other) for leak in kind.leaks] == [(source, "p__ep1")]


def test_a_copy_under_a_new_id_is_found_by_the_command(clean: Path, tmp_path: Path) -> None:
    from xperience.cli import app, load

    if not app.registered_commands:
        load(app)
    data = copy(clean, tmp_path / "data")
    first = sorted(path.parent for path in data.glob("*/ep1/annotation.hdf5"))
    copy(first[0], data / "new" / "ep7")
    ids = [row.episode_id for row in build([str(data)], tmp_path / "cat", show=False).episodes()]
    clean_ids = [id for id in ids if not id.startswith("new")]
    sessions = sorted({id.rpartition("__")[0] for id in clean_ids})
    train = [id for id in clean_ids if id.startswith(sessions[0])]
    test = [id for id in clean_ids if id.startswith(sessions[1])]
    arguments = ["leakage", str(tmp_path / "cat"), "--split", str(tmp_path / "split.json"), "--quiet"]
    split_of(train, test).save(tmp_path / "split.json")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "no leak found" in result.output
    side = test if first[0].parent.name == sessions[0] else train
    split_of(train + ["new__ep7"] * (side is train), test + ["new__ep7"] * (side is test)).save(tmp_path / "split.json")
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "leakage.json")])
    assert result.exit_code == 1, result.output
    report = json.loads((tmp_path / "leakage.json").read_text())
    assert not report["clean"]
    found = {name for name, kind in report["kinds"].items() if kind["leaks"]}
    assert {"streams", "pictures", "motion"} <= found
    assert "new__ep7" in result.output
    result = CliRunner().invoke(app, [*arguments, "--no-content"])
    assert result.exit_code == 1 and "LEAK streams" in result.output and "0 of 5" in result.output


def test_sessions_in_two_parts() -> None:
    found = by_catalogue(row("a__ep1"), row("a__ep2"), row("b__ep1"))
    assert [(leak.one, leak.other) for leak in found["sessions"].leaks] == [("a__ep1", "a__ep2")]
    assert not by_catalogue(row("a__ep1"), row("a__ep2"), row("b__ep1"), train=2)["sessions"].leaks


def test_identical_streams_by_hash_even_under_another_name() -> None:
    found = by_catalogue(row("a__ep1", content={"imu": "x", "pose": "y"}), row("b__ep1", content={"fisheye_cam0": "x"}))
    (leak,) = found["streams"].leaks
    assert "imu as fisheye_cam0" in leak.what
    found = by_catalogue(row("a__ep1", content={"imu": "x"}), row("b__ep1", content={"imu": "y"}), row("c__ep1"))
    assert not found["streams"].leaks and (found["streams"].looked, found["streams"].of) == (2, 3)


def test_overlap_in_time() -> None:
    start = 1_700_000_000 * 10**9
    one = row("a__ep1", start_ns=start, end_ns=start + 10**10)
    inside = row("a__ep2", start_ns=start + 9 * 10**9, end_ns=start + 2 * 10**10)
    after = row("a__ep3", start_ns=start + 2 * 10**10, end_ns=start + 3 * 10**10)
    elsewhere = row("b__ep1", start_ns=start + 1, end_ns=start + 10**10)
    same = row("c__ep1", start_ns=start, end_ns=start + 10**10)
    found = by_catalogue(one, inside, after, elsewhere, same)["time"]
    assert {(leak.one, leak.other) for leak in found.leaks} == {("a__ep1", "a__ep2"), ("a__ep1", "c__ep1")}
    assert "1.00 s" in found.leaks[0].what or "1.00 s" in found.leaks[1].what


def test_ids_of_two_recordings() -> None:
    rows = [row("a__ep1", location="x"), row("a__ep1", location="y"), row("b__ep1")]
    (leak,) = look(collect(split_of(["a__ep1"], ["b__ep1"]), rows, show=False))["ids"].leaks
    assert "x and y" in leak.what


def test_label_coverage_by_frames() -> None:
    facts = by_catalogue(
        row("a__ep1", actions=["Pick up cup"], action_frames=[5]),
        row("b__ep1", actions=["Pick up cup", "Zigzag unknowable"], action_frames=[30, 10]),
    )["labels"].facts
    assert facts["test_labels_unseen"] == 0.5 and facts["test_frames_unseen"] == 0.25
    assert facts["val_labels_unseen"] is None


def test_landmarks_are_kept_until_a_file_changes(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy(next(iter(folders.values())), tmp_path / "s" / "ep1")
    made = landmarks(folder, tmp_path)
    (kept,) = tmp_path.glob("*.npz")
    before = kept.stat().st_mtime_ns
    again = landmarks(folder, tmp_path)
    assert kept.stat().st_mtime_ns == before
    assert all(np.array_equal(made[name].vectors, again[name].vectors) for name in made) and set(made) == set(again)
    kept.write_bytes(b"not an archive")
    assert set(landmarks(folder, tmp_path)) == set(made)
    (folder / "stereo_left.mp4").unlink()
    assert "stereo_left" not in landmarks(folder, tmp_path)


def test_peaks_do_not_move_with_the_start_of_a_cut() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 60, 0.005)
    bumps = rng.uniform(2, 58, 40)
    rates = np.stack([np.exp(-(((times[:, None] - bumps) / 0.2) ** 2)) @ rng.normal(0, 2, 40) for _ in range(6)], 1)
    whole = of_motion(times, rates, 0.1)
    part = of_motion(times[4000:9001] - 20.0, rates[4000:9001], 0.1)
    shared = whole.times_s[(whole.times_s > 21.2) & (whole.times_s < 43.8)] - 20
    assert len(shared) > 8
    gaps = np.abs(part.times_s[:, None] - shared).min(0)
    assert np.quantile(gaps, 0.9) < 0.02


def test_thousands_of_recordings_are_matched_in_seconds_and_a_copy_among_them_is_found() -> None:
    import time

    rng = np.random.default_rng(1)

    def made(n: int) -> dict[str, dict[str, Landmarks]]:
        return {
            f"{n}_{k}": {"imu": Landmarks(np.arange(30.0), rng.integers(-80, 81, (30, 63)).astype(np.int8))}
            for k in range(n)
        }

    train, test = made(6000), made(1500)
    copied = train["6000_7"]["imu"]
    noisy = np.clip(copied.vectors + rng.normal(0, 5, copied.vectors.shape), -127, 127).astype(np.int8)
    test["1500_9"] = {"imu": Landmarks(copied.times_s + 3.0, noisy)}
    start = time.process_time()
    found = [match for match in matches((train, test), ("imu",), 0.95) if match.count >= 5]
    assert time.process_time() - start < 20
    (match,) = found
    assert (match.one, match.other) == ("6000_7", "1500_9")
    assert match.shift_s == pytest.approx(3.0) and match.count >= 28


def test_recordings_are_looked_for_where_they_are(tmp_path: Path) -> None:
    from xperience.errors import MissingError

    (tmp_path / "a" / "ep1").mkdir(parents=True)
    rows = [row("a__ep1"), row("b__ep1", location=str(tmp_path))]
    assert folders_of(rows, tmp_path) == {"a__ep1": tmp_path / "a" / "ep1"}
    assert folders_of(rows, None) == {"b__ep1": tmp_path}
    with pytest.raises(MissingError):
        folders_of(rows, tmp_path / "a")


def test_every_kind_is_found_by_its_file() -> None:
    names = {kind.name for kind in all_kinds()}
    assert names == {"ids", "labels", "motion", "pictures", "sessions", "streams", "time"}
