"""Faults: every kind applies at every strength, the same way for the same seed, and says what it did."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xperience.episode import MODALITIES, Episode
from xperience.episode.writer import AnnotationWriter
from xperience.errors import MissingError, UsageError, XperienceError
from xperience.simulate.faults import all_faults, find
from xperience.simulate.faults.corrupt import KEYS, Order, corrupt, damage, read_spec
from xperience.simulate.faults.fault import Magnitude

SEVERITIES = (0.1, 0.5, 1.0)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_at_least_twenty_five_kinds_cover_every_stream() -> None:
    faults = all_faults()
    assert len(faults) >= 25
    hit = {modality for fault in faults.values() for modality in fault.modalities}
    assert hit == {*MODALITIES, "clock"}
    for fault in faults.values():
        assert fault.what.endswith(".") and fault.magnitude.unit


@pytest.mark.parametrize("name", list(all_faults()))
def test_each_kind_applies_at_each_severity(name: str, episode_path: Path, tmp_path: Path) -> None:
    before = contents(episode_path)
    for severity in SEVERITIES:
        copy, truth = tmp_path / f"{severity}" / "ep1", tmp_path / "_truth" / f"{severity}"
        done = corrupt(episode_path, copy, Order(0, name, severity), seed=3, truth=truth)
        assert contents(episode_path) == before  # never the original
        after = contents(copy)
        assert set(after) == set(before)
        if severity > 0.1:
            assert after != before
        assert json.loads((truth / "truth.json").read_text())["faults"] == [done]
        fault = all_faults()[name]
        assert done["fault"] == name and done["severity"] == severity and done["modality"] in fault.modalities
        assert done["magnitude"] == pytest.approx(fault.magnitude.at(severity)) and done["unit"] == fault.magnitude.unit
        assert 0 <= done["start_s"] < done["end_s"] <= 6.1
        if not fault.local:
            assert done["start_s"] == 0 and done["end_s"] == pytest.approx(6.0, abs=0.1)
        with Episode.open(copy) as episode:
            assert episode.num_frames == 120
    again = tmp_path / "again" / "ep1"
    assert corrupt(episode_path, again, Order(0, name, 0.5), seed=3)
    assert contents(again) == contents(tmp_path / "0.5" / "ep1")


def test_seeds_differ(episode_path: Path, tmp_path: Path) -> None:
    done = [corrupt(episode_path, tmp_path / f"{k}", Order(0, "hand_zero", 0.5), seed=k) for k in range(6)]
    assert len({(d["modality"], d["start_s"]) for d in done}) > 3


def test_where_and_when_are_obeyed(episode_path: Path, tmp_path: Path) -> None:
    order = Order(0, "hand_zero", 0.5, "hand_right", 2.0, 3.0)
    done = corrupt(episode_path, tmp_path / "ep1", order)
    assert done["modality"] == "hand_right"
    with Episode.open(episode_path) as clean, Episode.open(tmp_path / "ep1") as episode:
        inside = (episode.clock.times_s >= 2) & (episode.clock.times_s < 3)
        assert (episode.hand("right").values[inside] == 0).all()
        same = episode.hand("right").values == clean.hand("right").values
        assert same[~inside].all()
        assert np.array_equal(episode.hand("left").values, clean.hand("left").values)


def test_a_spoilt_view_keeps_its_sound_and_the_others(episode_path: Path, tmp_path: Path) -> None:
    corrupt(episode_path, tmp_path / "ep1", Order(0, "video_black", 1.0, "fisheye_cam2", 1.0, 2.0))
    before, after = contents(episode_path), contents(tmp_path / "ep1")
    assert {name for name in before if before[name] != after[name]} == {"fisheye_cam2.mp4"}
    with Episode.open(tmp_path / "ep1") as episode, Episode.open(episode_path) as clean:
        frames = episode.video("fisheye_cam2").frames()
        assert frames[20:40].max() < 20 and frames[:19].std() > 20 and frames[41:].std() > 20
        from xperience.episode.modalities.audio import Audio

        sounds = [Audio(e.folder / "fisheye_cam2.mp4").mono() for e in (episode, clean)]
        assert np.array_equal(*sounds)


def test_magnitudes_grow_with_severity() -> None:
    magnitude = Magnitude("m", 0.001, 0.1, 1.0)
    assert [magnitude.at(s) for s in SEVERITIES] == pytest.approx([0.001, 0.1, 1.0])
    values = [magnitude.at(s) for s in np.linspace(0, 1, 21)]
    assert all(a < b for a, b in itertools.pairwise(values))
    for fault in all_faults().values():
        m = fault.magnitude
        assert 0 < m.invisible < m.moderate < m.gross


@pytest.mark.parametrize("name", list(all_faults()))
def test_a_recording_that_lacks_the_stream_says_so(name: str, bare: Path, tmp_path: Path) -> None:
    """Only frame times and an IMU: the fault is put in, or refused with a reason; never anything else."""
    copy = shutil.copytree(bare, tmp_path / "ep1")
    try:
        damage(copy, Order(0, name, 0.5))
    except XperienceError as error:
        assert error.what and error.file
    with Episode.open(copy) as episode:
        assert episode.num_frames == 40


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare") / "session" / "ep1"
    folder.mkdir(parents=True)
    stamps = 10**12 + np.arange(400) * 5_000_000
    with AnnotationWriter(folder / "annotation.hdf5") as file:
        file.put("slam/frame_names", stamps[::10].astype(str))
        file.put("imu/device_timestamp_ns", stamps)
        file.put("imu/accel_xyz", np.random.default_rng(0).normal(size=(400, 3)))
        file.put("imu/gyro_xyz", np.random.default_rng(1).normal(size=(400, 3)))
    return folder


# -- orders ------------------------------------------------------------------------------------------------------


def test_a_list_of_faults_is_read(tmp_path: Path) -> None:
    file = tmp_path / "spec.json"
    entries = [
        {"episode": 0, "fault": "video_black", "severity": 1, "modality": "stereo_left", "start_s": 1, "end_s": 2.5},
        {"episode": "a__ep2", "fault": "imu_gap", "severity": 0.5},
        {"episode": 1, "fault": "imu_gap", "severity": 0.5, "modality": None, "start_s": None, "end_s": None},
    ]
    assert set(entries[0]) == KEYS
    file.write_text(json.dumps(entries))
    assert read_spec(file) == [
        Order(0, "video_black", 1.0, "stereo_left", 1.0, 2.5),
        Order("a__ep2", "imu_gap", 0.5),
        Order(1, "imu_gap", 0.5),
    ]


GOOD: dict[str, Any] = {"episode": 0, "fault": "imu_gap", "severity": 0.5}


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", "{}", "[1]", "[[]]", "[null]", "[" * 100_000, json.dumps([{"episode": 0}]),
        *(
            json.dumps([{**GOOD, **change}])
            for change in (
                {"severity": 2}, {"severity": -0.1}, {"severity": "much"}, {"severity": None}, {"severity": float("nan")},
                {"fault": "imu_gop"}, {"fault": None}, {"modality": "audio"}, {"modality": ["imu"]}, {"when": 3},
                {"episode": []}, {"episode": None}, {"episode": 1.5}, {"episode": True}, {"start_s": "now"},
                {"start_s": 3, "end_s": 2}, {"start_s": -1}, {"end_s": 0}, {"start_s": float("nan")},
                {"end_s": float("inf")},
            )
        ),
    ],
)  # fmt: skip
def test_wrong_lists_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "spec.json"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_spec(file)
    assert len(str(caught.value)) < 3000


def test_a_list_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_bytes(b"\xff\xfe\x00[]")
    for file in (tmp_path / "spec.json", tmp_path, tmp_path / "none.json"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_spec(file)


def test_near_names_are_offered() -> None:
    with pytest.raises(UsageError, match="did you mean video_frozen"):
        find("video_frozn")


def test_what_cannot_be_copied(episode_path: Path, tmp_path: Path) -> None:
    order = Order(0, "hand_zero", 0.5)
    for source in (tmp_path / "none", episode_path / "annotation.hdf5"):
        with pytest.raises(MissingError):
            corrupt(source, tmp_path / "copy", order)
    inside = shutil.copytree(episode_path, tmp_path / "ep1")
    with pytest.raises(UsageError, match="cannot lie in"):
        corrupt(inside, inside / "copies" / "ep1", order)
    with pytest.raises(UsageError, match="no frame"):
        corrupt(episode_path, tmp_path / "copy", Order(0, "hand_zero", 0.5, None, 100.0, 101.0))
    assert not (tmp_path / "copy").exists()
    with h5py.File(inside / "annotation.hdf5", "r+") as file:
        file["caption"][()] = "not JSON"
    with pytest.raises(XperienceError, match="not JSON"):
        corrupt(inside, tmp_path / "copy", Order(0, "caption_empty", 0.5))
    (inside / "fisheye_cam0.mp4").write_bytes(b"nothing")
    with pytest.raises(XperienceError, match="cannot be opened"):
        corrupt(inside, tmp_path / "copy", Order(0, "video_black", 0.5, "fisheye_cam0"))
    assert not (tmp_path / "copy").exists() and not list(tmp_path.glob(".*"))


# -- the command line --------------------------------------------------------------------------------------------


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """command(*arguments) runs xperience here and gives exit status, output and errors."""
    import sys

    from xperience import cli

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["xperience", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


def test_corrupt_lists_its_kinds(command: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = command("corrupt", "--list", "--json")
    rows = json.loads(out)
    assert code == 0 and {row["name"] for row in rows} == set(all_faults())
    keys = {"name", "what", "modalities", "unit", "invisible", "moderate", "gross"}
    assert all(keys <= set(row) for row in rows)
    code, out, _ = command("corrupt", "--list")
    assert code == 0 and all(name in out for name in all_faults())


def test_corrupt_from_the_command_line(
    command: Callable[..., tuple[int, str, str]], episode_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bad" / episode_path.parent.name / episode_path.name
    arguments = ("corrupt", episode_path, out, "--fault", "imu_gap", "--severity", 0.7)
    code, text, _ = command(*arguments, "--json")
    done = json.loads(text)
    assert code == 0 and done["fault"] == "imu_gap" and done["severity"] == 0.7
    truth = tmp_path / "bad" / "_truth" / f"{episode_path.parent.name}__{episode_path.name}" / "truth.json"
    assert json.loads(truth.read_text())["faults"] == [done]
    code, _, error = command(*arguments)
    assert code == 2 and "something already" in error
    for wrong in (("--fault", "none"), ("--fault", "imu_gap", "--severity", 3), ("--fault", "imu_gap", "--start", 99)):
        code, _, error = command("corrupt", episode_path, tmp_path / "other", *wrong)
        assert code == 2 and error.startswith("error:")
    assert command("corrupt")[0] == 2


def test_simulate_with_faults(command: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    entries = [
        {**GOOD, "fault": "video_black", "severity": 1, "modality": "stereo_left", "start_s": 0.5, "end_s": 1},
        {**GOOD, "fault": "imu_gap"},
    ]
    spec.write_text(json.dumps(entries))
    options = ("--episodes", 1, "--seconds", 1.5, "--size", 64, "--seed", 5, "--faults", spec)
    assert command("simulate", tmp_path / "sim", *options)[0] == 0
    (truth,) = (tmp_path / "sim" / "_truth").glob("*/truth.json")
    faults = json.loads(truth.read_text())["faults"]
    assert [f["fault"] for f in faults] == ["video_black", "imu_gap"]
    assert (faults[0]["modality"], faults[0]["start_s"]) == ("stereo_left", pytest.approx(0.5, abs=0.06))
    (folder,) = (tmp_path / "sim").glob("[!_]*/ep1")
    with Episode.open(folder) as episode:
        assert episode.video("stereo_left").frames()[11:19].max() < 20
        steps = np.diff(episode.imu.times_ns)
        assert steps.max() > 0.2e9
    entries[0]["episode"] = 7
    spec.write_text(json.dumps(entries))
    code, _, error = command("simulate", tmp_path / "other", *options)
    assert code == 2 and "not made" in error and not (tmp_path / "other").exists()
