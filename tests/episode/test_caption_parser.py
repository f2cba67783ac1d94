"""The caption parser: quirks kept, nonsense counted, nothing outside the folder read, nothing too large taken in."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xperience.episode import Episode, layout
from xperience.episode.captions import Caption, parse
from xperience.episode.labels import frame_labels
from xperience.episode.presence import Notes
from xperience.errors import FormatError, LimitError

Recording = Callable[..., Path]


def parsed(data: Any) -> tuple[Caption, list[str]]:
    notes = Notes()
    caption = parse(data if isinstance(data, str) else json.dumps(data), notes)
    return caption, [f"{p.field}|{p.what}|{p.found}" for p in notes.problems]


def one_action(start: Any, end: Any = 5) -> dict[str, Any]:
    return {"segments": [{"Current Action": [{"label": "A", "start_frame": start, "end_frame": end}]}]}


def test_everything_of_a_caption_is_kept() -> None:
    caption, problems = parsed(
        {
            "config": {"Main Task": "Tea"},
            "global_summary": "All of it.",
            "segments": [
                {
                    "segment_id": 7,
                    "start_frame": "100",
                    "end_frame": "frame_0000021",
                    "Sub Task": "Boil",
                    "Current Action": [{"label": "A", "description": "d", "start_frame": 100, "end_frame": "120"}],
                    "objects": {"110": ["cup", "pot"]},
                    "interaction": {"frame_3": "holds"},
                }
            ],
        }
    )
    assert (caption.main_task, caption.summary, caption.num_actions) == ("Tea", "All of it.", 1)
    segment = caption.segments[0]
    assert (segment.id, segment.subtask, segment.start, segment.end) == (7, "Boil", 100, "frame_0000021")
    action = segment.actions[0]
    assert (action.label, action.description, action.start, action.end) == ("A", "d", 100, 120)
    assert segment.objects == ((110, ("cup", "pot")),)
    assert segment.interaction == (("frame_3", "holds"),)
    assert problems == ["caption|times that are no device timestamps|2: frame_0000021, frame_3"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (72857807732824, 72857807732824),
        ("72857807732824", 72857807732824),
        ("72857807732824.jpg", 72857807732824),
        (" 12 ", 12),
        (12.0, 12),
        (0, 0),
        (None, None),
        ("", None),
        (-5, "-5"),
        (12.5, "12.5"),
        (2**63, "9223372036854775808"),
        (True, "(bool)"),
        ([1], "(list)"),
        ("²", "²"),
        ("frame_0005822", "frame_0005822"),
    ],
)
def test_times(written: Any, expected: Any) -> None:
    caption, problems = parsed(one_action(written))
    assert caption.segments[0].actions[0].start == expected
    assert bool(problems) == isinstance(expected, str)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_are_no_times(number: str) -> None:
    caption, problems = parsed(json.dumps(one_action("@")).replace('"@"', number))
    assert isinstance(caption.segments[0].actions[0].start, str)
    assert len(problems) == 1
    assert frame_labels(caption, np.arange(4)).action.tolist() == [""] * 4


def test_parts_of_another_kind_are_left_out_and_counted() -> None:
    caption, problems = parsed(
        {
            "config": "none",
            "global_summary": ["no", "no"],
            "segments": [
                5,
                {"Current Action": {"label": "x"}, "objects": ["cup"], "interaction": {"3": ["x", "z"], "4": "y"}},
                {"Current Action": [None, {"label": 3}], "objects": {"3": "cup", "4": 5, "5": ["a", None, 6]}},
            ],
        }
    )
    assert (caption.main_task, caption.summary, len(caption.segments)) == ("", "", 2)
    assert caption.segments[0].interaction == ((4, "y"),)
    assert [a.label for a in caption.segments[1].actions] == ["3"]
    assert caption.segments[1].objects == ((3, ("cup",)), (5, ("a", "6")))
    assert sorted(p.split("|")[0] + p.split("|")[2] for p in problems) == [
        "caption: Current Action2",
        "caption: global_summary1",
        "caption: interaction1",
        "caption: objects2",
        "caption: segments1",
    ]


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "5", '{"segments": 3}', "[" * 100_000, '{"a":' * 50_000])
def test_what_is_no_caption_is_said(text: str) -> None:
    with pytest.raises(FormatError, match="caption is not"):
        parse(text, Notes())


def test_lone_surrogates_can_be_printed() -> None:
    caption, _ = parsed('{"segments": [], "global_summary": "a\\ud800b"}')
    assert caption.summary.encode("utf-8").startswith(b"a")


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["1", "frame_3"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "config",
                    "Current_Action",
                    "objects",
                    "interaction",
                    "start_frame",
                    "end_frame",
                    "label",
                    "Main_Task",
                    "5",
                    "70",
                ]
            ).map(lambda key: key.replace("_A", " A").replace("_T", " T"))
            | st.text(max_size=4),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({"segments": st.lists(json_like, max_size=3)}) | json_like)
def test_no_json_makes_the_parser_or_the_labels_fail(data: Any) -> None:
    try:
        caption = parse(json.dumps(data), Notes())
    except FormatError:
        assert not isinstance(data, dict) or not isinstance(data.get("segments", []), list)
        return
    labels = frame_labels(caption, np.array([3, 70, 80]))
    assert len(labels.action) == len(labels.objects) == 3


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    with contextlib.suppress(FormatError):
        parse(text, Notes())


BOMB = """
import resource, sys, time
from xperience.episode.captions import parse
from xperience.episode.presence import Notes
from xperience.errors import LimitError
text = {text}
begin = time.perf_counter()
try:
    parse(text, Notes())
