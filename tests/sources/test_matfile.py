"""MATLAB files from anyone: the one array is read, everything else is refused by name."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from xperience.errors import CorruptError, FormatError, LimitError, XperienceError
from xperience.sources import matfile
from xperience.sources.matfile import read_array

SHAPE = (None, 6)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "a1_s1_t1_inertial.mat"
    savemat(path, {"d_iner": np.arange(24.0).reshape(4, 6)}, do_compression=True)
    return path


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint16, np.int8])
def test_reads_numbers(tmp_path: Path, dtype: type, compress: bool) -> None:
    want = np.arange(24).reshape(4, 6).astype(dtype)
    savemat(tmp_path / "x.mat", {"other": "text", "d_iner": want}, do_compression=compress)
    got = read_array(tmp_path / "x.mat", "d_iner", SHAPE)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, want)


def test_puts_back_a_dropped_axis(tmp_path: Path) -> None:
    savemat(tmp_path / "x.mat", {"d_skel": np.ones((20, 3))})
    assert read_array(tmp_path / "x.mat", "d_skel", (20, 3, None)).shape == (20, 3, 1)


@pytest.mark.parametrize(
    "value",
    [np.ones((4, 5)), np.ones((4, 6, 2)), np.ones((0, 6)), np.ones((4, 6), complex), np.ones((4, 6), bool), "text",
     {"a": 1}, np.array([1, "b"], object)],
    ids=["five columns", "three axes", "empty", "complex", "logical", "text", "struct", "cell"],
)  # fmt: skip
def test_other_contents_are_refused(tmp_path: Path, value: object) -> None:
    path = tmp_path / "a1_s1_t1_inertial.mat"
    savemat(path, {"d_iner": value})
    with pytest.raises(FormatError) as error:
        read_array(path, "d_iner", SHAPE, "g")
    assert error.value.file == str(path)
    assert error.value.field == "d_iner"


def test_equals_scipy_on_real_files(real: Path) -> None:
    for path, name in (("Inertial/a1_s1_t1_inertial.mat", "d_iner"), ("Depth/a6_s1_t1_depth.mat", "d_depth")):
        want = loadmat(real / "utd_mhad" / path)[name]
        got = read_array(real / "utd_mhad" / path, name, (None,) * want.ndim)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def test_missing_and_doubled_variable(good: Path) -> None:
    with pytest.raises(FormatError, match="missing"):
        read_array(good, "d_skel", SHAPE)
    data = good.read_bytes()
    good.write_bytes(data + data[128:])
    with pytest.raises(FormatError, match="more than once"):
        read_array(good, "d_iner", SHAPE)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a mat file", b"\x89HDF\r\n\x1a\n" + b"\0" * 500, b"MATLAB 7.3 MAT-file" + b" " * 500, b"\0" * 4096],
    ids=["empty", "text", "hdf5", "7.3", "zeros"],
)
def test_not_a_mat_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a1_s1_t1_inertial.mat"
    path.write_bytes(data)
    with pytest.raises(CorruptError, match="not a MATLAB 5 file") as error:
        read_array(path, "d_iner", SHAPE)
    assert error.value.file == str(path)


def test_truncated_anywhere(good: Path) -> None:
    data = good.read_bytes()
    for length in range(128, len(data), 7):
        good.write_bytes(data[:length])
        with pytest.raises(XperienceError):
            read_array(good, "d_iner", SHAPE)


def test_damaged_anywhere_gives_a_typed_error_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.mat"
    savemat(path, {"d_iner": np.arange(24.0).reshape(4, 6)})
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(1000):
        damaged = bytearray(data)
        for at in rng.integers(124, len(data), 3):
            damaged[at] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            assert read_array(path, "d_iner", SHAPE).shape[1] == 6
        except XperienceError:
            refused += 1
    assert refused > 100


def test_compression_bomb_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matfile, "MAX_INFLATED_BYTES", 2**20)
    bomb = zlib.compress(b"\0" * 2**24, 9)
    header = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    path = tmp_path / "bomb.mat"
    path.write_bytes(header + struct.pack("<II", 15, len(bomb)) + bomb)
    assert path.stat().st_size < 20_000
    with pytest.raises(LimitError, match="inflates to too much"):
        read_array(path, "d_iner", SHAPE)


def test_huge_claims_cost_nothing(good: Path, tmp_path: Path) -> None:
    """Dimensions of terabytes over a few bytes of data."""
    savemat(good, {"d_iner": np.arange(24.0).reshape(4, 6)})
    data = bytearray(good.read_bytes())
    at = bytes(data).index(struct.pack("<ii", 4, 6))
    data[at : at + 8] = struct.pack("<ii", 2**31 - 1, 6)
    good.write_bytes(bytes(data))
    with pytest.raises(CorruptError) as error:
        read_array(good, "d_iner", SHAPE)
    assert error.value.file == str(good)


def test_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.mat"
    with path.open("wb") as file:
        file.truncate(matfile.MAX_FILE_BYTES + 1)
    with pytest.raises(LimitError, match="too large"):
        read_array(path, "d_iner", SHAPE)
