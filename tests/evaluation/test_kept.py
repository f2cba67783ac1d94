"""Views on disk: what was written in parts is read whole, by other readers too; nothing is made twice or taken for another's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from xperience.evaluation.embedded import View
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.kept import KeptViews

SEEN, TOLD = Inputs(("imu", "pose"), False), Inputs(("imu", "pose"), True)


def view(windows: int, seed: int, content: bool = False) -> View:
    draw = np.random.default_rng(seed)
    return View(
        draw.normal(size=(windows, 5, 4)).astype(np.float16),
        {"motion": draw.normal(size=(windows, 2, 3)).astype(np.float16)},
        {
            "transition": draw.normal(size=windows).astype(np.float32),
            "hands": draw.normal(size=(windows, 7)).astype("f4"),
        },
        draw.normal(size=(windows, 2, 2, 4)).astype(np.float16) if content else None,
    )


def same(one: View, two: View) -> None:
    assert np.array_equal(one.tokens, two.tokens)
    for a, b in ((one.sides, two.sides), (one.own, two.own)):
        assert a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
    assert (one.content is None) == (two.content is None)
    if one.content is not None and two.content is not None:
        assert np.array_equal(one.content, two.content)


def joined(parts: list[View]) -> View:
    def all_of(values: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(values)

    return View(
        all_of([p.tokens for p in parts]),
        {name: all_of([p.sides[name] for p in parts]) for name in parts[0].sides},
        {name: all_of([p.own[name] for p in parts]) for name in parts[0].own},
        all_of([p.content for p in parts if p.content is not None]) if parts[0].content is not None else None,
    )


def test_what_comes_in_parts_is_read_whole(tmp_path: Path) -> None:
    parts = [{SEEN: view(n, n, True), TOLD: view(n, n + 50)} for n in (3, 4, 1)]
    kept = KeptViews.of(tmp_path, "a session__ep1", "weights")
    assert not kept and kept.lacking([SEEN, TOLD]) == [SEEN, TOLD]
    kept.write(parts, 8)
    again = KeptViews.of(tmp_path, "a session__ep1", "weights")
    for inputs in (SEEN, TOLD):
        same(again[inputs], joined([part[inputs] for part in parts]))
    assert set(again) == {SEEN, TOLD} and not again.lacking([SEEN, TOLD])
    for path in tmp_path.rglob("*.safetensors"):
        assert load_file(path)["tokens"].shape == (8, 5, 4)


def test_views_of_other_weights_data_or_recordings_are_others(tmp_path: Path) -> None:
    KeptViews.of(tmp_path, "a", "weights", "data")[SEEN] = view(2, 0)
    assert SEEN in KeptViews.of(tmp_path, "a", "weights", "data")
    for facts in (("a", "other", "data"), ("a", "weights", "other"), ("b", "weights", "data")):
        assert SEEN not in KeptViews.of(tmp_path, *facts) and not list(KeptViews.of(tmp_path, *facts))
    with pytest.raises(KeyError):
        KeptViews.of(tmp_path, "a", "weights", "data")[TOLD]


def test_a_stop_in_between_leaves_no_view(tmp_path: Path) -> None:
    kept = KeptViews.of(tmp_path, "a", "weights")

    def stopped():  # type: ignore[no-untyped-def]
        yield {SEEN: view(3, 0)}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.write(stopped(), 6)
    assert SEEN not in kept and not list(tmp_path.rglob("*.safetensors"))


def test_a_view_is_mapped_not_read(tmp_path: Path) -> None:
    kept = KeptViews.of(tmp_path, "a", "weights")
    kept[SEEN] = view(4, 1)
    tokens = kept[SEEN].tokens
    assert not tokens.flags.owndata and not tokens.flags.writeable
    assert kept[SEEN].tokens is tokens
