"""What stands in a segment is what the recording holds, at its own times."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.episode import Episode, Presence
from xperience.errors import CorruptError
from xperience.prepare.campaign import prepare
from xperience.prepare.intake import items_of
from xperience.prepare.piece import Piece
from xperience.prepare.recipe import parse
from xperience.prepare.segments import depth, video
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.prepare.windows import windows
from xperience.pretrain.texts import BEFORE, said

SPANS = [(0, 20), (35, 10), (39, 2), (20, 95), (0, 120), (119, 1)]
"""(first frame, frames): inside a segment of 40 frames, across its border, over three of them, all, the last."""


@pytest.fixture(scope="module")
def native(episode_path, tmp_path_factory):
    """One recording with H.264 video and native depth, and the recording."""
    out = tmp_path_factory.mktemp("native")
    recipe = parse({"seconds": 2.0, "video": {"width": 64, "gop_s": 0.5}})
    items = items_of(episode_path)
    prepare(items, {"train": [items[0].id]}, recipe, out, show=False)
    with Episode.open(episode_path) as episode:
        yield Prepared.open(out), episode


@pytest.mark.parametrize(("start", "count"), SPANS)
def test_numbers_are_those_of_the_recording(native, start, count):
    prepared, episode = native
    rows = slice(start, start + count)
    pieces = prepared.read(0, start, count, list(STREAMS))
    wanted = {
        "pose": (episode.pose.values[:, :3], episode.pose.valid),
        "hand_left": (episode.hand("left").values, episode.hand("left").valid),
        "hand_right": (episode.hand("right").values, episode.hand("right").valid),
        "body": (episode.body.values, episode.body.valid),
        "contacts": (episode.contacts.values, episode.contacts.valid),
    }
    for stream, (values, valid) in wanted.items():
        piece = pieces[stream]
        assert np.array_equal(piece.valid, valid[rows]), stream
        assert np.array_equal(piece.values[piece.valid], values[rows][valid[rows]].astype(piece.values.dtype)), stream
        assert not piece.values[~piece.valid].any(), "what is not valid holds zeros"
        assert np.array_equal(piece.times_s, episode.clock.times_s[rows]), stream
    true_depth, true_confidence = episode.depth.frames(start, start + count)
    assert np.array_equal(pieces["depth"].values, true_depth) and pieces["depth"].values.dtype == np.float32
    assert np.array_equal(pieces["depth_confidence"].values, true_confidence)


@pytest.mark.parametrize(("start", "count"), SPANS)
def test_the_imu_keeps_its_own_clock(native, start, count):
    prepared, episode = native
    piece, imu = prepared.read(0, start, count, ["imu"])["imu"], episode.imu
    times = episode.clock.times_s
    end = times[start + count] if start + count < len(times) else np.inf
    inside = (imu.times_s >= times[start]) & (imu.times_s < end)
    count_last = inside.sum() if np.isfinite(end) else len(piece.times_s)
    assert np.array_equal(piece.times_s, imu.times_s[inside][:count_last])
    assert np.allclose(piece.values[:, :3], imu.accel[inside][:count_last], atol=1e-5)


def test_sound_is_continuous_over_the_borders(native):
    prepared, episode = native
    whole = episode.audio.mono(16_000)
    piece = prepared.read(0, 0, 120, ["audio"])["audio"]
    steps = np.diff(piece.times_s)
    assert np.allclose(steps, 0.02) and len(piece.values) >= 295
    sound = piece.values.reshape(-1) / 32767
    assert np.abs(sound - whole[: len(sound)]).max() < 1e-4
    part = prepared.read(0, 33, 20, ["audio"])["audio"]
    first = round(part.times_s[0] / 0.02)
    assert np.array_equal(part.values, piece.values[first : first + len(part.values)])


@pytest.mark.parametrize(("start", "count"), SPANS)
def test_video_is_the_recordings_in_the_right_frames(native, start, count):
    prepared, episode = native
    for view in ("fisheye_cam2", "stereo_left"):
        piece = prepared.read(0, start, count, [f"video_{view}"])[f"video_{view}"]
        true = episode.video(view).frames(start, start + count).astype(float)
        assert piece.values.shape == true.shape
        error = ((piece.values - true) ** 2).mean(axis=(1, 2, 3))
        assert (10 * np.log10(255**2 / np.maximum(error, 1e-9)) > 28).all(), "PSNR of every frame"


def test_groups_of_pictures_are_closed_and_short():
    import io

    import av

    rng = np.random.default_rng(0)
    pictures = [np.roll(rng.integers(0, 255, (48, 64, 3), np.uint8), 3 * k, 1) for k in range(47)]
    data = video.encode(pictures, gop=10, crf=20)
    assert data == video.encode(pictures, gop=10, crf=20), "the same pictures give the same bytes"
    with av.open(io.BytesIO(data)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert [k for k, p in enumerate(packets) if p.is_keyframe] == [0, 10, 20, 30, 40]
    assert all(p.pts == p.dts for p in packets), "no picture waits for a later one"
    whole = video.pictures_of(data, 0, 47)
    for start, stop in [(0, 1), (9, 12), (46, 47), (10, 20), (13, 41)]:
        assert np.array_equal(video.pictures_of(data, start, stop), whole[start:stop])
    with pytest.raises(CorruptError):
        video.pictures_of(data[:300], 0, 5)
    with pytest.raises(CorruptError):
        video.pictures_of(data, 40, 60)


def test_reduced_depth_is_the_mean_of_what_is_there():
    image = np.zeros((1, 4, 6), np.float32)
    image[0, :2, :2] = [[1, 0], [3, 0]]
    image[0, 2:, 4:] = 5
    small = depth.reduced(image, 3)
    assert small.shape == (1, 2, 3)
    assert small[0].tolist() == [[2, 0, 0], [0, 0, 5]]


def test_an_absent_stream_is_absent_and_the_rest_is_there(episode_path, tmp_path):
    import shutil

    import h5py

    folder = tmp_path / "session" / "ep1"
    shutil.copytree(episode_path, folder)
    (folder / "fisheye_cam1.mp4").unlink()
    with h5py.File(folder / "annotation.hdf5", "r+") as file:
        del file["full_body_mocap"]
        del file["caption"]
    items = items_of(tmp_path / "session")
    recipe = parse(
        {"seconds": 3.0, "video": {"width": 32, "codec": "raw", "every": 5}, "depth": {"width": 16, "every": 5}}
    )
    prepare(items, {"train": [items[0].id]}, recipe, tmp_path / "out", show=False)
    prepared = Prepared.open(tmp_path / "out")
    pieces: dict[str, Piece] = prepared.read(0, 10, 60, list(STREAMS))
    absent = {name for name, piece in pieces.items() if piece.presence is Presence.ABSENT}
    assert absent == {"video_fisheye_cam1", "body", "contacts"}
    assert all(len(pieces[name].values) == 0 for name in absent)
    assert not said(prepared.metas(0, 0, 40), 0, 20).known


@pytest.mark.parametrize("stride", [5, 7])
def test_labels_of_windows_are_those_of_the_label_rule(prepared_path, episodes_path, stride):
    prepared = Prepared.open(prepared_path)
    seen = 0
    for place, id in enumerate(prepared.ids):
        with Episode.open(episodes_path / id.replace("__", "/")) as episode:
            labels = episode.labels
        table = windows(labels, 20, stride)
        for k, start in enumerate(table.start_frame):
            before, last = min(BEFORE, int(start)), min(int(start) + 60, len(labels))
            found = said(prepared.metas(place, int(start) - before, last - int(start) + before), before, 20)
            assert (found.action, found.subtask) == (table.action_label[k], table.subtask_label[k])
            near = np.abs(np.asarray(labels.boundaries) - table.center_frame[k]) <= 10
            assert found.transition == near.any(), (id, start)
            ahead = int(start) + 39
            assert found.next_action == (labels.action[ahead] if ahead < len(labels) else "")
            names = {name for frame in labels.objects[start : start + 20] for name in frame or ()}
            assert set(found.objects) == names
            seen += bool(found.action)
    assert seen > 20
