"""Rerun recordings, read back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.report.rerun_export import export

rr_chunk = pytest.importorskip("rerun.chunk", reason="rerun-sdk is not installed")


def read_back(file: Path) -> dict[str, list]:
    """Record batches by entity."""
    out = defaultdict(list)
    for chunk in rr_chunk.RrdReader(str(file)).stream():
        out[chunk.entity_path].append(chunk.to_record_batch())
    return out


def column(batches: list, name: str) -> list:
    """Values of the column whose name ends with `name`, over all batches that have it."""
    values = []
    for batch in batches:
        for k, field in enumerate(batch.schema):
            if field.name.endswith(name):
                values += batch.column(k).to_pylist()
    return values


def seconds(batches: list) -> np.ndarray:
    """The time line `time` of all batches that are not static, in seconds."""
    return (
        np.concatenate([b.column("time").cast("int64").to_numpy() for b in batches if "time" in b.schema.names]) * 1e-9
    )


@pytest.fixture(scope="module")
def written(episode_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    file = tmp_path_factory.mktemp("rerun") / "episode.rrd"
    with Episode.open(episode_path) as episode:
        return file, export(episode, file, show=False)


def test_every_stream_is_there_on_the_recordings_own_clock(written: tuple[Path, list[str]], episode_path: Path) -> None:
    file, left_out = written
    assert left_out == []
    entities = read_back(file)
    with Episode.open(episode_path) as episode:
        for view in VIEWS:
            video = entities[f"/world/headset/{view}/image"]
            stamps = [v for v in column(video, "VideoFrameReference:timestamp") if v]
            assert len(stamps) == episode.num_frames
            assert any(column(video, "AssetVideo:blob"))
            assert any(column(video, "Pinhole:image_from_camera"))
            np.testing.assert_allclose(seconds(video), episode.clock.times_s, atol=2e-9)
        imu = entities["/imu/accel_m_s2/x"]
        np.testing.assert_allclose(np.ravel(column(imu, "Scalars:scalars")), episode.imu.accel[:, 0])
        positions = column(entities["/world/body/joints"], "Points3D:positions")
        drawn = [np.array(p) for p in positions if p]
        np.testing.assert_allclose(np.stack(drawn), episode.body.values[episode.body.valid], atol=1e-6)
        for side in ("left", "right"):
            hand = [p for p in column(entities[f"/world/headset/hands/{side}/joints"], "Points3D:positions") if p]
            assert len(hand) == int(episode.hand(side).valid.sum())
        depth = [b for b in column(entities["/world/headset/stereo_left/depth"], "EncodedDepthImage:blob") if b]
        assert len(depth) == len(episode.depth)
        texts = [t[0] for t in column(entities["/caption/now"], "TextDocument:text") if t]
        for action in {str(a) for a in episode.labels.action if a}:
            assert any(f"Action: {action}\n" in text for text in texts)
    assert "/audio/level_db" in entities and "/world/map" in entities and "/world/path" in entities


def test_depth_comes_back_in_millimetres(written: tuple[Path, list[str]], episode_path: Path) -> None:
    import io

    from PIL import Image

    entities = read_back(written[0])
    blob = next(b for b in column(entities["/world/headset/stereo_left/depth"], "EncodedDepthImage:blob") if b)
    stored = np.asarray(Image.open(io.BytesIO(bytes(blob[0])))).astype(float) / 1000
    with Episode.open(episode_path) as episode:
        depth = episode.depth.frames(0, 1)[0][0]
    np.testing.assert_allclose(stored, np.where(np.isfinite(depth), depth, 0), atol=0.0006)


def test_the_file_passes_reruns_own_check(written: tuple[Path, list[str]], tmp_path: Path) -> None:
    tool = shutil.which("rerun", path=str(Path(sys.executable).parent)) or shutil.which("rerun")
    if tool is None:
        pytest.skip("no rerun command beside this Python")
    environment = {**os.environ, "HOME": str(tmp_path)}
    subprocess.run([tool, "analytics", "disable"], env=environment, check=True, capture_output=True, timeout=60)
    done = subprocess.run(
        [tool, "rrd", "verify", str(written[0])], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_absent_streams_are_left_out_and_named(episode_path: Path, tmp_path: Path) -> None:
    bare = tmp_path / "session" / "ep1"
    bare.mkdir(parents=True)
    shutil.copy(episode_path / "annotation.hdf5", bare)
    import h5py

    with h5py.File(bare / "annotation.hdf5", "a") as file:
        del file["slam/quat_wxyz"], file["imu"], file["full_body_mocap"], file["caption"]
    with Episode.open(bare) as episode:
        left_out = export(episode, tmp_path / "bare.rrd", show=False)
    named = {line.split(":")[0] for line in left_out}
    assert named >= {"pose", "imu", "body", "contacts", "caption", "audio", *VIEWS}
    entities = read_back(tmp_path / "bare.rrd")
    assert not any(path.startswith(("/imu", "/caption", "/world/body", "/audio")) for path in entities)
    notes = column(entities["/notes"], "TextDocument:text")[0][0]
    assert all(line in notes for line in left_out)


def test_a_damaged_video_is_left_out(episode_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "session" / "ep1"
    shutil.copytree(episode_path, copy)
    (copy / "stereo_left.mp4").write_bytes(b"not a video")
    with Episode.open(copy) as episode:
        left_out = export(episode, tmp_path / "x.rrd", show=False)
    assert [line.split(":")[0] for line in left_out] == ["stereo_left"]
    assert "/world/headset/stereo_right/image" in read_back(tmp_path / "x.rrd")


def test_a_real_recording_without_video(real: Path, tmp_path: Path) -> None:
    with Episode.open(real / "xperience_sample_partial") as episode:
        left_out = export(episode, tmp_path / "real.rrd", show=False)
    entities = read_back(tmp_path / "real.rrd")
    hands = [p for p in column(entities["/world/headset/hands/right/joints"], "Points3D:positions") if p]
    assert 1700 < len(hands) <= 1745
    assert "pose" in {line.split(":")[0] for line in left_out}
