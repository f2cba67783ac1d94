"""The representation of a recording as files: shapes, times, the same by both ways, and with something missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.episode import Episode
from xperience.errors import LimitError, MissingError, UsageError, XperienceError
from xperience.evaluation.embed import embed
from xperience.prepare.shards.reader import Prepared

Read = tuple[np.ndarray, dict[str, np.ndarray], dict[str, Any]]


def read(out: Path) -> Read:
    with np.load(out.with_suffix(".tokens.npz"), allow_pickle=False) as more:
        arrays = {name: more[name] for name in more.files}
    return np.load(out, allow_pickle=False), arrays, json.loads(out.with_suffix(".json").read_text("utf-8"))


@pytest.fixture(scope="module")
def embedded(trained: Path, episode_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The recording itself, embedded by the command."""
    load(app)
    out = tmp_path_factory.mktemp("embedded") / "x.npy"
    done = CliRunner().invoke(app, ["embed", str(trained), str(episode_path), "--out", str(out), "--quiet"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.parent.iterdir()) == ["x.json", "x.npy", "x.tokens.npz"]
    return read(out)


def test_shapes_times_and_what_the_file_says(embedded: Read, trained: Path, episode_path: Path) -> None:
    x, more, about = embedded
    shape = json.loads((trained / "config.json").read_text())["model"]
    with Episode.open(episode_path) as episode:
        times_s, frames, id = episode.clock.times_s, episode.num_frames, episode.id
    first = np.arange(0, frames - 19, 5)
    assert x.shape == (len(first), shape["readouts"] * shape["width"]) and x.dtype == np.float32
    assert np.isfinite(x).all() and (x.std(0) > 0).any(), "every window looks the same"
    W, K = len(first), len(more["names"])
    assert more["tokens"].shape == (W, K, shape["width"]) and more["tokens"].dtype == np.float16
    np.testing.assert_array_equal(more["start_frame"], first)
    np.testing.assert_allclose(more["window_start_s"], times_s[first], atol=1e-6)
    np.testing.assert_allclose(more["window_end_s"], times_s[first + 19], atol=1e-6)
    streams = more["streams"].tolist()
    assert more["presence"].shape == (W, len(streams)) and more["names"].tolist()[-len(streams) :] == streams
    assert more["presence"].min() >= 0 and more["presence"].max() <= 1
    for name in ("pose", "imu", "audio"):
        assert more["presence"][:, streams.index(name)].min() > 0.9, name
    last = [k for k, name in enumerate(more["names"]) if name.startswith("readout_")][-shape["readouts"] :]
    np.testing.assert_allclose(more["tokens"][:, last].reshape(W, -1), x, rtol=2e-3, atol=1e-3)
    assert about["recordings"] == [{"id": id, "frames": frames, "windows": W, "absent": []}]
    assert about["files"]["x.npy"]["shape"] == list(x.shape) and about["stride_frames"] == 5
    assert str(episode_path.parent) not in json.dumps(about)


def test_prepared_data_gives_the_same(
    embedded: Read, trained: Path, episode_path: Path, prepared_path: Path, tmp_path: Path
) -> None:
    x, more, about = embedded
    id = about["recordings"][0]["id"]
    embed(trained, prepared_path, tmp_path / "one.npy", recording=id, show=False)
    other, others, said = read(tmp_path / "one.npy")
    np.testing.assert_array_equal(other, x)
    assert set(others) == set(more) and all(np.array_equal(others[name], more[name]) for name in more)
    assert said["recordings"] == about["recordings"] and said["weights"] == about["weights"]

    embed(trained, prepared_path, tmp_path / "all.npy", stride=40, show=False)
    several, places, said = read(tmp_path / "all.npy")
    assert places["recordings"].tolist() == sorted(Prepared.open(prepared_path).ids)
    mine = places["recording"] == places["recordings"].tolist().index(id)
    kept = np.isin(more["start_frame"], places["start_frame"][mine])
    np.testing.assert_allclose(several[mine], x[kept], atol=1e-4)
    assert len(several) == sum(one["windows"] for one in said["recordings"])


def without_imu(folder: Path) -> None:
    with h5py.File(folder / "annotation.hdf5", "r+") as file:
        del file["imu"]


def without_sound(folder: Path) -> None:
    import av

    for path in sorted(folder.glob("*.mp4")):
        silent = path.with_suffix(".silent.mp4")
        with av.open(str(path)) as source, av.open(str(silent), "w") as target:
            view = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = view
                    target.mux(packet)
        silent.replace(path)


def without_one_view(folder: Path) -> None:
    (folder / "fisheye_cam0.mp4").unlink()


def without_any_view(folder: Path) -> None:
    for path in folder.glob("*.mp4"):
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        (without_imu, ["imu"]),
        (without_sound, ["audio"]),
        (without_one_view, ["video_fisheye_cam0"]),
        (without_any_view, ["audio", "video_stereo_left", "video_fisheye_cam3"]),
    ],
)
def test_what_a_recording_lacks_is_absent(
    damage: Callable[[Path], None], lost: list[str], embedded: Read, trained: Path, episode_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / episode_path.parent.name / episode_path.name
    shutil.copytree(episode_path, folder)
    damage(folder)
    embed(trained, folder, tmp_path / "x.npy", stride=20, show=False)
    x, more, about = read(tmp_path / "x.npy")
    absent = set(about["recordings"][0]["absent"])
    assert absent >= set(lost) and "pose" not in absent and "depth" not in absent
    assert np.isfinite(x).all() and np.isfinite(more["tokens"].astype(np.float32)).all()
    places = {name: k for k, name in enumerate(more["streams"].tolist())}
    assert (more["presence"][:, [places[name] for name in lost]] == 0).all()
    assert more["presence"][:, places["pose"]].min() > 0.9
    assert not np.allclose(x, embedded[0][::4][: len(x)], atol=1e-6), "the model does not look at what was taken away"


def test_errors_say_what_is_wrong(trained: Path, episodes_path: Path, prepared_path: Path, tmp_path: Path) -> None:
    def refused(
        kind: type[XperienceError], words: str, run: Path, place: Path, name: str = "x.npy", **more: Any
    ) -> None:
        with pytest.raises(kind, match=words):
            embed(run, place, tmp_path / name, show=False, **more)
        assert not (tmp_path / name).exists()

    begun = tmp_path / "begun"
    shutil.copytree(trained, begun)
    (begun / "weights.safetensors").unlink()
    refused(MissingError, "no trained model", begun, prepared_path)
    refused(MissingError, "neither a catalogue nor", trained, tmp_path / "nowhere")
    refused(UsageError, "several recordings", trained, episodes_path)
    refused(MissingError, "no such recording", trained, prepared_path, recording="nobody__ep9")
    refused(UsageError, r"ends in \.npy", trained, prepared_path, "x.npz")
    refused(UsageError, "not a stride", trained, prepared_path, stride=0)
    other = tmp_path / "other"
    shutil.copytree(prepared_path, other)
    recipe = json.loads((other / "recipe.json").read_text())
    (other / "recipe.json").write_text(json.dumps(recipe | {"video": recipe["video"] | {"width": 48}}))
    refused(UsageError, "another recipe", trained, other)
    (other / "recipe.json").write_text(json.dumps(recipe | {"streams": ["pose", "imu"]}))
    refused(UsageError, "lacks streams", trained, other)


def test_a_recording_shorter_than_a_window_is_refused(trained: Path, prepared_path: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    short = tmp_path / "short"
    shutil.copytree(prepared_path, short)
    table = pq.read_table(short / "episodes.parquet").to_pydict()
    table["frames"] = [12] * len(table["frames"])
    pq.write_table(pa.table(table), short / "episodes.parquet")
    with pytest.raises(LimitError, match="shorter than one window"):
        embed(trained, short, tmp_path / "x.npy", show=False)