except LimitError as error:
    print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.parametrize(
    "text",
    [
        """'{"segments": [' + '{},' * 9_999_999 + '{}]}'""",
        """'{"segments": [' + ','.join(['{"":0}'] * 9_000_000) + ']}'""",
        """'{"segments": [{"objects": {' + ','.join('"%d":[]' % k for k in range(300_000)) + '}}]}'""",
    ],
)
def test_ten_million_parts_are_refused_quickly(text: str) -> None:
    out = subprocess.run([sys.executable, "-c", BOMB.format(text=text)], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, out.stdout.split())
    assert seconds < 20
    assert megabytes < 2000


def test_more_segments_than_any_recording_has_are_refused() -> None:
    with pytest.raises(LimitError, match="too many segments"):
        parse(json.dumps({"segments": [{}] * 100_001}), Notes())


# -- where a caption may come from -------------------------------------------------------------------------------


def stored(file: h5py.File, value: Any, name: str = "caption", **options: Any) -> None:
    if "caption" in file:
        del file["caption"]
    file.create_dataset(name, data=value, **options)


def caption_of(folder: Path) -> tuple[Caption | None, str]:
    with Episode.open(folder) as episode:
        caption = episode.caption
        return caption, "; ".join(f"{p.what} {p.found}" for p in episode.problems)


MINIMAL = json.dumps({"config": {"Main Task": "Tea ü"}, "segments": []})


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (MINIMAL, {}),
        (MINIMAL.encode(), {}),
        (np.bytes_(MINIMAL.encode()), {}),
        ([MINIMAL], {"dtype": h5py.string_dtype()}),
        (np.frombuffer(MINIMAL.encode(), np.uint8), {}),
        ("\ufeff  " + MINIMAL + "\n", {}),
        (np.bytes_(MINIMAL.encode() + b"\0\0"), {}),
    ],
)
def test_strings_of_every_kind(recording: Recording, value: Any, options: dict[str, Any]) -> None:
    caption, _ = caption_of(recording(edit=lambda file: stored(file, value, **options)))
    assert caption is not None and caption.main_task == "Tea ü"


