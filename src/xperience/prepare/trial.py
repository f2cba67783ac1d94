"""What preparing will cost: one recording is prepared for a trial, the rest follows from its length."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from xperience.errors import XperienceError
from xperience.prepare.plan import Job, estimate
from xperience.prepare.recipe import Recipe
from xperience.prepare.shard import make_shard

TRIED = 3
"""Recordings tried until one can be read."""


def cost_of(jobs: Sequence[Job], recipe: Recipe) -> tuple[float, float]:
    """Seconds on one core and bytes for all jobs; 0 and 0 where nothing could be tried."""
    items = [item for job in jobs for item in job.items]
    total = sum(estimate(item, recipe) for item in items)
    for item in items[:TRIED]:
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            try:
                report = make_shard(Path(folder), Job("trial", "train", (item,)), recipe)
            except XperienceError:
                continue
            if report["segments"]:
                share = total / estimate(item, recipe)
                return (time.monotonic() - start) * share, report["shard"]["bytes"] * share
    return 0.0, 0.0
