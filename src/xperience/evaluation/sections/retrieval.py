"""Which moment is meant? Text and windows, motion and pictures, each found by the other in the contrastive spaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xperience.benchmark.metrics.retrieval import TOP_K, unit_rows
from xperience.benchmark.samples import NotMeasurable
from xperience.benchmark.task import MOTION, VISION
from xperience.benchmark.tasks.caption_grounding import INPUT
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.evaluation.gathered import Gathered, directions, gathered, view_of
from xperience.evaluation.resample import session_interval, span_text
from xperience.evaluation.sections import Bench
from xperience.pretrain.texts import said

TITLE = "Retrieval between modalities"
_CHUNK = 512
"""Queries compared at once: bounds matrices to 512 x candidates."""

COLUMNS = [
    "direction", "candidates", *(c for k in TOP_K for c in (f"recall@{k}", "95 %", "chance")),
    "MRR", "95 %", "chance", "median rank", "chance",
]  # fmt: skip


@dataclass(frozen=True)
class Direction:
    """Queries [Q, E] and candidates [C, E] of length one.

    Attributes:
        asks, answers: [Q] and [C] numbers; an answer is right where they are equal.
        sessions: [Q] what each query is drawn with. units: what that is, in words.
    """

    name: str
    query: np.ndarray
    candidates: np.ndarray
    asks: np.ndarray
    answers: np.ndarray
    sessions: np.ndarray
    units: str


def measure(bench: Bench) -> dict[str, Any]:
    """Recall, reciprocal and median ranks of four directions over all test windows."""
    if "alignment" not in bench.viewer.restored.learner.objectives:
        raise NotMeasurable("the model was trained without a contrastive space")
    asked = directions_of(bench)
    if not asked:
        raise NotMeasurable("no test window with both sides of any pair")
    rows, scores = [], []
    for one in asked:
        score = _score(one, bench.seed)
        scores.append({"direction": one.name, "candidates": len(one.answers)} | score)
        rows.append([one.name, len(one.answers), *_cells(score)])
    return {
        "text": (
            "Every test window asks for its counterpart among all that there are, by cosine. Equal captions are equally "
            "right, and stand once among texts; beside that only the very window counts, though its neighbours share most "
            "of its frames. Chance: the same queries with answers dealt at random, windows of one caption kept together. "
            f"Intervals: 95 %, drawing {asked[0].units}."
        ),
        "table": {"columns": COLUMNS, "rows": rows},
        "scores": scores,
        "units": asked[0].units,
    }


def directions_of(bench: Bench) -> list[Direction]:
    """Those that the test side has both ends of."""
    found = []
    side = gathered(bench, "test")
    text = captions_of(bench, side)
    told = np.flatnonzero(text >= 0)
    if len(told):
        words, window = (
            unit_rows(side.rows(lambda r, k=name: view_of(bench, r, INPUT).own[k])[told])  # type: ignore[misc]
            for name in ("words", "window")
        )
        text, sessions = text[told], side.sessions[told]
        distinct, first = np.unique(text, return_index=True)
        found += [
            Direction("text to window", words, window, text, text, sessions, side.units),
            Direction("window to text", window, words[first], text, distinct, sessions, side.units),
        ]
    try:
        both = gathered(bench, "test", (MOTION, VISION))
    except NotMeasurable:
        return found
    motion = directions(both.rows(lambda r: view_of(bench, r, MOTION).sides["motion"]))
    sight = directions(both.rows(lambda r: view_of(bench, r, VISION).sides["sight"]))
    own = np.arange(len(both))
    return [
        *found,
        Direction("motion to sight", motion, sight, own, own, both.sessions, both.units),
        Direction("sight to motion", sight, motion, own, own, both.sessions, both.units),
    ]


def captions_of(bench: Bench, side: Gathered) -> np.ndarray:
    """[n] number of each window's caption, equal where captions are; -1 where nothing is said."""
    numbers: dict[tuple[tuple[str, ...], str], int] = {((), ""): -1}

    def of(recording: EmbeddedRecording) -> np.ndarray:
        place, frames = bench.viewer.place[recording.id], recording.windows.frames
        texts = (
            said(bench.viewer.prepared.metas(place, int(start), frames), 0, frames)
            for start in recording.windows.start_frame
        )
        return np.array([numbers.setdefault((one.objects, one.interaction), len(numbers)) for one in texts], np.int64)

    return side.rows(of)


def ranks(one: Direction) -> np.ndarray:
    """Rank [Q] of the best right candidate, from 1. Wrong candidates that tie with it count half, so that equal answers
    cannot score as a find."""
    found = np.empty(len(one.query))
    for start in range(0, len(found), _CHUNK):
        part = slice(start, start + _CHUNK)
        similarity = one.query[part] @ one.candidates.T
        right = one.asks[part, None] == one.answers[None]
        best = np.where(right, similarity, -np.inf).max(1, keepdims=True)
        better, equal = ((~right & wrong).sum(1) for wrong in (similarity > best, similarity == best))
        found[part] = 1 + better + equal / 2
    return found


def chance(one: Direction) -> dict[str, float]:
    """Metrics of answers dealt at random: each query, at most 512 distinct ones, with the answers of every query.

    Where all answers are different this is the expectation of a random order. Windows of one caption look alike and are
    found together, which a random order of windows would not do: it would count such a find as several.
    """
    numbers, first, count = np.unique(one.asks, return_index=True, return_counts=True)
    chosen = np.unique(np.linspace(0, len(numbers) - 1, _CHUNK).astype(int))
    rank = np.empty((len(chosen), len(numbers)))
    for row, k in enumerate(chosen):
        order = np.argsort(-(one.candidates @ one.query[first[k]]), kind="stable")
        names, place = np.unique(one.answers[order], return_index=True)
        assert np.array_equal(names, numbers), "an answer that nobody asks for"
        rank[row] = place + 1
    weight = np.outer(count[chosen], count).ravel()
    flat = rank.ravel()
    order = np.argsort(flat)
    middle = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    known = {f"recall@{k}": float(np.average(flat <= k, weights=weight)) for k in TOP_K}
    return known | {"mrr": float(np.average(1 / flat, weights=weight)), "median_rank": float(flat[order][middle])}


def _score(one: Direction, seed: int) -> dict[str, Any]:
    rank, random = ranks(one), chance(one)
    each = {f"recall@{k}": (rank <= k).astype(float) for k in TOP_K} | {"mrr": 1 / rank}
    found: dict[str, Any] = {
        name: {"value": float(v.mean()), "interval": session_interval(v, one.sessions, seed), "chance": random[name]}
        for name, v in each.items()
    }
    return found | {"median_rank": {"value": float(np.median(rank)), "chance": random["median_rank"]}}


def _cells(score: dict[str, Any]) -> list[Any]:
    cells: list[Any] = []
    for name in (*(f"recall@{k}" for k in TOP_K), "mrr"):
        one = score[name]
        cells += [round(one["value"], 4), span_text(one["interval"]), round(one["chance"], 4)]
    return [*cells, score["median_rank"]["value"], score["median_rank"]["chance"]]
