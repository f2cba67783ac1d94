"""Area means and percentiles against OpenCV and numpy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xperience.prepare.area import block_sums, grid_8bit, grids
from xperience.prepare.percentiles import positive_percentiles


@pytest.mark.parametrize(
    "width, height",
    [(1088, 1280), (512, 512), (160, 188), (64, 76), (128, 150), (33, 47), (640, 752), (100, 32), (1280, 720)],
)
def test_cells_equal_opencv_to_the_last_bit(width: int, height: int) -> None:
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    image = cv2.blur(image, (5, 5))
    expected = cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA)
    found = grid_8bit([image[..., k] for k in range(3)], 32)
    np.testing.assert_array_equal(found, np.moveaxis(expected, 2, 0))


def test_halves_go_to_the_even_level() -> None:
    columns = np.repeat(np.arange(32, dtype=np.uint8), 2)[None].repeat(64, axis=0)
    columns[:, 1::2] += 1  # each cell's mean is k + 1/2
    np.testing.assert_array_equal(grid_8bit([columns], 32)[0, 0], np.rint(np.arange(32) + 0.5))


@pytest.mark.parametrize("height", [32 * 40, 32 * 257, 32 * 300])
def test_sums_never_overflow(height: int) -> None:
    white = np.full((height, 64), 255, np.uint8)
    assert (block_sums([white], 32) == 255 * 2 * (height // 32)).all()


@pytest.mark.parametrize("shape", [(256, 256), (80, 80), (50, 70), (9, 8), (3, 5)])
def test_grids_are_means(shape: tuple[int, int]) -> None:
    images = np.random.default_rng(0).random((3, *shape)).astype(np.float32)
    fine = images.repeat(8, axis=1).repeat(8, axis=2)  # a size that 8 divides
    expected = fine.reshape(3, 8, shape[0], 8, shape[1]).mean(axis=(2, 4))
    np.testing.assert_allclose(grids(images, 8), expected, atol=1e-5)


positive = st.floats(0, 2.0**100, width=32, allow_subnormal=False) | st.just(0.0) | st.sampled_from([0.5, 2.0])


@settings(max_examples=200, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=positive))
def test_percentiles_equal_numpy(image: np.ndarray) -> None:
    found = positive_percentiles(image, (10, 50, 90))
    assert found is not None
    count, ranks = found
    good = image[image > 0]
    assert count == len(good)
    if count:
        expected = [good.min(), good.max(), *np.percentile(good.astype(np.float64), (10, 50, 90))]
        np.testing.assert_allclose(ranks, expected, rtol=1e-6)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, -1.0])
def test_percentiles_refuse_what_is_no_depth(odd: float) -> None:
    image = np.ones((4, 4), np.float32)
    image[1, 2] = odd
    assert positive_percentiles(image, (50,)) is None
