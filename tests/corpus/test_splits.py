"""Splits: groups stay whole, counts are met or refused, files are checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xperience.corpus.grouping import exact, nearest
from xperience.corpus.row import EpisodeRow
from xperience.corpus.splits import PARTS, Split, make_split, read_ids
from xperience.errors import CorruptError, FormatError, MissingError, UsageError


def corpus(episodes: int = 160, sessions: int = 40, seed: int = 0) -> list[EpisodeRow]:
    rng = np.random.default_rng(seed)
    owner = np.concatenate([np.arange(sessions), rng.integers(sessions, size=episodes - sessions)])
    return [
        EpisodeRow(
            f"s{s:03}__ep{k}",
            f"s{s:03}",
            activity=f"activity {s % 7}",
            place=f"place {s % 5}",
            objects=[f"object {k % 30}", f"object {(k * 7) % 30}"],
        )
        for k, s in enumerate(owner)
    ]


def test_exact_counts_by_session_share_no_session() -> None:
    rows = corpus()
    session = {row.episode_id: row.session for row in rows}
    split = make_split(rows, "session", counts=[96, 16, 16], seed=3)
    assert [len(split.parts[part]) for part in PARTS] == [96, 16, 16]
    sessions = [{session[id] for id in ids} for ids in split.parts.values()]
    assert not (sessions[0] & sessions[1] or sessions[0] & sessions[2] or sessions[1] & sessions[2])
    assert split.groups["test"] == sorted(sessions[2])
    assert make_split(rows[::-1], "session", counts=[96, 16, 16], seed=3) == split  # order of rows is of no matter
    assert make_split(rows, "session", counts=[96, 16, 16], seed=4).test != split.test


@pytest.mark.parametrize("kind", ["episode", "session", "activity", "place"])
def test_ratios_are_met_as_groups_allow(kind: str) -> None:
    rows = corpus()
    split = make_split(rows, kind, seed=1)
    sizes = {part: len(ids) for part, ids in split.parts.items()}
    assert sum(sizes.values()) == len(rows) and min(sizes.values()) > 0
    if kind in ("episode", "session"):
        assert sizes == {"train": 120, "val": 20, "test": 20}


def test_a_split_by_activity_says_which_label_rules_named_them(tmp_path: Path) -> None:
    rows = corpus()
    for row in rows:
        row.label_rules = 2
    split = make_split(rows, "activity")
    split.save(tmp_path / "split.json")
    assert json.loads((tmp_path / "split.json").read_text())["label_rules"] == 2
    assert Split.load(tmp_path / "split.json") == split and split.label_rules == 2
    assert make_split(rows, "session").label_rules is None
    rows[0].label_rules = 1
    with pytest.raises(UsageError, match="several versions") as error:
        make_split(rows, "activity")
    assert error.value.found == "1, 2"
    (tmp_path / "bad.json").write_text(json.dumps({"train": ["a"], "val": [], "test": [], "label_rules": "two"}))
    with pytest.raises(FormatError, match="label_rules"):
        Split.load(tmp_path / "bad.json")


def test_objects_held_out_occur_only_where_they_are_held_out() -> None:
    rows = corpus()
    split = make_split(rows, "object", ratios=[0.8, 0.1, 0.1])
    objects = {row.episode_id: set(row.objects) for row in rows}
    test, val = set(split.groups["test"]), set(split.groups["val"])
    assert test and val
    for part, held in (("train", test | val), ("val", test)):
        assert not any(objects[id] & held for id in split.parts[part])
    assert all(objects[id] & test for id in split.test) and all(objects[id] & val for id in split.val)


def test_exhaustive_search_finds_what_taking_parts_in_turn_misses() -> None:
    rng = np.random.default_rng(0)
    sizes = [5, 5, 4, 4, 3, 3]
    found = exact(sizes, (12, 7, 5), rng)
    assert found is not None and [sum(sizes[k] for k in ks) for ks in found] == [12, 7, 5]
    assert exact([4, 4, 4], (6, 4, 2), rng) is None
    for trial in range(200):  # against all assignments
        drawn = rng.integers(1, 6, size=5).tolist()
        wanted = (int(rng.integers(1, 8)), int(rng.integers(0, 5)), int(rng.integers(0, 5)))
        codes = np.array(np.meshgrid(*[range(4)] * 5)).reshape(5, -1)
        possible = any(
            all(sum(s for s, c in zip(drawn, code, strict=True) if c == p) == wanted[p] for p in range(3))
            for code in codes.T
        )
        found = exact(drawn, wanted, rng)
        assert (found is not None) == possible, (trial, drawn, wanted)


def test_nearest_leaves_no_part_empty() -> None:
    train, val, test = nearest([1, 1, 10], (9, 1, 2))
    assert train and val and test and sorted(train + val + test) == [0, 1, 2]


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("colour", {}, "not a kind"),
        ("session", {"counts": [200, 16, 16]}, "more episodes"),
        ("session", {"counts": [96, 16]}, "not three counts"),
        ("session", {"ratios": [0.5, 0.1, 0.1]}, "not three shares"),
        ("session", {"ratios": [0.5, 0.7, -0.2]}, "not three shares"),
        ("session", {"ratios": [float("nan"), 0.5, 0.5]}, "not three shares"),
        ("session", {"ratios": [0.8, 0.1, 0.1], "counts": [1, 1, 1]}, "not both"),
    ],
)
def test_impossible_requests_are_refused(kind: str, options: dict[str, list[float]], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_split(corpus(), kind, **options)  # type: ignore[arg-type]


def test_indivisible_and_unknown_groups_are_refused() -> None:
    rows = [EpisodeRow(f"s{k // 4}__ep{k % 4}", f"s{k // 4}") for k in range(12)]
    with pytest.raises(UsageError, match="indivisible"):
        make_split(rows, "session", counts=[6, 3, 3])
    with pytest.raises(UsageError, match="place of 12 of 12 episodes is not known"):
        make_split(rows, "place")
    with pytest.raises(UsageError, match="fewer groups"):
        make_split(rows[:8], "session")
    with pytest.raises(UsageError, match="objects"):
        make_split([EpisodeRow(r.episode_id, r.session, objects=["cup"]) for r in rows], "object")
    with pytest.raises(UsageError, match="object of 12 of 12 episodes is not known"):
        make_split(rows, "object")
    with pytest.raises(UsageError, match="no usable"):
        make_split([EpisodeRow("a__ep1", "a", reason="empty file")], "episode")


def test_a_split_comes_back_from_its_file(tmp_path: Path) -> None:
    rows = corpus(20, 10)
    split = make_split(rows, "session")
    split.save(tmp_path / "split.json")
    assert Split.load(tmp_path / "split.json", [row.episode_id for row in rows]) == split


def test_bad_split_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    with pytest.raises(MissingError):
        Split.load(path)
    path.write_text("{")
    with pytest.raises(CorruptError):
        Split.load(path)
    for values, says in (
        ([], "train"),
        ({"train": ["a"], "val": [1], "test": []}, "val"),
        ({"train": ["a"], "val": ["a"], "test": []}, "train and val"),
        ({"train": ["a", "a"], "val": [], "test": []}, "train twice"),
        ({"version": 9, "train": [], "val": [], "test": []}, "another version"),
    ):
        path.write_text(json.dumps(values))
        with pytest.raises(FormatError, match=says):
            Split.load(path)
    path.write_text(json.dumps({"train": ["s001__ep11"], "val": [], "test": []}))
    with pytest.raises(FormatError, match="nearest to the first is s001__ep1"):
        Split.load(path, ["s001__ep1", "s777__ep9"])


def test_ids_of_manifests(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"episodes": [{"episode_id": "a"}, {"episode_id": "b"}]}))
    assert read_ids(path) == ["a", "b"]
    path.write_text(json.dumps({"episodes": [3]}))
    with pytest.raises(FormatError):
        read_ids(path)
