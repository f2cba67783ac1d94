"""Whole groups into parts of given sizes: sums of subsets, without ever dividing a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

TRIES = 64
"""Orders of the groups that are tried before the exhaustive search."""

MOST_STATES = 300_000
"""States of the exhaustive search; where groups are many and small, the tries before it have long succeeded."""

Chosen = tuple[list[int], list[int], list[int]]


def exact(sizes: Sequence[int], wanted: tuple[int, int, int], rng: np.random.Generator) -> Chosen | None:
    """Groups for train, val and test whose sizes add up to exactly `wanted`; None where there is no such choice.

    Tries one part after the other in several orders, then all choices.
    """
    order = list(range(len(sizes)))
    for attempt in range(TRIES):
        if attempt:
            order = [int(k) for k in rng.permutation(len(sizes))]
        left, found = order, []
        for target in (wanted[2], wanted[1], wanted[0]):
            ks = _subset([sizes[k] for k in left], target)
            if ks is None:
                break
            found.append([left[k] for k in ks])
            taken = set(found[-1])
            left = [k for k in left if k not in taken]
        if len(found) == 3:
            return found[2], found[1], found[0]
    return _exhaustive(sizes, wanted)


def nearest(sizes: Sequence[int], wanted: tuple[int, int, int]) -> Chosen:
    """All groups into train, val and test, as near to `wanted` as goes part by part; no asked-for part is empty."""
    left = list(range(len(sizes)))
    found: list[list[int]] = []
    for part, target in enumerate((wanted[2], wanted[1])):
        if target == 0:
            found.append([])
            continue
        later = 1 + (part == 0 and wanted[1] > 0)
        here = [sizes[k] for k in left]
        for total in sorted(range(1, sum(here)), key=lambda total: (abs(total - target), total)):
            ks = _subset(here, total)
            if ks is not None and len(left) - len(ks) >= later:
                break
        else:
            ks = [int(np.argmin(here))]
        found.append([left[k] for k in ks])
        taken = set(found[-1])
        left = [k for k in left if k not in taken]
    return left, found[1], found[0]


def _subset(sizes: Sequence[int], target: int) -> list[int] | None:
    """Positions of sizes that add up to the target, later ones preferred; None where none do."""
    mask = (1 << (target + 1)) - 1
    reach = [1]  # bit s of reach[k]: s is a sum of some of the first k sizes
    for size in sizes:
        reach.append((reach[-1] | reach[-1] << size) & mask)
        if reach[-1] >> target:
            break
    if not reach[-1] >> target & 1:
        return None
    chosen, rest = [], target
    for k in range(len(reach) - 2, -1, -1):
        if rest >= sizes[k] and reach[k] >> (rest - sizes[k]) & 1:
            chosen.append(k)
            rest -= sizes[k]
    return chosen[::-1]


def _exhaustive(sizes: Sequence[int], wanted: tuple[int, int, int]) -> Chosen | None:
    """Every way to give each group to a part or to none, by the three sums reached so far."""
    total = sum(sizes)
    states: list[dict[tuple[int, int, int], tuple[tuple[int, int, int], int]]] = []
    reached: dict[tuple[int, int, int], tuple[tuple[int, int, int], int]] = {(0, 0, 0): ((0, 0, 0), -1)}
    spare, seen = total - sum(wanted), 0
    used = 0
    for size in sizes:
        used += size
        following: dict[tuple[int, int, int], tuple[tuple[int, int, int], int]] = {}
        for state in reached:
            for part in range(4):
                sums = list(state)
                if part < 3:
                    sums[part] += size
                    if sums[part] > wanted[part]:
                        continue
                elif used - sum(state) > spare:
                    continue
                following.setdefault((sums[0], sums[1], sums[2]), (state, part))
        seen += len(following)
        if seen > MOST_STATES:
            return None
        states.append(following)
        reached = following
    if tuple(wanted) not in reached:
        return None
    parts: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    state = wanted
    for k in range(len(sizes) - 1, -1, -1):
        before, part = states[k][state]
        parts[part].append(k)
        state = before
    return parts[0], parts[1], parts[2]


def hold_out(holders: Mapping[str, set[str]], target: int, rng: np.random.Generator) -> list[str]:
    """Values whose holders together are as near to `target` in number as greedy choices in several orders come."""
    best: list[str] = []
    if target == 0:
        return best
    names = sorted(holders)
    distance = float("inf")
    for _ in range(TRIES):
        chosen: list[str] = []
        held: set[str] = set()
        for k in rng.permutation(len(names)):
            together = held | holders[names[k]]
            if abs(len(together) - target) < abs(len(held) - target):
                chosen.append(names[k])
                held = together
            if len(held) == target:
                break
        if held and abs(len(held) - target) < distance:
            best, distance = chosen, abs(len(held) - target)
        if distance == 0:
            break
    return best
