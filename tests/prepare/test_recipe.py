"""Recipes: typos are named with what was meant, and the digest tells what decides the bytes."""

from __future__ import annotations

import pytest

from xperience.errors import FormatError, MissingError, UsageError
from xperience.prepare.recipe import load_recipe, parse, shipped


@pytest.mark.parametrize(
    ("values", "field", "meant"),
    [
        ({"secnds": 4.0}, "secnds", "'seconds'"),
        ({"video": {"widht": 64}}, "video.widht", "'width'"),
        ({"video": {"codex": "raw"}}, "video.codex", "'codec'"),
        ({"depth": {"evry": 2}}, "depth.evry", "'every'"),
        ({"streams": ["imu", "hand_lef"]}, "streams", "'hand_left'"),
    ],
)
def test_a_typo_is_named_with_the_nearest_key(values, field, meant):
    with pytest.raises(UsageError) as refusal:
        parse(values)
    assert field in str(refusal.value) and meant in str(refusal.value)


@pytest.mark.parametrize(
    "values",
    [
        {"seconds": 0},
        {"seconds": "long"},
        {"video": {"codec": "vp9"}},
        {"video": {"gop_s": 2}},
        {"streams": []},
        {"video": 3},
    ],
)
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(UsageError):
        parse(values)


def test_shipped_recipes_load_and_others_are_named(tmp_path):
    assert shipped() == ["nano", "standard"]
    assert load_recipe("nano").video.codec == "raw"
    with pytest.raises(MissingError, match="nano, standard"):
        load_recipe("nanno")
    bad = tmp_path / "bad.toml"
    bad.write_text("seconds = [")
    with pytest.raises(FormatError, match="TOML"):
        load_recipe(bad)


def test_the_digest_knows_what_decides_the_bytes():
    base = parse({})
    assert parse({"name": "other"}).digest == base.digest
    assert parse({"streams": list(reversed(base.streams))}).digest == base.digest
    assert parse({"seconds": 4.0}).digest != base.digest
    assert parse({"video": {"crf": 21}}).digest != base.digest
