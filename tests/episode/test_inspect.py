"""xperience inspect as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import counted

from xperience.episode import MODALITIES, layout

Recording = Callable[..., Path]
Encode = Callable[..., Path]


def inspect(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xperience", "inspect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def facts(path: Path) -> dict[str, Any]:
    done = inspect(path, "--json")
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout, parse_constant=pytest.fail)  # NaN is no JSON
    return read


def test_a_recording_with_some_of_everything(recording: Recording, encode: Encode) -> None:
    left = np.ones((40, 21, 3))
    left[10:20] = np.nan
    folder = recording(changes={"hand_mocap/left_joints_3d": left, "full_body_mocap/contacts": None})
    encode(folder / "fisheye_cam0.mp4", counted(40), sound=np.zeros(96_000))
    encode(folder / "stereo_left.mp4", counted(38, 32, 32))
    read = facts(folder)
    assert (read["id"], read["frames"]) == ("session__ep0", 40)
    assert read["duration_s"] == pytest.approx(2.0, abs=0.01)
    assert read["fps"]["clock"] == pytest.approx(20, rel=1e-3) and read["fps"]["mp4"] == 20
    streams = read["streams"]
    assert list(streams) == list(MODALITIES)
    assert {s["presence"] for s in streams.values()} == {"present", "absent"}
    assert (streams["fisheye_cam0"]["count"], streams["fisheye_cam0"]["shape"]) == (40, [48, 64, 3])
    assert streams["fisheye_cam0"]["detail"] == "h264" and streams["fisheye_cam1"]["presence"] == "absent"
    assert streams["audio"]["rate_hz"] == 48000 and streams["audio"]["shape"] == [2]
    assert streams["hand_left"]["valid_share"] == 0.75 and streams["hand_left"]["count"] == 40
    assert streams["imu"]["rate_hz"] == pytest.approx(200, rel=0.05)
    assert streams["point_cloud"]["count"] == 200
    assert streams["depth"]["shape"] == [8, 8] and streams["depth"]["valid_share"] == 1
    assert streams["contacts"]["detail"] == "full_body_mocap/contacts is not in the file"
    caption = read["caption"]
    assert (caption["main_task"], caption["segments"], caption["actions"]) == ("Making tea", 2, 3)
    assert (caption["action_labels"], caption["subtask_labels"], caption["boundaries"]) == (3, 2, 2)
    assert caption["timeline"][0]["label"] == "Grasp kettle"
    assert sum(run["end"] - run["start"] + 1 for run in caption["timeline"]) == 40
    assert {p["field"] for p in read["problems"]} == {"caption", "stereo_left.mp4"}
    assert read["bytes"][layout.ANNOTATION] > 10_000

    done = inspect(folder)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(len(line) for line in lines if not line.startswith("  ")) <= 120
    for words in (
        ("session__ep0",),
        ("40 frames", "fps by the clock", "20.0000 fps by MP4"),
        ("fisheye_cam0", "present", "40", "20 Hz", "48x64x3", "h264"),
        ("hand_left", "75.0 %", "in stereo_left"),
        ("contacts", "absent", "not in the file"),
        ("main task: Making tea",),
        ("2 segments", "3 actions"),
        ("Press switch",),
        ("stereo_left.mp4: not as long as the frame clock (found 38 frames of video, expected 40 frames)",),
    ):
        assert any(all(word in line for word in words) for line in lines), (words, done.stdout)


def test_the_real_sample(real: Path) -> None:
    read = facts(real / "xperience_sample_partial")
    assert read["frames"] == 5821 and round(read["fps"]["clock"], 3) == 20.0
    assert read["streams"]["hand_left"]["valid_share"] == pytest.approx(1745 / 5821, abs=0.002)
    assert (read["caption"]["main_task"], read["caption"]["segments"]) == ("Making pour-over coffee", 18)
    assert read["caption"]["boundaries"] == 17
    assert read["streams"]["pose"]["presence"] == "absent"


def test_no_frames(recording: Recording) -> None:
    assert facts(recording(0))["frames"] == 0
    assert inspect(recording(0)).returncode == 0


def test_what_cannot_be_opened_exits_2(tmp_path: Path, recording: Recording) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / layout.ANNOTATION).write_text("no")
    clockless = recording(changes={"slam/frame_names": None, "video/device_timestamp": None})
    for path, said in (
        (tmp_path / "none", "no such episode"),
        (tmp_path, "no annotation file"),
        (tmp_path / "text", "cannot be opened as HDF5"),
        (clockless, "no frame clock"),
    ):
        done = inspect(path)
        assert done.returncode == 2 and done.stdout == ""
        assert said in done.stderr and "to do:" in done.stderr
        assert "Traceback" not in done.stderr


def test_rerun_file(recording: Recording, tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    done = inspect(recording(), "--rrd", tmp_path / "out.rrd")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.rrd").stat().st_size > 1000
