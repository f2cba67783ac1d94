"""Recordings made to do harm, or harmed: each function here changes a copy of a small good one.

Run as a program it examines folders one by one and prints, for each, what it took and what was said:

    python hostile.py FOLDER...
"""

from __future__ import annotations

import json
import os
import re
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Harm = Callable[[Path], None]
HARMS: dict[str, Harm] = {}

PER_FRAME = {
    "slam/quat_wxyz": (4,),
    "slam/trans_xyz": (3,),
    "hand_mocap/left_joints_3d": (21, 3),
    "hand_mocap/right_joints_3d": (21, 3),
    "full_body_mocap/keypoints": (52, 3),
    "full_body_mocap/contacts": (21,),
}
IMU = {"imu/accel_xyz": (3,), "imu/gyro_xyz": (3,)}


def harm(change: Harm) -> Harm:
    HARMS[change.__name__] = change
    return change


def annotation(change: Callable[[h5py.File], None]) -> Harm:
    """A harm done to annotation.hdf5."""

    def apply(folder: Path) -> None:
        with h5py.File(folder / "annotation.hdf5", "r+") as file:
            change(file)

    apply.__name__ = change.__name__
    HARMS[change.__name__] = apply
    return apply


def replace(file: h5py.File, name: str, **options: Any) -> h5py.Dataset:
    if name in file:
        del file[name]
    return file.create_dataset(name, **options)


def everywhere(name: str, how: Callable[[h5py.File, str, h5py.Dataset], None]) -> None:
    """A harm done to every dataset."""

    def change(file: h5py.File) -> None:
        names: list[str] = []
        file.visititems(lambda path, node: names.append(path) if isinstance(node, h5py.Dataset) else None)
        for path in names:
            how(file, path, file[path])

    change.__name__ = name
    annotation(change)


def filled(value: float) -> Callable[[h5py.File, str, h5py.Dataset], None]:
    def fill(file: h5py.File, path: str, dataset: h5py.Dataset) -> None:
        if dataset.dtype.kind == "f":
            dataset[...] = value

    return fill


# -- sizes -------------------------------------------------------------------------------------------------------


def endless(name: str, tail: tuple[int, ...], kind: str = "f4") -> None:
    def change(file: h5py.File) -> None:
        replace(file, name, shape=(2**40, *tail), dtype=kind, chunks=(64, *tail))

    change.__name__ = f"endless_{name.replace('/', '_')}"
    annotation(change)


for _name, _tail in {**PER_FRAME, **IMU, "slam/point_cloud": (3,), "depth/depth": (32, 32)}.items():
    endless(_name, _tail)
endless("slam/frame_names", (), "S20")
endless("imu/device_timestamp_ns", (), "i8")
endless("imu/keyframe_indices", (), "i8")
endless("video/device_timestamp", (), "i8")


@annotation
def endless_clock_of_either_kind(file: h5py.File) -> None:
    replace(file, "slam/frame_names", shape=(2**40,), dtype="S20", chunks=(64,))
    replace(file, "video/device_timestamp", shape=(2**40,), dtype="i8", chunks=(64,))


def _packed(file: h5py.File, name: str, values: np.ndarray) -> None:
    chunk = (min(len(values), 4096), *values.shape[1:])
    replace(file, name, data=values, chunks=chunk, compression="gzip", compression_opts=1)


@annotation
def as_long_as_is_allowed(file: h5py.File) -> None:
    """Four hours of everything, of which nothing was measured: small on disk."""
    frames, samples, points = 300_000, 3_000_000, 10_000_000
    stamps = 10**15 + np.arange(frames) * 48_000_000
    _packed(file, "slam/frame_names", stamps.astype("S16"))
    _packed(file, "video/device_timestamp", stamps)
    for name, tail in PER_FRAME.items():
        _packed(file, name, np.ones((frames, *tail), "f4"))
    for name, tail in IMU.items():
        _packed(file, name, np.ones((samples, *tail)))
    _packed(file, "imu/device_timestamp_ns", 10**15 + np.arange(samples) * 4_800_000)
    _packed(file, "imu/keyframe_indices", np.arange(frames) * 10)
    _packed(file, "slam/point_cloud", np.ones((points, 3), "f4"))


@annotation
def wide_depth(file: h5py.File) -> None:
    for name, kind in (("depth", "f4"), ("confidence", "u1")):
        replace(file, f"depth/{name}", shape=(120, 2048, 2048), dtype=kind, chunks=(1, 1024, 1024), compression="gzip")