def test_older_name_and_empty_first_choice(recording: Recording) -> None:
    caption, _ = caption_of(recording(edit=lambda file: stored(file, MINIMAL, "captions")))
    assert caption is not None

    def both(file: h5py.File) -> None:
        stored(file, "  ")
        file["captions"] = MINIMAL

    caption, _ = caption_of(recording(edit=both))
    assert caption is not None


def test_bytes_that_are_not_utf8_are_replaced(recording: Recording) -> None:
    broken = np.bytes_(b'{"config": {"Main Task": "T\xff\xfea"}, "segments": []}')
    caption, _ = caption_of(recording(edit=lambda file: stored(file, broken)))
    assert caption is not None and caption.main_task == "T\ufffd\ufffda"


def test_a_path_to_a_file_of_the_episode(recording: Recording) -> None:
    folder = recording(edit=lambda file: stored(file, "text/caption.json"))
    (folder / "text").mkdir()
    (folder / "text" / "caption.json").write_text(MINIMAL)
    caption, _ = caption_of(folder)
    assert caption is not None and caption.main_task == "Tea ü"


@pytest.mark.parametrize(
    "where", ["../caption.json", "{outside}", "link.json", "linked/caption.json", "C:\\x\\caption.json"]
)
def test_a_path_that_leads_outside_is_never_read(recording: Recording, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "session" / "caption.json"
    folder = recording(edit=lambda file: stored(file, where.format(outside=outside)))
    outside.write_text(MINIMAL)
    (folder / "link.json").symlink_to(outside)
    (folder / "linked").symlink_to(outside.parent)
    caption, problems = caption_of(folder)
    assert caption is None
    assert "leads out of the episode folder" in problems or "neither JSON nor a file" in problems
    with Episode.open(folder) as episode:
        assert episode.presence["caption"].name == "ABSENT"
        assert set(episode.labels.action) == {""}


def test_paths_that_cannot_be_read(recording: Recording) -> None:
    import os

    folder = recording(edit=lambda file: stored(file, "pipe"))
    os.mkfifo(folder / "pipe")  # opening it would wait for a writer for ever
    caption, problems = caption_of(folder)
    assert caption is None and "neither JSON nor a file" in problems
    for text in ("missing.json", "x" * 5000, "a\nb", "."):
        caption, problems = caption_of(recording(edit=lambda file, text=text: stored(file, text)))
        assert caption is None and problems


def test_a_long_caption_is_refused_before_it_is_read(recording: Recording) -> None:
    folder = recording(edit=lambda file: stored(file, "x" * (64 * 2**20 + 1)))
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    caption, problems = caption_of(folder)
    assert caption is None and "text is too long" in problems
    assert time.perf_counter() - begin < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_caption_in_a_file_of_gigabytes_is_read(recording: Recording) -> None:
    def grow(file: h5py.File) -> None:
        depth = file.create_dataset("depth/more", shape=(8000, 256, 256), dtype="f4")
        depth[-1] = 1  # the rest stays a hole on disk
        stored(file, MINIMAL)

    folder = recording(edit=grow)
    assert (folder / layout.ANNOTATION).stat().st_size > 1.9e9
    caption, _ = caption_of(folder)
    assert caption is not None


def test_missing_caption_and_a_group_in_its_place(recording: Recording) -> None:
    caption, problems = caption_of(recording(changes={"caption": None}))
    assert caption is None and problems == ""

    def group(file: h5py.File) -> None:
        del file["caption"]
        file.create_group("caption")

    caption, problems = caption_of(recording(edit=group))
    assert caption is None and "a group or type stands" in problems


def test_times_outside_the_recording_are_noted(recording: Recording) -> None:
    folder = recording(changes={"caption": json.dumps(one_action(10**15, 10**15))})
    with Episode.open(folder) as episode:
        assert episode.labels.action[-1] == "A"  # the rule still holds: the nearest frame
        assert any("over a second outside" in p.what for p in episode.problems)
