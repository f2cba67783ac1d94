"""A Ray cluster, or Ray on this machine where none is named.

A worker that dies is replaced and its shard made again, a few times; then the shard is given up by name. Recordings and
output folder must be on storage that all nodes see under the same path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ray

from xperience.errors import SpaceError
from xperience.prepare.plan import Job
from xperience.prepare.recipe import Recipe

RETRIES = 3
STORE_BYTES = 200 * 2**20


def work_through(
    folder: Path, jobs: Sequence[Job], recipe: Recipe, workers: int, given_up: Mapping[str, str]
) -> Iterator[tuple[Job, str]]:
    """See `Engine`. Uses the cluster of RAY_ADDRESS if that is set."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # reports of use would go over the network
    mine = not ray.is_initialized()
    if mine and os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=False)
    elif mine:
        ray.init(num_cpus=workers, include_dashboard=False, object_store_memory=STORE_BYTES, log_to_driver=False)
    try:
        task: Any = ray.remote(max_retries=RETRIES, num_cpus=1)(_make)
        running = {task.remote(folder, job, recipe, dict(given_up)): job for job in jobs}
        while running:
            (done, *_), _ = ray.wait(list(running), num_returns=1)
            job = running.pop(done)
            try:
                ray.get(done)
                yield job, ""
            except ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, SpaceError):
                    raise error.cause from error
                yield job, f"{type(error.cause).__name__}: {error.cause}"
            except ray.exceptions.RayError as error:
                yield job, f"the worker died {RETRIES + 1} times: {type(error).__name__}"
    finally:
        if mine:
            ray.shutdown()


def _make(folder: Path, job: Job, recipe: Recipe, given_up: dict[str, str]) -> None:
    from xperience.prepare.shard import make_shard

    make_shard(folder, job, recipe, given_up, watched=True)
