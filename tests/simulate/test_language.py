"""Words of scenarios, and their captions as real readers understand them."""

from __future__ import annotations

import itertools
import json
from collections import Counter

import numpy as np
import pytest

from xperience.episode.captions import parse
from xperience.episode.labels import frame_labels
from xperience.episode.presence import Notes
from xperience.simulate.language import action_spans, caption_json, segment_frames
from xperience.simulate.scenario import plan_scenario
from xperience.simulate.wording import Phrase, gerund, label, the, third, with_article

FPS = 20.0


def clock(seconds: float) -> np.ndarray:
    """Frame times with the jitter of a real device clock."""
    n = round(seconds * FPS)
    jitter = np.random.default_rng(3).integers(-600_000, 600_000, n)
    return 82_777_404_821_554 + (np.arange(n) * 1e9 / FPS).astype(np.int64) + jitter


@pytest.mark.parametrize(
    ("verb", "ing", "s"),
    [
        ("pick up", "picking up", "picks up"),
        ("put down", "putting down", "puts down"),
        ("pour", "pouring", "pours"),
        ("cut", "cutting", "cuts"),
        ("slice", "slicing", "slices"),
        ("stir", "stirring", "stirs"),
        ("wash", "washing", "washes"),
        ("dry", "drying", "dries"),
        ("tie", "tying", "ties"),
        ("open", "opening", "opens"),
        ("mix", "mixing", "mixes"),
        ("wrap", "wrapping", "wraps"),
        ("water", "watering", "waters"),
        ("spray", "spraying", "sprays"),
        ("transfer", "transferring", "transfers"),
    ],
)
def test_verbs_are_inflected(verb: str, ing: str, s: str) -> None:
    assert gerund(verb) == ing
    assert third(verb) == s


def test_sentences_have_articles() -> None:
    assert the("kettle") == "the kettle" and the("water") == "water"
    assert with_article("into dripper") == "into the dripper"
    assert with_article("with tape") == "with tape"
    phrase = Phrase("pour", "water", "into dripper")
    assert phrase.canonical == "Pour water into dripper"
    assert phrase.sentence("pours") == "pours water into the dripper"


def test_one_form_of_a_label_dominates() -> None:
    rng = np.random.default_rng(0)
    texts = Counter(label(Phrase("pick up", "kettle"), ("kettle", "gooseneck kettle"), rng) for _ in range(2000))
    assert 0.65 < texts["Pick up kettle"] / 2000 < 0.75
    assert len(texts) >= 8
    assert {"Picking up kettle", "Picks up the kettle", "Take kettle"} <= set(texts)


def test_sentences_read_well() -> None:
    for seed in range(40):
        for action in plan_scenario(seed, seed, 30.0).actions:
            for text in (action.label, action.description, action.interaction, action.subtask):
                assert text and text[0] == text[0].upper() and "  " not in text and "{" not in text, action
                assert " the the " not in text and "None" not in text
            assert action.description.endswith(".") and action.interaction.endswith(".")
            assert action.objects == tuple(dict.fromkeys(action.objects))


@pytest.mark.parametrize("quirks", [False, True])
def test_caption_has_the_official_form(quirks: bool) -> None:
    times = clock(47.0)
    text = caption_json(plan_scenario(3, 5, 47.0), times, np.random.default_rng(1), quirks)
    caption = json.loads(text)
    assert set(caption) == {"config", "segments", "global_summary"}
    assert caption["config"]["segment_sec"] == 20 and caption["config"]["sample_fps"] == 0.5
    assert caption["config"]["Main Task"] and caption["config"]["total_tokens"] > 0
    on_frames = {str(t) for t in times}
    for number, segment in enumerate(caption["segments"]):
        assert segment["segment_id"] == number
        assert {"Sub Task", "Current Action", "sampled_frames", "objects", "interaction"} <= set(segment)
        assert {"api_call_start", "api_call_end", "tokens_in", "tokens_out"} <= set(segment)
        for action in segment["Current Action"]:
            assert {str(action["start_frame"]), str(action["end_frame"])} <= on_frames
        assert set(segment["objects"]) | set(segment["interaction"]) <= {
            str(t) for t in segment["sampled_frames"].values()
        }
        samples = np.array(list(segment["sampled_frames"].values()))
        assert np.abs(np.diff(samples) / 1e9 - 2.0).max(initial=0) < 0.01
    if not quirks:
        assert len(caption["segments"]) == 3


def test_captions_are_as_irregular_as_real_ones() -> None:
    times = clock(60.0)
    kinds: Counter[str] = Counter()
    for seed in range(40):
        text = caption_json(plan_scenario(seed, seed, 60.0), times, np.random.default_rng(seed))
        assert text == caption_json(plan_scenario(seed, seed, 60.0), times, np.random.default_rng(seed))
        segments = json.loads(text)["segments"]
        last = segments[-1]["end_frame"]
        kinds["frame name"] += str(last).startswith("frame_")
        assert not str(last).startswith("frame_") or last == f"frame_{len(times) + 1:07d}"
        kinds["short segments"] += len(segments) > 3
        spans = [a for s in segments for a in s["Current Action"]]
        kinds["text times"] += any(isinstance(a["start_frame"], str) for a in spans)
        kinds["number times"] += any(isinstance(a["start_frame"], int) for a in spans)
        over = [a for s in segments[:-1] for a in s["Current Action"] if int(a["end_frame"]) > int(s["end_frame"])]
        kinds["past the segment"] += bool(over)
        kinds["empty interaction"] += any(v == "" for s in segments for v in s["interaction"].values())
    assert (
        min(kinds[k] for k in ("frame name", "short segments", "text times", "number times", "past the segment")) >= 4
    )
    assert kinds["empty interaction"] >= 1


def test_segments_cover_every_frame_once() -> None:
    for seed in range(10):
        seconds = np.arange(1337) / FPS
        frames = segment_frames(seconds, np.random.default_rng(seed), True)
        assert frames[0][0] == 0 and frames[-1][1] == 1336
        assert all(b[0] == a[1] + 1 for a, b in itertools.pairwise(frames))


def test_readers_see_the_actions_of_the_scenario() -> None:
    right = frames = 0
    for seed in range(20):
        scenario, times = plan_scenario(seed, seed, 60.0), clock(60.0)
        for quirks in (False, True):
            text = caption_json(scenario, times, np.random.default_rng(seed), quirks)
            labels = frame_labels(parse(text, Notes()), times)
            for span in action_spans(scenario, (times - times[0]) / 1e9):
                seen = labels.action[span.first : span.last + 1]
                right += int((seen == span.action.label).sum())
                frames += len(seen)
            assert (labels.action != "").all() and (labels.subtask != "").all()
            told = [k for k in range(len(times)) if labels.objects[k] is not None]
            assert len(told) > 0.95 * len(times)
    assert right == frames


def test_objects_and_interactions_belong_to_the_action() -> None:
    scenario, times = plan_scenario(2, 2, 60.0), clock(60.0)
    labels = frame_labels(parse(caption_json(scenario, times, np.random.default_rng(0), False), Notes()), times)
    spans = action_spans(scenario, (times - times[0]) / 1e9)
    for frame in range(0, 400, 40):  # the sampled frames of the first segment
        span = [s for s in spans if s.first <= frame][-1]
        assert labels.objects[frame] == tuple(sorted(span.action.objects))
        assert labels.interaction[frame] == span.action.interaction