@annotation
def wider_depth(file: h5py.File) -> None:
    replace(file, "depth/depth", shape=(120, 8000, 8000), dtype="f4", chunks=(1, 1000, 1000), compression="gzip")


@annotation
def bomb(file: h5py.File) -> None:
    """A chunk of 40 kB that inflates to a gigabyte."""
    dataset = replace(file, "slam/point_cloud", shape=(100, 3), dtype="f4", chunks=(100, 3), compression="gzip")
    packer = zlib.compressobj(9)
    stored = b"".join(packer.compress(bytes(2**24)) for _ in range(64)) + packer.flush()
    dataset.id.write_direct_chunk((0, 0), stored)


@annotation
def batch_of_half_a_gigabyte(file: h5py.File) -> None:
    replace(
        file, "full_body_mocap/keypoints", shape=(1, 299_999, 52, 3), dtype="f8", chunks=(1, 4096, 52, 3),
        compression="gzip",
    )  # fmt: skip


# -- links, groups, types ----------------------------------------------------------------------------------------


@annotation
def links(file: h5py.File) -> None:
    for name in ("slam/point_cloud", "depth", "caption", "imu/accel_xyz", "hand_mocap/left_joints_3d", "calibration"):
        del file[name]
    file["slam/point_cloud"] = h5py.SoftLink("/slam/point_cloud")
    file["depth"] = h5py.ExternalLink("/etc/passwd", "/")
    file["caption"] = h5py.ExternalLink("/dev/zero", "x")
    file["imu/accel_xyz"] = h5py.SoftLink("/imu/gyro_xyz")
    file["hand_mocap/left_joints_3d"] = h5py.ExternalLink("annotation.hdf5", "/hand_mocap/left_joints_3d")
    file["calibration"] = file["/"]


@annotation
def clock_by_link(file: h5py.File) -> None:
    del file["slam/frame_names"], file["video/device_timestamp"]
    file["slam/frame_names"] = h5py.SoftLink("/slam/frame_names")
    file["video/device_timestamp"] = h5py.ExternalLink("/dev/zero", "x")


@annotation
def cyclic_groups(file: h5py.File) -> None:
    for name in ("hand_mocap", "full_body_mocap", "depth"):
        del file[name]
        file[name] = file["/"]
    file["slam/slam"] = file["slam"]


def swap_type(data: Callable[[tuple[int, ...]], Any]) -> Callable[[h5py.File, str, h5py.Dataset], None]:
    def swap(file: h5py.File, path: str, dataset: h5py.Dataset) -> None:
        if path not in ("slam/frame_names",):
            shape = dataset.shape
            replace(file, path, data=data(shape))

    return swap


everywhere("texts", swap_type(lambda shape: np.full(shape, b"text")))
everywhere("complex_numbers", swap_type(lambda shape: np.ones(shape, np.complex128)))
everywhere("records", swap_type(lambda shape: np.zeros(shape, [("a", "f4"), ("b", "i8")])))
everywhere("bools", swap_type(lambda shape: np.ones(shape, bool)))
everywhere("half_precision", swap_type(lambda shape: np.ones(shape, np.float16)))
everywhere("largest_integers", swap_type(lambda shape: np.full(shape, 2**64 - 1, np.uint64)))
everywhere("null_spaces", lambda file, path, _: replace(file, path, data=h5py.Empty("f4")) and None)


@annotation
def groups_for_datasets(file: h5py.File) -> None:
    names: list[str] = []
    file.visititems(lambda path, node: names.append(path) if isinstance(node, h5py.Dataset) else None)
    for path in names:
        if path != "slam/frame_names":
            del file[path]
            file.create_group(path)


@annotation
def everything_empty(file: h5py.File) -> None:
    _cut(file, 0)


@annotation
def one_frame(file: h5py.File) -> None:
    _cut(file, 1)


@annotation
def two_frames(file: h5py.File) -> None:
    _cut(file, 2)


@annotation
def three_frames(file: h5py.File) -> None:
    _cut(file, 3)


def _cut(file: h5py.File, length: int) -> None:
    names: list[str] = []
    file.visititems(lambda path, node: names.append(path) if isinstance(node, h5py.Dataset) else None)
    for path in names:
        if file[path].shape and not path.startswith("calibration"):
            replace(file, path, data=file[path][:length])


