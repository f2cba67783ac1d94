"""Sections that ask the model anew: reconstruction, future states, missing modalities, descriptions, held-out data."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from xperience.evaluation.sampled import sampled, spread
from xperience.evaluation.sections import (
    ORDER,
    Bench,
    choose,
    documents,
    future,
    heldout,
    missing,
    reconstruction,
    section,
)
from xperience.pretrain.objectives.masked import error

GOOD = {
    "action": "Pick up mug", "subtask": "", "objects": ["mug"], "contact": True, "transition": False, "next_action": "",
    "evidence_window": [0.0, 0.6],
}  # fmt: skip


@pytest.fixture(scope="module")
def threads() -> None:
    torch.set_num_threads(1)


def test_every_section_is_there(threads: None) -> None:
    assert all(section(name).TITLE for name in choose(None)) and choose(["missing"]) == ["missing"] and len(ORDER) == 9


def test_windows_are_spread_over_the_test_recordings(bench: Bench) -> None:
    ids = {recording.id for recording, _, _ in sampled(bench, 6)}
    assert ids == set(bench.sides["test"])
    assert sum(len(starts) for _, starts, _ in sampled(bench, 6)) == 6
    last = max(int(starts.max()) for _, starts, _ in sampled(bench, 1000, future=20))
    recording = bench.of("test")[0]
    assert last + 40 <= recording.num_frames
    assert spread(np.arange(10), 3).tolist() == [0, 4, 9]


def test_hidden_tokens_are_compared_with_the_mean_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {row[0]: row for row in reconstruction.measure(bench)["table"]["rows"]}
    assert set(found) == set(bench.viewer.model.streams)
    assert all(np.isfinite(row[3]) and row[4] > 0 for row in found.values())
    head = bench.viewer.restored.learner.objectives["masked"]
    told = head.told

    def perfect(*given: Any) -> Any:
        _, wanted, valid = told(*given)
        return wanted, wanted, valid

    monkeypatch.setattr(head, "told", perfect)
    rows = reconstruction.measure(bench)["table"]["rows"]
    assert all(row[3] == 0 and row[5] == 1 for row in rows), "what is known explains everything"


def test_an_error_looks_at_what_is_valid_alone() -> None:
    guess, wanted = torch.tensor([[3.0, 100.0]]), torch.zeros(1, 2)
    assert float(error(guess, wanted, torch.tensor([[True, False]]))) == 2.5


def test_a_future_that_is_known_beats_copying(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = future.measure(bench)["table"]
    assert len(plain["rows"]) == bench.viewer.model.config.blocks
    states = future.states

    def foreseen(*given: Any) -> Any:
        _, last, wanted, sessions = states(*given)
        return wanted, last, wanted, sessions

    monkeypatch.setattr(future, "states", foreseen)
    for row in future.measure(bench)["table"]["rows"]:
        assert row[1] == 0 and row[2] > 0 and row[5] < 0 and row[8] == pytest.approx(1, abs=1e-3)


def test_what_needs_a_missing_input_is_empty(bench: Bench) -> None:
    table = missing.measure(bench)["table"]
    rows = {row[0]: dict(zip(table["columns"], row, strict=True)) for row in table["rows"]}
    hands = "hands at 0.5 s (m)"
    assert rows["everything"][hands] is not None and rows["without hands"][hands] is None
    assert rows["hands alone"][hands] is not None and rows["imu alone"][hands] is None
    assert rows["language alone"]["objects AP"] is None and rows["everything"]["objects AP"] is not None
    kinds = len(rows) - 1
    assert kinds % 2 == 0 and sum(name.endswith(" alone") for name in rows) == kinds // 2


@pytest.mark.parametrize(
    "change",
    [
        {"contact": "yes"}, {"evidence_window": [0.6, 0.0]}, {"evidence_window": [0.1]}, {"objects": "mug"},
        {"transition": None}, {"more": 1}, {"action": 3}, {"evidence_window": [True, True]},
    ],
)  # fmt: skip
def test_broken_documents_do_not_count_as_valid(change: dict[str, object]) -> None:
    assert documents.parsed(json.dumps(GOOD)) == GOOD
    assert documents.parsed(json.dumps(GOOD | {"contact": None})) is not None
    assert documents.parsed(json.dumps(GOOD | change)) is None
    assert documents.parsed("{") is None and documents.parsed("[]") is None
    assert documents.parsed(json.dumps({k: v for k, v in GOOD.items() if k != "subtask"})) is None


def test_descriptions_are_valid_and_compared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WINDOWS", 3)
    found = documents.measure(bench)
    rows = {row[0]: row for row in found["table"]["rows"]}
    assert rows["validity"][1] == 3 and rows["validity"][2] == 1.0
    assert len(found["examples"]) == 3 and all(json.loads(one["written"]) for one in found["examples"])
    truth = GOOD | {"action": "Walk"}
    assert documents.agreement([(GOOD, GOOD), (GOOD, truth)], "action") == (2, 0.5, 0.5)
    assert documents.objects([(GOOD, GOOD)]) == (1, 1.0, 1.0)
    assert documents.overlap([(GOOD, GOOD | {"evidence_window": [0.3, 0.9]})])[1] == pytest.approx(0.333)


def test_further_data_stands_beside_the_test_side(bench: Bench) -> None:
    found = heldout.measure(bench)["table"]
    rows = {row[0]: dict(zip(found["columns"], row, strict=True)) for row in found["rows"]}
    assert set(rows) == {"test", "again"}
    assert rows["again"]["recordings"] == 4 and rows["test"]["recordings"] == 1
    assert rows["test"]["label never trained"] is not None
    assert 0 <= rows["again"]["action among training labels"] <= 1
