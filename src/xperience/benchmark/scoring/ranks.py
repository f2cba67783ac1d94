"""Retrieval: ranks, or the vectors that they follow from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics import retrieval
from xperience.benchmark.scoring import Extras, Scored, columns
from xperience.benchmark.scoring.files import array_names, read_arrays, refuse_empty
from xperience.benchmark.scoring.tables import is_archive, open_source, read_rows
from xperience.errors import FormatError, LimitError

MAX_SIMILARITIES = 10**10
"""Largest queries x candidates compared: about a minute on one core at 100 values a vector."""

QUERY, CANDIDATES = ("query", "queries", "y_pred"), ("candidates", "targets", "y_true")
"""Names of arrays; a projection asks among the true vectors."""


def score(task: str, file: Path, extras: Extras) -> Scored:
    """From a table with a column of ranks (or of reciprocal ranks), else from vectors in an npz."""
    source = open_source(file)
    names = (*columns.RANK, *columns.RECIPROCAL)
    if columns.find(source.names, names) is not None:
        return _scored(*_read_ranks(file, extras.split))
    if not is_archive(file) or not any(columns.find(source.names, side) for side in (QUERY, CANDIDATES)):
        raise FormatError(
            "neither ranks nor vectors",
            file=file,
            field="rank",
            found=", ".join(source.names)[:300] or "an empty file",
            expected=f"a column {' or '.join(names)}, or an npz with arrays query and candidates",
        )
    return _from_vectors(file)


def _scored(rank: np.ndarray, notes: list[str]) -> Scored:
    metrics: dict[str, Any] = retrieval.retrieval(rank)
    metrics |= dict.fromkeys(("num_test_windows", "num_test", "num_samples"), len(rank))
    metrics |= {f"top{k}": metrics[f"top{k}_accuracy"] for k in retrieval.TOP_K}
    return Scored(metrics | {"primary_metric": "mrr", "primary_score": metrics["mrr"]}, notes)


def _read_ranks(file: Path, split: str | None) -> tuple[np.ndarray, list[str]]:
    rows = read_rows(file, {"rank": (*columns.RANK, *columns.RECIPROCAL)}, split=split)
    refuse_empty(file, len(rows))
    name, archive = rows.named["rank"], is_archive(file)
    rank = (
        rows.numbers("rank") if archive else rows.numbers("rank").astype(np.float32)
    )  # as published tables are averaged
    if columns.plain(name) in columns.RECIPROCAL:
        if rank.min() <= 0 or rank.max() > 1:
            raise FormatError("not one over a rank", file=file, field=name, found=rank.min(), expected="0 to 1")
        rank = 1 / rank
    if rank.min() < 1:
        raise FormatError("ranks count from 1", file=file, field=name, found=rank.min(), expected=">= 1")
    return rank, [] if archive else rows.notes


def _from_vectors(file: Path) -> Scored:
    there = array_names(file)
    named = {"query": columns.find(there, QUERY), "candidates": columns.find(there, CANDIDATES)}
    if None in named.values():
        raise FormatError(
            "arrays are missing",
            file=file,
            field=", ".join(role for role, name in named.items() if name is None),
            expected="ranks, or query and candidates",
        )
    query_name, candidates_name = (str(name) for name in named.values())
    arrays = read_arrays(file, (query_name, candidates_name, "positive"))
    query, candidates = arrays[query_name], arrays[candidates_name]
    if query.ndim != 2 or candidates.ndim != 2 or query.shape[1] != candidates.shape[1]:
        raise FormatError(
            "queries and candidates do not compare",
            file=file,
            field=candidates_name,
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
    return _scored(rank, [f"a random order of the {len(candidates)} candidates has MRR {chance:.4f}"])


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
