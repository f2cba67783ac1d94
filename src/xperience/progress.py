"""One look for progress on long work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


def track(items: Iterable[T], what: str, total: int | None = None, *, show: bool = True) -> Iterator[T]:
    """Yields the items with a progress bar on standard error."""
    if not show:
        yield from items
        return
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    with _progress() as progress:
        yield from progress.track(items, total=total, description=what)


@contextmanager
def meter(what: str, total: int, *, show: bool = True) -> Iterator[Callable[[float], None]]:
    """Gives a function that moves a progress bar on by the amount it is called with, for work that is no iterable."""
    if not show:
        yield lambda count: None
        return
    with _progress() as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)
        progress.update(task, completed=total)  # parts of the whole may add up to a hair less


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))
