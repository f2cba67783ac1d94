"""Selections: representative, within the budget, deterministic, better balanced than chance."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import numpy as np
import pytest

from xperience.cli.select import parse_bytes
from xperience.corpus.balance import balance, facets, known_values
from xperience.corpus.row import EpisodeRow
from xperience.corpus.selection import at_random, report, select
from xperience.corpus.splits import read_ids
from xperience.errors import UsageError


def corpus(episodes: int, seed: int = 0, *, labels: bool = True) -> list[EpisodeRow]:
    """Long-tailed activities and sessions, as recordings have them."""
    rng = np.random.default_rng(seed)
    activity, session = rng.zipf(1.5, episodes) % 40, rng.zipf(1.3, episodes) % (episodes // 4)
    rows = []
    for k in range(episodes):
        row = EpisodeRow(f"s{session[k]:04}__ep{k}", f"s{session[k]:04}", bytes=int(rng.lognormal(21, 0.6)))
        if labels:
            row.activity, row.place = f"a{activity[k]}", f"p{activity[k] % 6}"
            row.objects = [f"o{n}" for n in rng.zipf(1.4, 6) % 60]
            row.present, row.missing = ["pose", "imu"], ["depth"] if k % 50 == 0 else []
        rows.append(row)
    return rows


def test_better_balanced_than_random_choices_of_the_same_budget() -> None:
    rows = corpus(600)
    budget = int(48 * 1.0e9)
    found = select(rows, 48, budget=budget)
    sizes = {row.episode_id: row.bytes or 0 for row in rows}
    assert len(set(found.episodes)) == 48
    assert found.bytes == sum(sizes[id] for id in found.episodes) <= budget
    for facet in ("activity", "object", "place", "session"):
        ours, chance = found.compared["selection"][facet], found.compared["random"][facet]
        assert ours["coverage"] >= chance["coverage"]["high"], facet
        assert ours["evenness"] > chance["evenness"]["high"], facet
        assert ours["gini"] < chance["gini"]["low"], facet
    assert "random" in report(found.compared)


def test_the_same_seed_gives_the_same_choice_in_any_order_of_rows(tmp_path: Path) -> None:
    rows = corpus(200)
    first = select(rows, 20, seed=1)
    assert select(rows[::-1], 20, seed=1).episodes == first.episodes
    first.save(tmp_path / "a.json")
    assert read_ids(tmp_path / "a.json") == first.episodes
    assert json.loads((tmp_path / "a.json").read_text())["seed"] == 1


def test_near_the_best_of_all_choices() -> None:
    rows = corpus(14, seed=3)
    described = facets(sorted(rows, key=lambda row: row.episode_id))
    found = set(select(rows, 4).episodes)
    ids, known = sorted(row.episode_id for row in rows), known_values(described)

    def values(ks: tuple[int, ...]) -> int:
        return sum(b.values for b in balance([described[k] for k in ks], known).values())

    best = max(values(ks) for ks in itertools.combinations(range(14), 4))
    assert values(tuple(k for k, id in enumerate(ids) if id in found)) >= 0.85 * best


def test_a_tight_budget_is_kept() -> None:
    rows = corpus(100)
    least = sum(sorted(row.bytes or 0 for row in rows)[:30])
    assert select(rows, 30, budget=least).bytes == least
    assert (select(rows, 30, budget=round(least * 1.05)).bytes or 0) <= round(least * 1.05)
    with pytest.raises(UsageError, match="do not fit"):
        select(rows, 30, budget=least - 1)
    costs = np.array([row.bytes or 0 for row in rows])
    for seed in range(5):
        chosen = at_random(costs, 30, round(least * 1.2), np.random.default_rng(seed))
        assert len(set(chosen)) == 30 and costs[chosen].sum() <= round(least * 1.2)


def test_the_hosted_corpus_by_listing_takes_seconds() -> None:
    rows = corpus(12_103, labels=False)
    start = time.process_time()
    found = select(rows, 128, budget=300 * 10**9)
    assert time.process_time() - start < 10
    assert len(found.episodes) == 128
    assert "activity" not in found.compared["selection"]
    session = found.compared["selection"]["session"]
    assert session["values"] > found.compared["random"]["session"]["values"]["high"]


def test_episodes_set_aside_or_of_unknown_size_are_not_chosen() -> None:
    rows = corpus(20)
    rows[0].reason, rows[1].bytes = "empty file", None
    ids = select(rows, 18, budget=10**15).episodes
    assert rows[0].episode_id not in ids and rows[1].episode_id not in ids
    for count in (0, 19):
        with pytest.raises(UsageError, match="so many"):
            select(rows, count, budget=10**15)


def test_balance_of_known_counts() -> None:
    values = [{"activity": [v], "object": [], "place": [], "session": [v], "modality": [], "size": []} for v in "aabc"]
    found = balance(values[:3], known_values(values))
    assert set(found) == {"activity", "session"}
    activity = found["activity"]
    assert (activity.values, activity.coverage, activity.largest) == (2, 2 / 3, 2 / 3)
    assert activity.evenness == pytest.approx(-(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(3))
    assert activity.gini == pytest.approx(4 / 9)  # counts 0, 1, 2: mean difference over twice the mean
    assert balance(values[:1] * 2 + values[2:], known_values(values))["activity"].gini == pytest.approx(2 / 9 * 0.75)


@pytest.mark.parametrize(
    ("text", "value"), [("300GB", 300 * 10**9), ("1.5TiB", 3 * 2**39), ("1000", 1000), ("2 m", 2 * 10**6)]
)
def test_bytes_with_units(text: str, value: int) -> None:
    assert parse_bytes(text) == value


@pytest.mark.parametrize("text", ["", "many", "-3GB", "3IB", "1e999"])
def test_what_is_no_number_of_bytes_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_bytes(text)
