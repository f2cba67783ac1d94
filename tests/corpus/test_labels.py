"""Labels: inflection, particles, synonyms, several actions, and whatever else people write."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from xperience.corpus.labels import family, parse
from xperience.corpus.labels.coverage import coverage_of
from xperience.corpus.labels.words import singular, verb_lemmas
from xperience.errors import FormatError, MissingError, UsageError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Adjusting puzzle piece", "Adjust puzzle piece"),
        ("Pick up the red mug", "grabbing a cup"),
        ("Placing box in the storage bin", "put boxes into bin"),
        ("Chop onions", "slicing an onion"),
        ("Stir the soup", "whisks soup"),
        ("turn the tap off", "Turning off faucet"),
        ("Washed the dishes", "rinse plate"),
        ("Continue cutting the bread", "cuts bread"),
        ("picked up knives", "take knife"),
        ("throw away trash", "Discarding the garbage"),
        ("Unpack the parcel", "unwrapping box"),
    ],
)
def test_labels_that_mean_the_same_share_a_family(one, other):
    assert family(one) == family(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Turn on tap", "Turn off tap"), ("Open drawer", "Close drawer"), ("put cup on table", "take cup from table"),
        ("put on glove", "take off glove"), ("pour water", "pour oil"), ("screw in the screw", "unscrew the screw"),
        ("put lid on pan", "put lid into drawer"), ("Fold towel", "Unfold towel"),
    ],
)  # fmt: skip
def test_labels_that_do_not_are_told_apart(one, other):
    assert family(one) != family(other)


@pytest.mark.parametrize(
    ("text", "verb", "noun"),
    [
        ("put down plate", "put", "plate"), ("take plate", "take", "plate"), ("pour olive oil into pan", "pour", "oil"),
        ("turn on the tap", "turn-on", "tap"), ("put milk in fridge", "insert", "milk"), ("take lid off pan", "remove", "lid"),
        ("pick up washing up liquid", "take", "liquid:washing"), ("slice of bread", "cut", "bread"),
        ("pick up chopping board", "take", "board:chopping"), ("Walking to the workbench", "walk", "top"),
        ("still stirring pasta", "mix", "pasta"), ("Picking up cup and pouring water", "take", "cup"),
    ],
)  # fmt: skip
def test_verb_and_noun(text, verb, noun):
    label = parse(text)
    assert (label.verb, label.noun) == (verb, noun), label.steps


def test_further_actions_and_nouns_are_kept():
    label = parse("Picking up cup and pouring water into kettle")
    assert label.verbs == ("take", "pour")
    assert label.nouns[0] == "cup" and {"water", "kettle"} <= set(label.nouns)


@pytest.mark.parametrize(
    "text", ["", "   ", "N/A", "12345", "!!!", "\u00e9\u00e8 \u65e5\u672c\u8a9e", "\x00\x01", "the", "up"]
)
def test_labels_without_words_we_know_are_borne(text):
    assert isinstance(family(text), str)
    assert len(parse(text).steps) >= 2


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_the_same_answer_twice(text):
    assert parse(text) == parse(text)
    assert family(text.upper()) == family(text.lower()) or not text.isascii()


def test_very_long_labels_are_bounded():
    assert family("take " + "very " * 100_000 + "cup").startswith("take")


def test_words_come_to_their_base_forms():
    assert "stir" in verb_lemmas("stirring") and "place" in verb_lemmas("placing") and "carry" in verb_lemmas("carries")
    assert [singular(w) for w in ("boxes", "berries", "knives", "glass", "scissors", "onions", "bus")] == [
        "box", "berry", "knife", "glass", "scissors", "onion", "bus",
    ]  # fmt: skip


def test_labels_of_the_simulator_have_families_of_their_kind():
    from xperience.simulate.activities import activities

    families = {family(name) for name in activities()}
    assert len(families) >= 0.8 * len(activities())


def test_real_narrations_against_the_official_classes(real):
    folder = real / "epic_kitchens_100"

    def keys(name):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return [row["key"] for row in csv.DictReader(file)]

    verbs, nouns = keys("EPIC_100_verb_classes.csv"), keys("EPIC_100_noun_classes.csv")
    with (folder / "EPIC_100_validation.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if int(hashlib.sha1(r["video_id"].encode()).hexdigest(), 16) % 2]
    labels = [parse(row["narration"]) for row in rows]
    assert len(rows) > 5000
    assert sum(a.verb == verbs[int(r["verb_class"])] for a, r in zip(labels, rows, strict=True)) >= 0.90 * len(rows)
    assert sum(a.noun == nouns[int(r["noun_class"])] for a, r in zip(labels, rows, strict=True)) >= 0.85 * len(rows)


def test_families_halve_what_the_test_never_saw(real):
    action, subtask = coverage_of(real / "xperience_128" / "episode_manifest.json")
    assert 0.6 < action.raw < 0.8, "about 70 % of the pilot's test carries labels never seen in training"
    assert action.family < 0.55 * action.raw and subtask.family < 0.55 * subtask.raw
    assert action.families > 300, "families must stay meaningful"


def test_the_command_explains(tmp_path):
    from xperience.cli import app, load

    load(app)
    result = CliRunner().invoke(app, ["labels", "explain", "Adjusting puzzle piece"])
    assert result.exit_code == 0 and "adjust puzzle" in result.output and "verb" in result.output
    manifest = tmp_path / "m.json"
    frames = {"action": {"Take cup": 10}, "subtask": {"Cook": 10}}
    other = {"action": {"Grab mug": 6, "Fold towel": 4}, "subtask": {"Cook": 10}}
    episodes = [{"split": s, "label_stats": {"frame_labels": f}} for s, f in (("train", frames), ("test", other))]
    manifest.write_text(json.dumps({"episodes": episodes}))
    result = CliRunner().invoke(app, ["labels", "coverage", str(manifest)])
    assert "100.0% by label, 40.0% by family" in result.output
    (tmp_path / "bad.json").write_text("[]")
    for place, error in (
        (tmp_path / "bad.json", FormatError),
        (tmp_path / "none", MissingError),
        (tmp_path, UsageError),
    ):
        with pytest.raises(error):
            coverage_of(place)
