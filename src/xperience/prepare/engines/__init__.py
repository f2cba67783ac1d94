"""Who works through the jobs: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from xperience.errors import UsageError
from xperience.extras import how_to_add
from xperience.prepare.plan import Job
from xperience.prepare.recipe import Recipe

ENGINES = ("local", "ray")


class Engine(Protocol):
    def work_through(
        self, folder: Path, jobs: Sequence[Job], recipe: Recipe, workers: int, given_up: Mapping[str, str]
    ) -> Iterator[tuple[Job, str]]:
        """Makes the shards by `shard.make_shard`, watched; yields each job as it ends, with "" or why it has no shard.

        Args:
            given_up: recordings that are not to be tried, with the reason.
        """
        ...


def engine(name: str) -> Engine:
    """An engine by name.

    Raises:
        UsageError: no such engine, or what it needs is not installed.
    """
    if name not in ENGINES:
        raise UsageError("no such engine", field="--engine", found=name, expected=" or ".join(ENGINES))
    try:
        return cast(Engine, importlib.import_module(f"{__name__}.{name}"))
    except ModuleNotFoundError as error:
        raise UsageError(
            "the engine's library is not installed", field="--engine", found=name, hint=how_to_add("scale")
        ) from error
