"""A Project Aria recording becomes an episode; damaged ones are refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from xperience.episode import Episode, Presence, geometry
from xperience.errors import CorruptError, FormatError, LimitError, MissingError
from xperience.sources import isolated
from xperience.sources.aria import SOURCE
from xperience.sources.importing import import_recordings
from xperience.sources.mps import read_trajectory

FOLDER = "aria/aria_everyday_activities_test_data"


@pytest.fixture(scope="module")
def vrs(real: Path) -> Path:
    pytest.importorskip("projectaria_tools", reason="projectaria-tools is not installed")
    return real / FOLDER / "recording.vrs"


@pytest.fixture(scope="module")
def imported(vrs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("aria")
    outcome = import_recordings(SOURCE, vrs, out, show=False)
    assert outcome.made == ["aria_everyday_activities_test_data__recording"]
    return out / "aria_everyday_activities_test_data" / "recording"


@pytest.fixture(scope="module")
def device(vrs: Path) -> object:
    from projectaria_tools.core import data_provider

    return data_provider.create_vrs_data_provider(str(vrs))


def test_streams(imported: Path) -> None:
    with Episode.open(imported) as e:
        there = {name for name, state in e.presence.items() if state is Presence.PRESENT}
        assert there == {"fisheye_cam0", "fisheye_cam1", "fisheye_cam2", "audio", "imu", "calibration"}
        assert e.num_frames == 8
        assert e.clock.times_ns[0] == 86385246037  # native device time
        assert e.clock.fps == pytest.approx(20, abs=0.01)
        assert e.video("fisheye_cam0").size == (480, 640)
        assert e.video("fisheye_cam2").size == (1408, 1408)
        for view in e.views:
            np.testing.assert_allclose(e.video(view).times_s(), e.clock.times_s, atol=1e-6)


def test_imu(imported: Path) -> None:
    with Episode.open(imported) as e:
        assert len(e.imu) == 400
        assert e.imu.rate_hz == pytest.approx(1001, abs=1)
        assert np.linalg.norm(e.imu.accel, axis=1).mean() == pytest.approx(9.78, abs=0.005)
        assert np.abs(e.imu.times_s[e.imu.keyframes] - e.clock.times_s).max() < 0.0006


def test_pictures_are_upright_and_the_nearest(imported: Path, device: object) -> None:
    with Episode.open(imported) as e:
        for view, label, frame, index in (
            ("fisheye_cam2", "camera-rgb", 5, 5),
            ("fisheye_cam0", "camera-slam-left", 7, 3),
        ):
            stream = device.get_stream_id_from_label(label)  # type: ignore[attr-defined]
            raw = device.get_image_data_by_index(stream, index)[0].to_numpy_array()  # type: ignore[attr-defined]
            want = np.rot90(raw, -1).astype(float)
            want = want if want.ndim == 3 else want[..., None]
            got = e.video(view).frames(frame, frame + 1)[0].astype(float)
            assert np.abs(got - want).mean() < 4


def test_calibration_lands_where_the_device_says(imported: Path, device: object) -> None:
    calibration = device.get_device_calibration()  # type: ignore[attr-defined]
    T_device_body = calibration.get_imu_calib("imu-right").get_transform_device_imu().to_matrix()
    rng = np.random.default_rng(0)
    with Episode.open(imported) as e:
        assert e.rig is not None
        fits = json.loads((imported / "provenance.json").read_text())["details"]["lens_fit"]
        for view, label in (
            ("fisheye_cam0", "camera-slam-left"),
            ("fisheye_cam1", "camera-slam-right"),
            ("fisheye_cam2", "camera-rgb"),
        ):
            camera = calibration.get_camera_calib(label)
            T_device_camera = camera.get_transform_device_camera().to_matrix()
            height = camera.get_image_size()[1]
            distances = []
            for point in rng.normal(0, 1, (400, 3)) * [0.6, 0.6, 0.3] + [0, 0, 1.5]:
                pixel = camera.project(point)
                if pixel is None:
                    continue
                body = geometry.apply(geometry.invert(T_device_body) @ T_device_camera, point[None])
                got, seen = e.rig[view].project(geometry.apply(e.rig[view].T_camera_body, body))
                assert seen[0]
                distances.append(np.linalg.norm(got[0] - [height - 1 - pixel[1], pixel[0]]))
            assert len(distances) > 100
            assert max(distances) < fits[view]["worst_px"] + 0.2
            assert fits[view]["rms_px"] < 0.8


def test_sound_starts_when_it_should(imported: Path, device: object) -> None:
    stream = device.get_stream_id_from_label("mic")  # type: ignore[attr-defined]
    raw = [np.array(device.get_audio_data_by_index(stream, k)[0].data) for k in range(4)]  # type: ignore[attr-defined]
    want = np.concatenate(raw).reshape(-1, 7).mean(1) / 2**31
    with Episode.open(imported) as e:
        got = e.audio.mono(48000)
    due = round((86408734764 - 86385246037) * 1e-9 * 48000)
    assert np.abs(got[: due - 400]).max() < np.abs(want).max() / 20
    lags = range(-60, 61)
    scores = [np.corrcoef(got[due + k : due + k + 16000], want[:16000])[0, 1] for k in lags]
    assert lags[int(np.argmax(scores))] == 0
    assert max(scores) > 0.98


def test_provenance(imported: Path) -> None:
    record = json.loads((imported / "provenance.json").read_text())
    assert record["source"] == "aria"
    assert record["files"][0]["bytes"] == 3669509
    assert set(record["left_out"]) == {"baro0", "camera-et", "imu-left", "mag0"}
    assert {"pose", "caption", "depth", "stereo_left"} <= set(record["absent"])
    assert record["details"]["native_images"]["fisheye_cam0"]["device_timestamp_ns"][0] == 86435294975
    assert "1WM0937" not in json.dumps(record)  # the device's serial number stays behind


def test_pose_from_a_trajectory(vrs: Path, tmp_path: Path, device: object) -> None:
    src = tmp_path / "src"
    (src / "mps" / "slam").mkdir(parents=True)
    shutil.copy(vrs, src / "recording.vrs")
    header = "graph_uid,tracking_timestamp_us,tx_world_device,ty_world_device,tz_world_device"
    header += ",qx_world_device,qy_world_device,qz_world_device,qw_world_device"
    half = np.sqrt(0.5)
    lines = [f"x,{us},{us * 1e-6},2,3,0,0,{half},{half}" for us in range(86380000, 86600000, 1000)]
    (src / "mps" / "slam" / "closed_loop_trajectory.csv").write_text("\n".join([header, *lines]))
    import_recordings(SOURCE, src, tmp_path / "out", show=False)
    calibration = device.get_device_calibration()  # type: ignore[attr-defined]
    T_device_body = calibration.get_imu_calib("imu-right").get_transform_device_imu().to_matrix()
    with Episode.open(tmp_path / "out" / "src" / "recording") as e:
        assert e.clock.source == "slam/frame_names"
        assert e.pose.valid.tolist() == [True] * 5 + [False] * 3  # the trajectory ends early
        T_world_device = e.pose.values[1] @ geometry.invert(T_device_body)
        np.testing.assert_allclose(T_world_device[:3, :3], [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-9)
        np.testing.assert_allclose(T_world_device[:3, 3], [e.clock.times_ns[1] * 1e-9, 2, 3], atol=6e-4)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "tracking_timestamp_us\n1\n"], ids=["empty", "others", "few"])
def test_trajectory_without_its_columns(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(FormatError) as error:
        read_trajectory(tmp_path / "t.csv")
    assert error.value.file == str(tmp_path / "t.csv")


@pytest.mark.parametrize("data", [b"", b"hello" * 100, b"VisionRe", b"VisionRe" + b"\xff" * 5000])
def test_not_a_vrs_file(tmp_path: Path, data: bytes) -> None:
    pytest.importorskip("projectaria_tools", reason="projectaria-tools is not installed")
    (tmp_path / "bad.vrs").write_bytes(data)
    outcome = import_recordings(SOURCE, tmp_path / "bad.vrs", tmp_path / "out", show=False)
    assert not outcome.made
    assert "bad.vrs" in outcome.set_aside[0].reason
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == ["import_aria.json"]


def test_damaged_recording_gives_a_typed_error(vrs: Path, tmp_path: Path) -> None:
    data = bytearray(vrs.read_bytes())
    rng = np.random.default_rng(4)
    for at in rng.integers(100, 60_000, 50):
        data[at] = rng.integers(256)
    (tmp_path / "bad.vrs").write_bytes(bytes(data))
    outcome = import_recordings(SOURCE, tmp_path / "bad.vrs", tmp_path / "out", show=False)
    assert len(outcome.set_aside) == 1
    assert "bad.vrs" in outcome.set_aside[0].reason


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        SOURCE.find(tmp_path)
    with pytest.raises(MissingError):
        SOURCE.find(tmp_path / "none.vrs")


CHILD = """
import os, signal, sys, time
from pathlib import Path
from xperience.errors import FormatError
from xperience.sources.isolated import serve

def work(arguments, show):
    print("chatter of a native library")
    if arguments["do"] == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if arguments["do"] == "hang":
        time.sleep(60)
    if arguments["do"] == "refuse":
        raise FormatError("no good", file=Path("x.vrs"), field="f", found=3)
    if arguments["do"] == "full":
        raise OSError(28, "No space left on device")
    return {"answer": 42}

serve(work)
"""


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [("die", CorruptError, "died"), ("hang", LimitError, "too long"), ("refuse", FormatError, "no good")],
)
def test_child_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: str, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        _call(tmp_path, monkeypatch, do)
    assert not (tmp_path / "answer.json").exists()


def test_child_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert _call(tmp_path, monkeypatch, "answer") == {"answer": 42}
    assert "chatter" not in capfd.readouterr().out


def _call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, do: str) -> dict:
    (tmp_path / "converter_for_test.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer = tmp_path / "answer.json"
    limit = 2.0 if do == "hang" else 60.0
    return isolated.call(
        "converter_for_test", {"do": do}, answer=answer, file=Path("x.vrs"), timeout_s=limit, show=False
    )