def imu_of(length: int) -> None:
    def change(file: h5py.File) -> None:
        for name in (*IMU, "imu/device_timestamp_ns"):
            replace(file, name, data=file[name][:length])

    change.__name__ = f"imu_of_{length}"
    annotation(change)


for _length in (0, 1, 2, 3, 50):
    imu_of(_length)


@annotation
def streams_of_odd_lengths(file: h5py.File) -> None:
    for k, name in enumerate((*PER_FRAME, *IMU, "depth/depth", "imu/keyframe_indices", "video/device_timestamp")):
        replace(file, name, data=file[name][: 7 * k + 1])


@annotation
def depth_without_pixels(file: h5py.File) -> None:
    for name in ("depth", "confidence"):
        replace(file, f"depth/{name}", shape=(120, 0, 32), dtype="f4")


@annotation
def depth_of_one_pixel(file: h5py.File) -> None:
    for name in ("depth", "confidence"):
        replace(file, f"depth/{name}", data=np.ones((120, 1, 1), "f4"))


# -- values ------------------------------------------------------------------------------------------------------

for _called, _value in {
    "nothing_finite": np.nan, "infinite": np.inf, "all_zero": 0.0, "all_one": 1.0, "huge": 1e300, "minus_huge": -1e300,
    "tiny": 1e-310,
}.items():  # fmt: skip
    everywhere(_called, filled(_value))


@annotation
def random_values(file: h5py.File) -> None:
    rng = np.random.default_rng(0)
    for name in (*PER_FRAME, *IMU, "depth/depth", "slam/point_cloud"):
        shape = file[name].shape
        file[name][...] = rng.normal(size=shape) * 10.0 ** rng.integers(-30, 30, shape)


@annotation
def half_of_it_not_finite(file: h5py.File) -> None:
    rng = np.random.default_rng(0)
    for name in (*PER_FRAME, *IMU, "depth/depth", "slam/point_cloud"):
        values = file[name][()]
        file[name][...] = np.where(rng.random(values.shape) < 0.5, rng.choice([np.nan, np.inf, -np.inf]), values)


def clock_of(name: str, stamps: Callable[[np.ndarray], np.ndarray]) -> None:
    def change(file: h5py.File) -> None:
        values = stamps(file["video/device_timestamp"][()].reshape(-1))
        del file["slam/frame_names"]
        replace(file, "video/device_timestamp", data=values)

    change.__name__ = name
    annotation(change)


