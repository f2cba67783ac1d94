"""annotation.hdf5 from anyone: damage is typed, links stay inside, nothing is read without a bound."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xperience.episode import Episode, layout, storage_checks
from xperience.episode.annotation import AnnotationFile
from xperience.errors import CorruptError, FormatError, LimitError, MissingError

Recording = Callable[..., Path]
POINTS = "slam/point_cloud"


def replaced(file: h5py.File, name: str, **options: Any) -> h5py.Dataset:
    if name in file:
        del file[name]
    return file.create_dataset(name, **options)


def opened(folder: Path) -> AnnotationFile:
    return AnnotationFile(folder / layout.ANNOTATION)


def test_missing_files(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path, tmp_path / "annotation.hdf5"):
        with pytest.raises(MissingError) as caught:
            Episode.open(path)
        assert caught.value.file and caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"not hdf5 at all" * 100])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / layout.ANNOTATION).write_bytes(content)
    with pytest.raises(CorruptError, match="cannot be opened as HDF5"):
        Episode.open(tmp_path)


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999])
def test_truncated_files(recording: Recording, share: float) -> None:
    folder = recording()
    path = folder / layout.ANNOTATION
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CorruptError) as caught:
        Episode.open(folder)
    assert caught.value.found and caught.value.hint


READ_ALL = """
import sys
from pathlib import Path
from xperience.episode import Episode
from xperience.episode.inspect import describe
from xperience.errors import XperienceError
for path in sys.argv[1:]:
    try:
        with Episode.open(Path(path)) as episode:
            describe(episode)
            episode.depth.frames(0, 3) if episode.depth.present else None
            episode.body_shape, episode.hand_mano("left"), episode.body_rotations("body_quats"), episode.body_pose("root")
        print("read")
    except XperienceError as error:
        print(type(error).__name__)
