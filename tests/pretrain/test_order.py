"""The k-th sample is a pure function of (seed, recipe, k)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xperience.errors import UsageError
from xperience.pretrain.order import Order, Source, permute


@given(st.integers(1, 5000), st.integers(0, 2**63))
@settings(max_examples=60, deadline=None)
def test_permute_is_a_permutation(size: int, key: int) -> None:
    position = np.arange(size)
    out = permute(position, np.full(size, size), np.full(size, key, np.uint64))
    assert np.array_equal(np.sort(out), position)


def test_permute_reaches_huge_domains() -> None:
    size = np.full(1000, 3 * 10**12)
    out = permute(np.arange(1000), size, np.zeros(1000, np.uint64))
    assert len(np.unique(out)) == 1000 and out.max() < size[0] and np.ptp(out) > 10**12


def test_every_window_once_an_epoch_without_weights() -> None:
    order = Order(3, "r", [Source("a", 700), Source("b", 41), Source("c", 1)])
    for epoch in range(3):
        got = order.samples(np.arange(epoch * order.epoch, (epoch + 1) * order.epoch))
        pairs = set(zip(got.source.tolist(), got.window.tolist(), strict=True))
        assert len(pairs) == 742 and (got.epoch == epoch).all()
    first, second = order.samples(np.arange(742)), order.samples(np.arange(742, 1484))
    assert (first.window != second.window).mean() > 0.9


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=12), st.integers(0, 10**9))
@settings(max_examples=40, deadline=None)
def test_shares_hold_after_any_ten_thousand(weights: list[float], start: int) -> None:
    order = Order(0, "r", [Source(str(i), 1000, w) for i, w in enumerate(weights)])
    got = order.samples(np.arange(start, start + 10_000))
    share = np.bincount(got.source, minlength=len(weights)) / 10_000
    assert np.abs(share - np.array(weights) / sum(weights)).max() < 0.01


def test_weighted_sources_are_used_without_repetition_within_their_epoch() -> None:
    order = Order(5, "r", [Source("a", 300, 0.7), Source("b", 5000, 0.3)])
    got = order.samples(np.arange(200_000))
    for source, size in enumerate((300, 5000)):
        used = got.window[got.source == source]
        whole = used[: len(used) // size * size].reshape(-1, size)
        assert len(whole) >= 10
        assert (np.sort(whole, axis=1) == np.arange(size)).all()


@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 4000))
@settings(max_examples=50, deadline=None)
def test_world_size_and_batching_do_not_enter(world: int, batch: int, stop: int) -> None:
    order = Order(11, "r", [Source("a", 900, 2.0), Source("b", 333, 1.0)])
    k = np.arange(stop, stop + world * batch)
    whole = order.samples(k)
    for rank in range(world):
        mine = order.samples(k[rank::world])
        assert np.array_equal(mine.window, whole.window[rank::world])
        assert np.array_equal(mine.mask_seed, whole.mask_seed[rank::world])


def test_seed_and_recipe_change_the_order() -> None:
    sources = [Source("a", 10_000)]
    base = Order(1, "r", sources).samples(np.arange(500))
    for other in (Order(2, "r", sources), Order(1, "s", sources)):
        got = other.samples(np.arange(500))
        assert (got.window != base.window).mean() > 0.9 and (got.mask_seed != base.mask_seed).all()


def test_windows_look_random() -> None:
    window = Order(1, "r", [Source("a", 100_000)]).samples(np.arange(50_000)).window
    assert abs(np.corrcoef(window[:-1], window[1:])[0, 1]) < 0.02
    counts = np.histogram(window, 50, (0, 100_000))[0]
    assert np.abs(counts - 1000).max() < 120


@pytest.mark.parametrize(
    "sources", [[], [Source("a", 0)], [Source("a", 5, 1.0), Source("b", 5)], [Source("a", 5, -1.0)]]
)
def test_bad_mixtures_are_refused(sources: list[Source]) -> None:
    with pytest.raises(UsageError):
        Order(0, "r", sources)


def test_quotas_are_by_largest_remainder_and_leave_none_out():
    from xperience.pretrain.order import CYCLE, _quotas

    assert _quotas(np.array([1.0, 1.0, 1.0])).tolist() in (
        [21846, 21845, 21845],
        [21845, 21846, 21845],
        [21845, 21845, 21846],
    )
    assert _quotas(np.array([3.0, 1.0])).tolist() == [CYCLE * 3 // 4, CYCLE // 4]
    assert _quotas(np.array([5.0, 3.0, 2.0])).tolist() == [32768, 19661, 13107]  # of 19660.8 and 13107.2
    assert _quotas(np.array([1e9, 1e-9])).tolist() == [CYCLE - 1, 1]


def test_mask_seeds_are_of_the_sample_and_the_run():
    one, other = Order(1, "r", [Source("a", 50)]), Order(2, "r", [Source("a", 50)])
    seeds = one.mask_seeds(np.arange(1000))
    assert len(np.unique(seeds)) == 1000 and np.array_equal(seeds[[7, 3]], one.mask_seeds(np.array([7, 3])))
    assert not (seeds == other.mask_seeds(np.arange(1000))).any()