clock_of("clock_negative", lambda t: -t)
clock_of("clock_stands", lambda t: np.full_like(t, 7))
clock_of("clock_back", lambda t: t[::-1].copy())
clock_of("clock_leaps_by_years", lambda t: t + (np.arange(len(t)) // 30) * 3 * 10**17)
clock_of("clock_over_all_of_int64", lambda t: np.linspace(-(2**63), 2**63 - 2**11, len(t)).astype(np.int64))
clock_of("clock_random", lambda t: np.random.default_rng(0).integers(-(2**63), 2**63, len(t)))
clock_of("clock_of_nanoseconds", lambda t: np.arange(len(t)))
clock_of("clock_not_whole", lambda t: t + 0.5)
clock_of("clock_not_finite", lambda t: np.full(len(t), np.nan))


@annotation
def imu_clock_random(file: h5py.File) -> None:
    stamps = file["imu/device_timestamp_ns"]
    stamps[...] = np.random.default_rng(0).integers(-(2**63), 2**63, stamps.shape)


@annotation
def imu_clock_stands(file: h5py.File) -> None:
    file["imu/device_timestamp_ns"][...] = 5


@annotation
def imu_clock_leaps_by_years(file: h5py.File) -> None:
    stamps = file["imu/device_timestamp_ns"]
    stamps[...] = stamps[()] + (np.arange(len(stamps)) // 100) * 10**17


@annotation
def keyframes_anywhere(file: h5py.File) -> None:
    index = file["imu/keyframe_indices"]
    index[...] = np.random.default_rng(0).integers(-(2**63), 2**63, index.shape)


@annotation
def names_not_numbers(file: h5py.File) -> None:
    del file["video/device_timestamp"]
    replace(file, "slam/frame_names", data=np.full(120, b"\xff\xfe\x00frame"))


def calibration_of(name: str, key: str, value: Any) -> None:
    def change(file: h5py.File) -> None:
        for camera in file["calibration"]:
            for path in (f"calibration/{camera}/{k}" for k in file[f"calibration/{camera}"] if re.match(key, k)):
                file[path][...] = value

    change.__name__ = f"calibration_{name}"
    annotation(change)


for _called, _value in {"zero": 0, "nan": np.nan, "inf": np.inf, "minus": -1, "huge": 1e300, "tiny": 1e-300}.items():
    for _key in ("K", "D", "T_", "baseline"):
        calibration_of(f"{_key.strip('_')}_{_called}", _key, _value)
calibration_of("lens_of_a_point", "D", [-1e6, 0, 0, 0])
calibration_of("lens_folding", "D", [-0.4, 0.0, 0.0, 0.0])
calibration_of("far_off_the_image", "K", [20.0, 20.0, 1e6, -1e6])


@annotation
def calibration_not_text(file: h5py.File) -> None:
    for k in range(4):
        replace(file, f"calibration/cam{k}/distortion_model", data=np.bytes_(b"\xff\xfe\x80"))


# -- captions ----------------------------------------------------------------------------------------------------


def caption(name: str, text: Callable[[list[int]], str | bytes]) -> None:
    def change(file: h5py.File) -> None:
        stamps = [int(t) for t in file["video/device_timestamp"][()].reshape(-1)]
        replace(file, "caption", data=text(stamps), dtype=h5py.string_dtype("utf-8"))

    change.__name__ = f"caption_{name}"
    annotation(change)


def _segments(count: int, stamps: list[int], actions: int) -> str:
    action = {"label": "stir", "start_frame": str(stamps[0]), "end_frame": str(stamps[-1])}
    segment = {"start_frame": stamps[0], "end_frame": stamps[-1], "Sub Task": "x", "Current Action": [action] * actions}
    return '{"segments": [' + ",".join([json.dumps(segment)] * count) + "]}"


caption("deep", lambda t: "[" * 1_000_000 + "]" * 1_000_000)
caption("deep_objects", lambda t: '{"segments":' * 100_000 + "1" + "}" * 100_000)
caption("of_ten_million_segments", lambda t: '{"segments": [' + "{}," * 9_999_999 + "{}]}")
caption("of_many_segments", lambda t: '{"segments": [' + ",".join(["{}"] * 100_000) + "]}")
caption("of_many_actions", lambda t: _segments(9_000, t, 20))
caption("of_seventy_megabytes", lambda t: json.dumps({"segments": [], "global_summary": "x" * 70_000_000}))
caption("not_utf8", lambda t: b'{"segments": [{"Sub Task": "\xff\xfe\xed\xa0\x80"}]}')
caption("a_number", lambda t: "12")
caption("a_path_out", lambda t: "../../../../etc/passwd")
caption("null", lambda t: "null")
caption("of_wrong_types", lambda t: json.dumps({"segments": [1, None, [], {"Current Action": 5}, {"objects": [1]}]}))
caption("of_odd_times", lambda t: _segments(1, [-1, 2**80], 3).replace(str(2**80), "1e400"))
caption("of_long_words", lambda t: _segments(1, t, 2).replace("stir", "s" * 20_000_000))
caption("of_no_actions", lambda t: _segments(3, t, 0))


@annotation
def caption_of_a_gigabyte(file: h5py.File) -> None:
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(2**30)
    del file["caption"]
    h5py.h5d.create(file.id, b"caption", kind, h5py.h5s.create(h5py.h5s.SCALAR))


# -- bytes of either file ----------------------------------------------------------------------------------------

VIEW = "fisheye_cam0.mp4"


def cut(name: str, file: str, share: float) -> None:
    def change(folder: Path) -> None:
        path = folder / file
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    change.__name__ = name
    harm(change)


for _k, _share in enumerate((0.0, 0.0005, 0.01, 0.3, 0.7, 0.97, 0.995, 0.9999)):
    cut(f"annotation_cut_{_k}", "annotation.hdf5", _share)
    cut(f"video_cut_{_k}", VIEW, _share)


def flipped(name: str, file: str, part: slice, count: int, seed: int) -> None:
    def change(folder: Path) -> None:
        path = folder / file
        content = bytearray(path.read_bytes())
        where = range(len(content))[part]
        rng = np.random.default_rng(seed)
        for at in rng.integers(0, len(where), count):
            content[where[at]] = rng.integers(256)
        path.write_bytes(content)

    change.__name__ = name
    harm(change)


for _k in range(6):
    flipped(f"annotation_flipped_{_k}", "annotation.hdf5", slice(None), 200, _k)
    flipped(f"annotation_head_flipped_{_k}", "annotation.hdf5", slice(0, 20_000), 20, _k)
    flipped(f"video_flipped_{_k}", VIEW, slice(48, None), 100, _k)
    flipped(f"video_index_flipped_{_k}", VIEW, slice(-6000, None), 12, _k)


def boxes(name: str, kind: bytes, change: Callable[[bytearray, int], None]) -> None:
    """A harm done to every box of a kind in the video's index; `at` is where the box's content begins."""

    def apply(folder: Path) -> None:
        content = bytearray((folder / VIEW).read_bytes())
        at = content.rindex(b"moov")
        while (at := content.find(kind, at + 1)) >= 0:
            change(content, at + 4)
        (folder / VIEW).write_bytes(content)

    apply.__name__ = f"video_{name}"
    harm(apply)


def number(offset: int, value: int) -> Callable[[bytearray, int], None]:
    return lambda content, at: struct.pack_into(">I", content, at + offset, value & 0xFFFFFFFF)


for _called, _value in {"zero": 0, "one": 1, "huge": 0x7FFFFFFF, "largest": 0xFFFFFFFF, "million": 50_000_000}.items():
    boxes(f"sample_count_{_called}", b"stsz", number(8, _value))
    boxes(f"chunk_count_{_called}", b"stco", number(4, _value))
    boxes(f"run_length_{_called}", b"stts", number(8, _value))
    boxes(f"timescale_{_called}", b"mdhd", number(12, _value))
    boxes(f"duration_{_called}", b"mdhd", number(16, _value))
    boxes(f"samples_a_chunk_{_called}", b"stsc", number(12, _value))


@harm
def video_of_endless_samples(folder: Path) -> None:
    """All samples of one size, so that no table stands behind their number."""
    content = bytearray((folder / VIEW).read_bytes())
    at = content.find(b"stsz", content.rindex(b"moov")) + 4
    struct.pack_into(">II", content, at + 4, 1, 400_000_000)
    chunk = content.find(b"stsc", content.rindex(b"moov")) + 4
    struct.pack_into(">I", content, chunk + 12, 400_000_000)
    (folder / VIEW).write_bytes(content)


boxes("size_absurd", b"avc1", lambda content, at: struct.pack_into(">HH", content, at + 24, 65535, 65535))
boxes("size_of_nothing", b"avc1", lambda content, at: struct.pack_into(">HH", content, at + 24, 0, 0))
boxes("offsets_far_away", b"stco", number(8, 0x7FFFFFF0))


@harm
def video_of_thousands_of_streams(folder: Path) -> None:
    path = folder / VIEW
    content = path.read_bytes()
    moov = content.rindex(b"moov") - 4
    size = struct.unpack_from(">I", content, moov)[0]
    body = content[moov + 8 : moov + size]
    track = body.index(b"trak") - 4
    length = struct.unpack_from(">I", body, track)[0]
    body = body[:track] + body[track : track + length] * 5000 + body[track + length :]
    path.write_bytes(content[:moov] + struct.pack(">I", len(body) + 8) + b"moov" + body + content[moov + size :])


# -- other videos ------------------------------------------------------------------------------------------------


def film(
    path: Path,
    frames: int,
    size: tuple[int, int],
    codec: str = "libx264",
    form: str = "yuv420p",
    sound_s: float = 0.0,
    **options: str,
) -> None:
    """A dull video, with silent sound if asked for."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=20, options={"preset": "ultrafast", **options})
        stream.width, stream.height, stream.pix_fmt = *size, form
        audio: Any = container.add_stream("aac", rate=8000, layout="mono") if sound_s else None
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[:, ::2] = 90
        for k in range(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=form)
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for start in range(0, round(sound_s * 8000), 1024):
            block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            block.sample_rate, block.pts = 8000, start
            container.mux(audio.encode(block))
        if audio is not None:
            container.mux(audio.encode(None))


def filmed(name: str, *options: Any, **more: Any) -> None:
    def change(folder: Path) -> None:
        film(folder / VIEW, *options, **more)

    change.__name__ = f"video_{name}"
    harm(change)


filmed("of_one_frame", 1, (64, 76))
filmed("of_two_frames", 2, (64, 76))
filmed("of_odd_size", 120, (62, 46))
filmed("of_few_pixels", 120, (16, 16))
filmed("wide", 30, (8000, 16))
filmed("vast", 2, (8000, 8000))
filmed("of_ten_bits", 60, (64, 76), form="yuv420p10le")
filmed("of_full_colour", 60, (64, 76), form="yuv444p")
filmed("grey", 60, (64, 76), form="gray")
filmed("of_single_pictures", 60, (64, 76), "mjpeg", "yuvj420p")
filmed("far_longer_than_the_clock", 20_000, (64, 76))
filmed("with_hours_of_silence", 120, (64, 76), sound_s=3 * 3600.0)


@harm
def video_that_changes_its_size(folder: Path) -> None:
    """Two films of different size, one after the other in one track."""
    import av

    parts = []
    for k, size in enumerate(((64, 76), (128, 96))):
        film(folder / f"part{k}.mp4", 60, size)
        with av.open(str(folder / f"part{k}.mp4")) as container:
            filter_ = av.BitStreamFilterContext("h264_mp4toannexb", container.streams.video[0])
            packets = [p for p in container.demux(container.streams.video[0]) if p.dts is not None]
            parts.append([(bytes(out), p.is_keyframe) for p in packets for out in filter_.filter(p)])
        (folder / f"part{k}.mp4").unlink()
    film(folder / "base.mp4", 2, (64, 76))
    with av.open(str(folder / "base.mp4")) as base, av.open(str(folder / VIEW), "w", format="mp4") as container:
        stream = container.add_stream_from_template(base.streams.video[0])
        for k, (data, key) in enumerate(parts[0] + parts[1]):
            nals = b"".join(struct.pack(">I", len(n)) + n for n in re.split(b"\0\0\0?\1", data)[1:] if n)
            packet = av.Packet(nals)
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, k * 512, k * 512, key
            packet.time_base = stream.time_base
            container.mux(packet)
    (folder / "base.mp4").unlink()


@harm
def sound_without_pictures(folder: Path) -> None:
    import av

    with av.open(str(folder / VIEW), "w", format="mp4") as container:
        audio: Any = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def written(name: str, file: str, content: bytes) -> None:
    def change(folder: Path) -> None:
        (folder / file).write_bytes(content)

    change.__name__ = name
    harm(change)


written("video_empty", VIEW, b"")
written("video_a_playlist", VIEW, b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
written("video_boxes_in_boxes", VIEW, b"".join(struct.pack(">I", 8 * (20_000 - k)) + b"moov" for k in range(20_000)))
written("annotation_empty", "annotation.hdf5", b"")
written("annotation_text", "annotation.hdf5", b"not HDF5" * 1000)


@harm
def folders_for_files(folder: Path) -> None:
    for name in (VIEW, "stereo_left.mp4"):
        (folder / name).unlink()
        (folder / name).mkdir()


@harm
def pipes_for_files(folder: Path) -> None:
    for name in (VIEW, "stereo_left.mp4", "annotation.hdf5"):
        (folder / name).unlink()
        os.mkfifo(folder / name)


@harm
def devices_for_files(folder: Path) -> None:
    (folder / VIEW).unlink()
    (folder / VIEW).symlink_to("/dev/zero")
    (folder / "stereo_left.mp4").unlink()
    (folder / "stereo_left.mp4").symlink_to("nowhere.mp4")


# -- as a program ------------------------------------------------------------------------------------------------


def peak_mb() -> float:
    return int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def main(folders: list[str]) -> None:
    import warnings

    from xperience.quality.gate import examine

    warnings.simplefilter("error", RuntimeWarning)
    cache = Path(os.environ["DIGESTS"])
    for folder in folders:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
        begin, cpu = time.perf_counter(), time.process_time()
        print(json.dumps({"started": folder}), flush=True)
        try:
            quality = examine(Path(folder), cache=cache, strict=True)
            said = {"verdict": quality.verdict, "findings": [f.to_json() for f in quality.findings]}
            json.dumps(quality.to_json(), allow_nan=False)
        except BaseException as error:
            import traceback

            said = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()[-1500:]}
        seconds = {"wall_s": time.perf_counter() - begin, "cpu_s": time.process_time() - cpu}
        print(json.dumps({"folder": folder, "peak_mb": peak_mb(), **seconds, **said}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
