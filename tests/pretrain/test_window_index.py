"""Windows inside long recordings, counted without listing them."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xperience.errors import UsageError
from xperience.pretrain.windows import WindowIndex


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=8),
    st.integers(1, 40), st.integers(1, 30), st.integers(0, 40),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_window_is_there_once_and_lies_inside(lengths, frames, stride, future):
    index = WindowIndex.of(np.array(lengths), np.arange(len(lengths)), frames, stride, future)
    wanted = [(e, s) for e, n in enumerate(lengths) for s in range(0, n - frames - future + 1, stride)]
    assert len(index) == len(wanted)
    if wanted:
        episode, start = index.locate(np.arange(len(index)))
        assert list(zip(episode.tolist(), start.tolist(), strict=True)) == wanted


def test_a_million_recordings_cost_their_totals_and_no_more(tmp_path):
    lengths = np.full(1_000_000, 5800, np.int64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = WindowIndex.of(lengths, np.arange(1_000_000), 20, 5, 20, file=tmp_path / "totals.npy")
    assert len(index) == 1_000_000 * 1153
    episode, start = index.locate(np.array([0, 1152, 1153, len(index) - 1]))
    assert episode.tolist() == [0, 0, 1, 999_999] and start.tolist() == [0, 5760, 0, 5760]
    assert isinstance(index.totals, np.memmap)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000, "kB, for a billion windows"


def test_sizes_that_make_no_window_are_refused():
    for frames, stride, future in [(0, 5, 0), (20, 0, 0), (20, 5, -1)]:
        with pytest.raises(UsageError):
            WindowIndex.of(np.array([100]), np.array([0]), frames, stride, future)
