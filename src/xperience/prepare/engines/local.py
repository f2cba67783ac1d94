"""Processes of this machine, one a shard: what a bad file does to a decoder stays there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from xperience.prepare.plan import Job
from xperience.prepare.recipe import Recipe
from xperience.prepare.shard import make_shard
from xperience.quality import crew


def work_through(
    folder: Path, jobs: Sequence[Job], recipe: Recipe, workers: int, given_up: Mapping[str, str]
) -> Iterator[tuple[Job, str]]:
    """See `Engine`. With one worker, too, each shard is made in a process of its own."""
    by_path = {folder / job.name: job for job in jobs}
    arguments = {path: (job, recipe, dict(given_up)) for path, job in by_path.items()}
    longest_s = crew.LONGEST_S * max((len(job.items) for job in jobs), default=1)
    for path, trouble in crew.work_through(arguments, _make, workers, "xperience.prepare.shard", longest_s):
        yield by_path[path], trouble


def _make(path: Path, job: Job, recipe: Recipe, given_up: dict[str, str]) -> None:
    make_shard(path.parent, job, recipe, given_up, watched=True)
