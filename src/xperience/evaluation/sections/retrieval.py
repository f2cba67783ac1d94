"""Which moment is meant? Text and windows, motion and pictures, each found by the other in the contrastive spaces."""

from __future__ import annotations

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
"""Queries compared at once: bounds the similarity matrix to 512 x candidates."""

COLUMNS = [
    "direction", "candidates", *(c for k in TOP_K for c in (f"recall@{k}", "95 %", "chance")),
    "MRR", "95 %", "chance", "median rank", "chance",
]  # fmt: skip


def measure(bench: Bench) -> dict[str, Any]:
    """Recall, reciprocal and median ranks of four directions over all test windows."""
    if "alignment" not in bench.viewer.restored.learner.objectives:
        raise NotMeasurable("the model was trained without a contrastive space")
    rows, scores = [], []
    asked = _directions(bench)
    if not asked:
        raise NotMeasurable("no test window with both sides of any pair")
    for name, query, candidates, same, sessions, _ in asked:
        rank = ranks(query, candidates, same)
        score = _score(rank, chance(same), sessions, bench.seed)
        scores.append({"direction": name, "candidates": len(same)} | score)
        rows.append([name, len(same), *_cells(score)])
    units = asked[0][-1]
    return {
        "text": (
            "Every test window asks for its counterpart among all test windows, by cosine. Equal captions are equally "
            "right; beside that only the very window counts, though its neighbours share most of its frames. Chance is "
            f"the expectation of a random order. Intervals: 95 %, drawing {units}."
        ),
        "table": {"columns": COLUMNS, "rows": rows},
        "scores": scores,
        "units": units,
    }


Asked = tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]


def _directions(bench: Bench) -> list[Asked]:
    """(name, queries [n, E], candidates [n, E], which are equally right [n], sessions [n], what is drawn)."""
    found: list[Asked] = []
    whole = gathered(bench, "test")
    text = captions_of(bench, whole)
    told = np.flatnonzero(text >= 0)
    if len(told):
        words, window = (
            unit_rows(whole.rows(lambda r, k=name: view_of(bench, r, INPUT).own[k])[told])  # type: ignore[misc]
            for name in ("words", "window")
        )
        rest = (text[told], whole.sessions[told], whole.units)
        found += [("text to window", words, window, *rest), ("window to text", window, words, *rest)]
    try:
        both = gathered(bench, "test", (MOTION, VISION))
    except NotMeasurable:
        return found
    motion = directions(both.rows(lambda r: view_of(bench, r, MOTION).sides["motion"]))
    sight = directions(both.rows(lambda r: view_of(bench, r, VISION).sides["sight"]))
    rest = (np.arange(len(both)), both.sessions, both.units)
    return [*found, ("motion to sight", motion, sight, *rest), ("sight to motion", sight, motion, *rest)]


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


def ranks(query: np.ndarray, candidates: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Rank [n] of the best right candidate, from 1; candidate j is right for query i where same[i] == same[j].

    Wrong candidates that tie with it count half, so that equal answers cannot score as a find.
    """
    found = np.empty(len(query))
    for start in range(0, len(query), _CHUNK):
        part = slice(start, start + _CHUNK)
        similarity = query[part] @ candidates.T
        right = same[part, None] == same[None]
        best = np.where(right, similarity, -np.inf).max(1, keepdims=True)
        better, equal = ((~right & one).sum(1) for one in (similarity > best, similarity == best))
        found[part] = 1 + better + equal / 2
    return found


def chance(same: np.ndarray) -> dict[str, float]:
    """Expected metrics of a random order of n candidates, m of them right: P(rank > k) is the product of
    (n - m - j) / (n - j) over j < k."""
    n = len(same)
    _, of, counts = np.unique(same, return_inverse=True, return_counts=True)
    sizes, queries = np.unique(counts[of], return_counts=True)
    j = np.arange(n)
    each = [np.cumprod(np.maximum(n - m - j, 0) / (n - j)) for m in sizes]
    beyond = np.average(each, axis=0, weights=queries)  # [n], P(rank > 1), P(rank > 2), ...
    at = -np.diff(np.concatenate([[1.0], beyond]))
    known: dict[str, float] = {f"recall@{k}": float(1 - beyond[min(k, n) - 1]) for k in TOP_K}
    return known | {"mrr": float((at / (j + 1)).sum()), "median_rank": float(np.argmax(beyond <= 0.5) + 1)}


def _score(rank: np.ndarray, random: dict[str, float], sessions: np.ndarray, seed: int) -> dict[str, Any]:
    each = {f"recall@{k}": (rank <= k).astype(float) for k in TOP_K} | {"mrr": 1 / rank}
    found: dict[str, Any] = {
        name: {"value": float(v.mean()), "interval": session_interval(v, sessions, seed), "chance": random[name]}
        for name, v in each.items()
    }
    return found | {"median_rank": {"value": float(np.median(rank)), "chance": random["median_rank"]}}


def _cells(score: dict[str, Any]) -> list[Any]:
    cells: list[Any] = []
    for name in (*(f"recall@{k}" for k in TOP_K), "mrr"):
        one = score[name]
        cells += [round(one["value"], 4), span_text(one["interval"]), round(one["chance"], 4)]
    return [*cells, score["median_rank"]["value"], score["median_rank"]["chance"]]
