"""Batches: fixed shapes whatever is missing, and one order for any number of ranks and workers."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alive import all_end, lives
from xperience.episode import Presence
from xperience.errors import LimitError, UsageError
from xperience.prepare.shards.reader import Prepared, Shard
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batches import Batches
from xperience.pretrain.loader import load, samples_of
from xperience.pretrain.sampling import BatchRecipe, Mix

LIGHT = BatchRecipe(streams=("pose", "imu", "hand_left", "video_stereo_left"), future_streams=("pose", "hand_left"))


@pytest.fixture(scope="module")
def batches(prepared_path):
    return Batches([Prepared.open(prepared_path)], [Mix()], BatchRecipe(), seed=3)


def fingerprint(batch):
    """Everything random about a batch and everything in it."""
    content = hashlib.sha256()
    for name in batch.streams:
        one = batch.streams[name]
        for array in (one.values, one.times, one.valid, one.presence):
            content.update(np.ascontiguousarray(array).tobytes())
    return [
        (int(k), id, int(start), int(seed))
        for k, id, start, seed in zip(batch.k, batch.episode_id, batch.start_frame, batch.mask_seed, strict=True)
    ], content.hexdigest()


def test_shapes_do_not_depend_on_what_is_there(batches):
    batch = batches.batch(np.arange(8))
    assert list(batch.streams) == list(STREAMS)
    for name, one in batch.streams.items():
        assert one.values.shape[:2] == one.times.shape == one.valid.shape, name
        assert one.values.dtype == STREAMS[name].dtype
        assert not one.values[~one.valid].any(), f"{name}: what is not valid holds zeros"
        assert (np.diff(one.times[:, : one.slots]) > 0).all(), name
    assert batch.streams["pose"].values.shape == (8, 40, 3, 4) and batch.streams["pose"].slots == 20
    assert batch.streams["video_stereo_left"].values.shape[:2] == (8, 8)
    assert (batch.weight == 1).all() and not batch.problems
    assert batch.cameras.valid.all() and (np.abs(batch.cameras.K[..., 2] - 0.5) < 0.1).all()


def test_a_sample_is_what_the_reader_gives(batches):
    batch, prepared = batches.batch(np.arange(5)), batches.data[0]
    for row in range(5):
        episode, start = int(batch.episode[row]), int(batch.start_frame[row])
        window = prepared.read(episode, start, 20, ["pose", "imu", "video_fisheye_cam0"])
        future = prepared.read(episode, start + 20, 20, ["pose"])
        one = batch.streams["pose"]
        assert np.array_equal(one.values[row, :20], window["pose"].values)
        assert np.array_equal(one.values[row, 20:], future["pose"].values)
        zero = window["pose"].times_s[0]
        assert np.allclose(one.times[row, 20:], future["pose"].times_s - zero, atol=1e-5)
        imu = batch.streams["imu"]
        count = int(imu.valid[row, : imu.slots].sum())
        assert count == window["imu"].valid.sum() and np.array_equal(imu.values[row, :count], window["imu"].values)
        assert np.array_equal(batch.streams["video_fisheye_cam0"].values[row, :4], window["video_fisheye_cam0"].values)


@given(
    st.integers(0, 40), st.sampled_from([1, 2, 3, 4, 6, 12]), st.sampled_from([1, 2, 3, 4, 6, 12]), st.integers(0, 99),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_stop_anywhere_and_go_on_with_another_number_of_ranks(batches, stop, before, after, seed, weighted):
    """The sequence of (sample, mask seed) of every global step is that of a single rank."""
    mixes = [Mix("short", frames=10, stride=5, future=10), Mix("long", frames=20, stride=10, future=20)]
    if weighted:
        mixes = [Mix("short", frames=10, weight=1.0), Mix("long", weight=2.5)]
    sampler = Batches(batches.data, mixes, BatchRecipe(streams=("pose",)), seed).sampler
    size = 12

    def sequence(step, world):
        rows = [samples_of(step, size, rank, world) for rank in range(world)]
        k = np.stack(rows, axis=1).reshape(-1)  # rank r has every W-th
        return [tuple(int(v) for v in row) for row in np.stack([k, *sampler.places(k)[:3]], 1)], sampler.places(k)[3]

    for step in range(stop, stop + 3):
        alone = sequence(step, 1)
        for world in (before, after):
            there = sequence(step, world)
            assert there[0] == alone[0] and np.array_equal(there[1], alone[1])


def test_without_weights_every_window_comes_once_an_epoch(batches):
    mixes = [Mix("a"), Mix("b", side="test", stride=3)]
    sampler = Batches(batches.data, mixes, BatchRecipe(streams=("pose",)), 1).sampler
    for epoch in range(3):
        source, episode, start, _ = sampler.places(np.arange(epoch * len(sampler), (epoch + 1) * len(sampler)))
        assert len(set(zip(source.tolist(), episode.tolist(), start.tolist(), strict=True))) == len(sampler)


def test_with_weights_the_shares_hold_after_any_ten_thousand_samples(batches):
    weights = [1.0, 2.0, 4.5]
    mixes = [Mix("a", weight=1.0), Mix("b", side="val", weight=2.0), Mix("c", side="test", weight=4.5)]
    sampler = Batches(batches.data, mixes, BatchRecipe(streams=("pose",)), 2).sampler
    source = sampler.places(np.arange(90_000))[0]
    share = np.array(weights) / sum(weights)
    for start in range(0, 80_000, 7919):
        found = np.bincount(source[start : start + 10_000], minlength=3) / 10_000
        assert np.abs(found - share).max() < 0.01


def test_workers_and_ranks_give_the_same_batches(prepared_path):
    """Real loaders: one rank in this process against two ranks with two processes each, from step 2 on."""
    options = {"seed": 5, "size": 4, "start": 2, "stop": 5}
    alone = [fingerprint(batch)[0] for _, batch in load([prepared_path], [Mix()], LIGHT, **options)]
    ranks = [
        list(load([prepared_path], [Mix()], LIGHT, rank=rank, world=2, workers=2 if rank else 0, **options))
        for rank in range(2)
    ]
    for step, wanted in enumerate(alone):
        found = [fingerprint(ranks[rank][step][1])[0] for rank in range(2)]
        assert [row for pair in zip(*found, strict=True) for row in pair] == wanted
    assert [step for step, _ in ranks[0]] == [2, 3, 4]
    whole = next(load([prepared_path], [Mix()], LIGHT, **options))[1]
    for rank in range(2):
        part = ranks[rank][0][1]
        for name in LIGHT.streams:
            assert np.array_equal(part.streams[name].values, whole.streams[name].values[rank::2]), name


def test_a_worker_that_dies_is_said_and_none_stays_behind(prepared_path):
    stream = load([prepared_path], [Mix()], LIGHT, seed=1, size=4, workers=1)
    assert next(stream)[0] == 0
    workers = multiprocessing.active_children()
    os.kill(workers[0].pid, signal.SIGKILL)
    with pytest.raises(LimitError, match="process died"):
        for _ in range(50):
            next(stream)
    workers[0].join(10)
    assert not multiprocessing.active_children()


def test_a_worker_that_dies_while_it_writes_hangs_nobody(prepared_path):
    stream = load([prepared_path], [Mix()], LIGHT, seed=1, size=4, workers=1)
    next(stream)
    pool = stream.gi_frame.f_locals["pool"]
    os.write(pool._result_queue._writer.fileno(), struct.pack("!i", 2**30))  # how a message begins, and never ends
    (worker,) = pool._processes.values()
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(LimitError, match="process died"):
        for _ in range(50):
            next(stream)
    assert not lives(worker.pid)


def test_a_loader_that_is_closed_early_leaves_no_process(prepared_path):
    stream = load([prepared_path], [Mix()], LIGHT, seed=1, size=4, workers=1)
    next(stream)
    workers = multiprocessing.active_children()
    stream.close()
    assert workers[0].exitcode == 0


KILLED = """
import multiprocessing, pathlib, sys, time
from xperience.pretrain.loader import load
from xperience.pretrain.sampling import BatchRecipe, Mix

