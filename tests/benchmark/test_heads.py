"""The perceptron heads, given splits, and paired comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import recording

from xperience.benchmark.heads import HEADS, head
from xperience.benchmark.paired import Statistics, difference
from xperience.benchmark.protocol import given_split, make_split
from xperience.benchmark.samples import Part, Pool, Samples
from xperience.errors import UsageError


def pool(x, y):
    """A pool of n samples with inputs x [n, D]."""
    samples = Samples(
        np.arange(len(x)), np.arange(len(x)), np.arange(len(x)), lambda r: x[r], lambda r: y[r], np.array([0])
    )
    return Pool([Part(recording(frames=40), samples, np.arange(len(x)))])


def exclusive_or(n, seed):
    """Two signs whose product is the class, among eight columns of noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 10)).astype(np.float32)
    x[:, :2] = rng.choice([-1, 1], (n, 2)) + rng.normal(0, 0.1, (n, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def test_a_perceptron_learns_what_no_line_parts():
    (x, y), (x_val, y_val), (x_test, y_test) = (exclusive_or(n, s) for n, s in ((600, 0), (200, 1), (300, 2)))
    right = {}
    for name in HEADS:
        model = head(name, seed=3).classes(pool(x, y), y, pool(x_val, y_val), y_val, 2)
        p = model.predict(pool(x_test, y_test))
        assert p.shape == (300, 2) and np.allclose(p.sum(1), 1, atol=1e-4)
        right[name] = (p.argmax(1) == y_test).mean()
    assert right["linear"] < 0.65 < 0.9 < right["mlp"], right


def test_the_same_seed_gives_the_same_perceptron():
    x, y = exclusive_or(200, 0)
    empty = Pool([])
    a, b, c = (
        head("mlp", seed).vectors(pool(x, y), x[:, :3], empty, np.zeros(0)).predict(pool(x, y)) for seed in (1, 1, 2)
    )
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    assert np.corrcoef(a[:, 0], x[:, 0])[0, 1] > 0.9


def test_sets_are_learnt_name_by_name():
    x, _ = exclusive_or(400, 0)
    y = (x[:, :3] > 0).astype(int)
    p = head("mlp").sets(pool(x, y), y, Pool([]), np.zeros((0, 3))).predict(pool(x, y))
    assert ((p > 0.5) == y).mean() > 0.95


def test_an_unknown_head_is_refused():
    with pytest.raises(UsageError, match="no such head"):
        head("forest")


def test_a_given_split_is_kept_and_checked():
    many = [recording(frames=60, id=f"s{k}__ep1") for k in range(4)]
    ids = [r.id for r in many]
    split = given_split(many, {"train": ids[:2], "val": ids[2:3], "test": ids[3:]}, "mine")
    assert (split.info.train, split.info.val, split.info.test) == (ids[:2], ids[2:3], ids[3:])
    with pytest.raises(UsageError, match="not here"):
        given_split(many, {"train": ids, "test": ["nobody__ep1"]}, "mine")
    with pytest.raises(UsageError, match="no episode trains"):
        given_split(many, {"train": ids, "test": []}, "mine")
    assert make_split(many).info.kind == "episode"


def statistics(per_session, sessions=12):
    """Two episodes a session; per_session gives each one's mean of 50 windows."""
    names = [f"s{k}__ep{e}" for k in range(sessions) for e in (1, 2)]
    owner = [f"s{k}" for k in range(sessions) for _ in (1, 2)]
    values = np.array([[50 * per_session[k // 2], 50] for k in range(2 * sessions)], float)
    return Statistics(values, "mean", names, owner)


def test_a_small_steady_gain_is_a_win_where_sessions_differ_a_lot():
    rng = np.random.default_rng(0)
    base = rng.normal(1.0, 0.5, 12)
    better = difference(statistics(base + 0.05 + rng.normal(0, 0.01, 12)), statistics(base))
    assert 0 < better.low < better.value < better.high and better.sessions == 12
    worse = difference(statistics(base), statistics(base + 0.05))
    assert worse.low <= worse.high < 0 and worse.value == pytest.approx(-0.05)
    noisy = difference(statistics(base + rng.normal(0, 0.2, 12)), statistics(base))
    assert noisy.low < 0 < noisy.high


def test_a_random_method_is_scored_by_the_mean_of_its_draws():
    base = np.linspace(0.0, 1.1, 12)
    one, two = statistics(base), statistics(base + 0.2)
    both = replace(one, values=np.stack([one.values, two.values]))
    apart = difference(both, one)
    assert (apart.a, apart.b) == (pytest.approx(0.65), pytest.approx(0.55))
    assert (apart.low, apart.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_other_windows_are_not_compared():
    with pytest.raises(UsageError, match="not measured on the same"):
        difference(statistics(np.ones(12)), statistics(np.ones(11), 11))


def test_objects_that_descend_together_end_where_each_would_alone() -> None:
    from sklearn.linear_model import LogisticRegression

    from xperience.benchmark.heads.linear import LOGISTIC_L2, POSITIVE_WEIGHT, Span, fit_sets, set_probabilities

    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 40)).astype(np.float32)
    scores = x[:, :6] * 2 + rng.normal(size=(200, 6))
    y = (scores > [0, 0.5, 1, 2, 3, 4]).astype(int)
    span = Span(x, np.zeros(1, int))
    seen = span.project([rng.normal(size=(50, 40)).astype(np.float32)])
    together = set_probabilities(fit_sets(span, y), seen)
    for k in range(6):
        weight = float(np.clip((200 - y[:, k].sum()) / y[:, k].sum(), *POSITIVE_WEIGHT))
        alone = LogisticRegression(C=1 / (LOGISTIC_L2 * 200), class_weight={0: 1.0, 1: weight}, tol=1e-8, max_iter=5000)
        alone.fit(span.train, y[:, k])
        assert np.abs(together[:, k] - alone.predict_proba(seen)[:, 1]).max() < 2e-3
