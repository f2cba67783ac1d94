"""N episodes under a byte budget that stand for the rest.

Worth of a choice: for every facet, the sum over its values of log(1 + chosen episodes that hold it), over what that
sum would be if the choice were spread evenly: more of the same gains less, and facets weigh alike whether they have
five values or thousands. This is submodular, so taking the best next episode comes near the best choice; taking it by
worth and by worth over cost, and keeping the better, is the known remedy for budgets (Leskovec et al. 2007, CELF).
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.corpus.balance import FACETS, Balance, balance, facets, known_values, size
from xperience.corpus.row import EpisodeRow
from xperience.corpus.splits import catalogue_digest
from xperience.errors import UsageError
from xperience.storage import write_json

COST_POWERS = (0.0, 0.5, 1.0)
"""Gain is divided by cost to these powers in turn; the best choice is kept."""

RANDOM_SEEDS = 20


@dataclass(frozen=True)
class Selection:
    """Chosen episodes, best first.

    Attributes:
        episodes: ids in the order they were taken. gains: worth each added.
        bytes: of all, without visualization.rrd; None where a size is not known.
        compared: balance by who chose (selection, everything, random, published), then by facet.
    """

    seed: int
    budget: int | None
    catalogue: str
    episodes: list[str]
    gains: list[float]
    bytes: int | None
    compared: dict[str, Any]

    def save(self, path: Path | str) -> None:
        entries = [
            {"episode_id": id, "selection_rank": k + 1, "gain": round(gain, 6)}
            for k, (id, gain) in enumerate(zip(self.episodes, self.gains, strict=True))
        ]
        rest = {"seed": self.seed, "catalogue": self.catalogue, "budget_bytes": self.budget, "bytes": self.bytes}
        write_json(path, {"version": 1, **rest, "episodes": entries, "balance": self.compared})


def select(
    rows: Sequence[EpisodeRow],
    count: int,
    *,
    budget: int | None = None,
    seed: int = 0,
    against: Mapping[str, Sequence[str]] | None = None,
) -> Selection:
    """Chooses `count` of the rows that are not set aside, of at most `budget` bytes together.

    Args:
        against: other choices to compare the balance with, ids by name; what the catalogue lacks is left out.

    Raises:
        UsageError: there are too few, or the smallest `count` do not fit the budget.
    """
    usable = sorted((row for row in rows if row.reason is None), key=lambda row: row.episode_id)
    known = usable if budget is None else [row for row in usable if size(row) is not None]
    if not 1 <= count <= len(known):
        sized = "" if budget is None else " of known size"
        raise UsageError(
            "so many episodes cannot be chosen", field="--episodes", found=count,
            expected=f"1 to {len(known)}: the usable episodes{sized}",
            hint=f"{len(usable) - len(known):,} have no size: list them anew with sizes, or leave the budget away"
            if len(known) < len(usable)
            else None,
        )  # fmt: skip
    costs = np.array([size(row) or 0 for row in known], np.int64)
    least = int(np.sort(costs)[:count].sum())
    if budget is not None and least > budget:
        raise UsageError(
            f"{count} episodes do not fit the budget", field="--budget", found=budget,
            expected=f"at least {least} bytes: the {count} smallest", hint="ask for fewer episodes or more bytes",
        )  # fmt: skip
    described = facets(known)
    held, weights = _incidence(described, count)
    order = np.random.default_rng(seed).permutation(len(known))
    tries = [_greedy(held, weights, costs, count, budget, power, order) for power in COST_POWERS]
    chosen, gains = max(tries, key=lambda found: sum(found[1]))
    ids = [known[k].episode_id for k in chosen]
    compared = _compare(described, [row.episode_id for row in known], chosen, costs, budget, seed, against or {})
    total = int(costs[chosen].sum()) if all(size(known[k]) is not None for k in chosen) else None
    return Selection(seed, budget, catalogue_digest(rows), ids, gains, total, compared)


def _incidence(described: Sequence[Mapping[str, Sequence[str]]], count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """(numbers of the values each episode holds, weight of every value) for a choice of `count` episodes."""
    numbers: dict[tuple[str, str], int] = {}
    held = [
        np.array([numbers.setdefault((f, v), len(numbers)) for f in FACETS for v in values[f]], np.int64)
        for values in described
    ]
    weights = np.zeros(len(numbers))
    names = np.array([f for f, _ in numbers])
    for f in FACETS:
        mine = names == f
        if mine.any():
            each = sum(len(values[f]) for values in described) / len(described)  # values an episode
            weights[mine] = 1 / (mine.sum() * np.log1p(count * each / mine.sum()))
    return held, weights


def _greedy(
    held: Sequence[np.ndarray],
    weights: np.ndarray,
    costs: np.ndarray,
    count: int,
    budget: int | None,
    power: float,
    order: np.ndarray,
) -> tuple[list[int], list[float]]:
    """Lazy greedy choice: a gain only ever falls, so most need no second look. Equal gains go by `order`."""
    seen = np.zeros(len(weights))
    price = np.maximum(costs / max(costs.mean(), 1), 1e-3) ** power

    def gain(k: int) -> float:
        return float((weights[held[k]] * np.log1p(1 / (1 + seen[held[k]]))).sum())

    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    heap = [(-gain(k) / price[k], int(place[k]), k) for k in range(len(held))]
    heapq.heapify(heap)
    room = _Room(costs, count, budget)
    chosen: list[int] = []
    gains: list[float] = []
    while len(chosen) < count:
        _, tie, k = heapq.heappop(heap)
        if not room.fits(k):  # and never will: what is left for one episode only shrinks
            continue
        worth = gain(k)
        entry = (-worth / price[k], tie, k)
        if heap and entry > heap[0]:
            heapq.heappush(heap, entry)
            continue
        chosen.append(k)
        gains.append(worth)
        seen[held[k]] += 1
        room.take(k)
    return chosen, gains


class _Room:
    """What may still be taken, so that the cheapest of the rest complete the count within the budget."""

    def __init__(self, costs: np.ndarray, count: int, budget: int | None) -> None:
        self.costs, self.count, self.left = costs, count, budget
        self.free = np.ones(len(costs), bool)
        self.by_cost = np.argsort(costs, kind="stable")
        self._measure()

    def _measure(self) -> None:
        """The most that one episode may cost now."""
        if self.left is None:
            return
        rest = self.by_cost[self.free[self.by_cost]][: self.count - 1]
        self.most = self.left - int(self.costs[rest].sum())
        self.cheap = int(self.costs[rest[-1]]) if len(rest) else -1

    def fits(self, k: int) -> bool:
        return self.left is None or self.costs[k] <= max(self.most, self.cheap)

    def take(self, k: int) -> None:
        self.free[k] = False
        self.count -= 1
        if self.left is not None:
            self.left -= int(self.costs[k])
            if self.count:
                self._measure()


def at_random(costs: np.ndarray, count: int, budget: int | None, rng: np.random.Generator) -> list[int]:
    """`count` episodes in random order, those that would pass the budget left out."""
    room = _Room(costs, count, budget)
    chosen: list[int] = []
    for k in rng.permutation(len(costs)):
        if room.fits(int(k)):
            chosen.append(int(k))
            room.take(int(k))
            if len(chosen) == count:
                break
    return chosen


def _compare(
    described: Sequence[Mapping[str, Sequence[str]]],
    ids: Sequence[str],
    chosen: Sequence[int],
    costs: np.ndarray,
    budget: int | None,
    seed: int,
    against: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Balance of the choice, of all, of random choices (mean, 2.5 and 97.5 percentile of each figure), and of others."""

    known = known_values(described)

    def of(ks: Sequence[int]) -> dict[str, Balance]:
        return balance([described[k] for k in ks], known)

    def plain(found: dict[str, Balance]) -> dict[str, dict[str, float]]:
        return {name: asdict(value) for name, value in found.items()}

    out: dict[str, Any] = {"selection": plain(of(chosen)), "everything": plain(of(range(len(ids))))}
    draws = [
        plain(of(at_random(costs, len(chosen), budget, np.random.default_rng([seed, k])))) for k in range(RANDOM_SEEDS)
    ]
    out["random"] = {
        name: {figure: _interval([draw[name][figure] for draw in draws]) for figure in figures}
        for name, figures in draws[0].items()
    }
    place = {id: k for k, id in enumerate(ids)}
    for who, theirs in against.items():
        ks = [place[id] for id in theirs if id in place]
        out[who] = {"named": len(theirs), "found": len(ks), **(plain(of(ks)) if ks else {})}
    return out


def _interval(values: Sequence[float]) -> dict[str, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return {"mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def report(compared: Mapping[str, Any]) -> str:
    """The comparison as text, a line a facet and chooser."""
    figures = ("values", "coverage", "evenness", "gini", "largest")
    lines = [f"{'facet':10}{'chosen by':14}" + "".join(f"{name:>24}" for name in figures)]
    for name in compared["selection"]:
        for who, found in compared.items():
            if name in found:
                cells = "".join(f"{_cell(found[name][figure]):>24}" for figure in figures)
                lines.append(f"{name:10}{who:14}{cells}")
    for who, found in compared.items():
        if found.get("named") is not None and found["found"] < found["named"]:
            lines.append(
                f"of the {found['named']} episodes of {who}, {found['found']} are in this catalogue and usable"
            )
    return "\n".join(lines)


def _cell(value: float | Mapping[str, float]) -> str:
    if isinstance(value, Mapping):
        return f"{value['mean']:.3g} [{value['low']:.3g}, {value['high']:.3g}]"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
