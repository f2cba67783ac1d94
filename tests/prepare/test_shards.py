"""Shards: plain tar files, read only where asked, damage found and named."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from xperience.errors import CorruptError, LimitError, MissingError
from xperience.prepare.shards.layout import BLOCK, META
from xperience.prepare.shards.reader import Prepared, Shard
from xperience.prepare.shards.writer import ShardWriter, index_file
from xperience.prepare.streams import STREAMS

SENSORS = [name for name, stream in STREAMS.items() if stream.modality not in ("video", "depth", "audio")]


def content(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "a.values.npy": rng.normal(size=(3000, 7, 3)).astype(np.float32),
        "a.valid.npy": rng.random(3000) > 0.5,
        "a.empty.npy": np.zeros((0, 4), np.int16),
        "b.mp4": rng.bytes(100_001),
        META: b'{"x": 1}',
    }


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "train-000000.tar"
    with ShardWriter(path) as writer:
        for k in range(3):
            writer.add(f"s0__ep1/{k:05d}", content(k))
        info = writer.close()
    return path, info


def test_any_tar_reader_opens_it(shard):
    path, info = shard
    with tarfile.open(path) as tar:
        names = tar.getnames()
        assert names == [f"s0__ep1/{k:05d}.{name}" for k in range(3) for name in content()]
        for member in tar:
            assert (member.mtime, member.uid, member.uname, member.mode) == (0, 0, "", 0o644)
            assert member.offset_data % 512 == 0
        data = tar.extractfile("s0__ep1/00001.a.values.npy").read()
        assert np.array_equal(np.load(io.BytesIO(data)), content(1)["a.values.npy"])
        assert tar.extractfile("s0__ep1/00002.b.mp4").read() == content(2)["b.mp4"]
    assert info.bytes == path.stat().st_size and info.bytes % 10240 == 0
    arrays = [m for m in info.members if m.dtype]
    assert all(m.offset % 64 == 0 for m in arrays), "arrays can be mapped"


def test_the_same_content_gives_the_same_bytes(shard, tmp_path):
    path, info = shard
    other = tmp_path / "other" / "train-000000.tar"
    with ShardWriter(other) as writer:
        writer.add("s9__ep9/00000", content(9))
        mark = writer.mark()
        writer.add("bad/00000", content(8))
        writer.rewind(mark)
        writer.rewind((0, 0))
        for k in range(3):
            writer.add(f"s0__ep1/{k:05d}", content(k))
        again = writer.close()
    assert again.sha256 == info.sha256 and other.read_bytes() == path.read_bytes()
    assert index_file(other).read_bytes() == index_file(path).read_bytes()


def test_slices_come_back_and_only_their_blocks_are_read(shard):
    path, _ = shard
    reader = Shard(path)
    wanted = content(1)
    values = reader.array("s0__ep1/00001", "a.values.npy", 100, 103)
    assert np.array_equal(values, wanted["a.values.npy"][100:103]) and not values.flags.writeable
    assert reader.bytes_read == BLOCK
    assert np.array_equal(reader.array("s0__ep1/00001", "a.values.npy"), wanted["a.values.npy"])
    assert reader.bytes_read == wanted["a.values.npy"].nbytes, "each block once"
    assert reader.bytes("s0__ep1/00001", "b.mp4", 7, 70_000) == wanted["b.mp4"][7:70_000]
    assert reader.array("s0__ep1/00001", "a.empty.npy").shape == (0, 4)
    assert reader.array("s0__ep1/00001", "a.values.npy", 2990, 5000).shape == (10, 7, 3)
    with pytest.raises(MissingError):
        reader.array("s0__ep1/00001", "c.values.npy")


def test_a_flipped_bit_is_found_where_it_lies_and_nowhere_else(shard):
    path, info = shard
    member = next(m for m in info.members if m.key.endswith("00001") and m.name == "a.values.npy")
    data = bytearray(path.read_bytes())
    data[member.offset + BLOCK + 5] ^= 4
    path.write_bytes(data)
    reader = Shard(path)
    assert np.array_equal(reader.array(member.key, member.name, 0, 100), content(1)["a.values.npy"][:100])
    with pytest.raises(CorruptError, match="checksum"):
        reader.array(member.key, member.name)
    assert np.array_equal(reader.array("s0__ep1/00002", "a.values.npy"), content(2)["a.values.npy"])


@pytest.mark.parametrize("harm", ["cut", "no_index", "index_text", "index_zero", "gone"])
def test_a_damaged_shard_is_a_typed_error(shard, harm):
    path, _ = shard
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:50_000])
    elif harm == "no_index":
        index_file(path).unlink()
    elif harm == "index_text":
        index_file(path).write_text("no parquet")
    elif harm == "index_zero":
        index_file(path).write_bytes(b"")
    else:
        path.unlink()
    with pytest.raises((CorruptError, MissingError)):
        Shard(path)


def test_an_index_that_lies_is_refused(shard):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, _ = shard
    table = pq.read_table(index_file(path))
    for name, value in [("offset", 1 << 40), ("offset", -512), ("size", 1 << 40)]:
        column = [value] * len(table)
        lying = table.set_column(table.schema.get_field_index(name), name, pa.array(column, pa.int64()))
        pq.write_table(lying, index_file(path))
        with pytest.raises(CorruptError):
            Shard(path)


def test_names_that_tar_cannot_hold_are_refused(tmp_path):
    with pytest.raises(LimitError), ShardWriter(tmp_path / "x.tar") as writer:
        writer.add("k" * 300, {META: b"{}"})
    assert not list(tmp_path.iterdir())


def test_a_recipe_without_video_reads_no_video(prepared_path, tmp_path):
    """All bytes of the pictures are overwritten: whoever touched one would find a wrong checksum."""
    copy = tmp_path / "copy"
    shutil.copytree(prepared_path, copy)
    used = 0
    for path in (copy / "shards").glob("*.tar"):
        data = bytearray(path.read_bytes())
        for member in Shard(path).index:
            stream = member.name.split(".")[0]
            if stream.startswith(("video_", "depth", "audio")):
                data[member.offset : member.offset + member.size] = b"\xff" * member.size
            elif stream in SENSORS or member.name in (META, "clock.times.npy"):
                used += member.size
        path.write_bytes(data)
    prepared = Prepared.open(copy)
    for episode, frames in enumerate(prepared.frames):
        for start in range(0, int(frames) - 20, 5):
            assert all(len(piece.values) for piece in prepared.read(episode, start, 20, SENSORS).values())
        assert all(len(p.values) for p in prepared.read(episode, int(frames) - 20, 20, SENSORS).values())
    assert 0 < prepared.bytes_read <= 1.05 * used
    with pytest.raises(CorruptError, match="checksum"):
        prepared.read(0, 0, 20, ["video_stereo_left"])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the kernel does not count what a process reads")
def test_the_kernel_counts_the_same_bytes(prepared_path):
    def counted():
        return int(Path("/proc/self/io").read_text().split()[1])

    prepared = Prepared.open(prepared_path)
    for episode in range(len(prepared.ids)):
        prepared.points(episode)  # opens the shards: their indexes are read here
    before, own = counted(), prepared.bytes_read
    for episode, frames in enumerate(prepared.frames):
        prepared.read(episode, 0, int(frames), SENSORS)
    slack = 4096  # the counters themselves are read too
    assert abs((counted() - before) - (prepared.bytes_read - own)) < slack


def test_more_shards_than_are_kept_open(prepared_path, monkeypatch):
    many, few = Prepared.open(prepared_path), Prepared.open(prepared_path)
    wanted = [many.read(episode, 5, 20, SENSORS) for episode in (0, 3, 1, 2, 0, 3)]
    monkeypatch.setattr("xperience.prepare.shards.reader.OPEN_SHARDS", 1)
    monkeypatch.setattr("xperience.prepare.shards.reader.VIEWS", 3)
    for pieces, episode in zip(wanted, (0, 3, 1, 2, 0, 3), strict=True):
        found = few.read(episode, 5, 20, SENSORS)
        assert all(np.array_equal(found[name].values, piece.values) for name, piece in pieces.items())
    assert len(few._open) == 1 and few.bytes_read > many.bytes_read, "what was closed is counted too"


def test_a_bad_shard_is_set_aside_and_the_others_go_on(prepared_path, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(prepared_path, copy)
    shards = sorted((copy / "shards").glob("train-*.tar"))
    shards[0].unlink()
    prepared = Prepared.open(copy)
    train, test = prepared.side("train"), prepared.side("test")
    with pytest.raises(MissingError):
        prepared.read(int(train[0]), 0, 20, ["pose"])
    assert prepared.read(int(test[0]), 0, 20, ["pose"])["pose"].valid.any()
    assert list(prepared.set_aside) == [shards[0].name]
    with pytest.raises(CorruptError, match="set aside"):
        prepared.read(int(train[0]), 0, 20, ["pose"])


def test_what_is_not_prepared_is_said(tmp_path, prepared_path):
    with pytest.raises(MissingError, match="no prepared data"):
        Prepared.open(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(prepared_path, copy)
    (copy / "prepare.json").write_text('{"recipe": "a", "plan": "b", "whole": false}')
    with pytest.raises(MissingError, match="not finished"):
        Prepared.open(copy)
    (copy / "prepare.json").write_text("{")
    with pytest.raises(CorruptError):
        Prepared.open(copy)


def test_a_shard_is_on_the_disk_before_its_name(tmp_path, monkeypatch):
    """Shard and index, the index first; then their folder."""
    from on_disk import noted

    path = tmp_path / "train-000000.tar"
    with ShardWriter(path) as writer:
        writer.add("s0__ep1/00000", content())
        said = noted(monkeypatch)
        writer.close()
    named = said.index(("name", path.name))
    assert [name for kind, name in said[:named] if kind == "sync" and path.name in name]
    assert said.index(("name", index_file(path).name)) < named
    assert said[named + 1 :] == [("sync", tmp_path.name)]
