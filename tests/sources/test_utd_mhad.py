"""UTD-MHAD trials become episodes: units, axes, clock, labels, absence."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from trials import swing, write_trial

from xperience.episode import Episode, Presence
from xperience.errors import MissingError
from xperience.sources import kinect
from xperience.sources.importing import Imported, import_recordings
from xperience.sources.registry import source
from xperience.sources.utd_mhad import ACTIONS, SOURCE, UtdMhad


def convert(src: Path, out: Path) -> Imported:
    return import_recordings(SOURCE, src, out, show=False)


def provenance(episode: Path) -> dict:
    return json.loads((episode / "provenance.json").read_text())


@pytest.fixture
def episode(tmp_path: Path) -> Path:
    convert(write_trial(tmp_path / "src", "a12_s3_t2", depth=True), tmp_path / "out")
    return tmp_path / "out" / "utd_mhad_s3" / "a12_t2"


def test_units_axes_and_label(episode: Path) -> None:
    skeleton, inertial = swing()
    with Episode.open(episode) as e:
        assert e.id == "utd_mhad_s3__a12_t2"
        np.testing.assert_allclose(e.imu.accel, inertial[:, :3] * 9.80665)
        np.testing.assert_allclose(e.imu.gyro, np.radians(inertial[:, 3:]))
        np.testing.assert_allclose(kinect.from_smplh(e.body.values), np.moveaxis(skeleton, 2, 0), atol=1e-6)
        assert e.body.valid.all()
        depth, confidence = e.depth.frames()
        assert depth.shape == (60, 240, 320)
        assert depth.max() == pytest.approx(2.857)
        assert depth.min() == 0
        assert confidence is None
        assert set(e.labels.action) == {ACTIONS[11]}
        assert ACTIONS[11] == "Bowling with right hand"
        assert set(e.labels.subtask) == {""}


def test_what_it_lacks_is_absent(episode: Path) -> None:
    with Episode.open(episode) as e:
        there = {name for name, state in e.presence.items() if state is Presence.PRESENT}
        assert there == {"depth", "body", "imu", "caption"}
    with h5py.File(episode / "annotation.hdf5") as file:
        assert set(file) == {"caption", "depth", "full_body_mocap", "imu", "metadata", "video"}
        assert "confidence" not in file["depth"]
    assert {"audio", "pose", "hands", "video", "calibration"} <= set(provenance(episode)["absent"])


def test_both_streams_span_one_interval(episode: Path) -> None:
    with Episode.open(episode) as e:
        assert e.imu.rate_hz == pytest.approx(50)
        assert e.clock.fps == pytest.approx(60 / 3.12, rel=1e-6)
        assert e.imu.times_s[0] == pytest.approx(0.03, abs=1e-6)  # the skeleton's latency
        assert e.clock.monotonic
        np.testing.assert_array_less(np.abs(e.imu.times_s[e.imu.keyframes] - e.clock.times_s)[2:], 0.0101)
    clock = provenance(episode)["clock"]
    assert clock["frame_hz_stated"] == 30
    assert clock["residual_lag"]["status"] == "measured"
    assert clock["residual_lag"]["offset_s"] == pytest.approx(0, abs=0.025)


def test_provenance_beside_and_inside(episode: Path, tmp_path: Path) -> None:
    record = provenance(episode)
    assert [f["name"] for f in record["files"]] == [f"a12_s3_t2_{r}.mat" for r in ("depth", "inertial", "skeleton")]
    source_file = tmp_path / "src" / "Inertial" / "a12_s3_t2_inertial.mat"
    assert record["files"][1]["bytes"] == source_file.stat().st_size
    assert len(record["files"][1]["sha256"]) == 64
    assert record["licence"]
    with h5py.File(episode / "annotation.hdf5") as file:
        assert file.attrs["provenance_source"] == b"utd-mhad"
        assert file.attrs["provenance_identity"] == record["identity"]
        assert json.loads(file.attrs["provenance_files"]) == record["files"]


@pytest.mark.parametrize(("gone", "left"), [("skeleton", "imu"), ("inertial", "body")])
def test_missing_partner_is_absent(tmp_path: Path, gone: str, left: str) -> None:
    outcome = convert(write_trial(tmp_path / "src", **{gone: None}), tmp_path / "out")
    assert outcome.made == ["utd_mhad_s1__a01_t1"]
    assert not outcome.set_aside
    with Episode.open(tmp_path / "out" / "utd_mhad_s1" / "a01_t1") as e:
        assert {n for n, state in e.presence.items() if state is Presence.PRESENT} == {left, "caption"}
        assert e.num_frames > 10
        assert set(e.labels.action) == {ACTIONS[0]}


def test_bad_files_are_set_aside_by_name(tmp_path: Path) -> None:
    src = write_trial(tmp_path / "src", "a1_s1_t1")
    write_trial(src, "a2_s1_t1", inertial=np.ones((50, 5)))
    write_trial(src, "a3_s1_t1")
    (src / "Skeleton" / "a3_s1_t1_skeleton.mat").write_bytes(b"not a mat file")
    write_trial(src, "a4_s1_t1", depth=True)
    write_trial(src, "a4_s1_t1", skeleton=np.ones((20, 3, 10)), inertial=None)
    write_trial(src, "a28_s1_t1")
    outcome = convert(src, tmp_path / "out")
    assert outcome.made == ["utd_mhad_s1__a01_t1"]
    reasons = {item.name: item.reason for item in outcome.set_aside}
    assert "a2_s1_t1_inertial.mat" in reasons["utd_mhad_s1__a02_t1"]
    assert "a3_s1_t1_skeleton.mat" in reasons["utd_mhad_s1__a03_t1"]
    assert "60 depth images" in reasons["utd_mhad_s1__a04_t1"]
    assert "not one of the 27" in reasons["Inertial/a28_s1_t1_inertial.mat"]
    listed = json.loads((tmp_path / "out" / "import_utd-mhad.json").read_text())
    assert {item["name"] for item in listed["set_aside"]} == set(reasons)
    assert sorted(p.name for p in (tmp_path / "out" / "utd_mhad_s1").iterdir()) == ["a01_t1"]


def test_values_that_are_no_numbers_stay_invalid(tmp_path: Path) -> None:
    skeleton, inertial = swing()
    skeleton[:, :, 7], inertial[30] = np.nan, np.inf
    convert(write_trial(tmp_path / "src", skeleton=skeleton, inertial=inertial), tmp_path / "out")
    folder = tmp_path / "out" / "utd_mhad_s1" / "a01_t1"
    with Episode.open(folder) as e:
        assert np.flatnonzero(~e.body.valid).tolist() == [7]
        assert np.flatnonzero(~e.imu.valid).tolist() == [30]
    assert provenance(folder)["clock"]["residual_lag"]["offset_s"] is None


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    src = write_trial(tmp_path / "src", "a1_s1_t1", skeleton=None)
    write_trial(tmp_path / "elsewhere", "a1_s1_t1")
    (src / "Skeleton").mkdir()
    name = Path("Skeleton/a1_s1_t1_skeleton.mat")
    (src / name).symlink_to(tmp_path / "elsewhere" / name)
    outcome = convert(src, tmp_path / "out")
    assert "leads out" in outcome.set_aside[0].reason
    with Episode.open(tmp_path / "out" / "utd_mhad_s1" / "a01_t1") as e:
        assert not e.body.present


def test_two_files_for_one_stream(tmp_path: Path) -> None:
    src = write_trial(tmp_path / "src")
    write_trial(src / "copy")
    outcome = convert(src, tmp_path / "out")
    assert len(outcome.made) == 1
    assert all("a second file" in item.reason for item in outcome.set_aside)
    assert len(outcome.set_aside) == 2


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        convert(tmp_path / "none", tmp_path / "out")
    with pytest.raises(MissingError):
        convert(tmp_path, tmp_path / "out")


def test_names_of_sources() -> None:
    assert isinstance(source("utd-mhad"), UtdMhad)
    assert len(ACTIONS) == len(set(ACTIONS)) == 27