"""


def test_damaged_bytes_never_crash_or_hang(recording: Recording) -> None:
    """Random damage in the structure of the file. In a process of its own, since HDF5 is C."""
    content = (recording(8) / layout.ANNOTATION).read_bytes()
    random = np.random.default_rng(7)
    damaged = []
    for _ in range(60):
        folder = recording(8)
        harmed = bytearray(content)
        for position in random.integers(0, len(content), 30):
            harmed[position] = random.integers(256)
        (folder / layout.ANNOTATION).write_bytes(harmed)
        damaged.append(str(folder))
    done = subprocess.run([sys.executable, "-c", READ_ALL, *damaged], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split()) == len(damaged)


# -- links -------------------------------------------------------------------------------------------------------


def test_links_out_of_the_file_are_refused_unopened(recording: Recording, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["x"] = np.zeros((3, 3), np.float32)

    def link(file: h5py.File) -> None:
        del file[POINTS], file["depth"], file["caption"]
        file[POINTS] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "x")
        file["depth"] = h5py.ExternalLink(str(tmp_path / "nowhere.h5"), "/")
        file["caption"] = h5py.SoftLink("/nowhere")

    folder = recording(edit=link)
    file = opened(folder)
    for name in (POINTS, "depth/depth", "caption"):
        with pytest.raises(FormatError, match="soft or external link"):
            file.dataset(name)
    with Episode.open(folder) as episode:
        absent = {name for name, state in episode.presence.items() if state.name == "ABSENT"}
        assert {"point_cloud", "depth", "caption"} <= absent
        assert sum("soft or external" in p.what for p in episode.problems) == 3


def test_links_in_circles_are_refused(recording: Recording) -> None:
    def circle(file: h5py.File) -> None:
        del file["slam/point_cloud"], file["hand_mocap"]
        file["slam/point_cloud"] = h5py.SoftLink("/slam/point_cloud")
        file["slam/self"] = file["slam"]  # a hard link to its own group
        file["hand_mocap"] = file["/"]  # and one to the root

    file = opened(recording(edit=circle))
    with pytest.raises(FormatError):
        file.read(POINTS)
    assert file.read("slam/self/self/self/quat_wxyz") is not None
    assert file.read("hand_mocap/left_joints_3d") is None


def test_data_outside_the_file_is_refused(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(1200))

    def outside(file: h5py.File) -> None:
        replaced(file, POINTS, shape=(100, 3), dtype="f4", external=[(str(tmp_path / "raw"), 0, 1200)])
        sources = h5py.VirtualLayout(shape=(40, 4), dtype="f8")
        sources[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", shape=(40, 4))
        del file["slam/quat_wxyz"]
        file.create_virtual_dataset("slam/quat_wxyz", sources)

    folder = recording(edit=outside)
    for name in (POINTS, "slam/quat_wxyz"):
        with pytest.raises(FormatError, match="outside this file"):
            opened(folder).read(name)
    with Episode.open(folder) as episode:
        assert episode.presence["pose"].name == "ABSENT"


# -- sizes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2**40, 3), (60_000_000, 3), (49_000_000, 3)])
def test_huge_shapes_without_data(recording: Recording, shape: tuple[int, ...]) -> None:
    folder = recording(edit=lambda file: replaced(file, POINTS, shape=shape, dtype="f4", chunks=(1000, 3)))
    with pytest.raises(LimitError):
        opened(folder).read(POINTS)
    with Episode.open(folder) as episode:
        assert episode.presence["point_cloud"].name == "ABSENT"


def test_depth_images_that_are_too_large(recording: Recording) -> None:
    def huge(file: h5py.File) -> None:
        replaced(file, "depth/depth", shape=(40, 200_000, 200_000), dtype="f4", chunks=(1, 1000, 1000))

    with Episode.open(recording(edit=huge)) as episode, pytest.raises(LimitError):
        episode.depth.frames(0, 1)


def test_products_of_many_dimensions_do_not_wrap(recording: Recording) -> None:
    def wide(file: h5py.File) -> None:
        replaced(file, "metadata/fps", shape=(2**20,) * 16, dtype="f4", chunks=(1,) * 16)  # 2^320 numbers

    with Episode.open(recording(edit=wide)) as episode:
        assert "fps" not in episode.metadata
        assert any(p.field == "metadata/fps" for p in episode.problems)


def test_oversized_chunks_and_too_many_of_them(recording: Recording) -> None:
    def cut(file: h5py.File) -> None:
        replaced(file, POINTS, shape=(10_000_000, 3), dtype="f4", chunks=(10_000_000, 3))
        replaced(file, "slam/trans_xyz", shape=(250_000, 3), dtype="f4", chunks=(1, 3))

    file = opened(recording(edit=cut))
    with pytest.raises(LimitError, match="oversized chunks"):
        file.read(POINTS)
    with pytest.raises(LimitError, match="cut up"):
        file.read("slam/trans_xyz")


def bomb(file: h5py.File, name: str, shape: tuple[int, ...], chunks: tuple[int, ...], inflated: int) -> None:
    """A gzip dataset whose every stored chunk inflates to `inflated` bytes, whatever the chunk's size."""
    dataset = replaced(file, name, shape=shape, dtype="f4", chunks=chunks, compression="gzip")
    packer = zlib.compressobj(9)
    block = bytes(2**20)
    stored = b"".join(packer.compress(block) for _ in range(inflated // 2**20)) + packer.flush()
    for corner in dataset.iter_chunks():
        dataset.id.write_direct_chunk(tuple(s.start for s in corner), stored)


def test_a_chunk_that_inflates_past_its_size(recording: Recording) -> None:
    folder = recording(edit=lambda file: bomb(file, POINTS, (10, 3), (10, 3), 2**28))
    with pytest.raises(CorruptError, match="larger than it says"):
        opened(folder).read(POINTS)


def test_many_chunks_that_inflate_to_gigabytes(recording: Recording) -> None:
    """Each within its declared size, but the one image asked for lies in all of them."""

    def many(file: h5py.File) -> None:
        dataset = replaced(
            file, "depth/depth", shape=(4000, 64, 64), dtype="f4", chunks=(4000, 8, 8), compression="gzip"
        )
        dataset[0] = 1.0  # 64 chunks of 1 MB: fine

    with Episode.open(recording(edit=many)) as episode:
        depth, _ = episode.depth.frames(0, 1)
        assert (depth == 1).all()

    def more(file: h5py.File) -> None:
        replaced(file, "depth/depth", shape=(60_000, 128, 128), dtype="f4", chunks=(60_000, 8, 8), compression="gzip")

    with Episode.open(recording(edit=more)) as episode, pytest.raises(LimitError, match="cut up"):
        episode.depth.frames(0, 1)


def test_honest_compression_is_read(recording: Recording) -> None:
    noise = np.random.default_rng(0).normal(size=(40, 64, 64)).astype(np.float32)

    def pack(file: h5py.File) -> None:
        for name in ("depth/depth", "depth/confidence"):
            del file[name]
        file.create_dataset(
            "depth/depth", data=noise, chunks=(4, 64, 64), compression="gzip", shuffle=True, fletcher32=True
        )
        file.create_dataset("depth/confidence", data=np.ones((40, 64, 64), "u1"), chunks=(8, 32, 32), compression="lzf")

    with Episode.open(recording(edit=pack)) as episode:
        depth, confidence = episode.depth.frames(3, 30)
        assert (depth == noise[3:30]).all()
        assert confidence is not None and (confidence == 1).all()


def test_the_closer_look_at_honest_compression(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing free, every chunk is inflated before it is read, and passes."""
    monkeypatch.setattr(storage_checks, "FREE_INFLATED_BYTES", 0)
    values = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)

    def pack(file: h5py.File) -> None:
        del file[POINTS]
        file.create_dataset(POINTS, data=values, chunks=(64, 3), compression="gzip", shuffle=True, fletcher32=True)

    read = opened(recording(edit=pack)).read(POINTS)
    assert read is not None and (read == values).all()


@pytest.mark.parametrize("options", [{"scaleoffset": 3}, {"compression": "szip"}, {"compression": 32015}])
def test_other_filters_are_refused(recording: Recording, options: dict[str, Any]) -> None:
    def pack(file: h5py.File) -> None:
        if options.get("compression") == 32015:  # a filter that nobody here has
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((10, 3))
            plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
            del file[POINTS]
            space = h5py.h5s.create_simple((10, 3))
            h5py.h5d.create(file.id, POINTS.encode(), h5py.h5t.IEEE_F32LE, space, dcpl=plist)
        else:
            replaced(file, POINTS, shape=(10, 3), dtype="f4", chunks=(10, 3), **options)

    try:
        folder = recording(edit=pack)
    except ValueError:
        pytest.skip("this HDF5 cannot write that filter")
    with pytest.raises(CorruptError, match="unknown way"):
        opened(folder).read(POINTS)


def test_stacked_compressors_are_refused(recording: Recording) -> None:
    def pack(file: h5py.File) -> None:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((10, 3))
        plist.set_deflate(9)
        plist.set_shuffle()
        del file[POINTS]
        space = h5py.h5s.create_simple((10, 3))
        h5py.h5d.create(file.id, POINTS.encode(), h5py.h5t.IEEE_F32LE, space, dcpl=plist)

    with pytest.raises(CorruptError, match="unknown way"):
        opened(recording(edit=pack)).read(POINTS)


@pytest.mark.parametrize("layout_kind", ["contiguous", "chunked", "compressed", "compact"])
def test_text_from_the_heap(tmp_path: Path, layout_kind: str) -> None:
    path = tmp_path / "annotation.hdf5"
    text = "long" * 1000
    with h5py.File(path, "w", userblock_size=512) as file:  # offsets count from the file's start, not from HDF5's
        kind = h5py.string_dtype()
        if layout_kind == "compact":
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(h5py.h5d.COMPACT)
            stored_type = h5py.h5t.py_create(kind, logical=True)
            space = h5py.h5s.create(h5py.h5s.SCALAR)
            h5py.Dataset(h5py.h5d.create(file.id, b"caption", stored_type, space, dcpl=plist))[()] = text
        else:
            options: dict[str, Any] = {} if layout_kind == "contiguous" else {"chunks": (1,)}
            options |= {"compression": "gzip"} if layout_kind == "compressed" else {}
            shape = () if layout_kind == "contiguous" else (1,)
            file.create_dataset("caption", shape=shape, dtype=kind, **options)[...] = text
    file = AnnotationFile(path)
    if layout_kind in ("contiguous", "chunked"):
        assert file.text("caption") == text
    else:
        with pytest.raises(FormatError, match="unusual way"):
            file.text("caption")


def test_many_references_to_one_long_text(recording: Recording) -> None:
    """5,000 entries that all point at one 1 MB string would be 5 GB in memory."""

    def refer(file: h5py.File) -> None:
        names = replaced(file, "slam/frame_names", shape=(5000,), dtype=h5py.string_dtype())
        names[0] = "7" * 2**20
        file.flush()
        offset = names.id.get_offset()
        path = file.filename
        file.close()
        with open(path, "r+b") as raw:  # noqa: PTH123
            raw.seek(offset)
            reference = raw.read(16)
            raw.seek(offset)
            raw.write(reference * 5000)

    folder = recording(edit=refer)
    with pytest.raises(LimitError, match="text is too long"):
        opened(folder).read("slam/frame_names")


def heap_of(path: Path) -> int:
    """Offset of the first heap collection in the file."""
    return path.read_bytes().index(b"GCOL")


@pytest.mark.parametrize("harm", ["signature", "size", "object", "reference"])
def test_damaged_heaps_are_said_and_end(recording: Recording, harm: str) -> None:
    """HDF5 itself goes round for ever in some of these."""
    folder = recording()
    path = folder / layout.ANNOTATION
    content, at = bytearray(path.read_bytes()), heap_of(path)
    spoilt = {"signature": (at, b"GLOC"), "size": (at + 8, b"\xff" * 8), "object": (at + 16, bytes(16))}
    with h5py.File(path) as file:
        spoilt["reference"] = (file["caption"].id.get_offset() + 12, b"\x09\0\0\0")
    where, what = spoilt[harm]
    content[where : where + len(what)] = what
    path.write_bytes(content)
    with pytest.raises(CorruptError, match="not where the file says"):
        opened(folder).text("caption")
    with Episode.open(folder) as episode:
        assert episode.caption is None and episode.problems


# -- shapes and types --------------------------------------------------------------------------------------------


def test_wrong_shapes_and_types(recording: Recording) -> None:
    def spoil(file: h5py.File) -> None:
        replaced(file, "hand_mocap/left_joints_3d", data=np.zeros((40, 20, 3), "f4"))
        replaced(file, "hand_mocap/right_joints_3d", data=np.full((40, 21, 3), b"x"))
        replaced(file, "full_body_mocap/contacts", data=np.zeros(40, [("a", "f4")]))
        replaced(file, "imu/accel_xyz", data=h5py.Empty("f4"))
        replaced(file, "calibration/cam0/K", data=np.zeros((3, 3)))
        del file["full_body_mocap/keypoints"]
        file.create_group("full_body_mocap/keypoints")

    with Episode.open(recording(edit=spoil)) as episode:
        with pytest.raises(FormatError) as caught:
            episode.hand("left")
        assert caught.value.field == "hand_mocap/left_joints_3d"
        assert "20" in str(caught.value.found) and "21" in str(caught.value.expected)
        for name in ("hand_left", "hand_right", "contacts", "imu", "body"):
            assert episode.presence[name].name == "ABSENT", name
        for name in ("pose", "depth", "caption", "point_cloud"):
            assert episode.presence[name].name == "PRESENT", name
        noted = {p.field for p in episode.problems}
        assert {
            "hand_mocap/right_joints_3d",
            "full_body_mocap/contacts",
            "imu/accel_xyz",
            "calibration/cam0/K",
        } <= noted
        assert episode.rig is not None and "fisheye_cam0" not in episode.rig and "fisheye_cam1" in episode.rig


def test_groups_with_too_many_members(recording: Recording) -> None:
    def crowd(file: h5py.File) -> None:
        for k in range(1001):
            file[f"metadata/x{k}"] = 1.0

    with Episode.open(recording(edit=crowd)) as episode:
        assert episode.metadata == {}
        assert any("too many members" in p.what for p in episode.problems)


def test_others_may_read_the_same_file_meanwhile(episode_path: Path) -> None:
    path = episode_path / "annotation.hdf5"
    with Episode.open(path), h5py.File(path) as file:
        assert "imu/accel_xyz" in file
    with h5py.File(path) as file, Episode.open(path) as episode:
        assert episode.num_frames == len(file["slam/frame_names"])
