"""What language models and scripts put around a caption's JSON, keys that stand twice, and text stored in other types."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xperience.episode.annotation import AnnotationFile
from xperience.episode.captions import Caption, parse
from xperience.episode.presence import Notes
from xperience.errors import FormatError

ACTION = {"label": "Pick up cup", "description": "", "start_frame": 1, "end_frame": 2}
SEGMENT = {"segment_id": 0, "start_frame": 1, "end_frame": 3, "Sub Task": "Make tea", "Current Action": [ACTION],
           "objects": {"1": ["cup"]}, "interaction": {"1": "holds it"}}  # fmt: skip
DATA = {"config": {"Main Task": "Tea"}, "segments": [SEGMENT], "global_summary": "All of it."}
TEXT = json.dumps(DATA)


def read(text: str) -> tuple[Caption, list[str]]:
    notes = Notes()
    return parse(text, notes), [f"{problem.field}: {problem.what}" for problem in notes.problems]


PLAIN = read(TEXT)[0]


def test_a_plain_caption_has_no_note() -> None:
    found, notes = read(TEXT)
    assert notes == [] and found.num_actions == 1 and found.main_task == "Tea"


@pytest.mark.parametrize(
    ("around", "note"),
    [
        (lambda t: f"```json\n{t}\n```", "code fence"),
        (lambda t: f"Sure!\n\n```\n{t}\n```\nAnything else?", "code fence"),
        (lambda t: f"Here is the JSON:\n{t}", "words stand before"),
        (lambda t: f"{t}\nThat is all.", "words stand behind"),
        (json.dumps, "text within JSON"),
        (lambda t: json.dumps(json.dumps(t)), "text within JSON"),
        (lambda t: f"{t}\n{t}", "stands twice"),
        (lambda t: "\ufeff" + t, ""),
    ],
)
def test_what_stands_around_the_json_is_noted_and_passed_over(around: Callable[[str], str], note: str) -> None:
    found, notes = read(around(TEXT))
    assert found == PLAIN
    assert [note in one for one in notes] == ([True] if note else [])


def test_two_documents_that_differ_are_refused() -> None:
    other = json.dumps(DATA | {"global_summary": "Other."})
    for text in (f"{TEXT}\n{other}", f"```\n{TEXT}\n```\n```\n{other}\n```", TEXT + ' {"a": ', TEXT + "}"):
        with pytest.raises(FormatError, match="not JSON"):
            read(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (TEXT[:-1] + ', "segments": []}', "segments"),
        ('{"segments": [], ' + TEXT[1:], "segments"),
        (TEXT.replace('"objects"', '"Current Action": [], "objects"'), "Current Action"),
        (TEXT.replace('"objects"', '"objects": null, "objects"'), "objects"),
        (TEXT.replace('"label"', '"label": "", "label"'), "label"),
    ],
)
def test_an_empty_value_of_a_key_that_stands_twice_takes_nothing_away(text: str, field: str) -> None:
    found, notes = read(text)
    assert found == PLAIN
    assert len(notes) == 1 and notes[0].startswith(f"caption: {field}: the key stands more than once")


def test_of_two_values_the_last_is_taken_and_said() -> None:
    found, notes = read(TEXT.replace('"label": "Pick up cup"', '"label": "Put cup", "label": "Pick up cup"'))
    assert found == PLAIN and "label: the key stands more than once" in notes[0]


def changed(**action: Any) -> str:
    return json.dumps(DATA | {"segments": [SEGMENT | {"Current Action": [ACTION | action]}]})


def test_labels_of_other_types() -> None:
    found, notes = read(changed(label=["Pick up cup"]))
    assert found == PLAIN and notes == ["caption: label: a list with one text stands for the text"]
    for value in (["a", "b"], {"text": "a"}, True, [1]):
        found, notes = read(changed(label=value))
        assert found.segments[0].actions[0].label == ""
        assert notes == ["caption: label: entries that are not of the format are left out"]
    assert read(changed(label=5))[0].segments[0].actions[0].label == "5"
    assert read(changed(label=None))[1] == []


def test_keys_that_are_spelt_otherwise_are_read_and_other_documents_named() -> None:
    snake = (
        TEXT.replace("Sub Task", "sub_task")
        .replace("Current Action", "current_action")
        .replace("Main Task", "main task")
    )
    found, notes = read(snake)
    assert found == PLAIN and len(notes) == 3 and all("spelt otherwise" in note for note in notes)
    ambiguous = TEXT.replace('"Sub Task"', '"sub_task": "A", "SUB TASK"')
    assert read(ambiguous)[0].segments[0].subtask == ""
    for text in ('{"a": 1}', "{}"):
        found, notes = read(text)
        assert found.segments == () and notes == ["caption: no segments: not a caption of this format"]
    assert read('{"segments": []}')[1] == []


RAW = np.frombuffer(TEXT.encode(), np.uint8)


@pytest.mark.parametrize(
    "stored",
    [
        RAW, RAW.astype(np.int8), RAW.view("S1"), np.void(RAW.tobytes()), RAW.astype(np.uint16)[:, None],
        RAW.astype(np.uint16)[None], RAW.astype(np.uint32), np.frombuffer(TEXT.encode("utf-16"), np.uint8),
        np.frombuffer(TEXT.encode("utf-16-be").join([b"\xfe\xff", b""]), np.uint8),
        np.frombuffer(TEXT.encode("utf-8-sig"), np.uint8), "vlen",
    ],
    ids=["uint8", "int8", "S1", "opaque", "matlab", "row", "uint32", "utf16", "utf16be", "utf8-bom", "vlen"],
)  # fmt: skip
def test_text_is_read_whatever_type_it_is_stored_in(stored: Any, tmp_path: Path) -> None:
    path = tmp_path / "annotation.hdf5"
    with h5py.File(path, "w") as file:
        if isinstance(stored, str):
            file.create_dataset("caption", (), h5py.vlen_dtype(np.uint8))[()] = RAW
        else:
            file["caption"] = stored
    found = AnnotationFile(path)
    assert found.text("caption") == TEXT
    found.close()


@pytest.mark.parametrize(
    "stored", [np.zeros((3, 4), np.uint8), np.zeros(9), np.zeros(5, np.int64), np.zeros((2, 2), "S1")]
)
def test_other_arrays_are_no_text(stored: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "annotation.hdf5"
    with h5py.File(path, "w") as file:
        file["caption"] = stored
    found = AnnotationFile(path)
    with pytest.raises(FormatError):
        found.text("caption")
    found.close()
