"""Retrieval: ranks, or the vectors that they follow from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xperience.benchmark.metrics import retrieval
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_arrays, refuse_empty
from xperience.errors import FormatError, LimitError

MAX_SIMILARITIES = 10**10
"""Largest queries x candidates compared: about a minute on one core at 100 values a vector."""


def score(file: Path, extras: Extras) -> Scored:
    arrays = read_arrays(file, ("ranks", "query", "candidates", "positive"))
    if "ranks" in arrays:
        rank = arrays["ranks"].reshape(-1)
        refuse_empty(file, len(rank))
        if rank.min() < 1:
            raise FormatError("ranks count from 1", file=file, field="ranks", found=rank.min(), expected=">= 1")
        return Scored(retrieval.retrieval(rank) | {"num_test_windows": len(rank)})
    if "query" not in arrays or "candidates" not in arrays:
        raise FormatError(
            "arrays are missing", file=file, field="query, candidates", expected="ranks, or query and candidates"
        )
    query, candidates = arrays["query"], arrays["candidates"]
    if query.ndim != 2 or candidates.ndim != 2 or query.shape[1] != candidates.shape[1]:
        raise FormatError(
            "queries and candidates do not compare",
            file=file,
            field="candidates",
            found=candidates.shape,
            expected=f"[m, D] for queries {query.shape} of [n, D]",
        )
    refuse_empty(file, min(query.size, candidates.size))
    if len(query) * len(candidates) > MAX_SIMILARITIES:
        raise LimitError(
            "too many comparisons",
            file=file,
            found=f"{len(query)} x {len(candidates)}",
            expected=f"<= {MAX_SIMILARITIES}",
        )
    rank = retrieval.ranks(query, candidates, _positive(file, arrays, len(query), len(candidates)))
    chance = retrieval.chance(len(candidates))["mrr"]
    note = f"a random order of the {len(candidates)} candidates has MRR {chance:.4f}"
    return Scored(retrieval.retrieval(rank) | {"num_test_windows": len(rank)}, [note])


def _positive(file: Path, arrays: dict[str, np.ndarray], queries: int, candidates: int) -> np.ndarray:
    """[n] index of each query's right candidate; without the array, query k belongs to candidate k."""
    positive = arrays.get("positive", np.arange(queries))
    whole = positive.dtype == np.int64 and positive.shape == (queries,)
    if not whole or positive.min() < 0 or positive.max() >= candidates:
        raise FormatError(
            "not an index of a candidate for each query",
            file=file,
            field="positive",
            found=f"{positive.dtype} {positive.shape}",
            expected=f"[{queries}] whole numbers from 0 to {candidates - 1}",
        )
    return positive