if __name__ == "__main__":
    stream = load([pathlib.Path(sys.argv[1])], [Mix()], BatchRecipe(streams=("pose",)), seed=1, size=4, workers=1)
    next(stream)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    time.sleep(600)
"""


def test_a_run_that_is_killed_leaves_no_worker(prepared_path, tmp_path):
    (tmp_path / "run.py").write_text(KILLED)
    run = subprocess.Popen([sys.executable, tmp_path / "run.py", prepared_path], stdout=subprocess.PIPE, text=True)
    workers = [int(word) for word in run.stdout.readline().split()]
    assert workers and all(map(lives, workers))
    run.kill()
    run.wait()
    assert all_end(workers)


@pytest.mark.parametrize("harm", ["missing", "corrupt"])
def test_a_bad_shard_costs_its_own_samples_only(prepared_path, tmp_path, harm):
    copy = tmp_path / "copy"
    shutil.copytree(prepared_path, copy)
    healthy = Batches([Prepared.open(prepared_path)], [Mix("all"), Mix("more", side="test")], BatchRecipe(), seed=1)
    bad = sorted((copy / "shards").glob("test-*.tar"))[0]
    if harm == "missing":
        bad.unlink()
    else:
        data = bytearray(bad.read_bytes())
        for k in range(600, len(data), 3000):
            data[k] ^= 0xFF
        bad.write_bytes(data)
    harmed = Batches([Prepared.open(copy)], [Mix("all"), Mix("more", side="test")], BatchRecipe(), seed=1)
    k = np.arange(24)
    one, two = healthy.batch(k), harmed.batch(k)
    lost = two.source == 1
    assert 0 < lost.sum() < 24
    assert np.array_equal(two.weight, np.where(lost, 0, 1))
    assert sum(two.problems.values()) == lost.sum() and all(bad.name in name for name in two.problems)
    assert np.array_equal(one.mask_seed, two.mask_seed) and np.array_equal(one.start_frame, two.start_frame)
    for name, stream in two.streams.items():
        assert np.array_equal(stream.values[~lost], one.streams[name].values[~lost]), name
        assert not stream.valid[lost].any() and not stream.values[lost].any()
        assert (stream.presence[lost] == Presence.ABSENT).all()
        assert stream.values.shape == one.streams[name].values.shape
    assert not two.text.known[lost].any() and not two.cameras.valid[lost].any()


def test_a_bad_member_costs_the_same_samples_in_any_order(prepared_path, tmp_path):
    """What else was read before, and by which process, changes no sample."""
    copy = tmp_path / "copy"
    shutil.copytree(prepared_path, copy)
    bad = sorted((copy / "shards").glob("train-*.tar"))[0]
    member = next(m for m in Shard(bad).index if m.name == "hand_left.values.npy" and m.key.endswith("00001"))
    data = bytearray(bad.read_bytes())
    data[member.offset + 7] ^= 1
    bad.write_bytes(data)
    k = np.arange(24)
    forth, back = (Batches([Prepared.open(copy)], [Mix()], LIGHT, seed=1) for _ in range(2))
    one, two = forth.batch(k), back.batch(k[::-1])
    assert 0 < (one.weight == 0).sum() < 24 and np.array_equal(one.weight, two.weight[::-1])
    assert np.array_equal(one.streams["hand_left"].values, two.streams["hand_left"].values[::-1])
    (name,) = one.problems
    assert bad.name in name and "hand_left.values.npy" in name and one.problems[name] == (one.weight == 0).sum()
    assert len(forth.data[0].damaged) == 1 and not forth.data[0].set_aside


def test_requests_that_cannot_be_met_are_refused(batches, prepared_path):
    data = batches.data
    with pytest.raises(UsageError, match="evenly"):
        samples_of(0, 10, 0, 3)
    with pytest.raises(UsageError, match="longer than the batch"):
        Batches(data, [Mix(frames=40)], BatchRecipe())
    with pytest.raises(UsageError, match="without windows"):
        Batches(data, [Mix(side="nowhere")], BatchRecipe())
    with pytest.raises(UsageError, match="every 5th"):
        Batches(data, [Mix()], BatchRecipe(every={"depth": 3}))
    with pytest.raises(UsageError, match="every source a weight"):
        Batches(data, [Mix("a", weight=1.0), Mix("b")], BatchRecipe())


def test_what_a_recipe_does_not_ask_for_is_not_read(batches):
    plain = Batches(batches.data, [Mix()], BatchRecipe(streams=("pose",), language=False, calibration=False), seed=3)
    batch, full = plain.batch(np.arange(4)), batches.batch(np.arange(4))
    assert not batch.text.known.any() and not batch.cameras.valid.any() and not batch.cameras.points_valid.any()
    assert np.array_equal(batch.streams["pose"].values, full.streams["pose"].values)
    assert full.text.known.all() and full.cameras.valid.all() and full.cameras.points_valid.any()


def test_windows_of_one_recording_stand_side_by_side(batches):
    grouped = Batches(batches.data, [Mix()], BatchRecipe(streams=("pose",), language=False, group=3), seed=5)
    sampler = grouped.sampler
    whole = 3 * int(sampler.clips[0][-1])
    _, episode, start, seeds = sampler.places(np.arange(whole))
    assert (episode.reshape(-1, 3) == episode[::3, None]).all(), "a group is of one recording"
    assert all(len(set(row)) == 3 for row in start.reshape(-1, 3)), "and of different windows"
    assert len(set(seeds.tolist())) == whole
    seen = set(zip(episode.tolist(), start.tolist(), strict=True))
    assert len(seen) == len(sampler) and whole - len(sampler) < 3 * len(set(episode.tolist()))
    again = sampler.places(np.arange(4, 11))
    assert np.array_equal(again[1], episode[4:11]) and np.array_equal(again[2], start[4:11])


def test_what_is_not_finite_is_zero(batches, monkeypatch):
    """A skeleton without some joints stores them as NaN; nothing that is not a number enters a model."""
    data = batches.data[0]
    read = data.read

    def broken(*given):
        found = read(*given)
        body = found["body"]
        values = body.values.copy()
        values[:, 7] = np.nan
        return found | {"body": replace(body, values=values)}

    monkeypatch.setattr(data, "read", broken)
    values = batches.batch(np.arange(2)).streams["body"].values
    assert np.isfinite(values).all() and not values[:, :, 7].any() and values[:, :, 8].any()
